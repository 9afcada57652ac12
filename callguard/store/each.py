"""Going through stored records, a batch at a time."""

from collections.abc import Callable, Iterator
from typing import Self

from callguard.model.record import CallRecord
from callguard.store.searching import Filter, Page


class Each:
    """Goes through records, a batch at a time."""

    def __init__(self, read: Callable[..., Page], wanted: Filter, batch: int) -> None:
        self._pages = _pages(read, wanted, batch)
        self.unreadable = 0
        "Records that could not be understood so far, and were left out."

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[CallRecord, ...]:
        while True:
            page = next(self._pages)
            self.unreadable += page.unreadable
            if page.records:
                return page.records


def _pages(read: Callable[..., Page], wanted: Filter, batch: int) -> Iterator[Page]:
    before: str | None = None
    while True:
        page = read(batch, before=before, wanted=wanted)
        yield page
        if page.next is None:
            return
        before = page.next
