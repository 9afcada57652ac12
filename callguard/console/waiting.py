"""What somebody has brought and not yet said yes to: an address book, a list of numbers."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from callguard.home import Randomness

Brought = Mapping[str, Any]
"""What a question to the house will be made of."""
_MOST = 8
"""Each may be an address book of some megabytes; those that wait longest give way."""
_LONGEST = timedelta(minutes=30)
_CHANCE = 96


@dataclass(frozen=True, slots=True)
class _One:
    whose: str
    until: datetime
    thing: Brought


class Waiting:
    """Things that wait in memory for a yes, each for whoever brought it; nothing is written down."""

    def __init__(self) -> None:
        self._all: OrderedDict[str, _One] = OrderedDict()

    def put(self, whose: str, thing: Brought, randomness: Randomness, now: datetime) -> str:
        """Keep *thing* for half an hour; returns the word by which it is found again."""
        self._clear(now)
        word = f"{randomness.bits(_CHANCE):024x}"
        self._all[word] = _One(whose, now + _LONGEST, thing)
        while len(self._all) > _MOST:
            self._all.popitem(last=False)
        return word

    def get(self, whose: str, word: str, now: datetime) -> Brought | None:
        """Return what *whose* left under *word*; None if it is not there any more."""
        self._clear(now)
        one = self._all.get(word)
        return one.thing if one is not None and one.whose == whose else None

    def drop(self, word: str) -> None:
        """Forget what was left under *word*."""
        self._all.pop(word, None)

    def _clear(self, now: datetime) -> None:
        self._all = OrderedDict((word, one) for word, one in self._all.items() if now < one.until)
