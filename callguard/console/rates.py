"""How often a program may ask: plenty for any honest one, and no more than the house can bear."""

from collections import OrderedDict
from dataclasses import dataclass, field

_MOST_KNOWN = 1000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


@dataclass(slots=True, kw_only=True)
class Rates:
    """A bucket for everybody who asks, which fills again as time passes."""

    at_once: float = 300
    "Requests that may come one upon the other."
    a_second: float = 20
    "Requests that may come on and on."
    _buckets: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict)

    def wait(self, who: str, now: float) -> float:
        """Take one request of *who* into account; return after how many seconds it may be made: 0 is at once."""
        bucket = self._buckets.setdefault(who, _Bucket(self.at_once, now))
        self._buckets.move_to_end(who)
        while len(self._buckets) > _MOST_KNOWN:
            self._buckets.popitem(last=False)
        bucket.left = min(self.at_once, bucket.left + (now - bucket.at) * self.a_second)
        bucket.at = now
        if bucket.left < 1:
            return (1 - bucket.left) / self.a_second
        bucket.left -= 1
        return 0.0
