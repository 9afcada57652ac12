"""Whom the household dialled and whose calls it took, in SQL: one row a number."""

import sqlite3
from datetime import datetime

from callguard.model.contact import Acquaintance
from callguard.model.wire import clean
from callguard.store.times import maybe, milliseconds

MOST = 1000
"Numbers that `dialled_since` returns at most."
_LONGEST = 40  # E.164, or a short code
_COLUMNS = "number, dialled_at, answered_at"


def find(connection: sqlite3.Connection, number: str) -> Acquaintance | None:
    """Return when *number* was last dialled and answered."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM acquaintances WHERE number = ?", (number,)).fetchone()
    return _acquaintance(row) if row else None


def dialled_since(connection: sqlite3.Connection, start: datetime) -> tuple[Acquaintance, ...]:
    """Return the numbers dialled since then, newest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM acquaintances WHERE dialled_at >= ? ORDER BY dialled_at DESC LIMIT ?",
        (milliseconds(start), MOST),
    )
    return tuple(_acquaintance(row) for row in rows.fetchall())


def note_dialled(connection: sqlite3.Connection, number: str, at: datetime) -> None:
    """Note that the household called *number*; an earlier time than the one known changes nothing."""
    _note(connection, "dialled_at", number, milliseconds(at))


def add_all(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Add all that *source* knows to *target*; of two times the later one counts."""
    for number, dialled, answered in source.execute(f"SELECT {_COLUMNS} FROM acquaintances"):
        for column, at in (("dialled_at", dialled), ("answered_at", answered)):
            if at is not None:
                _note(target, column, number, at)


def note_answered(connection: sqlite3.Connection, number: str, at: datetime) -> None:
    """Note that somebody took a call from *number*; an earlier time than the one known changes nothing."""
    _note(connection, "answered_at", number, milliseconds(at))


def _note(connection: sqlite3.Connection, column: str, number: str, at: int) -> None:
    connection.execute(
        f"INSERT INTO acquaintances (number, {column}) VALUES (?, ?) ON CONFLICT DO UPDATE SET"
        f" {column} = max(ifnull({column}, 0), excluded.{column})",
        (clean(number)[:_LONGEST], at),
    )


def _acquaintance(row: tuple[str, int | None, int | None]) -> Acquaintance:
    number, dialled, answered = row
    return Acquaintance(number=number, dialled_at=maybe(dialled), answered_at=maybe(answered))
