"""Rows that another version wrote, or another program: what cannot be understood is left out and counted."""

from collections.abc import Callable, Iterable
from typing import TypeVar

_Row = TypeVar("_Row")
_Made = TypeVar("_Made")


def understood(make: Callable[[_Row], _Made], rows: Iterable[_Row]) -> tuple[list[_Made], int]:
    """Return what *make* makes of *rows*, and how many of them it could make nothing of."""
    made: list[_Made] = []
    unreadable = 0
    for row in rows:
        try:
            made.append(make(row))
        except (ValueError, TypeError, OverflowError, RecursionError):
            unreadable += 1
    return made, unreadable
