"""A long list in pages, where all of it is at hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from callguard.console.visit import Visit

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Generic[T]):
    """One page of a list."""

    items: Sequence[T]
    total: int
    next: str
    "Address of the page after it; empty if it is the last."
    first: str
    "Address of the first page; empty if this is it."


def slice_of(visit: Visit, route: str, items: Sequence[T], most: int, **said: object) -> Slice[T]:
    """Return the page of *items* that the visitor asks *route* for by `from`; *said* is the rest of the address."""
    text = visit.asked("from")
    begin = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
    end = begin + most
    return Slice(
        items=items[begin:end],
        total=len(items),
        next=visit.url(route, **said, **{"from": end}) if end < len(items) else "",
        first=visit.url(route, **said) if begin else "",
    )
