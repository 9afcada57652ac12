"""Removing calls that are older than the household wants to keep, a few at a time: new calls do not wait."""

import hashlib
import hmac
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from callguard.model.complaint import ComplaintState
from callguard.model.country import country_of
from callguard.store.times import milliseconds, moment

SLICE = 0.008
"Seconds of removing in one transaction."
_MOST_AT_ONCE = 200

# A complaint that was made needs the call it is about; one that nobody understands may be such a complaint.
_OLD = f"""
SELECT seq, id, received_at, line, number, experience FROM calls
WHERE received_at < ? AND id NOT IN (
  SELECT call FROM complaints WHERE body IS NOT NULL
  AND iif(json_valid(body), ifnull(json_extract(body, '$.state'), '{ComplaintState.DRAFT}'), '')
    <> '{ComplaintState.DRAFT}'
)
ORDER BY received_at, seq LIMIT {_MOST_AT_ONCE}
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


@dataclass(slots=True, kw_only=True)
class Retirement:
    """Removes old calls, one slice a transaction."""

    before: datetime
    pseudonymise: bool
    secret: bytes
    now: datetime
    _total: int = 0
    _just: int = 0
    _done: bool = False

    def run(self, connection: sqlite3.Connection) -> int:
        """Remove some; return how many calls are removed by then."""
        until = monotonic() + SLICE
        removed, forgotten = 0, 0
        if not self.pseudonymise:
            forgotten = connection.execute(
                "DELETE FROM past_calls WHERE seq IN (SELECT seq FROM past_calls LIMIT ?)", (_MOST_AT_ONCE,)
            ).rowcount
        for old in connection.execute(_OLD, (milliseconds(self.before),)).fetchall():
            if self.pseudonymise:
                _keep_under_a_pseudonym(connection, old, self.secret)
            remove(connection, old[0], old[1])
            _forget_caller_without_calls(connection, old[4])
            removed += 1
            if monotonic() >= until:
                break
        if removed or forgotten:
            self._note(connection)
        self._just, self._done = removed, not (removed or forgotten)
        return self._total + removed

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


def remove(connection: sqlite3.Connection, seq: int, call_id: str) -> None:
    """Remove a call, and what the household said of it for a complaint."""
    connection.execute("DELETE FROM complaints WHERE call = ?", (call_id,))
    connection.execute("DELETE FROM calls WHERE seq = ?", (seq,))


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


def _keep_under_a_pseudonym(connection: sqlite3.Connection, old: _Old, secret: bytes) -> None:
    _, _, received_at, line, number, experience = old
    connection.execute(
        "INSERT INTO past_calls (received_at, line, experience, country, pseudonym) VALUES (?, ?, ?, ?, ?)",
        (
            received_at,
            line,
            experience,
            country_of(number) if number else "",
            pseudonym(number, secret) if number else None,
        ),
    )


def _forget_caller_without_calls(connection: sqlite3.Connection, number: str | None) -> None:
    if number:
        connection.execute(
            "DELETE FROM callers WHERE number = ?1 AND NOT EXISTS (SELECT 1 FROM calls WHERE number = ?1)", (number,)
        )
