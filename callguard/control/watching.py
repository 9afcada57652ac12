"""Tells who watches what happens in the house as it happens: the command `watch`, one line of JSON an event.

- `{"event": "hello", "version", "started_at", "newest"}` first; *newest* is the newest call on disk, or null.
- `{"event": "call", "id", "experience", "call": {…}}` when a call's record is on disk.
- `{"event": "changed", "what"}`: something must be asked anew; *what* is rules, settings, contacts, lists, health,
  lines, complaints or opinions.
- `{"event": "resync"}`: calls were forgotten, or this watcher was too slow and missed something: ask everything anew.
- `{"event": "alive"}` when nothing else happened for ten seconds.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

from callguard.control.wire import RefusedError
from callguard.house import House
from callguard.model.experience import experience
from callguard.model.record import CallRecord
from callguard.sentences import event
from callguard.store import StoreError

MOST_WATCHERS: Final = 16
WAITING: Final = 256
"""Events a watcher may be behind."""
ALIVE_EVERY: Final = 10.0
_LOOK_EVERY: Final = 0.2
_LOOKS_A_SECOND: Final = 5
_HEALTH_EVERY: Final = 25
"""Looks: what plugins say of their health may cost them something."""
_CHANGED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "complaint-answer": ("complaints",),
    "complaint-state": ("complaints",),
    "relationship-save": ("complaints",),
    "relationship-remove": ("complaints",),
    "opinion": ("opinions",),
    "undo": ("complaints", "opinions"),
}
"""What a command changes that cannot be seen by looking at the house."""


def _line(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told).encode() + b"\n"


_ALIVE: Final = _line({"event": "alive"})
_RESYNC: Final = _line({"event": "resync"})


class Watcher:
    """One who watches: an iterator over lines, which never keeps the house waiting."""

    def __init__(self, watching: "Watching", hello: bytes) -> None:
        self._watching = watching
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._lines.put_nowait(hello)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            async with asyncio.timeout(ALIVE_EVERY):
                line = await self._lines.get()
        except TimeoutError:
            return _ALIVE
        if line is None:
            raise StopAsyncIteration
        return line

    def tell(self, line: bytes | None) -> None:
        """Queue a line; None ends it. Who is too far behind loses what waits, and is told so."""
        if self._lines.qsize() >= WAITING:
            while not self._lines.empty():
                self._lines.get_nowait()
            self._lines.put_nowait(_RESYNC)
        self._lines.put_nowait(line)

    def close(self) -> None:
        """Watch no longer."""
        self._watching.watchers.discard(self)


class Watching:
    """Everybody who watches; while that is nobody, nothing is done."""

    def __init__(self, house: House) -> None:
        self.watchers: set[Watcher] = set()
        self._house = house
        self._seen: dict[str, object] = {}
        "What the last look found."
        self._somebody = asyncio.Event()

    async def watch(self, _: Mapping[str, Any]) -> Watcher:
        """Return a new watcher; RefusedError if there are too many."""
        if len(self.watchers) >= MOST_WATCHERS:
            raise RefusedError(f"{MOST_WATCHERS} watch already: end one of them first")
        watcher = Watcher(self, _line(self._hello()))
        if not self.watchers:
            self._seen = {**_seen_often(self._house), **_seen_now_and_then(self._house)}
        self.watchers.add(watcher)
        self._somebody.set()
        return watcher

    def close(self) -> None:
        """Send everybody home."""
        for watcher in self.watchers:
            watcher.tell(None)

    def told(self, record: CallRecord) -> None:
        """Tell of a call whose record is on disk."""
        if not self.watchers:
            return
        call = event(record, self._house.phrases, self._house.timezone)
        told = {"event": "call", "id": record.call.id, "experience": experience(record).value, "call": call}
        self._tell(_line(told))

    def answered(self, command: str) -> None:
        """Tell of what *command*, which was carried out, has changed."""
        self._changed(_CHANGED_BY.get(command, ()))
        if command == "forget":  # calls are gone that somebody may be looking at
            self._tell(_RESYNC)

    async def run(self) -> None:
        """Look at the house a few times a second while somebody watches, until cancelled."""
        while True:
            await self._somebody.wait()
            self._somebody.clear()
            await self._look_on()

    async def _look_on(self) -> None:
        looks = 0
        while self.watchers:
            now = _seen_often(self._house)
            if looks % _LOOKS_A_SECOND == 0:
                now |= _seen_now_and_then(self._house)
            if looks % _HEALTH_EVERY == 0:
                now["health"] = [(p.code, p.where, p.severity, p.what) for p in await self._house.health.problems()]
            self._changed([what for what, facts in now.items() if self._seen.get(what, facts) != facts])
            self._seen |= now
            looks += 1
            await asyncio.sleep(_LOOK_EVERY)

    def _changed(self, what: Iterable[str]) -> None:
        for one in what:
            self._tell(_line({"event": "changed", "what": one}))

    def _tell(self, line: bytes) -> None:
        for watcher in self.watchers:
            watcher.tell(line)

    def _hello(self) -> dict[str, Any]:
        house = self._house
        try:
            newest = house.store.newest_id()
        except StoreError:
            newest = None
        return {
            "event": "hello",
            "version": house.software,
            "started_at": house.started_at.astimezone(house.timezone).isoformat(),
            "newest": newest,
        }


def _seen_often(house: House) -> dict[str, object]:
    """Return what is only read from memory, where one look finds the very things the last one found."""
    store = house.store
    return {"rules": store.rules(), "contacts": store.contacts(), "settings": (id(house.blueprint), store.settings())}


def _seen_now_and_then(house: House) -> dict[str, object]:
    lines = [(line.name, (state := line.state()).status, state.detail) for line in house.lines]
    return {"lines": lines, "lists": (house.lists.states(), dict(house.lists.progress))}
