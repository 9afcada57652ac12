"""Values out of JSON that somebody else wrote: each is of its kind, or a TypeError says which is not."""

from datetime import UTC, date, datetime
from typing import TypeAlias

from callguard.model.evidence import Fact

Object: TypeAlias = dict[str, object]


def an_object(value: object) -> Object:
    """Return an object."""
    if isinstance(value, dict):
        return value
    raise TypeError(f"{value!r:.60} is not an object")


def a_list(value: object) -> list[object]:
    """Return a list, empty for null."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise TypeError(f"{value!r:.60} is not a list")


def a_text(value: object) -> str:
    """Return a text, empty for null."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise TypeError(f"{value!r:.60} is not a text")


def texts(value: object) -> tuple[str, ...]:
    """Return texts, none for null."""
    return tuple([a_text(item) for item in a_list(value)]) if value else ()


def a_whole_number(value: object, default: int = 0) -> int:
    """Return a whole number, *default* for null."""
    if value is None:
        return default
    if isinstance(value, int):
        return value
    raise TypeError(f"{value!r:.60} is not a whole number")


def a_number(value: object) -> float:
    """Return a number, 0 for null."""
    if value is None:
        return 0.0
    if isinstance(value, int | float):
        return float(value)
    raise TypeError(f"{value!r:.60} is not a number")


def a_fact(value: object) -> Fact:
    """Return a fact of evidence."""
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{value!r:.60} is not a fact")


def a_moment(value: object) -> datetime:
    """Return a time; one without a zone is UTC."""
    moment = datetime.fromisoformat(a_text(value))
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def a_day(value: object) -> date | None:
    """Return a day, if there is one."""
    return None if value is None else date.fromisoformat(a_text(value))
