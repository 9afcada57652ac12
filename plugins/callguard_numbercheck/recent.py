"""Who called lately: a bounded memory that answers bursts and repeated calls, by the time the calls came."""

from collections import OrderedDict, deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

_MOST_NUMBERS = 4096
_MOST_TIMES = 8
_MOST_OF_BLOCK = 64


class Recent:
    """The latest calls by number and by block; the number that has been silent longest is forgotten first."""

    def __init__(self, last_digits: int, most: int = _MOST_NUMBERS) -> None:
        self._last_digits = last_digits
        self._most = most
        self._times: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._blocks: dict[str, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._times)

    def block(self, number: str) -> str:
        """Return the beginning that *number* shares with its block."""
        return number[: -self._last_digits]

    def add(self, number: str, at: datetime) -> None:
        """Remember that *number* called; a call that is known already changes nothing."""
        times = self._times.get(number)
        if times is None:
            times = self._times[number] = deque(maxlen=_MOST_TIMES)
        if at not in times:
            times.append(at)
        self._times.move_to_end(number)
        block = self._blocks.setdefault(self.block(number), {})
        block.pop(number, None)
        block[number] = None
        if len(self._times) > self._most:
            self._forget(next(iter(self._times)))

    def calls(self, number: str, at: datetime, within: timedelta) -> list[datetime]:
        """Return when *number* called before *at*, at most *within* before it; eight calls are remembered."""
        return [then for then in self._times.get(number, ()) if at - within <= then < at]

    def others(self, number: str, at: datetime, within: timedelta) -> Iterable[str]:
        """Yield the other numbers of the same block that called before *at*, at most *within* before it.

        The 64 that called last are looked at, newest first.
        """
        for other in islice(reversed(self._blocks.get(self.block(number), {})), _MOST_OF_BLOCK):
            if other != number and self.calls(other, at, within):
                yield other

    def _forget(self, number: str) -> None:
        del self._times[number]
        block = self.block(number)
        del self._blocks[block][number]
        if not self._blocks[block]:
            del self._blocks[block]
