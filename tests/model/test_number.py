"""Numbers spelled eight ways are one number."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard.model.number import (
    NotANumberError,
    calling_code,
    known_country,
    pretty,
    require_e164,
    to_e164,
    to_prefix,
    to_range,
)


@pytest.mark.parametrize(
    "text",
    [
        "3035550188",
        "13035550188",
        "+13035550188",
        "(303) 555-0188",
        "303.555.0188",
        "+1 303 555 0188",
        "0013035550188",
        "01113035550188",
        "tel:+1-303-555-0188",
        "303\u00a0555\u20110188",
        "\u202a+1 (303) 555-0188\u202c",
        "\u2068303\u202f555\u202f0188\u2069",
        "5550188;phone-context=+1303",
        "٣٠٣٥٥٥٠١٨٨",
    ],
)
def test_every_american_spelling_is_the_same_number(text: str) -> None:
    assert to_e164(text, "US") == "+13035550188"


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("020 7946 0958", "GB", "+442079460958"),
        ("+44 (0)20 7946 0958", "US", "+442079460958"),
        ("0044 20 7946 0958", "DE", "+442079460958"),
        ("0044 20 7946 0958", "US", "+442079460958"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("011442079460958", "DE", "+442079460958"),
        ("089 123456", "DE", "+4989123456"),
        ("911", "US", None),
        ("555 0123", "US", None),
        ("21", "DE", None),
        ("**610", "DE", None),
        ("*86", "US", None),
        ("309xxxxxxx", "US", None),
        ("anonymous", "US", None),
        ("", "US", None),
        ("+", "US", None),
        ("9" * 100, "US", None),
        ("303555018", "US", None),
        ("1" * 15, "US", None),
    ],
)
def test_a_spelling_is_read_as_its_country_means_it_or_not_at_all(
    text: str, country: str, number: str | None
) -> None:
    assert to_e164(text, country) == number


@given(st.from_regex(r"(\+?1)?[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True), st.sampled_from(["US", "CA"]))
def test_the_fast_path_agrees_with_phonenumbers(text: str, country: str) -> None:
    parsed = phonenumbers.parse(text, country)
    assert to_e164(text, country) == phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@given(st.text(max_size=100), st.sampled_from(["US", "DE", "GB", "NO"]))
def test_any_text_is_a_number_or_none(text: str, country: str) -> None:
    number = to_e164(text, country)
    assert number is None or (number[0] == "+" and number[1:].isascii() and 3 <= len(number) <= 16)


def test_what_is_no_number_is_refused_in_words() -> None:
    with pytest.raises(NotANumberError, match="'30355' is not a complete telephone number in US"):
        require_e164("30355", "US")


@pytest.mark.parametrize(
    ("text", "country", "prefix"),
    [
        ("+44", "US", "+44"),
        ("+44*", "US", "+44"),
        ("0044", "DE", "+44"),
        ("01144", "US", "+44"),
        ("303 555", "US", "+1303555"),
        ("0900", "DE", "+49900"),
        ("(303) 555*", "US", "+1303555"),
        ("tel:+1-303-555", "US", "+1303555"),
        ("+44 (0)20", "GB", "+4420"),
        ("0114", "GB", "+44114"),
        ("011", "IT", "+39011"),
        ("06", "IT", "+3906"),
        ("+39 (0)6", "IT", "+3906"),
        ("0011 44", "AU", "+44"),
        ("010 44", "JP", "+44"),
        ("8 495", "RU", "+7495"),
        ("+٤٤", "DE", "+44"),
        ("٠٩٠٠", "DE", "+49900"),
    ],
)
def test_a_prefix_is_read_like_a_number(text: str, country: str, prefix: str) -> None:
    assert to_prefix(text, country) == prefix


@pytest.mark.parametrize("text", ["", "+", "*", "abc", "+1x", "+" + "1" * 16, "+0", "000", " " * 100 + "+1"])
def test_what_begins_no_number_is_refused(text: str) -> None:
    with pytest.raises(NotANumberError):
        to_prefix(text, "US")


@pytest.mark.parametrize(
    ("text", "country", "ends"),
    [
        ("303 555 0100 to 303 555 0199", "US", ("+13035550100", "+13035550199")),
        ("303 555 0100 TO 0199", "US", None),
        ("+13035550100-+13035550199", "US", ("+13035550100", "+13035550199")),
        ("303-555-0100-303-555-0199", "US", ("+13035550100", "+13035550199")),
        ("303-555-0100-0199", "US", ("+13035550100", "+13035550199")),
        ("(303) 555-0100 – (303) 555-0199", "US", ("+13035550100", "+13035550199")),
        ("303 555 0100..9", "US", ("+13035550100", "+13035550109")),
        ("303 555 0100-5", "US", ("+13035550100", "+13035550105")),
        ("030-23125-000-099", "DE", ("+493023125000", "+493023125099")),
        ("303 555 0100 to 303 555 0100", "US", ("+13035550100", "+13035550100")),
        ("303 555 0199 to 0100", "US", None),
        ("303 555 0100 to Bob", "US", None),
        ("303 555 0100 to 3035550199303555", "US", None),
        ("303-555-0100", "US", None),
        ("-" * 200, "US", None),
    ],
)
def test_a_range_is_read_from_its_two_ends(text: str, country: str, ends: tuple[str, str] | None) -> None:
    if ends is None:
        with pytest.raises(NotANumberError, match="is not a range"):
            to_range(text, country)
    else:
        assert to_range(text, country) == ends


@given(st.text(max_size=60) | st.from_regex(r"[0-9+ .-]{0,40}( to |-|\.\.)[0-9+ -]{0,20}", fullmatch=True))
def test_any_text_is_a_range_or_refused(text: str) -> None:
    try:
        low, high = to_range(text, "DE")
    except NotANumberError:
        return
    assert len(low) == len(high)
    assert low <= high
    assert to_range(f"{low}-{high}", "DE") == (low, high)


def test_numbers_are_shown_as_the_country_reads_them() -> None:
    assert pretty("+13035550188", "US") == "(303) 555-0188"
    assert pretty("+442079460958", "US") == "+44 20 7946 0958"
    assert pretty("nonsense", "US") == "nonsense"


@given(st.from_regex(r"[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True))
def test_american_numbers_are_shown_as_phonenumbers_shows_them(ten: str) -> None:
    parsed = phonenumbers.parse("+1" + ten)
    assert pretty("+1" + ten, "US") == phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def test_countries_are_those_with_telephones() -> None:
    assert known_country("US")
    assert not known_country("XX")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        *(("+13035550188", "+1"), ("+442079460958", "+44"), ("+35312345678", "+353"), ("+80012345678", "+800")),
        *(("+2101234", ""), ("+", ""), ("", ""), ("anonymous", ""), ("+٣٠١", ""), ("123", "")),
    ],
)
def test_a_number_begins_with_a_calling_code(number: str, code: str) -> None:
    assert calling_code(number) == code
