"""Which country a number belongs to, by its numbering plan."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard.model.country import NotACountryError, country_code, country_name, country_of, the_country

PLANS = {
    "United States": ("+13035550188", "US"),
    "Canada shares +1": ("+14165550123", "CA"),
    "Jamaica shares +1": ("+18765550123", "JM"),
    "toll-free of +1": ("+18005550123", "US"),
    "given to nobody in +1": ("+19995550123", "US"),
    "United Kingdom": ("+442079460958", "GB"),
    "Guernsey shares +44": ("+441481960194", "GG"),
    "Isle of Man shares +44": ("+441624756789", "IM"),
    "Jersey shares +44": ("+441534456789", "JE"),
    "given to nobody in +44": ("+447700900123", "GB"),
    "Germany": ("+493023125001", "DE"),
    "Italy": ("+393331234567", "IT"),
    "Vatican shares +39": ("+390669812345", "VA"),
    "Russia": ("+79161234567", "RU"),
    "Kazakhstan shares +7": ("+77011234567", "KZ"),
    "international toll-free": ("+80012345678", ""),
    "satellite": ("+881612345678", ""),
    "no country code": ("+999123456", ""),
    "no number": ("anonymous", ""),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("number", "country"), PLANS.values(), ids=PLANS.keys())
def test_a_number_belongs_to_the_country_that_gave_it_out(number: str, country: str) -> None:
    assert country_of(number) == country


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("GB", "GB"),
        ("gb", "GB"),
        ("UK", "GB"),
        ("United  Kingdom", "GB"),
        ("Germany", "DE"),
        ("germany", "DE"),
        ("USA", "US"),
        ("United States", "US"),
        ("NO", "NO"),
        ("Türkiye", "TR"),
        ("côte d'ivoire", "CI"),
        ("Ivory Coast", "CI"),
    ],
)
def test_a_country_is_known_by_its_code_and_its_names(text: str, code: str) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Germny", "did you mean DE (Germany)?"),
        ("XX", "write an ISO 3166 code such as GB or DE"),
        ("", "write an ISO 3166 code"),
        ("+44", "'+44' is no country: for all numbers that begin so, use a prefix"),
        ("44", "use a prefix"),
        ("AQ", "is no country with telephone numbers"),
        ("x" * 10_000, "is no country"),
    ],
)
def test_what_is_no_country_is_refused_with_what_may_be_meant(text: str, hint: str) -> None:
    with pytest.raises(NotACountryError) as refused:
        country_code(text)
    assert hint in str(refused.value)
    assert len(str(refused.value)) < 200


def test_every_numbering_plan_has_a_name() -> None:
    for code in phonenumbers.SUPPORTED_REGIONS:
        assert country_name(code) != code
        assert country_code(country_name(code)) == code


def test_names_stand_well_in_a_sentence() -> None:
    assert [the_country(code) for code in ("DE", "GB", "DO", "KY")] == [
        "Germany",
        "the United Kingdom",
        "the Dominican Republic",
        "the Cayman Islands",
    ]


@given(st.text(max_size=40))
def test_any_text_is_a_country_or_refused(text: str) -> None:
    try:
        code = country_code(text)
    except NotACountryError:
        return
    assert code in phonenumbers.SUPPORTED_REGIONS


@given(st.text(max_size=40) | st.from_regex(r"\+[0-9]{1,16}", fullmatch=True))
def test_any_text_belongs_to_a_country_or_to_none(text: str) -> None:
    assert country_of(text) in {"", *phonenumbers.SUPPORTED_REGIONS}
