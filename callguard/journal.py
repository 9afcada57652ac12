"""Keeps every call: writes its record once it is complete, and tells the house when it is safely on disk."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from callguard.model.record import CallRecord
from callguard.store import StoreError

_log = logging.getLogger(__name__)
PENDING_AFTER = 1.0
"""A call still going on after so many seconds, or twice that, is stored without its end: a crash loses none."""

Told = Callable[[CallRecord], None]


class RecordStore(Protocol):
    """Where records go."""

    def append(self, record: CallRecord) -> Awaitable[None]:
        """Queue *record*, replacing an earlier one of the same call; await it to know that it is durable."""


class Journal:
    """Writes records and announces calls that ended, once the disk has them."""

    def __init__(self, store: RecordStore, told: Told) -> None:
        self._store = store
        self._told = told
        self._begun: dict[str, CallRecord] = {}
        self._lasting: dict[str, CallRecord] = {}
        self._going_on: list[Awaitable[None]] = []
        self._sweep: asyncio.TimerHandle | None = None
        self._written: deque[tuple[CallRecord, Awaitable[None]]] = deque()
        self._something = asyncio.Event()

    def keep(self, record: CallRecord) -> None:
        """Take *record* as it stands: going on (stored if it lasts) or ended (stored, then announced)."""
        if record.disposition is None:
            self._begun[record.call.id] = record
            if self._sweep is None:
                self._sweep = asyncio.get_running_loop().call_later(PENDING_AFTER, self._store_lasting)
            return
        if self._begun.pop(record.call.id, None) is None:
            self._lasting.pop(record.call.id, None)
        self._written.append((record, self._store.append(record)))
        self._something.set()

    async def run(self) -> None:
        """Announce calls as they reach the disk, until cancelled."""
        while True:
            await self._something.wait()
            self._something.clear()
            await self._announce_all()

    async def close(self) -> None:
        """Store what is still going on and announce what has ended, as the house closes."""
        if self._sweep is not None:
            self._sweep.cancel()
        self._store_lasting(again=False)
        self._store_lasting(again=False)
        await self._announce_all()

    def _store_lasting(self, *, again: bool = True) -> None:
        """Store the calls that were going on at the last look too: one timer for all of them, not one for each."""
        self._going_on = [self._store.append(record) for record in self._lasting.values()]
        self._lasting, self._begun = self._begun, {}
        self._sweep = None
        if again and self._lasting:
            self._sweep = asyncio.get_running_loop().call_later(PENDING_AFTER, self._store_lasting)

    async def _announce_all(self) -> None:
        while self._written:
            await self._announce(*self._written[0])
            self._written.popleft()

    async def _announce(self, record: CallRecord, stored: Awaitable[None]) -> None:
        try:
            await stored
        except StoreError as error:
            # Announced all the same: the call did happen.
            _log.error("call %s was not recorded: %s", record.call.id, error)
        self._told(record)
