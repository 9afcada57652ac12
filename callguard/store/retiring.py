"""Removing calls that are older than the household wants to keep, a few at a time: new calls do not wait."""

import hashlib
import hmac
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from callguard.model.complaint import ComplaintState
from callguard.model.number import calling_code
from callguard.store import words
from callguard.store.times import milliseconds, moment

SLICE = 0.008
"Seconds that removing some calls may take, without committing it."
FIRST = 20
"Calls removed at once in the beginning; how many they are later, the disk tells."
_MOST_AT_ONCE = 200

# A complaint that was made needs the call it is about; one that nobody understands may be such a complaint.
_OLD = f"""
SELECT seq, id, received_at, line, number, experience FROM calls
WHERE received_at < ? AND id NOT IN (
  SELECT call FROM complaints WHERE body IS NOT NULL
  AND iif(json_valid(body), ifnull(json_extract(body, '$.state'), '{ComplaintState.DRAFT}'), '')
    <> '{ComplaintState.DRAFT}'
)
ORDER BY received_at, seq LIMIT ?
"""
_KEEP = """
INSERT INTO past_calls (received_at, line, experience, calling_code, pseudonym) VALUES (?, ?, ?, ?, ?)
"""
_FORGET_SOME = "DELETE FROM past_calls WHERE seq IN (SELECT seq FROM past_calls LIMIT ?)"
_FORGET_CALLER = """
DELETE FROM callers WHERE number = ?1 AND NOT EXISTS (SELECT 1 FROM calls WHERE number = ?1)
"""
_Old = tuple[int, str, int, str, str | None, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What the household's retention has removed."""

    before: datetime
    "Calls received before this moment are not kept."
    pseudonymised: bool
    "Whether how often a number called is still known."
    at: datetime
    "When they were removed."


class Pace:
    """How many calls to remove in one transaction, so that it is short on this disk."""

    def __init__(self) -> None:
        self.calls = FIRST

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Remove more next time if this takes little, and fewer if it takes long."""
        begun = monotonic()
        yield
        took = monotonic() - begun
        if took > SLICE:
            self.calls = max(1, self.calls // 2)
        elif took < SLICE / 2:
            self.calls = min(_MOST_AT_ONCE, self.calls + FIRST)


@dataclass(slots=True, kw_only=True)
class Retirement:
    """Removes old calls, one slice a transaction."""

    before: datetime
    pseudonymise: bool
    secret: bytes
    now: datetime
    _total: int = 0
    _just: int = 0
    _pace: Pace = field(default_factory=Pace)
    _done: bool = False

    def run(self, connection: sqlite3.Connection) -> int:
        """Remove some; return how many calls are removed by then."""
        with self._pace.timed():
            forgotten = 0 if self.pseudonymise else connection.execute(_FORGET_SOME, (_MOST_AT_ONCE,)).rowcount
            old = connection.execute(_OLD, (milliseconds(self.before), self._pace.calls)).fetchall()
            self._remove(connection, old)
            if old or forgotten:
                self._note(connection)
        self._just, self._done = len(old), not (old or forgotten)
        return self._total + self._just

    def _remove(self, connection: sqlite3.Connection, old: list[_Old]) -> None:
        if self.pseudonymise:
            connection.executemany(_KEEP, [_under_a_pseudonym(call, self.secret) for call in old])
        remove(connection, [(seq, call) for seq, call, *_ in old])
        connection.executemany(_FORGET_CALLER, [(number,) for *_, number, _ in old])

    def more(self) -> bool:
        """Tell, after a commit, whether there may be more."""
        self._total += self._just
        return not self._done

    def _note(self, connection: sqlite3.Connection) -> None:
        (before,) = connection.execute("SELECT ifnull(max(before), 0) FROM gone").fetchone()
        connection.execute("DELETE FROM gone")
        connection.execute(
            "INSERT INTO gone (before, pseudonymised, at) VALUES (?, ?, ?)",
            (max(before, milliseconds(self.before)), self.pseudonymise, milliseconds(self.now)),
        )


def remove(connection: sqlite3.Connection, calls: Sequence[tuple[int, str]]) -> None:
    """Remove calls by their place and id, and what the household said of them for a complaint."""
    rows = (
        connection.execute("SELECT seq, number, name, facts FROM calls WHERE seq = ?", (seq,)).fetchone()
        for seq, _ in sorted(calls)
    )
    words.remove(connection, [row for row in rows if row])
    connection.executemany("DELETE FROM complaints WHERE call = ?", [(call,) for _, call in calls])
    connection.executemany("DELETE FROM calls WHERE seq = ?", [(seq,) for seq, _ in calls])


def pseudonym(number: str, secret: bytes) -> str:
    """Return the name under which calls of *number* are still counted."""
    return hmac.new(secret, number.encode(), hashlib.sha256).hexdigest()[:32]


def past(connection: sqlite3.Connection, number: str, secret: bytes) -> int:
    """Return how many calls of *number* were removed and are still counted."""
    (found,) = connection.execute(
        "SELECT count(*) FROM past_calls WHERE pseudonym = ?", (pseudonym(number, secret),)
    ).fetchone()
    return int(found)


def gone(connection: sqlite3.Connection) -> Gone | None:
    """Return up to when calls were removed; None if none ever were."""
    row = connection.execute("SELECT before, pseudonymised, at FROM gone").fetchone()
    return Gone(before=moment(row[0]), pseudonymised=bool(row[1]), at=moment(row[2])) if row else None


def _under_a_pseudonym(old: _Old, secret: bytes) -> tuple[object, ...]:
    _, _, received_at, line, number, experience = old
    whose = (calling_code(number), pseudonym(number, secret)) if number else ("", None)
    return (received_at, line, experience, *whose)
