"""The store: call records and the household's data, kept durably or, where that is impossible, as well as can be."""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from callguard.model.health import Problem
from callguard.model.record import CallRecord, Disposition
from callguard.model.rule import Change, Rule
from callguard.model.wire import BadRecordError
from callguard.store import calls, household, phrases
from callguard.store.calls import Calls, Counts, Filter, Page
from callguard.store.database import Connect, Trouble, reason, sqlite_connect, trouble
from callguard.store.errors import UnreadableError
from callguard.store.household import Added
from callguard.store.opening import Ready, open_database, suspect
from callguard.store.phrases import Phrases
from callguard.store.receipt import Receipt
from callguard.store.report import SLOW, damage_problem, loss_problem, outage_problem, slow_problem
from callguard.store.writer import Limits, Work, Writer

T = TypeVar("T")
_log = logging.getLogger(__name__)
_NOTHING = Filter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The store, and what had to be done to get it."""

    store: "Store"
    problems: tuple[Problem, ...]


class Store:
    """What the household wants kept. Writing never blocks; reading is direct: call heavy reads in a thread.

    Every write returns a receipt: `await` it, or ask it for its `result()`, to know that the disk has it.
    It is a `callguard.Household`: the rules are read from memory.
    """

    def __init__(self, path: Path, ready: Ready, now: datetime, limits: Limits) -> None:
        database = ready.database
        self._path = path
        self._database = database
        self._opening = ready.problems
        self._calls = Calls()
        self._latest = now
        self._damage: Problem | None = None
        self._snapshot = household.snapshot(database.writing)
        self._next_snapshot = self._snapshot
        self._come_back_to = ready.come_back
        self._writer = Writer(database, limits, self._come_back if ready.come_back else None)

    @classmethod
    def open(
        cls, path: Path, *, now: datetime, connect: Connect = sqlite_connect, limits: Limits | None = None
    ) -> Opened:
        """Open the database file at *path*, creating it and its folder; this always succeeds.

        A damaged file is moved aside. Where the file cannot be used, the store is kept in memory, with the rules that
        could be read, and moves to the disk as soon as that is possible. Each is a problem.
        """
        ready = open_database(path, now, connect)
        store = cls(path, ready, now, limits or Limits())
        return Opened(store=store, problems=ready.problems)

    def close(self, patience: float = 10.0) -> None:
        """Write what waits, at most so many seconds long, and close the file."""
        self._writer.close(patience)
        outage = self._writer.outage
        if self._damage or (outage and outage.kind is Trouble.DAMAGE):
            with suppress(OSError):
                suspect(self._path).touch(mode=0o600)
        if self._writer.stopped:  # else the disk hangs, and so would closing
            self._database.close()

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong with the store now, and what went wrong since the start."""
        found = list(self._opening)
        writer = self._writer
        if writer.outage:
            found.append(outage_problem(writer.outage, writer.waiting, self._path))
        elif writer.waiting >= SLOW:
            found.append(slow_problem(writer.waiting, self._latest, self._path))
        if writer.losses:
            found.append(loss_problem(writer.losses, self._path))
        if self._damage:
            found.append(self._damage)
        return tuple(found)

    # --- call records ---

    def append(self, record: CallRecord) -> Receipt[None]:
        """Keep *record*; a second one with the same id takes the place of the first.

        LostError if the disk took nothing for so long that memory ran short; UnstorableError if it cannot be written.
        """
        return self._submit(
            Work(
                run=lambda c: calls.append(c, record),
                at=record.call.received_at,
                size=calls.size(record),
                patient=True,
            )
        )

    def finish(self, call_id: str, disposition: Disposition) -> Receipt[None]:
        """Add how a call ended whose record was stored before; NoSuchCallError otherwise."""
        return self._submit(
            Work(run=lambda c: calls.finish(c, call_id, disposition), at=disposition.ended_at, patient=True)
        )

    def record(self, call_id: str) -> CallRecord | None:
        """Return the record with exactly this id."""
        return self._read(lambda c: self._calls.record(c, call_id))

    def find(self, part: str) -> CallRecord:
        """Return the record whose id begins or ends with *part*, four characters or more; heavy.

        NoSuchCallError and AmbiguousIdError say it in words.
        """
        return self._read(lambda c: self._calls.find(c, part))

    def newest(self, limit: int = 50, *, before: str | None = None, wanted: Filter = _NOTHING) -> Page:
        """Return a page of records, newest first; *before* is the `next` of the page before."""
        return self._read(lambda c: self._calls.newest(c, limit, before, wanted))

    def by_number(self, number: str, limit: int = 50) -> Page:
        """Return the newest calls that presented this E.164 number."""
        return self.newest(limit, wanted=Filter(number=number))

    def counts(self, since: datetime | None = None) -> Counts:
        """Return how many calls came, from counters."""
        return self._read(lambda c: calls.counts(c, since))

    # --- the household's rules ---

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules in force, from memory; what was acknowledged is in it."""
        return self._snapshot.rules

    def revision(self) -> int:
        """Return a number that grows whenever the rules change."""
        return self._snapshot.revision

    def add_rule(self, rule: Rule, *, by: str, now: datetime) -> Receipt[Added]:
        """Put a rule in force (its id and time are given here), and record the change; one in force is returned."""
        return self._change(lambda c: household.add(c, rule, by, now), now)

    def remove_rule(self, number: int, *, by: str, now: datetime) -> Receipt[Change]:
        """Take a rule out of force, and record the change; NoSuchRuleError if it is not in force."""
        return self._change(lambda c: household.remove(c, number, by, now), now)

    def changes(self, limit: int = 50) -> tuple[Change, ...]:
        """Return the newest changes, newest first."""
        return self._read(lambda c: household.changes(c, limit))

    def undo(self, change: int, *, by: str, now: datetime) -> Receipt[Change]:
        """Take a change back and return the change that did it, also when asked again.

        Undoing an undo does the change again. CannotUndoError if something newer stands on it.
        """
        return self._change(lambda c: household.undo(c, change, by, now), now)

    # --- sentences ---

    def remember_phrases(self, wanted: Phrases, *, now: datetime) -> Receipt[None]:
        """Keep the plugins' sentences, (source, code) -> template; writes only what is new."""
        return self._submit(Work(run=lambda c: phrases.remember(c, wanted), at=now))

    def phrases(self) -> dict[tuple[str, str], str]:
        """Return every sentence ever remembered."""
        return self._read(phrases.recall)

    # --- care ---

    def check(self) -> tuple[str, ...]:
        """Read the whole file and return what is wrong with it; heavy, seconds for a million calls."""
        rows = self._read(lambda c: c.execute("PRAGMA integrity_check(10)").fetchall())
        return tuple(finding for (finding,) in rows if finding != "ok")

    def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        database = self._database
        try:
            with database.reading() as connection:
                return query(connection)
        except sqlite3.Error as error:
            if database is not self._database:  # the store has just moved from memory to the disk
                return self._read(query)
            if trouble(error) is Trouble.DAMAGE:
                self._damage = damage_problem(reason(error), self._latest, self._path)
            raise UnreadableError(f"the call log cannot be read: {reason(error)}") from error
        except BadRecordError as error:
            raise UnreadableError(f"the record cannot be understood: {error}") from error

    def _submit(self, work: Work[T]) -> Receipt[T]:
        self._latest = work.at
        return self._writer.submit(work)

    def _change(self, run: Callable[[sqlite3.Connection], T], now: datetime) -> Receipt[T]:
        def run_and_look(connection: sqlite3.Connection) -> T:
            result = run(connection)
            self._next_snapshot = household.snapshot(connection)
            return result

        return self._submit(Work(run=run_and_look, at=now, then=self._publish))

    def _come_back(self) -> bool:
        disk = self._come_back_to() if self._come_back_to else None
        if disk is None:
            return False
        memory, self._database, self._writer.database = self._database, disk, disk
        self._next_snapshot = household.snapshot(disk.writing)
        self._publish()
        self._opening = ()
        memory.close()
        _log.warning("the disk can be written again: everything kept in memory was moved there")
        return True

    def _publish(self) -> None:
        self._snapshot = self._next_snapshot
