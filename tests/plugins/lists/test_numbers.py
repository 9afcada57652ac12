import os
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import Category, Entry
from callguard_lists.numbers import INTERNATIONAL, Normaliser
from callguard_lists.rows import Row, Skipped

EXAMPLES = min(400, int(os.environ.get("CALLGUARD_FUZZ", "100")))

TODAY = date(2026, 1, 2)


def read(text: str, country: str = "US", **row: Any) -> Entry | Skipped:
    return Normaliser(country, today=TODAY).entry(Row(text=text, **row))


def found(text: str, country: str = "US") -> str:
    entry = read(text, country)
    if isinstance(entry, Skipped):
        return entry.why
    return entry.number + "*" * entry.prefix


SPELLINGS = {
    "national": ("303 555 0110", "US", "+13035550110"),
    "punctuated": ("(303) 555-0110", "US", "+13035550110"),
    "with country code": ("+1 303 555 0110", "US", "+13035550110"),
    "with the code of the country, without +": ("13035550110", "US", "+13035550110"),
    "dialled abroad": ("0049 30 1234567", "FR", "+49301234567"),
    "spaces around": ("  +13035550110  ", "US", "+13035550110"),
    "international without +": ("33162000001", INTERNATIONAL, "+33162000001"),
    "international with 00": ("0033162000001", INTERNATIONAL, "+33162000001"),
    "international with +": ("+33162000001", INTERNATIONAL, "+33162000001"),
    "beginning": ("+1303555*", "US", "+1303555*"),
    "national beginning": ("0162*", "FR", "+33162*"),
    "international beginning": ("33162*", INTERNATIONAL, "+33162*"),
    "pattern": ("33162######", "FR", "+33162*"),
    "pattern with +": ("+33162######", "FR", "+33162*"),
    "national pattern": ("0162######", "FR", "+33162*"),
    "pattern of a country elsewhere": ("33162######", "US", "+33162*"),
    "pattern with one open digit": ("3316200000#", "FR", "+3316200000*"),
    "pattern of the North American plan": ("303555####", "US", "+1303555*"),
    "nothing": ("", "US", "blank"),
    "spaces": ("   ", "US", "blank"),
    "masked": ("309xxxxxxx", "US", "letters"),
    "words": ("Multiple#s", "US", "letters"),
    "a name": ("Card services", "US", "letters"),
    "short code": ("3950", "FR", "not-a-number"),
    "seven digits": ("5550110", "US", "not-a-number"),
    "too many digits": ("+49485235648796328", "DE", "not-a-number"),
    "zeros": ("0000000000", "US", "not-a-number"),
    "ones": ("1111111111", "US", "not-a-number"),
    "zeros abroad": ("+490000000000", "US", "not-a-number"),
    "an exchange that cannot be": ("303 155 0110", "US", "not-a-number"),
    "a whole country": ("+44*", "US", "too-broad"),
    "everybody": ("*", "US", "too-broad"),
    "a whole continent": ("1##########", "US", "too-broad"),
    "wildcard in the middle": ("+1303*0110", "US", "wildcard-inside"),
    "wildcards in two places": ("+1*303*", "US", "wildcard-inside"),
    "pattern open in the middle": ("3316###00##", "FR", "wildcard-inside"),
    "pattern with letters": ("33x62######", "FR", "letters"),
    "pattern of both sorts": ("33162##*", "FR", "wildcard-inside"),
    "nothing but open digits": ("######", "US", "too-broad"),
    "pattern too short for its country": ("33162####", "FR", "pattern-length"),
    "pattern too long for its country": ("33162########", "FR", "pattern-length"),
    "pattern where numbers have many lengths": ("4930######", "DE", "pattern-length"),
    "pattern with a trunk prefix in the middle": ("993800000###", "FR", "pattern-length"),
    "endless": ("3" * 5000, "US", "too-long"),
    "Arabic digits": ("٣٠٣٥٥٥٠١١٠", "US", "+13035550110"),
}


@pytest.mark.parametrize(("text", "country", "expected"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_row_is_a_number_a_beginning_or_a_reason(text: str, country: str, expected: str) -> None:
    assert found(text, country) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("", 1), ("7", 7), ("7.0", 7), ("nonsense", 1), ("999999999999", 1_000_000), (" 2 ", 2)]
)
def test_reports_are_counted_and_capped(text: str, expected: int) -> None:
    entry = read("3035550110", reports=text)
    assert isinstance(entry, Entry)
    assert (entry.reports, entry.weight) == (expected, float(expected))


@pytest.mark.parametrize("text", ["0", "-3", "0.4"])
def test_a_number_that_nobody_complained_of_is_not_listed(text: str) -> None:
    assert read("3035550110", reports=text) == Skipped("no-reports", "3035550110")


DAYS = {
    "ISO": ("2025-12-24", date(2025, 12, 24)),
    "ISO with time": ("2025-12-24 10:11:12", date(2025, 12, 24)),
    "seconds": ("1766570400", date(2025, 12, 24)),
    "milliseconds": ("1766570400000", date(2025, 12, 24)),
    "to come": ("2031-01-01", TODAY),
    "nonsense": ("yesterday", None),
    "nothing": ("", None),
    "out of range": ("99999999999999", TODAY),
    "other order": ("24.12.2025", None),
}


@pytest.mark.parametrize(("text", "expected"), DAYS.values(), ids=DAYS.keys())
def test_the_last_complaint_was_on_a_day_that_has_been(text: str, expected: date | None) -> None:
    entry = read("3035550110", last_seen=text)
    assert isinstance(entry, Entry)
    assert entry.last_seen == expected


WORDS = {
    "G_FRAUD": Category.FRAUD,
    "Lottery scam": Category.FRAUD,
    "Telemarketer": Category.TELEMARKETING,
    "E_ADVERTISING": Category.TELEMARKETING,
    "Démarchage": Category.TELEMARKETING,
    "Debt collector": Category.DEBT,
    "C_PING": Category.PING,
    "Shopping": Category.UNKNOWN,
    "A_LEGITIMATE": Category.LEGITIMATE,
    "D_POLL": Category.SURVEY,
    "F_GAMBLE": Category.GAMBLING,
    "B_MISSED": Category.UNKNOWN,
    "Dropped call": Category.SILENT,
    "Charity": Category.CHARITY,
    "?": Category.UNKNOWN,
}


@pytest.mark.parametrize(("word", "category"), WORDS.items())
def test_what_lists_call_a_complaint_is_understood(word: str, category: Category) -> None:
    entry = read("3035550110", category=word)
    assert isinstance(entry, Entry)
    assert entry.category is category


def test_a_list_without_categories_has_that_of_its_settings() -> None:
    entry = Normaliser("US", category=Category.SURVEY, today=TODAY).entry(Row(text="3035550110"))
    assert isinstance(entry, Entry)
    assert entry.category is Category.SURVEY


@settings(max_examples=EXAMPLES, deadline=None)
@given(text=st.text(max_size=60), country=st.sampled_from(["US", "DE", "FR", INTERNATIONAL]))
def test_whatever_a_row_says_it_becomes_e164_or_a_reason(text: str, country: str) -> None:
    entry = read(text, country, category=text, reports=text, last_seen=text)
    if isinstance(entry, Entry):
        assert entry.number[0] == "+"
        assert entry.number[1:].isascii()
        assert entry.number[1:].isdecimal()
        assert 4 < len(entry.number) <= 16
        assert 1 <= entry.reports <= 1_000_000
        assert entry.last_seen is None or entry.last_seen <= TODAY
    else:
        assert entry.why.replace("-", "").isalpha()


@settings(max_examples=EXAMPLES, deadline=None)
@given(stem=st.text("0123456789", max_size=12), open_digits=st.integers(1, 12))
def test_a_pattern_never_covers_a_number_that_it_does_not_describe(stem: str, open_digits: int) -> None:
    entry = read(stem + "#" * open_digits, "FR")
    if isinstance(entry, Entry):
        national = len(entry.number) + open_digits
        assert entry.prefix
        assert entry.number.endswith(stem.lstrip("0")) or entry.number[1:] == stem
        assert national == (12 if entry.number.startswith("+33") else national)
