import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import to_e164
from callguard_ftc.numbers import Odd, read_number

DOCTOR = 13035550147
SPELLINGS = [
    "3035550147",
    "13035550147",
    "+13035550147",
    "303-555-0147",
    "(303) 555-0147",
    "+1 (303) 555.0147",
    "1\u00a0303\u00a0555\u00a00147",
    " 3035550147 ",
    "0013035550147",
    "01113035550147",
    "3035550147;222",
    "13035550147#1",
]
ODD = [
    ("", Odd.BLANK),
    ("   ", Odd.BLANK),
    ("none", Odd.LETTERS),
    ("303555xxxx", Odd.LETTERS),
    ("3035550147ex1", Odd.LETTERS),
    ("３０３555014o", Odd.LETTERS),
    ("__________", Odd.MASKED),
    ("303555****", Odd.MASKED),
    ("3035550147?", Odd.MASKED),
    ("3035550147,3035550148", Odd.PUNCTUATION),
    ("3035550`147", Odd.PUNCTUATION),
    ("3035550147+1", Odd.PUNCTUATION),
    ("+", Odd.PUNCTUATION),
    ("３０３５５５０１４７", Odd.PUNCTUATION),
    ("5550147", Odd.NO_AREA_CODE),
    ("0", Odd.TOO_SHORT),
    ("911", Odd.TOO_SHORT),
    ("303555014", Odd.TOO_SHORT),
    ("0000000000", Odd.IMPOSSIBLE),
    ("1035550147", Odd.IMPOSSIBLE),
    ("3031550147", Odd.IMPOSSIBLE),
    ("+10035550147", Odd.IMPOSSIBLE),
    ("10035550147", Odd.IMPOSSIBLE),
    ("23035550147", Odd.TOO_LONG),
    ("30355501471", Odd.TOO_LONG),
    ("+178749631963196", Odd.TOO_LONG),
    ("7071034320033614409", Odd.TOO_LONG),
    ("1" * 81, Odd.TOO_LONG),
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_is_the_same_number(text: str) -> None:
    assert read_number(text) == DOCTOR


@pytest.mark.parametrize(("text", "why"), ODD)
def test_what_is_no_number_is_refused_with_a_reason(text: str, why: Odd) -> None:
    assert read_number(text) is why


def test_a_number_from_abroad_counts_if_it_says_its_country() -> None:
    assert read_number("+442079460958") == 442079460958
    assert read_number("011442079460958") == 442079460958
    assert read_number("442079460958") is Odd.TOO_LONG


def test_a_number_of_another_country_must_be_one_there() -> None:
    assert read_number("+2291234567") in (Odd.IMPOSSIBLE, Odd.TOO_LONG)


@given(st.from_regex(r"(\+?1)?[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True))
@settings(max_examples=300, deadline=None)
def test_the_fast_path_agrees_with_the_numbering_plan(text: str) -> None:
    assert f"+{read_number(text)}" == to_e164(text, "US")


@given(st.text(alphabet="0123456789+-() .1", max_size=18))
@settings(max_examples=500, deadline=None)
def test_what_counts_is_the_number_that_callguard_reads(text: str) -> None:
    """A caller is looked up as `to_e164` reads the caller ID: a list read otherwise would never be hit."""
    found, known = read_number(text), to_e164(text, "US")
    if isinstance(found, int):
        assert f"+{found}" == known
    elif known is not None and known.startswith("+1") and sum(map(str.isdecimal, text)) <= 11:
        assert known[2] in "01" or known[5] in "01", "only numbers that nobody has are refused"


@given(st.text(max_size=100))
@settings(max_examples=500, deadline=None)
def test_any_text_is_a_number_or_has_a_reason(text: str) -> None:
    found = read_number(text)
    assert isinstance(found, Odd) or 10_000_000 < found <= 999_999_999_999_999
