"""Whether telemarketers may call at a time of day, by the clock on the wall where the line is."""

from datetime import date, datetime, timedelta

from callguard.law.days import holiday_on
from callguard.model.law import CallingHours

_NEXT_TO_NOTHING = timedelta(microseconds=1)


def within_hours(hours: CallingHours, local: datetime) -> bool:
    """Tell whether a telemarketer may call when the clock where the line is shows *local*.

    Statutes forbid calls before the first hour and after the last, so its stroke still belongs to it: with
    08:00-21:00 a call at 21:00:00 is within, one at 21:00:01 is not. No time passes but on the wall, so a change
    to daylight saving time moves nothing.
    """
    wall = local.replace(tzinfo=None)
    if hours.not_on_holidays and is_holiday(hours, wall.date()):
        return False
    return hours.hours.covers(wall) or hours.hours.covers(wall - _NEXT_TO_NOTHING)


def is_holiday(hours: CallingHours, day: date) -> bool:
    """Tell whether *day* is one of the holidays that the calling hours name."""
    return any(holiday_on(text, day.year) == day for text in hours.holidays)
