"""Reads the arguments of a question; what is no good is refused in words."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any, TypeVar

from callguard.control.wire import RefusedError
from callguard.model.text import plain

Arguments = Mapping[str, Any]
_MOST = 1000
_LONGEST_WAIT = 10 * 366 * 86400
_LARGEST = 2**63 - 1
"""What the database can hold."""
_FIRST_YEAR, _LAST_YEAR = 1971, 9998
"""A day more or less, in whatever time zone, must still be in the calendar and in the database."""
_Choice = TypeVar("_Choice", bound=StrEnum)


def text(given: Arguments, key: str, default: str = "") -> str:
    """Return a text, or *default* if there is none."""
    value = given.get(key)
    return value if isinstance(value, str) else default


def by(given: Arguments) -> str:
    """Return who asks."""
    return plain(text(given, "by")) or "command line"


def whole(value: object) -> int:
    """Return a whole number."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST:
        return value
    raise RefusedError(f"{value!r:.40} is no whole number, or too large a one")


def count(given: Arguments, key: str, default: int) -> int:
    """Return how many are wanted, 1 to 1,000."""
    return max(1, min(whole(given.get(key, default)), _MOST))


def choice(given: Arguments, key: str, kind: type[_Choice], default: _Choice | None = None) -> _Choice | None:
    """Return one of the words of *kind*."""
    word = text(given, key)
    try:
        return kind(word) if word else default
    except ValueError as error:
        words = ", ".join(member.value for member in kind)
        raise RefusedError(f"{plain(word)!r} is none of {words}") from error


def line(given: Arguments, known: set[str]) -> str:
    """Return the name of a line, empty for none; where no line is *known*, every name will do."""
    name = text(given, "line")
    if name and known and name not in known:
        raise RefusedError(f"there is no line {plain(name)!r}; there are: {', '.join(sorted(known))}")
    return name


def span(given: Arguments, key: str) -> timedelta | None:
    """Return a stretch of time, given in whole seconds."""
    value = given.get(key)
    if value is None:
        return None
    seconds = whole(value)
    if not 0 < seconds <= _LONGEST_WAIT:
        raise RefusedError(f"{seconds} s is no sensible stretch of time")
    return timedelta(seconds=seconds)


def moment(given: Arguments, key: str, timezone: tzinfo) -> datetime | None:
    """Return a time such as `2026-12-01T18:00`; without a zone it is meant as the household's clock shows it."""
    value = text(given, key)
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise RefusedError(f"{plain(value)!r} is no time: write it like 2026-12-01T18:00") from error
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise RefusedError(f"{plain(value)!r} is in no year between {_FIRST_YEAR} and {_LAST_YEAR}")
    return found if found.tzinfo else found.replace(tzinfo=timezone)


def day(given: Arguments, key: str, latest: date | None = None) -> date | None:
    """Return a day such as `2026-12-01`, none after *latest*; None if there is none."""
    value = text(given, key)
    return a_day(value, latest) if value else None


def days(given: Arguments, key: str, latest: date | None = None) -> tuple[date, ...]:
    """Return several days."""
    return tuple(a_day(value, latest) for value in texts(given, key))


def texts(given: Arguments, key: str) -> tuple[str, ...]:
    """Return several texts."""
    values = given.get(key) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise RefusedError(f"{key}: a list of texts is needed")
    return tuple(values)


def a_day(value: str, latest: date | None = None) -> date:
    """Return the day that is written like 2026-12-01."""
    try:
        found = date.fromisoformat(value.strip())
    except ValueError as error:
        raise RefusedError(f"{plain(value)!r} is no day: write it like 2026-12-01") from error
    if latest is not None and found > latest:
        raise RefusedError(f"{found} has not come yet")
    return found
