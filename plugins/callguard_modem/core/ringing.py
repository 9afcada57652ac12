"""One sequence of rings, and the rhythm of an exchange."""

import re
from dataclasses import dataclass, field

from callguard_modem.core.callerid import Assembler

_PATTERN = re.compile(r"DR(ON|OF)\s?=\s?(\d{1,4})")
_RING = re.compile(r"RING(?: ([A-Z0-9]))?")
_CRING = re.compile(r"\+CRING:.*")
_LONG = 7
"Tenths of a second from which a part of a distinctive ring is long (Bellcore: 0.3 and 0.4 or 0.8 to 2.0 s)."
_MOST_PARTS = 8
_SLACK = 0.1
_STEADY = 0.1
_FASTEST = 2.0
_SLOWEST = 10.0
_SURE = 6.0
"Seconds between rings that nobody exceeds by much: the rhythm of the US, the slowest of those known."
_RING_LASTS = 2.0
_PACKET_ENDS = 3.1
"Seconds from the beginning of a ring to the end of the caller ID in the pause after it, at least (US)."
_ANOTHER = 2.0
"Seconds after which a second caller ID is that of another call."


@dataclass(slots=True)
class Ringing:
    """A call as far as the modem heard of it."""

    serial: int
    cid: Assembler = field(default_factory=Assembler)
    rings: int = 0
    first: float | None = None
    last: float | None = None
    "When it rang last."
    line_at: float | None = None
    "When the modem printed something about the caller last."
    label: str = ""
    parts: str = ""
    heard: bool = False
    "Whether the house was told."
    block: bool | None = None
    "The verdict, once there is one."
    given_up: str = ""
    "Why the verdict cannot be carried out."

    @property
    def began(self) -> float | None:
        """When the last ring began: some modems print RING then, others at its end; None before it rang."""
        if self.first is None or self.last is None:
            return None
        if self.line_at is None:
            return self.last - _RING_LASTS
        return min(self.last, self.line_at - _PACKET_ENDS) if self.line_at > self.first else self.last

    def ring(self, label: str, now: float) -> None:
        """Count a ring."""
        self.rings += 1
        self.first = now if self.first is None else self.first
        self.last = now
        self.label = self.label or label or self.parts

    def part(self, kind: str, tenths: int) -> None:
        """Take a part of a distinctive ring; only what comes before the first RING describes the pattern."""
        if kind == "ON" and not self.rings and len(self.parts) < _MOST_PARTS:
            self.parts += "L" if tenths >= _LONG else "S"

    def feed(self, text: str, now: float) -> bool:
        """Take a line; return whether it was about the caller."""
        if not self.cid.feed(text):
            return False
        self.line_at = now
        return True

    def rings_apart(self, now: float, seconds: float) -> bool:
        """Whether it rang twice, the two parts of a double ring not counted."""
        return self.first is not None and now - self.first >= seconds

    def is_over(self, text: str, now: float, *, again: bool = False) -> bool:
        """Whether this line about a caller can only belong to a later call.

        Some modems print the same with every ring: it is a later call of the same caller only where that cannot be,
        *again*.
        """
        if not self.cid.number_known or self.line_at is None or now - self.line_at < _ANOTHER:
            return False
        other = Assembler()
        other.feed(text)
        mine, new = self.cid.caller(), other.caller()
        return other.number_known and (again or (mine.number, mine.presentation) != (new.number, new.presentation))


class Cadence:
    """Seconds from ring to ring: as the profile says, until the line taught us better."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.learned = False
        self._gap: float | None = None

    def learn(self, last: float | None, now: float) -> None:
        """Take a ring; two equal gaps in a row are the rhythm."""
        gap = None if last is None else now - last
        if gap is not None and _FASTEST <= gap <= _SLOWEST:
            if self._gap is not None and abs(gap - self._gap) <= _STEADY * gap:
                self.seconds, self.learned = (gap + self._gap) / 2, True
            self._gap = gap
        else:
            self._gap = None

    @property
    def silence(self) -> float:
        """Seconds without a ring after which the caller is gone; generous while the rhythm is not known."""
        return 1.35 * (self.seconds if self.learned else max(self.seconds, _SURE))

    def due(self, last: float, now: float) -> float:
        """Return when the next ring would have sounded at the latest, had the ringing gone on since *last*."""
        periods = max(1, -(-(now - last) // self.seconds))
        return last + (periods + _SLACK) * self.seconds

    def in_step(self, last: float, now: float) -> bool:
        """Whether a ring comes when the ringing that began before would go on."""
        phase = (now - last) / self.seconds
        return abs(phase - round(phase)) <= _SLACK

    def overdue(self, last: float, now: float) -> bool:
        """Whether a ring should have come since *last*: the caller gave up, or somebody talks to him."""
        return now - last > (1 + _SLACK) * self.seconds


def ring_of(text: str) -> str | None:
    """Return what a line says about the ring, empty for a plain RING; None if it is none."""
    if found := _RING.fullmatch(text):
        return found[1] or ""
    return "" if _CRING.fullmatch(text) or text.startswith("RING;") else None


def part_of(text: str) -> tuple[str, int] | None:
    """Return ON or OF (off) and tenths of a second of `DRON=5` (V.253 §10.2.4); None if it is no such line."""
    found = _PATTERN.fullmatch(text)
    return (found[1], int(found[2])) if found else None
