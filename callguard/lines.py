"""Keeps a line or a service running: whatever it raises is said, and it is started again."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime

from callguard.home import Clock
from callguard.model.line import Line, LineState, LineStatus, Screen
from callguard.model.text import plain

_log = logging.getLogger(__name__)
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_STEADY = 60.0
"""Seconds after which a start counts as a success, so that the next pause is short again."""
_MOST_CHANGES = 500
"""Changes of a line that are remembered: a day of one that comes and goes every three minutes."""

Was = tuple[datetime, LineStatus, str]
"""Since when a line was how, and why."""


async def keep_running(
    what: str, run: Callable[[], Awaitable[None]], clock: Clock, crashed: Callable[[str], None]
) -> None:
    """Run *run* until cancelled, again and again; *crashed* is told the reason each time it ends by itself."""
    pause = _FIRST_PAUSE
    while True:
        begun = clock.monotonic()
        try:
            await run()
            reason = "it ended by itself"
        except (Exception, SystemExit) as error:  # noqa: BLE001  (a plugin may raise anything)
            reason = plain(f"{type(error).__name__}: {error}")
            # A closed door (a taken port, a missing file) needs a sentence; anything else needs its traceback.
            trace = None if isinstance(error, OSError | ValueError) else error
            _log.error("%s stopped, it is started again in %.0f s: %s", what, pause, reason, exc_info=trace)
        crashed(reason)
        if clock.monotonic() - begun > _STEADY:
            pause = _FIRST_PAUSE
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


class WatchedLine:
    """A line that says that it is deaf while its plugin's code lies broken."""

    def __init__(self, plugin: str, line: Line, clock: Clock) -> None:
        self.plugin = plugin
        self._line = line
        self._clock = clock
        self._broken: tuple[str, datetime] | None = None
        self._history: deque[Was] = deque(maxlen=_MOST_CHANGES)

    @property
    def name(self) -> str:
        """Name from the configuration."""
        return plain(self._line.name)

    @property
    def adapter(self) -> str:
        """What drives it."""
        return plain(self._line.adapter)

    async def run(self, screen: Screen) -> None:
        """Hear calls until cancelled, whatever happens."""

        async def once() -> None:
            self._broken = None
            await self._line.run(screen)

        await keep_running(f"line {self.name}", once, self._clock, self._crashed)

    def state(self) -> LineState:
        """Return how the line is now; a plugin that cannot even say is deaf."""
        if self._broken is None:
            try:
                return self._line.state()
            except Exception as error:  # noqa: BLE001  (a plugin may raise anything)
                self._crashed(plain(f"{type(error).__name__}: {error}"))
        reason, since = self._broken or ("it is broken", self._clock.now())
        return LineState(
            status=LineStatus.DEAF,
            since=since,
            detail=f"the plugin {self.plugin} failed: {reason}",
            cure=f"It is started again by itself. If that does not help, update or repair the plugin {self.plugin}.",
        )

    def note(self, state: LineState) -> None:
        """Remember since when the line is as it is."""
        if not self._history or self._history[-1][1] is not state.status:
            self._history.append((self._clock.now(), state.status, plain(state.detail)))

    def history_since(self, since: datetime) -> list[Was]:
        """Return how the line was then, and each change of it up to now, oldest first; bounded."""
        changes = list(self._history)
        before = [place for place, (at, _, _) in enumerate(changes) if at <= since]
        return changes[before[-1] if before else 0 :]

    def _crashed(self, reason: str) -> None:
        self._broken = (reason, self._broken[1] if self._broken else self._clock.now())
