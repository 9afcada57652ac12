"""Keeps every call: writes its record once it is complete, and tells the house when it is safely on disk."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from callguard.model.record import CallRecord

_log = logging.getLogger(__name__)
PENDING_AFTER = 1.0
"""Seconds after which a call still going on is stored without its end, so that a crash loses none."""

Told = Callable[[CallRecord], None]


class RecordStore(Protocol):
    """Where records go; each acknowledgement comes from the writer's thread, after the commit."""

    def append(self, record: CallRecord, stored: Callable[[], None] | None = None) -> None:
        """Queue *record*, replacing an earlier one of the same call, and call *stored* once it is durable."""


class Journal:
    """Writes records and announces calls that ended."""

    def __init__(self, store: RecordStore, told: Told) -> None:
        self._store = store
        self._told = told
        self._open: dict[str, tuple[CallRecord, asyncio.TimerHandle]] = {}

    def keep(self, record: CallRecord) -> None:
        """Take *record* as it stands: going on (stored if it lasts) or ended (stored, then announced)."""
        loop = asyncio.get_running_loop()
        if record.disposition is None:
            self._open[record.call.id] = (record, loop.call_later(PENDING_AFTER, self._still_open, record.call.id))
            return
        opened = self._open.pop(record.call.id, None)
        if opened is not None:
            opened[1].cancel()
        self._store.append(record, lambda: _call_soon(loop, self._told, record))

    def close(self) -> None:
        """Store what is still going on, as the house closes."""
        for call_id in list(self._open):
            self._open[call_id][1].cancel()
            self._still_open(call_id)

    def _still_open(self, call_id: str) -> None:
        record, _ = self._open.pop(call_id)
        self._store.append(record)


def _call_soon(loop: asyncio.AbstractEventLoop, told: Told, record: CallRecord) -> None:
    try:
        loop.call_soon_threadsafe(told, record)
    except RuntimeError:
        _log.debug("call %s was stored after the house closed", record.call.id)
