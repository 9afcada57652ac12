"""Days as statutes count them: calendar months, days of grace, business days, holidays that move."""

import re
from calendar import monthrange
from datetime import date, timedelta

_FIXED = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_FROM_EASTER = re.compile(r"easter(?:([+-]\d{1,3}))?", re.ASCII)
_WEEKDAY_FROM = re.compile(r"(\d\d)-(\d\d)\+(mon|tue|wed|thu|fri|sat|sun)", re.ASCII)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SATURDAY = 5


class NotAHolidayError(ValueError):
    """A text that was expected to name a day of the year does not."""


def add_months(day: date, months: int) -> date:
    """Return the day so many calendar months later: the same day of the month, or the month's last if it has none.

    18 months from 31 August end on 28 or 29 February. OverflowError beyond the year 9999.
    """
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if not date.min.year <= year <= date.max.year:
        raise OverflowError(f"{months} months from {day} is no day of the calendar")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def takes_effect_on(registered_on: date, grace_days: int) -> date:
    """Return the first day of calls one may complain of: the line is registered *grace_days* days then."""
    return registered_on + timedelta(days=grace_days)


def after_business_days(day: date, count: int) -> date:
    """Return the day on which *count* business days (Monday to Friday) after *day* are over."""
    for _ in range(count):
        day += timedelta(days=1)
        while day.weekday() >= _SATURDAY:
            day += timedelta(days=1)
    return day


def easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    golden, century, in_century = year % 19, year // 100, year % 100
    leap_centuries, correction = century // 4, (century + 8) // 25
    epact = (19 * golden + century - leap_centuries - (century - correction + 1) // 3 + 15) % 30
    to_sunday = (32 + 2 * (century % 4) + 2 * (in_century // 4) - epact - in_century % 4) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def holiday_on(text: str, year: int) -> date:
    """Return the day of *year* that *text* names; NotAHolidayError if it names none.

    `12-25` is that day each year, `easter-2` Good Friday, `01-15+mon` the first Monday from 15 January on.
    """
    moving = _FROM_EASTER.fullmatch(text)
    if moving:
        return easter(year) + timedelta(days=int(moving[1] or 0))
    named = _WEEKDAY_FROM.fullmatch(text)
    fixed = named or _FIXED.fullmatch(text)
    if fixed is None:
        raise NotAHolidayError(f"{text!r:.40} names no holiday: write 12-25, easter-2 or 01-15+mon")
    try:
        day = date(year, int(fixed[1]), int(fixed[2]))
    except ValueError as error:
        raise NotAHolidayError(f"{text!r:.40} is no day of {year}") from error
    return day + timedelta(days=(_WEEKDAYS.index(named[3]) - day.weekday()) % 7) if named else day
