"""One complaint as a row of a file states it, and what becomes of rows that state none."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from callguard import Category
from callguard_ftc.numbers import Odd


class Complaint(NamedTuple):
    """One person's report of one call."""

    number: int
    "E.164 without +."
    day: int
    "When it was made, as a proleptic ordinal; the day of the call itself is often mistyped by years."
    category: Category
    robocall: bool | None
    "Whether a recording spoke; None if the person did not say."
    key: int
    "The same for the same content, wherever it was read; only within this process."


class Refused(NamedTuple):
    """A row that is not counted."""

    why: Odd
    row: str


Read = Complaint | Refused
_KEY_BITS = 43
_LONGEST_SAMPLE = 200


def key_of(day: int, content: tuple[str, ...]) -> int:
    """Return 63 bits for *content*: the day leads, so that keys of one file lie together in an index.

    That two of 30,000 complaints of one day have the same remaining 43 bits happens once in 50 years of days.
    """
    return day << _KEY_BITS | hash(content) & (1 << _KEY_BITS) - 1


@lru_cache(maxsize=1024)
def day_of(text: str) -> int | None:
    """Return the day with which *text* begins (`2026-03-05 00:03:04`), or None if it begins with none."""
    try:
        return date.fromisoformat(text[:10]).toordinal()
    except ValueError:
        return None


def read_day(text: str, latest: int) -> int | Odd:
    """Return the day *text* begins with, unless it lies after *latest*."""
    day = day_of(text[:10])
    if day is None:
        return Odd.DATE
    return day if day <= latest else Odd.FUTURE


def refused(why: Odd, fields: Iterable[str]) -> Refused:
    """Return the refusal of a row, with a sample of it for people."""
    return Refused(why, ",".join(fields)[:_LONGEST_SAMPLE])


def rows_of(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield the fields of each line that is not empty.

    One line is one row: a quote that is never closed then spoils its own row, not the rest of the file.
    """
    for line in lines:
        bare = line.rstrip("\r\n")
        if bare:
            yield bare.split(",") if '"' not in bare else _quoted(bare)


def _quoted(line: str) -> list[str]:
    try:
        return next(csv.reader((line,)))
    except csv.Error:
        return [line]


class NotThisFileError(ValueError):
    """A file that is something else than it was expected to be; one sentence for people."""


def places_of(header: list[str], wanted: tuple[str, ...], needed: frozenset[str]) -> tuple[int, ...]:
    """Return where the columns *wanted* are, -1 for one that is absent; NotThisFileError if one *needed* is."""
    names = [name.strip().lstrip("\ufeff").lower() for name in header]
    missing = sorted(needed.difference(names))
    if missing:
        raise NotThisFileError(f"there is no column {missing[0]}: this is not a file of complaints")
    return tuple(names.index(name) if name in names else -1 for name in wanted)
