from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import NotAHolidayError, add_months, holiday_on, takes_effect_on
from callguard.law.days import after_business_days, easter

MONTHS = {
    "18 months from 28 August": ("2025-08-28", 18, "2027-02-28"),
    "18 months from 29 August": ("2025-08-29", 18, "2027-02-28"),
    "18 months from 30 August": ("2025-08-30", 18, "2027-02-28"),
    "18 months from 31 August": ("2025-08-31", 18, "2027-02-28"),
    "18 months from 29 August into a leap year": ("2026-08-29", 18, "2028-02-29"),
    "18 months from 31 August into a leap year": ("2026-08-31", 18, "2028-02-29"),
    "18 months from 29 February": ("2024-02-29", 18, "2025-08-29"),
    "12 months from 29 February": ("2024-02-29", 12, "2025-02-28"),
    "48 months from 29 February": ("2024-02-29", 48, "2028-02-29"),
    "18 months from 31 March": ("2026-03-31", 18, "2027-09-30"),
    "3 months from 30 November": ("2025-11-30", 3, "2026-02-28"),
    "3 months from 30 November before a leap year": ("2027-11-30", 3, "2028-02-29"),
    "6 months from 31 August": ("2026-08-31", 6, "2027-02-28"),
    "over the end of a year": ("2026-12-15", 1, "2027-01-15"),
    "none": ("2026-12-31", 0, "2026-12-31"),
    "1900 was no leap year": ("1899-11-30", 3, "1900-02-28"),
}


@pytest.mark.parametrize(("day", "months", "end"), MONTHS.values(), ids=MONTHS.keys())
def test_months_are_those_of_the_calendar(day: str, months: int, end: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(end)


def test_a_window_beyond_the_calendar_is_refused() -> None:
    assert add_months(date(9999, 11, 30), 1) == date(9999, 12, 30)
    with pytest.raises(OverflowError, match="no day of the calendar"):
        add_months(date(9999, 12, 1), 1)


@settings(max_examples=200)
@given(st.dates(date(1600, 1, 1), date(2600, 1, 1)), st.integers(0, 60))
def test_a_window_in_months_never_overruns_its_month(day: date, months: int) -> None:
    end = add_months(day, months)
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == months
    assert end.day == day.day or (end.day < day.day and (end + timedelta(days=1)).day == 1)


def test_a_registration_counts_from_the_day_on_which_it_is_so_many_days_old() -> None:
    assert takes_effect_on(date(2026, 3, 1), 31) == date(2026, 4, 1)
    assert takes_effect_on(date(2024, 2, 1), 31) == date(2024, 3, 3)
    assert takes_effect_on(date(2026, 3, 1), 0) == date(2026, 3, 1)


BUSINESS = {
    "from a Monday": ("2026-03-02", 10, "2026-03-16"),
    "from a Friday": ("2026-03-06", 1, "2026-03-09"),
    "from a Saturday": ("2026-03-07", 1, "2026-03-09"),
    "from a Sunday": ("2026-03-08", 10, "2026-03-20"),
    "none": ("2026-03-07", 0, "2026-03-07"),
}


@pytest.mark.parametrize(("day", "count", "end"), BUSINESS.values(), ids=BUSINESS.keys())
def test_business_days_leave_out_the_weekend(day: str, count: int, end: str) -> None:
    assert after_business_days(date.fromisoformat(day), count) == date.fromisoformat(end)


# Dates of Easter as calendars print them, the earliest and the latest possible among them.
EASTERS = [
    "1818-03-22",
    "1943-04-25",
    "2000-04-23",
    "2024-03-31",
    "2025-04-20",
    "2026-04-05",
    "2027-03-28",
    "2038-04-25",
]


@pytest.mark.parametrize("day", EASTERS)
def test_easter_is_where_the_calendar_has_it(day: str) -> None:
    assert easter(int(day[:4])) == date.fromisoformat(day)


HOLIDAYS = {
    "12-25": "2026-12-25",
    "easter": "2026-04-05",
    "easter-3": "2026-04-02",
    "easter+39": "2026-05-14",
    "easter+50": "2026-05-25",
    "01-15+mon": "2026-01-19",
    "05-25+mon": "2026-05-25",
    "11-02+tue": "2026-11-03",
    "11-22+thu": "2026-11-26",
    "12-30+sun": "2027-01-03",
}


@pytest.mark.parametrize(("text", "day"), HOLIDAYS.items(), ids=HOLIDAYS.keys())
def test_a_holiday_is_named_by_its_day_or_from_easter_or_by_a_weekday(text: str, day: str) -> None:
    assert holiday_on(text, 2026) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text",
    ["", "christmas", "13-01", "02-30", "1-1", "easter+", "easter39", "01-15+", "01-15+xyz", "١٢-٢٥", "12-25 "],
)
def test_what_names_no_holiday_is_refused(text: str) -> None:
    with pytest.raises(NotAHolidayError, match=r"holiday|no day"):
        holiday_on(text, 2026)
