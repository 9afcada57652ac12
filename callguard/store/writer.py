"""The one thread that writes: everything waiting goes into one transaction, then everybody who waited is told."""

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

from callguard.store.database import Database, Trouble, reason, trouble
from callguard.store.errors import LostError, NotWritableError, StoreError
from callguard.store.receipt import Receipt, refused, settle

T = TypeVar("T")
_log = logging.getLogger(__name__)

_BATCH = 1000
# Seconds between transactions: one fsync serves all calls that came meanwhile, and a busy house has many.
_REST = 0.02
_BUSY_REST = 0.05
_BUSY = 2  # requests in a transaction


@dataclass(slots=True, kw_only=True, eq=False)
class Work(Generic[T]):
    """One thing to write."""

    run: Callable[[sqlite3.Connection], T]
    "A StoreError from it is the answer; it must then have written nothing."
    at: datetime
    size: int = 0
    "Bytes it holds while it waits."
    patient: bool = False
    "Waits for the disk to get well (a call record), instead of being refused (a person who can try again)."
    is_call: bool = False
    "A call record: if it is lost, the household is told."
    then: Callable[[], None] | None = None
    "Done after the commit and before the answer; must not fail."
    more: Callable[[], bool] | None = None
    "Asked after the commit: whether it is to be done once more, in a later transaction, before the answer."
    receipt: Receipt[T] = field(default_factory=Receipt)
    answer: T | StoreError | None = None

    def attempt(self, connection: sqlite3.Connection) -> None:
        """Do it, inside the transaction."""
        try:
            self.answer = self.run(connection)
        except StoreError as error:
            self.answer = error


class Gathering(Protocol):
    """Gathers what the requests of one transaction have in common, to be written once."""

    def begin(self) -> None:
        """Forget what a transaction that failed has left."""

    def write(self, connection: sqlite3.Connection) -> None:
        """Write everything gathered since the beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may wait for the disk, and how patiently."""

    waiting: int = 10_000
    "Requests; beyond it the oldest call records are dropped."
    waiting_bytes: int = 32 << 20
    retry: float = 5.0
    "Seconds between two tries at a disk in trouble."
    come_back: float = 60.0
    "Seconds between two tries to leave memory for a disk that could not be used at the start."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The disk takes nothing at present."""

    kind: Trouble
    why: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """Call records that were dropped unwritten."""

    count: int
    first: datetime
    last: datetime


class Writer:
    """Feeds one thread that owns the writing connection."""

    def __init__(
        self,
        database: Database,
        limits: Limits,
        come_back: Callable[[], bool] | None = None,
        gathering: Sequence[Gathering] = (),
    ) -> None:
        self.database = database
        "May be replaced, in this thread, by `come_back`: it is called now and then until it returns True."
        self._limits = limits
        self._come_back = come_back
        self._gathering = gathering
        self._next_try = monotonic() + limits.come_back
        self._queue: deque[Work[Any]] = deque()
        self._in_flight = 0
        self._bytes = 0  # of what is queued or in flight
        self._idle = False
        self._turn = threading.Condition()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="callguard-store", daemon=True)
        self.outage: Outage | None = None
        "What is wrong with the disk now."
        self.losses: Losses | None = None
        "What was lost since the start."
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many requests are not decided yet."""
        return len(self._queue) + self._in_flight

    def submit(self, work: Work[T]) -> Receipt[T]:
        """Queue *work*; never blocks."""
        with self._turn:
            if refusal := self._refusal(work):
                return refused(refusal)
            self._queue.append(work)
            self._bytes += work.size
            dropped = self._overflow() if self._is_full() else []
            if self._idle:
                self._turn.notify()
        if dropped:
            self._lose(dropped, "the disk takes no more")
        return work.receipt

    def close(self, patience: float) -> None:
        """Write what waits, then stop; at most so many seconds are spent on it."""
        with self._turn:
            self._closing.set()
            self._turn.notify()
        self._thread.join(patience)

    @property
    def stopped(self) -> bool:
        """Whether the thread has ended, so that its connection may be closed."""
        return not self._thread.is_alive()

    def _refusal(self, work: Work[T]) -> StoreError | None:
        if self._closing.is_set():
            return NotWritableError("the store is closed")
        if work.patient:
            return None
        if self.outage:
            return NotWritableError(f"cannot be saved now: {self.outage.why}")
        return NotWritableError("cannot be saved now: the disk is too slow") if self._is_full() else None

    def _is_full(self) -> bool:
        return self.waiting > self._limits.waiting or self._bytes > self._limits.waiting_bytes

    def _overflow(self) -> list[Work[Any]]:
        """Take the oldest out: the newest calls are those a household asks about."""
        dropped = []
        while self._is_full() and len(self._queue) > 1:
            oldest = self._queue.popleft()
            self._bytes -= oldest.size
            dropped.append(oldest)
        return dropped

    def _lose(self, works: list[Work[Any]], why: str) -> None:
        for work in works:
            if work.is_call:
                self._count_loss(work.at, why)
        _answer(works, LostError(f"not recorded: {why}"))

    def _count_loss(self, at: datetime, why: str) -> None:
        with self._turn:
            before = self.losses or Losses(count=0, first=at, last=at)
            self.losses = Losses(count=before.count + 1, first=min(before.first, at), last=max(before.last, at))
        if before.count == 0:
            _log.error("call records are being lost: %s", why)

    # --- in the thread ---

    def _work(self) -> None:
        last_try = False
        while (batch := self._take()) or not self._closing.is_set():
            left = self._store(batch) if batch else []
            self._land(batch, left)
            if left and last_try:
                self._give_up()
            self._try_to_come_back()
            last_try = self._closing.wait(self._rest(len(batch), failed=bool(left)))
        self._next_try = 0.0
        self._try_to_come_back()

    def _try_to_come_back(self) -> None:
        if self._come_back and monotonic() >= self._next_try:
            self._next_try = monotonic() + self._limits.come_back
            try:
                if self._come_back():
                    self._come_back = None
            except Exception:  # noqa: BLE001  (this thread must go on)
                _log.exception("the store cannot leave memory")

    def _rest(self, done: int, *, failed: bool) -> float:
        if failed:
            return self._limits.retry
        return _REST if done < _BUSY else _BUSY_REST

    def _take(self) -> list[Work[Any]]:
        with self._turn:
            self._idle = True
            self._turn.wait_for(lambda: self._queue or self._closing.is_set(), self._patience())
            self._idle = False
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), _BATCH))]
            self._in_flight = len(batch)
            return batch or self._probes()

    def _patience(self) -> float | None:
        """Return how long to wait for requests before looking after the disk."""
        if self.outage:
            return 0.0
        return self._limits.come_back if self._come_back else None

    def _probes(self) -> list[Work[Any]]:
        """Find out whether the disk is well again although nobody wants anything of it."""
        if not self.outage or self._closing.is_set():
            return []
        return [Work(run=_probe, at=self.outage.since)]

    def _store(self, batch: list[Work[Any]]) -> list[Work[Any]]:
        """Write *batch*; what comes back must wait for the disk to get well."""
        try:
            self._transaction(batch)
        except sqlite3.Error as error:
            if trouble(error) is Trouble.REQUEST:
                return self._store_each(batch, error)
            self._note_outage(error, batch[0].at)
            return batch
        except Exception as error:  # noqa: BLE001  (a bug in one request must not silence all others)
            return self._store_each(batch, error)
        self._done(batch)
        return []

    def _transaction(self, batch: list[Work[Any]]) -> None:
        connection = self.database.writing
        try:
            connection.execute("BEGIN IMMEDIATE")
            for one in self._gathering:
                one.begin()
            for work in batch:
                work.attempt(connection)
            for one in self._gathering:
                one.write(connection)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.rollback()

    def _store_each(self, batch: list[Work[Any]], error: Exception) -> list[Work[Any]]:
        """Give each request its own transaction, because one has spoilt the common one."""
        if len(batch) == 1:
            _log.error("a request cannot be stored", exc_info=error)
            _answer(batch, StoreError(f"cannot be stored: {error}"))
            return []
        left: list[Work[Any]] = []
        for work in batch:
            left += [work] if left else self._store([work])
        return left

    def _done(self, batch: list[Work[Any]]) -> None:
        if self.outage:
            _log.warning("calls are recorded again")
            self.outage = None
        again = [work for work in batch if work.more and not isinstance(work.answer, StoreError) and work.more()]
        done = [work for work in batch if work not in again]
        for work in done:
            if work.then:
                work.then()
        settle((work.receipt, work.answer) for work in done)
        self._go_on(again)

    def _go_on(self, works: list[Work[Any]]) -> None:
        if self._closing.is_set():
            _answer(works, NotWritableError("the store is closed, and the rest left for another time"))
            return
        with self._turn:
            self._queue.extend(works)

    def _note_outage(self, error: sqlite3.Error, at: datetime) -> None:
        why = reason(error)
        if not self.outage:
            _log.error("calls are not recorded: %s", why)
        self.outage = Outage(kind=trouble(error), why=why, since=self.outage.since if self.outage else at)

    def _land(self, batch: list[Work[Any]], left: list[Work[Any]]) -> None:
        """Put back what is *left* of a batch: call records wait on, people are told now."""
        with self._turn:
            self._in_flight = 0
            self._bytes -= sum(work.size for work in batch)
            for work in reversed(left):
                if work.patient:
                    self._queue.appendleft(work)
                    self._bytes += work.size
            dropped = self._overflow()
        why = self.outage.why if self.outage else ""
        self._lose(dropped, why)
        _answer((work for work in left if not work.patient), NotWritableError(f"cannot be saved now: {why}"))

    def _give_up(self) -> None:
        with self._turn:
            left, self._queue = list(self._queue), deque()
        self._lose(left, self.outage.why if self.outage else "")


def _probe(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.execute(f"PRAGMA user_version={version}")


def _answer(works: Iterable[Work[Any]], error: StoreError) -> None:
    settle((work.receipt, error) for work in works)
