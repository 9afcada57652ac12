"""A telephone line: what an adapter plugin gives the house, and what the house gives it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from callguard.model.call import Call
from callguard.model.record import Disposition
from callguard.model.verdict import Verdict


class LineStatus(StrEnum):
    """Whether a line hears calls."""

    STARTING = "starting"
    PROTECTING = "protecting"
    DEAF = "deaf"
    "Calls ring unjudged: the worst of all problems."


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """How a line is, in words for people."""

    status: LineStatus
    since: datetime
    detail: str
    "One sentence: `registered at 192.168.178.1 until 18:30`, `the registrar does not answer`."
    cure: str = ""
    "What a person can do about it; empty while all is well."
    facts: Mapping[str, str] = field(default_factory=dict)
    "For `--json` and bug reports: addresses, counters."


class Decision(Protocol):
    """The answer to one call, and the way to say how it ended."""

    @property
    def verdict(self) -> Verdict:
        """What the line shall do."""

    def finish(self, disposition: Disposition) -> None:
        """Say, once, how the call ended; never blocks, later calls are ignored."""


Screen = Callable[[Call, float], Awaitable[Decision]]
"""`await screen(call, within)`: the one function a line is given; it answers within so many seconds, always."""


class Line(Protocol):
    """One telephone line that the household protects."""

    @property
    def name(self) -> str:
        """Name from the configuration, unique in the house."""

    @property
    def adapter(self) -> str:
        """What drives it, for people: `sip 192.168.178.1`."""

    async def run(self, screen: Screen) -> None:
        """Hear calls until cancelled, healing by itself; when cancelled, end calls in progress properly."""

    def state(self) -> LineState:
        """Return how the line is now; called often, must not wait."""
