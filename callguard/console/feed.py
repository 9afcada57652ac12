"""What happens in the house, told to every open page as it happens."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any

from callguard.control.asking import AsyncAsker
from callguard.control.client import NoDaemonError
from callguard.control.wire import RefusedError

_log = logging.getLogger(__name__)
_AGAIN_AFTER = (0.2, 0.5, 1.0, 2.0, 5.0)
_WAITING = 256
"""Events a page may be behind; one that is slower is told to begin anew."""
MOST_STREAMS = 32
Event = dict[str, Any]
RESYNC: Event = {"event": "resync"}
ALIVE: Event = {"event": "alive"}
END: Event = {"event": "end"}


class TooManyStreamsError(Exception):
    """No more pages can be kept up to date at once."""


class Feed:
    """One stream from the daemon, many to the pages."""

    def __init__(self, asker: AsyncAsker, changed: Callable[[str | None], None], alive_every: float = 15.0) -> None:
        """Listen by *asker*, and tell *changed* what is to be asked anew; None: everything."""
        self._asker = asker
        self._changed = changed
        self.alive_every = alive_every
        "Seconds after which a page is told that nothing happened."
        self._queues: set[asyncio.Queue[Event]] = set()
        self.connected = False

    async def run(self) -> None:
        """Listen to the daemon, again and again, until cancelled."""
        tries = 0
        while True:
            try:
                async with aclosing(self._asker.watch()) as events:
                    async for event in events:
                        tries = 0
                        self._hear(event)
            except (NoDaemonError, RefusedError, OSError) as error:
                _log.debug("the daemon tells nothing: %s", error)
            if self.connected:
                self.connected = False
                self._changed(None)
                self._tell({"event": "away"})
            await asyncio.sleep(_AGAIN_AFTER[min(tries, len(_AGAIN_AFTER) - 1)])
            tries += 1

    def _hear(self, event: Event) -> None:
        if event["event"] in ("hello", "resync"):
            self._changed(None)
            back, self.connected = not self.connected, True
            self._tell({"event": "back"} if back else RESYNC)
        elif event["event"] == "changed":
            self._changed(event["what"])
            self._tell(event)
        elif event["event"] != "alive":
            self._tell(event)

    def _tell(self, event: Event) -> None:
        for queue in self._queues:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(END if event is END else RESYNC)
            else:
                queue.put_nowait(event)

    @contextmanager
    def subscribed(self) -> Iterator["asyncio.Queue[Event]"]:
        """Lend a queue of events; TooManyStreamsError if too many are lent."""
        if len(self._queues) >= MOST_STREAMS:
            raise TooManyStreamsError
        queue: asyncio.Queue[Event] = asyncio.Queue(_WAITING)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    def close(self) -> None:
        """Send everybody home."""
        self._tell(END)
