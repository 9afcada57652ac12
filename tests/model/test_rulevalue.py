"""The value of a rule: any spelling in, one out."""

from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard import Rule, RuleKind, RuleList, describe_rule, rule_value
from callguard.model import rulevalue
from callguard.model.number import NotANumberError
from callguard.model.rulevalue import number_types

# One number of each country, in every way that people, exchanges and software spell it.
NUMBERS = {
    "US": (
        "+13035550188",
        {
            "national": "303 555 0188",
            "brackets": "(303) 555-0188",
            "dots": "303.555.0188",
            "+": "+1 303 555 0188",
            "country code": "1 303 555 0188",
            "00": "001 303 555 0188",
            "011": "011 1 303 555 0188",
            "tel URI": "tel:+1-303-555-0188",
        },
    ),
    "GB": (
        "+442079460958",
        {
            "national": "020 7946 0958",
            "brackets": "(020) 7946-0958",
            "dots": "020.7946.0958",
            "+": "+44 20 7946 0958",
            "+ and 0": "+44 (0)20 7946 0958",
            "country code": "44 20 7946 0958",
            "00": "0044 20 7946 0958",
            "011": "011 44 20 7946 0958",
            "tel URI": "tel:+44-20-7946-0958",
        },
    ),
    "DE": (
        "+493023125001",
        {
            "national": "030 23125001",
            "brackets": "(030) 23125-001",
            "dots": "030.23125.001",
            "slash": "030/23125001",
            "+": "+49 30 23125001",
            "+ and 0": "+49 (0)30 23125001",
            "country code": "49 30 23125001",
            "00": "0049 30 23125001",
            "011": "011 49 30 23125001",
            "tel URI": "tel:+49-30-23125-001",
        },
    ),
    "FR": (
        "+33199001234",
        {
            "national": "01 99 00 12 34",
            "brackets": "(01) 99-00-12-34",
            "dots": "01.99.00.12.34",
            "+": "+33 1 99 00 12 34",
            "+ and 0": "+33 (0)1 99 00 12 34",
            "country code": "33 1 99 00 12 34",
            "00": "0033 1 99 00 12 34",
            "011": "011 33 1 99 00 12 34",
            "tel URI": "tel:+33-1-99-00-12-34",
        },
    ),
    "IT": (
        "+390669821234",
        {
            "national": "06 6982 1234",
            "brackets": "(06) 6982-1234",
            "dots": "06.6982.1234",
            "+": "+39 06 6982 1234",
            "+ and 0, which Italy keeps": "+39 (0)6 6982 1234",
            "country code": "39 06 6982 1234",
            "00": "0039 06 6982 1234",
            "011": "011 39 06 6982 1234",
            "tel URI": "tel:+39-06-6982-1234",
        },
    ),
}
SPELLED = {
    f"{country}, {name}": (country, text, number)
    for country, (number, spellings) in NUMBERS.items()
    for name, text in spellings.items()
}


@pytest.mark.parametrize(("country", "text", "number"), SPELLED.values(), ids=SPELLED.keys())
def test_every_spelling_of_a_number_is_the_same_rule(country: str, text: str, number: str) -> None:
    assert rule_value(RuleKind.EXACT, text, country) == number


@pytest.mark.parametrize(("country", "text", "number"), SPELLED.values(), ids=SPELLED.keys())
def test_every_spelling_of_its_ends_is_the_same_range(country: str, text: str, number: str) -> None:
    last = number[:-1] + "9"
    for between in (" to ", " - ", "..", " – "):
        assert rule_value(RuleKind.RANGE, f"{text}{between}{last}", country) == f"{number}-{last}"
    assert rule_value(RuleKind.RANGE, f"{text} to {number[-3:-1]}9", country) == f"{number}-{last}"


def without_its_end(text: str) -> str:
    """Leave out the last four digits."""
    left = 4
    while left:
        left -= text[-1].isdecimal()
        text = text[:-1]
    return text


# `44 20` begins no number: only North America reads its code in a beginning without a +, and only it dials 011.
PREFIXES = {
    name: (country, without_its_end(text), number[:-4])
    for name, (country, text, number) in SPELLED.items()
    if country == "US" or not any(word in name for word in ("country code", "011"))
}


@pytest.mark.parametrize(("country", "text", "prefix"), PREFIXES.values(), ids=PREFIXES.keys())
def test_every_spelling_of_a_beginning_is_the_same_rule(country: str, text: str, prefix: str) -> None:
    assert rule_value(RuleKind.PREFIX, text, country) == prefix
    assert rule_value(RuleKind.PREFIX, f"{text}*", country) == prefix


VALUES: dict[str, tuple[RuleKind, str, str]] = {
    "country": (RuleKind.COUNTRY, "uk", "GB"),
    "country by name": (RuleKind.COUNTRY, "Germany", "DE"),
    "type": (RuleKind.TYPE, "toll-free", "toll-free"),
    "type, spaced": (RuleKind.TYPE, " Toll  Free ", "toll-free"),
    "type, underlined": (RuleKind.TYPE, "PREMIUM_RATE", "premium-rate"),
    "type by another word": (RuleKind.TYPE, "landline", "fixed-line"),
    "name": (RuleKind.NAME, " Card  SERVICES ", "card services"),
    "name in wide letters": (RuleKind.NAME, "ＣＡＲＤ services", "card services"),
    "name with a star": (RuleKind.NAME, "card * services", "card * services"),
    "presentation": (RuleKind.PRESENTATION, "Withheld", "withheld"),
    "presentation by another word": (RuleKind.PRESENTATION, "out of area", "unavailable"),
    "pattern": (RuleKind.PATTERN, r" ^\+1(800|888) ", r"^\+1(800|888)"),
    "anyone": (RuleKind.ANYONE, "", "*"),
    "anyone, said": (RuleKind.ANYONE, "*", "*"),
}


@pytest.mark.parametrize(("kind", "text", "value"), VALUES.values(), ids=VALUES.keys())
def test_a_value_is_kept_in_one_spelling(kind: RuleKind, text: str, value: str) -> None:
    assert rule_value(kind, text, "US") == value
    assert rule_value(kind, value, "US") == value


REFUSALS: dict[str, tuple[RuleKind, str, str]] = {
    "number": (RuleKind.EXACT, "12", "'12' is not a complete telephone number in US or abroad"),
    "prefix": (RuleKind.PREFIX, "+4x", "write it like +44 or 0900"),
    "prefix 000": (RuleKind.PREFIX, "000", "no country code begins with 0"),
    "range backwards": (RuleKind.RANGE, "303 555 0199 to 303 555 0100", "the smaller one first"),
    "range across lengths": (RuleKind.RANGE, "303 555 0100 to +44 20 7946 0958", "two numbers of equal length"),
    "range of one": (RuleKind.RANGE, "303 555 0100", "is not a range"),
    "range of words": (RuleKind.RANGE, "a to b", "is not a range"),
    "country": (RuleKind.COUNTRY, "Germny", "did you mean DE (Germany)?"),
    "type": (RuleKind.TYPE, "premum", "did you mean premium-rate?"),
    "type, far off": (RuleKind.TYPE, "x", "write one of fixed-line, mobile, toll-free"),
    "presentation": (RuleKind.PRESENTATION, "shown", "write one of withheld, unavailable, missing"),
    "presentation nearly": (RuleKind.PRESENTATION, "witheld", "did you mean withheld?"),
    "name of a star": (RuleKind.NAME, "*", "write at least two characters of it"),
    "name of a letter": (RuleKind.NAME, " * a *", "write at least two characters of it"),
    "name too long": (RuleKind.NAME, "x" * 81, "at most 80 characters"),
    "pattern of nothing": (RuleKind.PATTERN, " ", "1 to 200 characters"),
    "pattern too long": (RuleKind.PATTERN, "1" * 201, "1 to 200 characters"),
    "pattern unseen": (RuleKind.PATTERN, "1\x072", "none that cannot be seen"),
    "pattern broken": (RuleKind.PATTERN, "(1", "'(1' is no pattern: missing ): (1"),
    "pattern that looks back": (RuleKind.PATTERN, r"(1)\1", "is no pattern"),
    "pattern that explodes": (RuleKind.PATTERN, "((1{99}){99}){99}", "is no pattern"),
    "pattern too large": (RuleKind.PATTERN, r"[\pL\pN]{900}", "is no pattern"),
    "anyone but": (RuleKind.ANYONE, "Bob", "a rule for everybody has no value"),
}


@pytest.mark.parametrize(("kind", "text", "why"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_means_nothing_is_refused_with_what_to_write(kind: RuleKind, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        rule_value(kind, text, "US")
    assert why in str(refused.value)
    if kind in (RuleKind.EXACT, RuleKind.PREFIX, RuleKind.RANGE):
        assert isinstance(refused.value, NotANumberError)


def test_a_pattern_without_its_library_is_refused_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(name: str) -> Any:
        if name == "re2":
            raise ImportError(name)
        return import_module(name)

    monkeypatch.setattr(rulevalue, "import_module", no_library)
    with pytest.raises(ValueError, match=r"install callguard-home with the extra \[regex\]"):
        rule_value(RuleKind.PATTERN, "1", "US")


DESCRIPTIONS = {
    "exact": (RuleKind.EXACT, "+13035550188", "(303) 555-0188"),
    "exact abroad": (RuleKind.EXACT, "+442079460958", "+44 20 7946 0958"),
    "prefix": (RuleKind.PREFIX, "+44", "numbers beginning +44"),
    "range": (RuleKind.RANGE, "+13035550100-+13035550199", "numbers from (303) 555-0100 to (303) 555-0199"),
    "country": (RuleKind.COUNTRY, "GB", "numbers of the United Kingdom"),
    "type": (RuleKind.TYPE, "premium-rate", "premium-rate numbers"),
    "name": (RuleKind.NAME, "card services", "names containing 'card services'"),
    "withheld": (RuleKind.PRESENTATION, "withheld", "callers who withhold their number"),
    "missing": (RuleKind.PRESENTATION, "missing", "calls that come without any number"),
    "pattern": (RuleKind.PATTERN, "55$", "numbers matching the pattern 55$"),
    "anyone": (RuleKind.ANYONE, "*", "everybody"),
    "nonsense from elsewhere": (RuleKind.TYPE, "\x1b[31mred", "[31mred numbers"),
}


@pytest.mark.parametrize(("kind", "value", "words"), DESCRIPTIONS.values(), ids=DESCRIPTIONS.keys())
def test_a_rule_is_described_for_people(kind: RuleKind, value: str, words: str) -> None:
    assert describe_rule(Rule(list=RuleList.BLOCK, kind=kind, value=value), "US") == words


TYPES = {
    "either": ("+13035550188", {"fixed-line", "mobile"}),
    "toll-free": ("+18005550123", {"toll-free"}),
    "premium": ("+19002123456", {"premium-rate"}),
    "mobile": ("+4915123456789", {"mobile"}),
    "personal": ("+15002345678", {"personal"}),
    "unassigned": ("+447700900123", set()),
    "no number": ("anonymous", set()),
}


@pytest.mark.parametrize(("number", "types"), TYPES.values(), ids=TYPES.keys())
def test_the_numbering_plan_tells_the_type(number: str, types: set[str]) -> None:
    assert number_types(number) == types


@given(st.sampled_from(RuleKind), st.text(max_size=60), st.sampled_from(["US", "DE", "IT", "JP"]))
def test_any_text_is_a_value_or_refused_and_values_stay_as_they_are(kind: RuleKind, text: str, country: str) -> None:
    try:
        value = rule_value(kind, text, country)
    except ValueError:
        return
    assert rule_value(kind, value, country) == value
    assert describe_rule(Rule(list=RuleList.BLOCK, kind=kind, value=value), country).isprintable()
