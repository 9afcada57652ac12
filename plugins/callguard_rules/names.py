"""Finds texts in a caller name, which anybody can make up: no regular expressions, one pass a text."""

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from callguard import fold_name

V = TypeVar("V")
_LONGEST_NAME = 200


class Names(Generic[V]):
    """Texts to find in names; `*` in one stands for any text."""

    def __init__(self, texts: Mapping[str, V]) -> None:
        self._plain = [(text, value) for text, value in texts.items() if text and "*" not in text]
        cut = [
            (tuple(part for part in text.split("*") if part), value) for text, value in texts.items() if "*" in text
        ]
        self._starred = [(parts, value) for parts, value in cut if parts]

    def found_in(self, name: str) -> list[V]:
        """Return the value of every text found in *name*, the longest text first."""
        folded = fold_name(name[:_LONGEST_NAME])
        if not folded:
            return []
        found = [(len(text), value) for text, value in self._plain if text in folded]
        found += [(sum(map(len, parts)), value) for parts, value in self._starred if _in_order(parts, folded)]
        found.sort(key=lambda pair: -pair[0])
        return [value for _, value in found]


def _in_order(parts: Iterable[str], name: str) -> bool:
    # The earliest place for each part leaves the most room for the next, so nothing is ever tried twice.
    place = 0
    for part in parts:
        found = name.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return True
