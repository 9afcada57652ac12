"""Notices when something holds up the event loop, and names it: while it lasts, no line hears anything."""

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType

from callguard.home import Clock
from callguard.plugins import PLUGIN_TASK

_log = logging.getLogger(__name__)
LONGEST = 1.0
"""Seconds the loop may be busy with one thing: more, and a caller hears the phone ring before anybody has judged."""

Blame = Callable[[str, float], None]
"""Told which plugin held up the loop, and for how many seconds."""


class StallWatch:
    """A thread that looks whether the loop still turns."""

    def __init__(self, clock: Clock, blame: Blame, longest: float = LONGEST) -> None:
        self._clock = clock
        self._blame = blame
        self._longest = longest
        self._beaten_at = clock.monotonic()
        self._stalled: tuple[float, str] | None = None
        self._ended = threading.Event()

    async def run(self) -> None:
        """Watch the running loop until cancelled."""
        loop, main = asyncio.get_running_loop(), threading.get_ident()
        thread = threading.Thread(target=self._watch, args=(loop, main), name="stall-watch", daemon=True)
        thread.start()
        try:
            while True:
                self._beat()
                await asyncio.sleep(self._longest / 2)
        finally:
            self._ended.set()

    def _beat(self) -> None:
        now = self._clock.monotonic()
        stalled, self._stalled = self._stalled, None
        self._beaten_at = now
        if stalled is None:
            return
        since, culprit = stalled
        _log.error("the house stood still for %.1f s because of %s", now - since, culprit or "CallGuard itself")
        if culprit:
            self._blame(culprit, now - since)

    def _watch(self, loop: asyncio.AbstractEventLoop, main: int) -> None:
        while not self._ended.wait(self._longest / 2):
            if self._stalled is None and self._clock.monotonic() - self._beaten_at > self._longest:
                frame = sys._current_frames().get(main)
                self._stalled = (self._beaten_at, _culprit(loop))
                _log.warning("the house stands still at:\n%s", _where(frame))


def _culprit(loop: asyncio.AbstractEventLoop) -> str:
    """Return the plugin whose task is running, empty if it is none; read from another thread, so only a hint."""
    task = asyncio.current_task(loop)
    name = task.get_name() if task else ""
    return name.removeprefix(PLUGIN_TASK) if name.startswith(PLUGIN_TASK) else ""


def _where(frame: FrameType | None) -> str:
    return "".join(traceback.format_stack(frame)[-3:]) if frame else "an unknown place"
