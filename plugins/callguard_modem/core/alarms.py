"""When the machine wants to be woken, and what for."""

from collections.abc import Callable

Wake = Callable[[float], None]


class Alarms:
    """A deadline for each of a few purposes, in monotonic seconds."""

    def __init__(self) -> None:
        self._set: dict[str, tuple[float, Wake]] = {}

    def set(self, purpose: str, when: float, wake: Wake) -> None:
        """Wake at *when* instead of any earlier arrangement for this purpose."""
        self._set[purpose] = (when, wake)

    def clear(self, *purposes: str) -> None:
        """Never wake for these."""
        for purpose in purposes:
            self._set.pop(purpose, None)

    def next(self) -> float | None:
        """Return when the first one is due."""
        return min((when for when, _ in self._set.values()), default=None)

    def pop(self, now: float) -> Wake | None:
        """Return what is due first, and forget it; None if nothing is due."""
        due = [(when, purpose) for purpose, (when, _) in self._set.items() if when <= now]
        return self._set.pop(min(due)[1])[1] if due else None
