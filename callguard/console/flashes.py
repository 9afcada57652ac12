"""What a page says once about what was just done, with a way to take it back."""

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum

_MOST_VISITORS = 1000
_MOST_EACH = 5


class FlashKind(StrEnum):
    """How it went."""

    DONE = "done"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flash:
    """One sentence for the next page."""

    text: str
    kind: FlashKind = FlashKind.DONE
    undo: int | None = None
    "The change that can be taken back."
    also: tuple[int, ...] = ()
    "Others that were made at the same stroke, and are taken back with it."


class Flashes:
    """Sentences that wait for the next page of each visitor; those of the least recent visitors are dropped."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, list[Flash]] = OrderedDict()

    def add(self, visitor: str, flash: Flash) -> None:
        """Keep *flash* for the next page that *visitor* sees."""
        self._waiting.setdefault(visitor, []).append(flash)
        self._waiting.move_to_end(visitor)
        del self._waiting[visitor][:-_MOST_EACH]
        while len(self._waiting) > _MOST_VISITORS:
            self._waiting.popitem(last=False)

    def take(self, visitor: str) -> list[Flash]:
        """Return what waits for *visitor*, once."""
        return self._waiting.pop(visitor, [])
