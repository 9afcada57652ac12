"""Call records in SQL: one row a call; callguard.store.searching finds them."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from callguard.model.call import Call
from callguard.model.ident import looks_like_id
from callguard.model.policy import Policy
from callguard.model.record import CallRecord, Disposition, Outcome
from callguard.model.verdict import Action
from callguard.model.wire import (
    BadRecordError,
    clean,
    decode_call,
    decode_policy,
    decode_record,
    encode_policy,
    encode_record,
    policy_key,
    with_disposition,
)
from callguard.store import acquaintances, searching
from callguard.store.columns import columns
from callguard.store.errors import AmbiguousIdError, NoSuchCallError, UnstorableError
from callguard.store.hits import Tally
from callguard.store.searching import Filter, Page, Place
from callguard.store.times import HOUR, maybe, milliseconds, moment
from callguard.store.words import Indexing, Words

_LONGEST_PAGE = 1000
_MOST_HEARD = 1000
_USUAL_SIZE = 2000  # bytes of a record in memory, without what the caller's side sent freely
_EVIDENCE_SIZE = 500
_SHORTEST_PART = 4

_INSERT = """
INSERT INTO calls (id, received_at, line, number, name, action, rung, outcome, policy, body,
  experience, source, key, opinion, facts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
"""
# What the household has said of a call stays.
_REPLACE = """
UPDATE calls SET received_at = ?2, line = ?3, number = ?4, name = ?5, action = ?6, rung = ?7, outcome = ?8,
  policy = ?9, body = ?10, experience = ?11, source = ?12, key = ?13,
  opinion = iif(opinion_version, opinion, ?14), facts = ?15
WHERE id = ?1
"""

_Row = tuple[Any, ...]
_NUMBER, _NAME, _FACTS = 3, 4, 14  # places in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many calls there were, by what was asked and by how they ended."""

    calls: Mapping[tuple[Action, Outcome | None], int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.calls.values())

    @property
    def by_action(self) -> dict[Action, int]:
        """Every action, also those that did not occur."""
        return {a: sum(n for (action, _), n in self.calls.items() if action is a) for a in Action}

    @property
    def by_outcome(self) -> dict[Outcome, int]:
        """Every outcome, also those that did not occur; calls that never ended are in none."""
        return {o: sum(n for (_, outcome), n in self.calls.items() if outcome is o) for o in Outcome}


def size(record: CallRecord) -> int:
    """Return about how many bytes of memory *record* holds."""
    call = record.call
    sent = sum(map(len, call.identity)) + sum(map(len, call.details.values()))
    return _USUAL_SIZE + _EVIDENCE_SIZE * len(record.evidence) + sent


def append(connection: sqlite3.Connection, record: CallRecord, tally: Tally, indexing: Indexing) -> None:
    """Write a record; one with the same id is replaced. UnstorableError if it holds what cannot be written."""
    # Made ready only here, in the writer's thread: one after the other they cost half of what they cost between two
    # packets, because the processor's caches are warm.
    try:
        row = _row(record)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UnstorableError(f"the record of call {record.call.id} cannot be stored: {error}") from error
    connection.execute("INSERT OR IGNORE INTO policies (key, body) VALUES (?, ?)", _policy_row(record.policy))
    done = connection.execute(_INSERT, row)
    if done.rowcount and done.lastrowid is not None:
        indexing.add(done.lastrowid, _words(row))
    else:
        _replace(connection, row, record, tally, indexing)
    tally.count(record)
    _note_answered(connection, record.call, record.disposition)


def _replace(connection: sqlite3.Connection, row: _Row, record: CallRecord, tally: Tally, indexing: Indexing) -> None:
    seq, body, *words = connection.execute(
        "SELECT seq, body, number, name, facts FROM calls WHERE id = ?", row[:1]
    ).fetchone()
    connection.execute(_REPLACE, row)
    indexing.replace(connection, seq, tuple(words), _words(row))
    with suppress(BadRecordError):  # what cannot be understood was counted by another version, if at all
        before = decode_record(body, lambda _: record.policy)
        tally.count(before, -1)


def _words(row: _Row) -> Words:
    return row[_NUMBER], row[_NAME], row[_FACTS]


def _note_answered(connection: sqlite3.Connection, call: Call, end: Disposition | None) -> None:
    if end and end.answered and call.caller.number:
        acquaintances.note_answered(connection, call.caller.number, call.received_at)


def _row(record: CallRecord) -> _Row:
    call, verdict, end = record.call, record.verdict, record.disposition
    caller, key = call.caller, policy_key(record.policy)
    return (
        clean(call.id),
        milliseconds(call.received_at),
        clean(call.line),
        clean(caller.number) if caller.number else None,
        clean(caller.name),
        verdict.action.value,
        int(verdict.rung),
        end.outcome.value if end else None,
        key,
        encode_record(record, key),
        *columns(record).values(),
    )


@lru_cache(maxsize=16)
def _policy_row(policy: Policy) -> tuple[str, str]:
    return policy_key(policy), encode_policy(policy)


def finish(connection: sqlite3.Connection, call_id: str, disposition: Disposition) -> None:
    """Add how the call ended."""
    found = connection.execute("SELECT body FROM calls WHERE id = ?", (call_id,)).fetchone()
    if found is None:
        raise NoSuchCallError(f"there is no call {call_id}")
    body = with_disposition(found[0], disposition)
    ended = columns(decode_record(body, lambda _: Policy()))
    connection.execute(
        "UPDATE calls SET outcome = ?1, body = ?2, experience = ?3, opinion = iif(opinion_version, opinion, ?4)"
        " WHERE id = ?5",
        (disposition.outcome.value, body, ended["experience"], ended["opinion"], call_id),
    )
    if disposition.answered:
        _note_answered(connection, decode_call(found[0]), disposition)


class Calls:
    """Reads call records back."""

    def __init__(self) -> None:
        self._policies: dict[str, Policy] = {}

    def record(self, connection: sqlite3.Connection, call_id: str) -> CallRecord | None:
        """Return one record."""
        found = connection.execute("SELECT body FROM calls WHERE id = ?", (call_id.lower(),)).fetchone()
        return self._decode(connection, found[0]) if found else None

    def find(self, connection: sqlite3.Connection, part: str) -> CallRecord:
        """Return the one record whose id begins or ends with *part*."""
        part = part.strip().lower()
        if not looks_like_id(part):
            raise NoSuchCallError(f"{part!r} is no call: write at least {_SHORTEST_PART} characters of its id")
        found = connection.execute(
            "SELECT id FROM calls WHERE id >= ?1 AND id < ?1 || '~'"
            " UNION SELECT id FROM calls WHERE id LIKE '%' || ?1 LIMIT 10",
            (part,),
        ).fetchall()
        if len(found) > 1:
            raise AmbiguousIdError(f"{part} may be any of {', '.join(row[0] for row in found)}")
        record = self.record(connection, found[0][0]) if found else None
        if record is None:
            raise NoSuchCallError(f"there is no call {part}")
        return record

    def newest(self, connection: sqlite3.Connection, limit: int, before: str | None, wanted: Filter) -> Page:
        """Return up to *limit* records, newest first, those older than the cursor *before*."""
        places, following = searching.find(connection, wanted, max(1, min(limit, _LONGEST_PAGE)), before)
        bodies = _bodies(connection, places)
        records = tuple(self._readable(connection, bodies))
        return Page(records=records, next=following, unreadable=len(bodies) - len(records))

    def after(self, connection: sqlite3.Connection, call_id: str, limit: int) -> tuple[CallRecord, ...] | None:
        """Return up to *limit* records that were stored after that one, oldest first; None if there is none such."""
        found = connection.execute("SELECT seq FROM calls WHERE id = ?", (call_id.lower(),)).fetchone()
        if found is None:
            return None
        rows = connection.execute(
            "SELECT body FROM calls WHERE seq > ? ORDER BY seq LIMIT ?", (found[0], max(1, min(limit, _LONGEST_PAGE)))
        ).fetchall()
        return tuple(self._readable(connection, [body for (body,) in rows]))

    def _readable(self, connection: sqlite3.Connection, bodies: list[str]) -> Iterator[CallRecord]:
        for body in bodies:
            try:
                yield self._decode(connection, body)
            except BadRecordError:
                continue

    def _decode(self, connection: sqlite3.Connection, body: str) -> CallRecord:
        def policy(key: str) -> Policy:
            if key not in self._policies:
                found = connection.execute("SELECT body FROM policies WHERE key = ?", (key,)).fetchone()
                if found is None:
                    raise ValueError(f"policy {key} is missing")
                self._policies[key] = decode_policy(found[0])
            return self._policies[key]

        return decode_record(body, policy)


def _bodies(connection: sqlite3.Connection, places: Iterable[Place]) -> list[str]:
    found = (connection.execute("SELECT body FROM calls WHERE seq = ?", (seq,)).fetchone() for _, seq in places)
    return [row[0] for row in found if row]  # one may have been removed meanwhile


def newest_id(connection: sqlite3.Connection) -> str | None:
    """Return the id of the call that was stored last."""
    found = connection.execute("SELECT id FROM calls ORDER BY seq DESC LIMIT 1").fetchone()
    return found[0] if found else None


def oldest(connection: sqlite3.Connection) -> datetime | None:
    """Return when the oldest call that is kept was received."""
    (first,) = connection.execute("SELECT min(received_at) FROM calls").fetchone()
    return maybe(first)


def heard_since(connection: sqlite3.Connection, start: datetime) -> tuple[Call, ...]:
    """Return the calls received since then, newest first; those that cannot be understood are left out."""
    bodies = connection.execute(
        "SELECT body FROM calls WHERE received_at >= ? ORDER BY received_at DESC, seq DESC LIMIT ?",
        (milliseconds(start), _MOST_HEARD),
    )
    return tuple(_understood(body for (body,) in bodies.fetchall()))


def first_heard(connection: sqlite3.Connection, number: str) -> datetime | None:
    """Return when a call presented *number* for the first time."""
    found = connection.execute("SELECT first_at FROM callers WHERE number = ?", (number,)).fetchone()
    return moment(found[0]) if found else None


def _understood(bodies: Iterable[str]) -> Iterator[Call]:
    for body in bodies:
        with suppress(BadRecordError):
            yield decode_call(body)


def counts(connection: sqlite3.Connection, since: datetime | None) -> Counts:
    """Add up the hours' counters; only the hour that *since* cuts in two is counted call by call."""
    start = None if since is None else milliseconds(since)
    hours = 0 if start is None else -(-start // HOUR)
    found: dict[tuple[Action, Outcome | None], int] = {}
    sums = connection.execute(
        "SELECT action, outcome, sum(calls) FROM counts WHERE hour >= ? GROUP BY action, outcome"
        " UNION ALL SELECT action, ifnull(outcome, ''), count(*) FROM calls"
        " WHERE received_at >= ? AND received_at < ? GROUP BY action, outcome",
        (hours, start, hours * HOUR),
    )
    for action, outcome, calls in sums:
        kind = (Action(action), Outcome(outcome) if outcome else None)
        found[kind] = found.get(kind, 0) + calls
    return Counts(calls={kind: calls for kind, calls in found.items() if calls})
