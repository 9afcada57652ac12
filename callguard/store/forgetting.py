"""Forgetting a number: everything that CallGuard noted of it by itself goes, what the household wrote down stays."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from callguard.model.rule import Change
from callguard.model.wire import BadRecordError, decode_call
from callguard.store import log
from callguard.store.errors import CannotUndoError
from callguard.store.log import Deed, Entry, Item, Stamp
from callguard.store.retiring import Pace, past, pseudonym, remove

ABOUT = "forgotten"
_INSTEAD = "a forgotten number"
_ABOUT_CALLS = ("complaint:", "opinion:")

_Call = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgettable:
    """What goes with a number, and what still names it."""

    calls: int
    past_calls: int
    "Removed before, and counted under a pseudonym until now."
    rules: int
    "In force that still name the number: the household wrote them."
    contacts: int
    relationships: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten(Forgettable):
    """What was removed of a number, and what still names it."""

    complaints: int
    changes: int
    "That can no longer be undone, because they named the number."
    change: Change | None = None
    "In the log of changes: that a number was forgotten, not which."


class Forgetting:
    """Forgets one number: first what is said of its calls, then these, one slice a transaction, then says so."""

    def __init__(self, number: str, secret: bytes, stamp: Stamp) -> None:
        self._number = number
        self._secret = secret
        self._stamp = stamp
        self._answer: Forgotten | None = None
        self._first: Forgotten | None = None
        self._left: list[_Call] = []
        self._just = 0
        self._pace = Pace()

    def run(self, connection: sqlite3.Connection) -> Forgotten:
        """Forget some; return what will be forgotten in the end."""
        with _leaving_no_trace(connection):
            if self._answer is None:
                calls = _calls_of(connection, self._number)
                self._left, self._just = calls, 0
                found = self._first = self._forget_all_but_calls(connection, calls)
            else:
                found, self._just = self._answer, self._remove_some(connection)
            if self._just < len(self._left):
                return found
            # Only now: a power cut must not leave behind the word that calls are gone which are still there.
            deed = Deed(what="number-forgotten", subject=_words(found.calls), about=ABOUT, did=[])
            return replace(found, change=log.note(connection, self._stamp, deed))

    def more(self) -> bool:
        """Tell, after a commit, whether there is more."""
        self._answer = self._answer or self._first
        self._left = self._left[self._just :]
        return bool(self._left)

    def _remove_some(self, connection: sqlite3.Connection) -> int:
        with self._pace.timed():
            some = self._left[: self._pace.calls]
            remove(connection, some)
        return len(some)

    def _forget_all_but_calls(self, connection: sqlite3.Connection, calls: list[_Call]) -> Forgotten:
        number = self._number
        ids = {call for _, call in calls}
        complaints = sum(_delete(connection, "complaints WHERE call = ?", call) for call in ids)
        removed = _delete(connection, "past_calls WHERE pseudonym = ?", pseudonym(number, self._secret))
        _delete(connection, "acquaintances WHERE number = ?", number)
        _delete(connection, "callers WHERE number = ?", number)
        changes = _blank_changes(connection, number, ids)
        rules, contacts, relationships = _still_named(connection, number)
        return Forgotten(
            calls=len(calls),
            past_calls=removed,
            complaints=complaints,
            changes=changes,
            rules=rules,
            contacts=contacts,
            relationships=relationships,
        )


def would_go(connection: sqlite3.Connection, number: str, secret: bytes) -> Forgettable:
    """Return what would be forgotten."""
    rules, contacts, relationships = _still_named(connection, number)
    return Forgettable(
        calls=len(_calls_of(connection, number)),
        past_calls=past(connection, number, secret),
        rules=rules,
        contacts=contacts,
        relationships=relationships,
    )


def undo(_: sqlite3.Connection, entry: Entry) -> list[Item]:
    """Refuse: what it was about is not known any more."""
    raise CannotUndoError(f"change {entry.change.id} cannot be undone: the number it was about was forgotten")


@contextmanager
def _leaving_no_trace(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("PRAGMA secure_delete=1").fetchall()
    try:
        yield
    finally:
        connection.execute("PRAGMA secure_delete=0").fetchall()


def _calls_of(connection: sqlite3.Connection, number: str) -> list[_Call]:
    shown: list[_Call] = connection.execute("SELECT seq, id FROM calls WHERE number = ?", (number,)).fetchall()
    rows = connection.execute(
        "SELECT seq, id, body FROM calls_text CROSS JOIN calls ON seq = calls_text.rowid"
        " WHERE calls_text MATCH ? AND calls.number IS NOT ?",
        (f'facts : "{number}"', number),
    )
    return shown + [(seq, call) for seq, call, body in rows if _asserts(body, number)]


def _asserts(body: str, number: str) -> bool:
    with suppress(BadRecordError):
        return number in decode_call(body).caller.numbers
    return False


def _blank_changes(connection: sqlite3.Connection, number: str, calls: set[str]) -> int:
    rows = connection.execute("SELECT id, about, subject, did FROM changes")
    names = _naming(number)
    blanked = [
        (names.sub(_INSTEAD, subject), change)
        for change, about, subject, did in rows
        if (about.startswith(_ABOUT_CALLS) and about.split(":")[1] in calls)
        or names.search(subject)
        or names.search(did)
    ]
    connection.executemany(
        f"UPDATE changes SET subject = ?, about = '{ABOUT}', did = '[]' WHERE id = ?",
        blanked,
    )
    return len(blanked)


def _words(calls: int) -> str:
    return f"{_INSTEAD}: {calls} call{'' if calls == 1 else 's'} removed"


def _delete(connection: sqlite3.Connection, what: str, value: str) -> int:
    return connection.execute(f"DELETE FROM {what}", (value,)).rowcount


def _still_named(connection: sqlite3.Connection, number: str) -> tuple[int, int, int]:
    """Return how many rules in force, contacts and relationships name *number*."""
    names = _naming(number)

    def naming(texts: str) -> int:
        return sum(1 for (text,) in connection.execute(texts) if names.search(text))

    return (
        naming("SELECT value FROM rules WHERE in_force = 1"),
        naming("SELECT numbers FROM contacts"),
        naming("SELECT body FROM relationships WHERE body IS NOT NULL"),
    )


def _naming(number: str) -> re.Pattern[str]:
    """Return what finds *number*, but no longer one that begins with it."""
    return re.compile(re.escape(number) + r"(?![0-9])")
