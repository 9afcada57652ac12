"""The store: call records and the household's data, kept durably or, where that is impossible, as well as can be."""

import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from callguard.home import JSON
from callguard.model.call import Call
from callguard.model.complaint import Complaint
from callguard.model.contact import Acquaintance, Contact
from callguard.model.experience import Opinion
from callguard.model.health import Problem
from callguard.model.record import CallRecord, Disposition
from callguard.model.relationship import Relationship
from callguard.model.rule import Change, Rule
from callguard.store import (
    acquaintances,
    calls,
    complaints,
    forgetting,
    hits,
    household,
    log,
    opinions,
    phrases,
    preferences,
    relationships,
    rules,
)
from callguard.store import contacts as books
from callguard.store.copying import copy
from callguard.store.current import Current
from callguard.store.database import Connect, Trouble, readable, reason, sqlite_connect, trouble
from callguard.store.each import Each
from callguard.store.errors import NotWritableError
from callguard.store.forgetting import Forgettable, Forgetting, Forgotten
from callguard.store.hits import Sole
from callguard.store.household import Snapshot
from callguard.store.log import Stamp
from callguard.store.opening import Ready, open_database, suspect
from callguard.store.phrases import Phrases
from callguard.store.reading import Reading
from callguard.store.receipt import Receipt, granted, refused
from callguard.store.relationships import Saved
from callguard.store.report import (
    SLOW,
    damage_problem,
    foreign_problem,
    loss_problem,
    outage_problem,
    slow_problem,
)
from callguard.store.retiring import Retirement
from callguard.store.rules import Added, AddedMany
from callguard.store.searching import Filter, Page
from callguard.store.words import Indexing
from callguard.store.writer import Limits, Work, Writer

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The store, and what had to be done to get it."""

    store: "Store"
    problems: tuple[Problem, ...]


class Store(Reading):
    """What the household wants kept. Writing never blocks; reading is direct: call heavy reads in a thread.

    Every write returns a receipt: `await` it, or ask it for its `result()`, to know that the disk has it.
    It is a `callguard.Household`: rules, contacts and settings are read from memory.
    """

    def __init__(
        self, path: Path, ready: Ready, clock: Callable[[], datetime], limits: Limits, tally: hits.Tally
    ) -> None:
        super().__init__()
        database = ready.database
        self._path = path
        self._database = database
        self._opening = ready.problems
        self._latest = self._opened_at = clock()
        self._damage: Problem | None = None
        self._current = Current(household.snapshot(database.writing))
        self._clock = clock
        self._in_memory = ready.in_memory
        self._come_back_to = ready.come_back
        self._tally = tally
        self._indexing = Indexing()
        come_back = self._come_back if ready.come_back else None
        self._writer = Writer(database, limits, come_back, (self._tally, self._indexing))

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        now: datetime,
        clock: Callable[[], datetime] | None = None,
        connect: Connect = sqlite_connect,
        limits: Limits | None = None,
        sole: Sole = hits.nobody,
    ) -> Opened:
        """Open the database file at *path*, creating it and its folder; this always succeeds.

        A damaged file is moved aside. Where the file cannot be used, the store is kept in memory, with those of the
        household's data that could be read, and moves to the disk as soon as that is possible. Each is a problem.
        *clock* dates what plugins write, who do not say when; without it that is *now*.
        *sole* tells whose list or rule a call would have rung without, for `Hits.only`.
        """
        ready = open_database(path, now, connect)
        store = cls(path, ready, clock or (lambda: now), limits or Limits(), hits.Tally(sole))
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
        if foreign := self._current.snapshot.unreadable:
            found.append(foreign_problem(foreign, self._opened_at, self._path))
        return tuple(found)

    # --- call records ---

    def append(self, record: CallRecord) -> Receipt[None]:
        """Keep *record*; a second one with the same id takes the place of the first.

        LostError if the disk took nothing for so long that memory ran short; UnstorableError if it cannot be written.
        """
        return self._submit(
            Work(
                run=lambda c: calls.append(c, record, self._tally, self._indexing),
                at=record.call.received_at,
                size=calls.size(record),
                patient=True,
                is_call=True,
            )
        )

    def finish(self, call_id: str, disposition: Disposition) -> Receipt[None]:
        """Add how a call ended whose record was stored before; NoSuchCallError otherwise."""
        return self._submit(
            Work(
                run=lambda c: calls.finish(c, call_id, disposition),
                at=disposition.ended_at,
                patient=True,
                is_call=True,
            )
        )

    def by_number(self, number: str, limit: int = 50) -> Page:
        """Return the newest calls that presented this E.164 number."""
        return self.newest(limit, wanted=Filter(number=number))

    def each(self, since: datetime, until: datetime | None = None, batch: int = 100) -> Each:
        """Return an iterator over batches of records, newest first, from *since* up to but not including *until*.

        Each batch is read when it is asked for, by a short read of its own, which delays no writing.
        """
        return Each(self.newest, Filter(since=since, until=until), batch)

    def heard_since(self, since: datetime) -> tuple[Call, ...]:
        """Return the calls received since then, newest first, at most 1,000."""
        return self._read(lambda c: calls.heard_since(c, since))

    def give_opinion(self, call_id: str, opinion: Opinion, *, by: str, now: datetime) -> Receipt[Change | None]:
        """Keep what the household says of a call; None in return if it says so already.

        NoSuchCallError if there is no such call.
        """
        return self._change(lambda c: opinions.give(c, call_id, opinion, Stamp(by=by, at=now)), now)

    # --- the household's rules ---

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules in force, from memory; what was acknowledged is in it, what calls have used up is not."""
        return self._current.rules

    def revision(self) -> int:
        """Return a number that grows whenever the rules, the contacts or the relationships change."""
        return self._current.revision

    def add_rule(self, rule: Rule, *, by: str, now: datetime, instead_of: int | None = None) -> Receipt[Added]:
        """Put a rule in force (its id and time are given here), and record the change.

        Of rules with the same list, kind, value, line and schedule one is in force: one that differs in its end, its
        uses or its note (if there is a new one) takes the other's place; the very same is returned. The rule with the
        number *instead_of* gives way to it. UnstorableError if it is no rule; NoSuchRuleError.
        """
        return self._change(lambda c: rules.add(c, rule, Stamp(by=by, at=now), instead_of), now)

    def add_rules(self, wanted: Sequence[Rule], *, by: str, now: datetime, subject: str) -> Receipt[AddedMany]:
        """Put up to 10,000 rules in force as one change, *subject* saying what they are; see `add_rule`.

        UnstorableError if one of them is no rule; then none is added (`storable_rule` tells beforehand).
        """
        return self._change(lambda c: rules.add_many(c, wanted, Stamp(by=by, at=now), subject), now)

    def remove_rule(self, number: int, *, by: str, now: datetime) -> Receipt[Change]:
        """Take a rule out of force, and record the change; NoSuchRuleError if it is not in force."""
        return self._change(lambda c: rules.remove(c, number, Stamp(by=by, at=now)), now)

    def spend_rule(self, number: int, call_id: str, *, by: str, now: datetime) -> Receipt[Change | None]:
        """Count one use of a rule by a call, once however often it is said; `rules()` shows it at once.

        The last use takes the rule out of force, which is a change; a rule that may be used for ever is left alone.
        NoSuchRuleError if other calls have used it up, or somebody removed it.
        """
        rule = self._current.snapshot.by_id.get(number)
        if rule is not None and rule.uses_left is None:
            return granted(None)
        self._current.spend(number, call_id)
        stamp = Stamp(by=by, at=now)
        return self._change(lambda c: rules.spend(c, number, call_id, stamp), now, patient=True)

    def expire_rules(self, now: datetime, *, by: str) -> Receipt[tuple[Change, ...]]:
        """Take the rules out of force whose time has passed, a change each; asks memory first, so ask often."""
        if not any(rule.until and rule.until <= now for rule in self.rules()):
            return granted(())
        return self._change(lambda c: rules.expire(c, Stamp(by=by, at=now)), now)

    # --- whom the household knows ---

    def contacts(self) -> tuple[Contact, ...]:
        """Return everybody in the household's address books, by book and uid, from memory."""
        return self._current.snapshot.contacts

    def books(self) -> Mapping[str, int]:
        """Return the address books, and how many contacts are in each; from memory."""
        return {book: len(content) for book, (_, content) in self._current.snapshot.books.items()}

    def replace_contacts(
        self, book: str, contacts: Sequence[Contact], *, by: str, now: datetime | None = None
    ) -> Receipt[Change | None]:
        """Put *contacts* in place of what is in *book*, as one change; None: nothing changed.

        UnstorableError if one of them has a number that is not E.164, or no uid of its own.
        """
        at = now or self._clock()
        return self._change(lambda c: books.replace(c, book, contacts, Stamp(by=by, at=at)), at)

    def acquaintance(self, number: str) -> Acquaintance | None:
        """Return when the household last dialled or answered this E.164 number; None if never."""
        known = self._read(lambda c: acquaintances.find(c, number))
        return self._with_dialled(number, known)

    def dialled_since(self, since: datetime) -> tuple[Acquaintance, ...]:
        """Return the numbers that the household dialled since then, newest first, at most 1,000."""
        stored = {known.number: known for known in self._read(lambda c: acquaintances.dialled_since(c, since))}
        just_now = [number for number, at in self._current.dialled.items() if at >= since]
        found = {**stored, **{n: a for n in just_now if (a := self._with_dialled(n, stored.get(n)))}}
        newest_first = sorted(found.values(), key=lambda known: known.dialled_at or since, reverse=True)
        return tuple(newest_first[: acquaintances.MOST])

    def note_dialled(self, number: str, at: datetime) -> Receipt[None]:
        """Remember that the household called this E.164 number; known at once."""
        self._current.note_dialled(number, at)
        return self._submit(
            Work(
                run=lambda c: acquaintances.note_dialled(c, number, at),
                at=at,
                patient=True,
                then=lambda: self._current.dialling_stored(number, at),
            )
        )

    def note_answered(self, number: str, at: datetime) -> Receipt[None]:
        """Remember that somebody of the household took a call from this E.164 number."""
        return self._submit(Work(run=lambda c: acquaintances.note_answered(c, number, at), at=at, patient=True))

    # --- whom the household deals with, and its complaints ---

    def relationships(self) -> tuple[Relationship, ...]:
        """Return whom the household deals or dealt with, by party, from memory."""
        return self._current.snapshot.relationships

    def save_relationship(self, relationship: Relationship, *, by: str, now: datetime) -> Receipt[Saved]:
        """Keep a relationship: one with id 0 is added, any other takes the place of the one with its id.

        UnstorableError says what is wrong with it; NoSuchRelationshipError if there is none with its id.
        """
        return self._change(lambda c: relationships.save(c, relationship, Stamp(by=by, at=now)), now)

    def remove_relationship(self, number: int, *, by: str, now: datetime) -> Receipt[Change]:
        """Forget a relationship, and record the change; NoSuchRelationshipError if there is none such."""
        return self._change(lambda c: relationships.remove(c, number, Stamp(by=by, at=now)), now)

    def complaint(self, call_id: str, agency: str) -> Complaint | None:
        """Return what the household said and did about a call towards *agency*; None for nothing yet."""
        return self._read(lambda c: complaints.find(c, call_id, agency))

    def complaints(self, limit: int = 50, *, call_id: str | None = None) -> tuple[Complaint, ...]:
        """Return the complaints about the newest calls, newest first, or only those about one call."""
        return self._read(lambda c: complaints.newest(c, limit, call_id))

    def save_complaint(self, complaint: Complaint, *, by: str, now: datetime) -> Receipt[Change | None]:
        """Keep what the household said and did about a call; None in return if it is so already.

        It takes the place of what there is about the same call and agency. UnstorableError if it cannot be kept.
        """
        return self._change(lambda c: complaints.save(c, complaint, Stamp(by=by, at=now)), now)

    # --- settings made outside config.yaml ---

    def settings(self) -> Mapping[str, JSON]:
        """Return every setting that is set, by dotted key, from memory."""
        return self._current.snapshot.settings

    def set_setting(
        self, key: str, value: JSON, *, by: str, now: datetime, shown: JSON = None
    ) -> Receipt[Change | None]:
        """Set a dotted key to a JSON value, or remove it by None; None in return if it is so already.

        The log of changes says *shown* in place of a value with a secret in it.
        """
        return self._change(lambda c: preferences.put(c, key, value, Stamp(by=by, at=now), shown), now)

    # --- changes ---

    def changes(self, limit: int = 50, *, before: int | None = None, who: str | None = None) -> tuple[Change, ...]:
        """Return the newest changes, newest first: those older than the change *before*, and those of one person."""
        return self._read(lambda c: log.newest(c, limit, before, who))

    def undo(self, change: int, *, by: str, now: datetime) -> Receipt[Change]:
        """Take a change back and return the change that did it, also when asked again.

        Undoing an undo does the change again. CannotUndoError if something newer stands on it; of many rules those
        are left out that were changed since.
        """
        return self._change(lambda c: household.undo(c, change, Stamp(by=by, at=now)), now)

    # --- sentences ---

    def remember_phrases(self, wanted: Phrases, *, now: datetime) -> Receipt[None]:
        """Keep the plugins' sentences, (source, code) -> template; writes only what is new."""
        return self._submit(Work(run=lambda c: phrases.remember(c, wanted), at=now))

    # --- removing and copying ---

    def retire(self, before: datetime, *, pseudonymise: bool, secret: bytes, now: datetime) -> Receipt[int]:
        """Remove the calls received before then, a few at a time, and return how many; `gone` says so from then on.

        Calls that a complaint was made about stay. Of the others how often a number called is still known, if
        *pseudonymise*, by those who have the *secret* and the number.
        """
        work = Retirement(before=before, pseudonymise=pseudonymise, secret=secret, now=now)
        return self._slowly(work.run, work.more, now)

    def forget(self, number: str, *, secret: bytes, by: str, now: datetime) -> Receipt[Forgotten]:
        """Remove all that was noted of calls from this E.164 number, also under a pseudonym made with *secret*.

        Rules, contacts and relationships stay; the answer counts those that still name it. It cannot be undone.
        NotWritableError while the file with most of the calls cannot be used.
        """
        if self._in_memory:
            return refused(NotWritableError("cannot be forgotten now: the file that the calls are in cannot be used"))
        work = Forgetting(number, secret, Stamp(by=by, at=now))
        self._current.forget_dialled(number)
        return self._slowly(work.run, work.more, now)

    def would_forget(self, number: str, *, secret: bytes) -> Forgettable:
        """Return what `forget` would remove now, and what would go on naming the number; heavy."""
        return self._read(lambda c: forgetting.would_go(c, number, secret))

    def prune_changes(self, before: datetime) -> Receipt[int]:
        """Remove changes made before then, and return how many; the newest one always stays."""
        return self._submit(Work(run=lambda c: log.prune(c, before), at=before))

    def backup(self, path: Path) -> None:
        """Copy everything, as it stands at one moment, into a new file; heavy: call it in a thread.

        NotWritableError if the file is there already or cannot be written; then none is left behind.
        """
        with readable(), self._database.reading() as connection:
            copy(connection, path)

    # --- care ---

    def check(self) -> tuple[str, ...]:
        """Read the whole file and return what is wrong with it; heavy, seconds for a million calls."""
        rows = self._read(lambda c: c.execute("PRAGMA integrity_check(10)").fetchall())
        return tuple(finding for (finding,) in rows if finding != "ok")

    def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        database = self._database
        with readable():
            try:
                with database.reading() as connection:
                    return query(connection)
            except sqlite3.Error as error:
                if database is not self._database:  # the store has just moved from memory to the disk
                    return self._read(query)
                if trouble(error) is Trouble.DAMAGE:
                    self._damage = damage_problem(reason(error), self._latest, self._path)
                raise

    def _submit(self, work: Work[T]) -> Receipt[T]:
        self._latest = work.at
        return self._writer.submit(work)

    def _slowly(self, run: Callable[[sqlite3.Connection], T], more: Callable[[], bool], now: datetime) -> Receipt[T]:
        def run_indexed(connection: sqlite3.Connection) -> T:
            self._indexing.write(connection)  # only what is in the index can be taken out of it
            return run(connection)

        return self._submit(Work(run=run_indexed, at=now, more=more))

    def _change(self, run: Callable[[sqlite3.Connection], T], now: datetime, *, patient: bool = False) -> Receipt[T]:
        seen: Snapshot | None = None

        def run_and_look(connection: sqlite3.Connection) -> T:
            nonlocal seen
            seen = None  # what an earlier try saw was rolled back
            result = run(connection)
            seen = household.snapshot(connection, self._current.snapshot)
            return result

        def publish() -> None:
            if seen is not None:
                self._current.publish(seen)

        return self._submit(Work(run=run_and_look, at=now, patient=patient, then=publish))

    def _with_dialled(self, number: str, known: Acquaintance | None) -> Acquaintance | None:
        at = self._current.dialled.get(number)
        if at is None or (known and known.dialled_at and known.dialled_at >= at):
            return known
        return replace(known or Acquaintance(number=number), dialled_at=at)

    def _come_back(self) -> bool:
        disk = self._come_back_to(self._latest) if self._come_back_to else None
        if disk is None:
            return False
        memory, self._database, self._writer.database = self._database, disk, disk
        self._in_memory = False
        self._current.publish(household.snapshot(disk.writing))
        self._opening = ()
        memory.close()
        _log.warning("the disk can be written again: everything kept in memory was moved there")
        return True
