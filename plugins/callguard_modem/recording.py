"""Keeps what the modem printed during the last calls, cut as the device cut it, for bug reports and tests."""

import asyncio
import contextlib
import re
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from callguard import JSON, Presentation
from callguard_modem.core.callerid import CallerId
from callguard_modem.core.events import CallEnded, CallHeard
from callguard_modem.masking import Mask

_CALLS = 20
_BEFORE = 8.0
"Seconds before a call was understood in which its first octets came: one ring and its caller ID."
_MOST_OCTETS = 16384
_RING = re.compile(rb"\nRING\b|^RING\b|\x10R")
_CALLER_ID = re.compile(rb"\b[A-Z_]{2,9} ?= ?\w|^(?:[0-9A-F]{2}){6}", re.MULTILINE)
_WORDS = {
    Presentation.SHOWN: "available",
    Presentation.WITHHELD: "private",
    Presentation.UNAVAILABLE: "unavailable",
    Presentation.MISSING: "missing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """One call, as the modem printed it."""

    at: datetime
    caller: CallerId
    within: float
    "Seconds there were for a verdict."
    chunks: tuple[tuple[float, bytes], ...]
    "Seconds since the first octet, and what the device returned at one go."
    rings: int
    outcome: str
    method: str
    note: str

    def timing(self) -> dict[str, JSON]:
        """Return when each ring and the caller ID came, in seconds since the first octet."""
        raw = b"".join(data for _, data in self.chunks)
        named = _CALLER_ID.search(raw)
        return {
            "rings_at": [self._when(found.start()) for found in _RING.finditer(raw)],
            "caller_id_at": self._when(named.start()) if named else None,
        }

    def _when(self, place: int) -> float:
        """Return when the octet at *place* came."""
        for when, data in self.chunks:
            if place < len(data):
                return when
            place -= len(data)
        return 0.0

    def masked(self, source: str) -> dict[str, JSON]:
        """Return it without anybody's number or name, in the form of a test case."""
        mask = Mask()
        raw = b"".join(data for _, data in self.chunks)
        text = mask.text(raw.decode("latin-1"))
        shown = self.caller.presentation is Presentation.SHOWN
        cuts: list[int] = []
        length = 0
        for _, data in self.chunks[:-1]:
            length += len(data)
            cuts.append(length)
        return {
            "id": f"recorded-{self.at:%Y%m%d-%H%M%S}",
            "src": source,
            "raw": text,
            "cut": cuts,
            "rings": self.rings,
            "want": {
                "number": mask.value(self.caller.number) if shown else None,
                "name": mask.value(self.caller.name) or None,
                "presentation": _WORDS[self.caller.presentation],
            },
        }


class Recorder:
    """Listens to one modem."""

    def __init__(self) -> None:
        self.transcripts: deque[Transcript] = deque(maxlen=_CALLS)
        self.heard_calls = 0
        "How many calls ended since the start."
        self._news = asyncio.Event()
        self._chunks: deque[tuple[float, bytes]] = deque()
        self._octets = 0
        self._call: tuple[CallHeard, datetime] | None = None

    def heard(self, data: bytes, now: float) -> None:
        """Keep what came, as long as it may belong to a call."""
        self._chunks.append((now, data))
        self._octets += len(data)
        if self._call is None:
            self._forget_before(now - _BEFORE)
        while self._octets > _MOST_OCTETS:
            self._drop()

    def call_heard(self, event: CallHeard, at: datetime) -> None:
        """Learn that what came lately is a call."""
        self._call = (event, at)

    def call_ended(self, event: CallEnded) -> None:
        """Keep the call that is over."""
        if self._call is None:
            return
        heard, at = self._call
        chunks = _since_the_call(list(self._chunks))
        begun = chunks[0][0] if chunks else 0.0
        self.transcripts.append(
            Transcript(
                at=at,
                caller=heard.caller,
                within=heard.within,
                chunks=tuple((round(when - begun, 3), data) for when, data in chunks),
                rings=event.rings,
                outcome=event.outcome.value,
                method=event.method,
                note=event.note,
            )
        )
        self.heard_calls += 1
        self._news.set()
        self._call = None
        self._chunks.clear()
        self._octets = 0

    async def next_call(self, after: int, within: float) -> Transcript | None:
        """Wait for the end of a call beyond the first *after* ones; None if there is none within so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self.heard_calls <= after:
                    self._news.clear()
                    await self._news.wait()
        return self.transcripts[-1] if self.heard_calls > after else None

    def _forget_before(self, then: float) -> None:
        while self._chunks and self._chunks[0][0] < then:
            self._drop()

    def _drop(self) -> None:
        self._octets -= len(self._chunks.popleft()[1])


def _line_start(raw: bytes, at: int) -> int:
    """Return where the line of the octet *at* begins, with the one line break before it."""
    at += raw[at : at + 1] == b"\n"
    at -= raw[at - 1 : at] == b"\n"
    return at - (raw[at - 1 : at] == b"\r")


def _since_the_call(chunks: list[tuple[float, bytes]]) -> list[tuple[float, bytes]]:
    """Leave out what the modem said before its first line about the call, such as an answer to the heartbeat."""
    raw = b"".join(data for _, data in chunks)
    starts = [found.start() for found in (_RING.search(raw), _CALLER_ID.search(raw)) if found]
    left = _line_start(raw, min(starts, default=0))
    while chunks and left >= len(chunks[0][1]):
        left -= len(chunks.pop(0)[1])
    return [(chunks[0][0], chunks[0][1][left:]), *chunks[1:]] if chunks else []
