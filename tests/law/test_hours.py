from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callguard import CallingHours, Schedule, Source, is_holiday, within_hours

READ = Source(source="https://law.example/", checked_on=date(2026, 1, 1))
NEW_YORK = ZoneInfo("America/New_York")
US = CallingHours(hours=Schedule.parse("daily 08:00-21:00"), read=READ)
CANADA = CallingHours(hours=Schedule.parse("mon-fri 09:00-21:30, sat-sun 10:00-18:00"), read=READ)
NORWAY = CallingHours(
    hours=Schedule.parse("mon-fri 09:00-21:00"),
    not_on_holidays=True,
    holidays=(
        "01-01",
        "easter-3",
        "easter-2",
        "easter+1",
        "05-01",
        "05-17",
        "easter+39",
        "easter+50",
        "12-25",
        "12-26",
    ),
    read=READ,
)

DST = {
    # New York went to daylight saving time on 8 March 2026 at 2:00 and leaves it on 1 November at 2:00.
    "the day before spring, a second before 8": ("2026-03-07 12:59:59", False),
    "the day before spring, at 8": ("2026-03-07 13:00:00", True),
    "the day it begins, a second before 8": ("2026-03-08 11:59:59", False),
    "the day it begins, at 8": ("2026-03-08 12:00:00", True),
    "the day it begins, a second before 21": ("2026-03-09 00:59:59", True),
    "the day it begins, at 21": ("2026-03-09 01:00:00", True),
    "the day it begins, a second after 21": ("2026-03-09 01:00:01", False),
    "the day it ends, a second before 8": ("2026-11-01 12:59:59", False),
    "the day it ends, at 8": ("2026-11-01 13:00:00", True),
    "the day it ends, a second before 21": ("2026-11-02 01:59:59", True),
    "the day it ends, at 21": ("2026-11-02 02:00:00", True),
    "the day it ends, a second after 21": ("2026-11-02 02:00:01", False),
    "the hour that comes twice": ("2026-11-01 05:30:00", False),
}


@pytest.mark.parametrize(("utc", "allowed"), DST.values(), ids=DST.keys())
def test_hours_go_by_the_clock_on_the_wall_on_both_days_it_is_put_forward_or_back(utc: str, allowed: bool) -> None:
    assert within_hours(US, datetime.fromisoformat(f"{utc}+00:00").astimezone(NEW_YORK)) is allowed


WEEK = {
    "Friday 9:00": ("2026-03-06 09:00", True),
    "Friday 8:59": ("2026-03-06 08:59", False),
    "Friday 21:30": ("2026-03-06 21:30", True),
    "Friday 21:31": ("2026-03-06 21:31", False),
    "Saturday 9:59": ("2026-03-07 09:59", False),
    "Saturday 10:00": ("2026-03-07 10:00", True),
    "Saturday 18:00": ("2026-03-07 18:00", True),
    "Saturday 18:01": ("2026-03-07 18:01", False),
    "Sunday 9:30, as on weekdays": ("2026-03-08 09:30", False),
    "Sunday 17:59": ("2026-03-08 17:59", True),
    "Sunday 20:00": ("2026-03-08 20:00", False),
    "Monday 20:00": ("2026-03-09 20:00", True),
}


@pytest.mark.parametrize(("local", "allowed"), WEEK.values(), ids=WEEK.keys())
def test_canada_has_other_hours_on_weekends(local: str, allowed: bool) -> None:
    assert within_hours(CANADA, datetime.fromisoformat(local)) is allowed


NORWEGIAN = {
    "a Tuesday": ("2026-03-10 12:00", True),
    "a Tuesday before 9": ("2026-03-10 08:59", False),
    "a Tuesday after 21": ("2026-03-10 21:01", False),
    "a Saturday": ("2026-03-07 12:00", False),
    "a Sunday": ("2026-03-08 12:00", False),
    "Maundy Thursday": ("2026-04-02 12:00", False),
    "Good Friday": ("2026-04-03 12:00", False),
    "the Tuesday after Easter": ("2026-04-07 12:00", True),
    "Easter Monday": ("2026-04-06 12:00", False),
    "Ascension Day": ("2026-05-14 12:00", False),
    "Whit Monday": ("2026-05-25 12:00", False),
    "1 May": ("2026-05-01 12:00", False),
    "17 May on a Monday": ("2027-05-17 12:00", False),
    "Christmas Eve": ("2026-12-24 12:00", True),
    "the first day of Christmas": ("2026-12-25 12:00", False),
    "New Year's Day": ("2027-01-01 12:00", False),
}


@pytest.mark.parametrize(("local", "allowed"), NORWEGIAN.values(), ids=NORWEGIAN.keys())
def test_norway_is_quiet_on_saturdays_and_holidays(local: str, allowed: bool) -> None:
    assert within_hours(NORWAY, datetime.fromisoformat(local)) is allowed


def test_holidays_that_are_only_named_change_no_hours() -> None:
    named = CallingHours(hours=US.hours, holidays=("12-25",), read=READ)
    assert is_holiday(named, date(2026, 12, 25))
    assert within_hours(named, datetime(2026, 12, 25, 12, 0, tzinfo=NEW_YORK))


def test_the_last_stroke_counts_but_nothing_after_it() -> None:
    stroke = datetime(2026, 3, 10, 21, 0, tzinfo=NEW_YORK)
    assert within_hours(US, stroke)
    assert not within_hours(US, stroke + timedelta(microseconds=1))
