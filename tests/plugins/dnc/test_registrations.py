from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard_dnc.registrations import registered_on

FILE_FROM = date(2026, 5, 1)
OURS = "+13035550100"

LINES = {
    "area code and number": ("303,5550100", FILE_FROM),
    "E.164": ("+13035550100", FILE_FROM),
    "with a day": ("303,5550100,2026-03-01", date(2026, 3, 1)),
    "E.164 with a day": (" +13035550100 , 2026-03-01 ", date(2026, 3, 1)),
    "another": ("303,5550101", None),
    "empty": ("", None),
    "a remark": ("# ours: 303,5550100", None),
    "too few digits": ("303,555010", None),
    "split elsewhere": ("3035,550100", None),
    "other digits": ("٣٠٣,٥٥٥٠١٠٠", None),
    "a day that is none": ("303,5550100,2026-02-30", None),
    "two numbers": ("+1303,5550100", None),
}


@pytest.mark.parametrize(("line", "since"), LINES.values(), ids=LINES.keys())
def test_a_line_names_a_number_and_perhaps_a_day(line: str, since: date | None) -> None:
    assert registered_on(["212,5550188", line], OURS, FILE_FROM) == since


@settings(max_examples=200)
@given(st.lists(st.text(max_size=60), max_size=5))
def test_no_file_is_too_strange_to_be_read(lines: list[str]) -> None:
    assert registered_on([*lines, "303,5550100"], OURS, FILE_FROM) is not None


def test_a_file_is_read_only_so_far() -> None:
    assert registered_on(["212,5550188"] * 100_000 + ["303,5550100"], OURS, FILE_FROM) is None
