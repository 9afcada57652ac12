"""The log of changes: who changed what of the household's data, and how to take it back."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callguard.home import JSON
from callguard.model.rule import Change
from callguard.model.wire import clean
from callguard.store.errors import NoSuchChangeError
from callguard.store.times import milliseconds, moment

RULES = "rules"
_CHANGE = "id, at, by, what, subject, undone_by, about"

Item = Sequence[JSON]
"""What changed, how it was before, how it is after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who changes something, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a change does."""

    what: str
    subject: str
    about: str
    "`rules`, `book:NAME`, `setting:KEY`, `relationship:ID`, `complaint:CALL:AGENCY`, `opinion:CALL` or `forgotten`."
    did: Sequence[Item]
    found: int = 0
    "Version of the book, setting … before."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A change together with what it did."""

    change: Change
    about: str
    did: tuple[Item, ...]
    found: int
    made: int

    @property
    def opposite(self) -> tuple[Item, ...]:
        """What takes it back."""
        return tuple((what, after, before) for what, before, after in self.did)


def note(connection: sqlite3.Connection, stamp: Stamp, deed: Deed) -> Change:
    """Write down a change that is not an undo; its number is the version that it makes."""
    (number,) = connection.execute("SELECT ifnull(max(id), 0) + 1 FROM changes").fetchone()
    return _insert(connection, stamp, deed, number, None)


def note_undone(connection: sqlite3.Connection, stamp: Stamp, undone: Entry, did: Sequence[Item]) -> Change:
    """Write down that a change was taken back, by doing *did*."""
    deed = Deed(what="undone", subject=undone.change.subject, about=undone.about, did=did, found=undone.made)
    change = _insert(connection, stamp, deed, undone.found, undone.change.id)
    _mark(connection, undone.change.id, change.id)
    return change


def find(connection: sqlite3.Connection, number: int) -> Entry:
    """Return a change with all that it did; NoSuchChangeError if there is none."""
    row = connection.execute(f"SELECT {_CHANGE}, did, found, made FROM changes WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise NoSuchChangeError(f"there is no change {number}")
    return Entry(change=_change(row[:7]), about=row[6], did=tuple(json.loads(row[7])), found=row[8], made=row[9])


def newest(
    connection: sqlite3.Connection, limit: int, before: int | None = None, who: str | None = None
) -> tuple[Change, ...]:
    """Return the newest changes, newest first: those older than the change *before*, and those of one person."""
    rows = connection.execute(
        f"SELECT {_CHANGE} FROM changes WHERE id < ifnull(?, id + 1) AND by = ifnull(?, by) ORDER BY id DESC LIMIT ?",
        (before, who, limit),
    )
    return tuple(_change(row) for row in rows.fetchall())


def count(connection: sqlite3.Connection) -> int:
    """Return the number of the newest change; 0 if there is none."""
    (number,) = connection.execute("SELECT ifnull(max(id), 0) FROM changes").fetchone()
    return int(number)


def prune(connection: sqlite3.Connection, before: datetime) -> int:
    """Remove the changes made before then, but not the newest: the number of the next one follows from it."""
    return connection.execute(
        "DELETE FROM changes WHERE at < ? AND id < (SELECT max(id) FROM changes)", (milliseconds(before),)
    ).rowcount


def _insert(connection: sqlite3.Connection, stamp: Stamp, deed: Deed, made: int, undoes: int | None) -> Change:
    row = connection.execute(
        "INSERT INTO changes (at, by, what, subject, undoes, about, found, made, did) VALUES (?,?,?,?,?,?,?,?,?)"
        f" RETURNING {_CHANGE}",
        (
            milliseconds(stamp.at),
            clean(stamp.by),
            deed.what,
            clean(deed.subject),
            undoes,
            deed.about,
            deed.found,
            made,
            json.dumps(deed.did, separators=(",", ":")),
        ),
    ).fetchone()
    return _change(row)


def _mark(connection: sqlite3.Connection, number: int | None, by: int | None) -> None:
    """Mark a change as undone; if it was an undo, what it had taken back stands again, and so on down the chain."""
    while number is not None:
        row = connection.execute(
            "UPDATE changes SET undone_by = ? WHERE id = ? RETURNING undoes", (by, number)
        ).fetchone()
        number, by = (row[0] if row else None), (number if by is None else None)


def _change(row: tuple[int, int, str, str, str, int | None, str]) -> Change:
    number, at, by, what, subject, undone_by, about = row
    return Change(id=number, at=moment(at), by=by, what=what, subject=subject, undone_by=undone_by, about=about)
