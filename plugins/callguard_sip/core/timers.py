"""One heap for every timer of an endpoint.

An owner has a single deadline. Moving it later costs nothing until the old entry surfaces, and entries of owners that
are done are swept out when they outnumber the live ones: a thousand calls a second leave no litter behind.
"""

import heapq
from abc import ABC, abstractmethod
from math import inf

_SWEEP_FROM = 256


class Timed(ABC):
    """Something that can be woken at a time; subclasses say what they do then."""

    __slots__ = ("deadline", "queued")

    def __init__(self) -> None:
        self.deadline = inf
        self.queued = inf

    @abstractmethod
    def on_timer(self, now: float) -> None:
        """Do what was to be done at the deadline, which is over; a new one lies in the future."""


class Timers:
    """Deadlines of many owners, in monotonic seconds."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timed]] = []
        self._pushed = 0
        self._stale = 0

    def __len__(self) -> int:
        """Return how many entries are kept, stale ones included."""
        return len(self._heap)

    def set(self, owner: Timed, when: float) -> None:
        """Wake *owner* at *when* instead of any earlier arrangement."""
        owner.deadline = when
        if when < owner.queued:
            if owner.queued != inf:
                self._stale += 1
            self._push(owner, when)

    def clear(self, owner: Timed) -> None:
        """Never wake *owner*; the memory is given back soon."""
        owner.deadline = inf
        if owner.queued != inf:
            owner.queued = inf
            self._stale += 1
            if self._stale >= _SWEEP_FROM and 2 * self._stale > len(self._heap):
                self._sweep()

    def next(self) -> float | None:
        """Return when the next owner is due."""
        while self._heap:
            when, _, owner = self._heap[0]
            if owner.queued == when and owner.deadline == when:
                return when
            self._pop()
        return None

    def run(self, now: float) -> None:
        """Wake every owner that is due, earliest first."""
        while (when := self.next()) is not None and when <= now:
            owner = heapq.heappop(self._heap)[2]
            owner.deadline = owner.queued = inf
            owner.on_timer(now)

    def _push(self, owner: Timed, when: float) -> None:
        owner.queued = when
        self._pushed += 1
        heapq.heappush(self._heap, (when, self._pushed, owner))

    def _pop(self) -> None:
        """Drop the first entry, which is stale or early; an early one is put where it belongs now."""
        when, _, owner = heapq.heappop(self._heap)
        if owner.queued != when:
            self._stale -= 1
            return
        owner.queued = inf
        if owner.deadline != inf:
            self._push(owner, owner.deadline)

    def _sweep(self) -> None:
        self._heap = [entry for entry in self._heap if entry[2].queued == entry[0]]
        heapq.heapify(self._heap)
        self._stale = 0
