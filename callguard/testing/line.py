"""A telephone line without a telephone."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

from callguard.home import Clock
from callguard.model.call import Call
from callguard.model.line import LineState, LineStatus, Screen
from callguard.model.record import Disposition
from callguard.model.verdict import Verdict
from callguard.testing.calls import a_call, as_asked
from callguard.testing.fakes import FakeClock

_WITHIN = 1.0


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that rang a fake line, and what was decided."""

    call: Call
    verdict: Verdict
    disposition: Disposition


class FakeLine:
    """A line that rings when the test says so and remembers every decision."""

    adapter = "fake"

    def __init__(self, name: str = "Home", clock: Clock | None = None) -> None:
        self.name = name
        self.decisions: list[Answered] = []
        self._clock = clock or FakeClock()
        self._screen: Screen | None = None
        self._state = LineState(status=LineStatus.STARTING, since=self._clock.now(), detail="not open yet")

    async def run(self, screen: Screen) -> None:
        """Hear calls until cancelled."""
        self._screen = screen
        self._state = LineState(status=LineStatus.PROTECTING, since=self._clock.now(), detail="hears calls")
        try:
            await asyncio.Event().wait()
        finally:
            self._screen = None

    def state(self) -> LineState:
        """Return how the line is now."""
        return self._state

    def go_deaf(self, detail: str = "the cable is unplugged", cure: str = "Plug it in.") -> None:
        """Stop hearing calls, as far as anybody can see."""
        self._state = LineState(status=LineStatus.DEAF, since=self._clock.now(), detail=detail, cure=cure)

    async def ring(self, call: Call | None = None, within: float = _WITHIN) -> Verdict:
        """Let *call* ring; return the verdict, after saying how the call ended as it asked.

        RuntimeError if the line is not running.
        """
        if self._screen is None:
            raise RuntimeError(f"line {self.name} is not running: nobody screens its calls")
        call = replace(call or a_call(), line=self.name)
        decision = await self._screen(call, within)
        disposition = as_asked(decision.verdict, call.received_at + timedelta(seconds=1))
        decision.finish(disposition)
        self.decisions.append(Answered(call, decision.verdict, disposition))
        return decision.verdict
