"""Finds the ranges that a number lies in, however many there are and however they overlap."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

V = TypeVar("V")


class Ranges(Generic[V]):
    """A segment tree: looking up costs a handful of steps more each time the ranges double, overlapping or not."""

    def __init__(self, ranges: Mapping[tuple[int, int], V], settles: Callable[[V], bool]) -> None:
        """Take *ranges*, first and last number of each, both included.

        Whoever finds a value that *settles* the matter looks at no wider range: such ranges are left out.
        """
        self._starts = sorted({end for first, last in ranges for end in (first, last + 1)})
        self._leaves = len(self._starts)
        self._nodes: dict[int, list[tuple[int, V]]] = {}
        places = {start: place for place, start in enumerate(self._starts)}
        for (first, last), value in ranges.items():
            self._spread(places[first], places[last + 1], (last - first, value))
        for node, entries in self._nodes.items():
            self._nodes[node] = _cut(entries, settles)

    def around(self, number: int) -> Iterator[V]:
        """Yield the values of the ranges that *number* lies in, the narrowest range first."""
        place = bisect_right(self._starts, number) - 1
        if place < 0 or not self._nodes:
            return
        found: list[tuple[int, V]] = []
        node = place + self._leaves
        while node:
            found += self._nodes.get(node, ())
            node >>= 1
        found.sort(key=lambda pair: pair[0])
        for _, value in found:
            yield value

    def _spread(self, begin: int, end: int, entry: tuple[int, V]) -> None:
        begin, end = begin + self._leaves, end + self._leaves
        while begin < end:
            if begin & 1:
                self._nodes.setdefault(begin, []).append(entry)
                begin += 1
            if end & 1:
                end -= 1
                self._nodes.setdefault(end, []).append(entry)
            begin, end = begin >> 1, end >> 1


def _cut(entries: list[tuple[int, V]], settles: Callable[[V], bool]) -> list[tuple[int, V]]:
    entries.sort(key=lambda entry: entry[0])
    enough = next((place for place, (_, value) in enumerate(entries) if settles(value)), len(entries))
    return entries[: enough + 1]
