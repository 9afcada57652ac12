"""Finding calls: what a list is filtered by, in SQL that looks at no call's body and at a bounded number of rows.

Lists are ordered by time, searches for three characters or more by the order of recording, both newest first.
"""

import sqlite3
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from callguard.model.experience import Experience, Opinion
from callguard.model.record import CallRecord
from callguard.model.verdict import Action
from callguard.model.wire import clean
from callguard.store.errors import BadCursorError
from callguard.store.times import milliseconds

LOOKED_THROUGH = 20_000
"Calls that contain a text and are then compared with the rest of a filter, for one page."
LOOKED_THROUGH_SHORT = 100_000
"The newest calls, in which one or two characters are looked for."
_INDEXED = 3  # characters from which the full-text index helps
_LONGEST_TEXT = 200
_LONGEST_CURSOR = 18  # digits, so that it fits an integer of SQLite
_DIALLED_FIRST = ("00", "011", "0")
_BETWEEN_DIGITS = frozenset(" -.()/+\u00a0\u2010\u2011\u2012\u2013\u2212")
_NEWEST_FIRST = " ORDER BY received_at DESC, seq DESC"

Value = str | int
Place = tuple[int, int]
"""Where a call stands: when it was received, and its place in the order of recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which calls to list; what is left out does not matter."""

    line: str | None = None
    action: Action | None = None
    number: str | None = None
    "E.164, as presented by the caller."
    since: datetime | None = None
    until: datetime | None = None
    "Up to, but not including."
    text: str = ""
    """Part of the caller's name or number, or of what lists, rules and contacts call them.

    One or two characters are looked for in the names and numbers of the newest 100,000 calls only.
    """
    experiences: frozenset[Experience] = frozenset()
    "Any of these; empty: all."
    source: str | None = None
    "The plugin that decided; '' for calls that a setting decided."
    key: str | None = None
    "The name of its list, or the id of its rule."
    opinion: Opinion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some calls, newest first."""

    records: tuple[CallRecord, ...]
    next: str | None = None
    """Where the next page begins; None if this is the last.

    A page may be short, even empty, and not the last: looking through is broken off after 20,000 calls that contain
    the text looked for but are not wanted otherwise.
    """
    unreadable: int = 0
    "Records on this page that could not be understood, and are left out."


@dataclass(frozen=True, slots=True)
class Query:
    """SQL that yields (received_at, seq), and its values."""

    sql: str
    values: tuple[Value, ...]

    def run(self, connection: sqlite3.Connection) -> list[Place]:
        """Return what it finds."""
        return connection.execute(self.sql, self.values).fetchall()

    def count(self, connection: sqlite3.Connection) -> int:
        """Return how many it finds."""
        (found,) = connection.execute(f"SELECT count(*) FROM ({self.sql})", self.values).fetchone()
        return int(found)


def find(
    connection: sqlite3.Connection, wanted: Filter, limit: int, before: str | None
) -> tuple[list[Place], str | None]:
    """Return the places of up to *limit* calls, and the cursor after them if there may be more."""
    found = query(connection, wanted, limit + 1, before).run(connection)
    if len(found) > limit:
        received, seq = found[limit - 1]
        return found[:limit], f"{received}-{seq}"
    return found, _broken_off_at(connection, wanted, before)


def query(connection: sqlite3.Connection, wanted: Filter, limit: int, before: str | None = None) -> Query:
    """Return the query for at most *limit* calls, newest first, those older than the cursor *before*."""
    place = None if before is None else _place(before)
    text = clean(wanted.text).strip()[:_LONGEST_TEXT]
    if len(text) >= _INDEXED:
        return _by_words(wanted, _phrases(text), limit, place)
    conditions = _conditions(wanted)
    if place:
        conditions.append(("(received_at, seq) < (?, ?)", place))
    if text:
        conditions += _short(connection, text)
    if wanted.experiences and set(_columns(wanted)) == {"experience"} and not text:
        return _merged(wanted.experiences, conditions, limit)
    return _select(_index(wanted, text), [*conditions, *_experienced(wanted)], limit)


def _select(index: str, conditions: list[tuple[str, tuple[Value, ...]]], limit: int) -> Query:
    sql, values = _from(index, conditions)
    return Query(f"{sql}{_NEWEST_FIRST} LIMIT ?", (*values, limit))


def _from(index: str, conditions: list[tuple[str, tuple[Value, ...]]]) -> tuple[str, tuple[Value, ...]]:
    where = " AND ".join(sql for sql, _ in conditions) or "1"
    return (
        f"SELECT received_at, seq FROM calls INDEXED BY {index} WHERE {where}",
        tuple(value for _, values in conditions for value in values),
    )


def _merged(experiences: frozenset[Experience], conditions: list[tuple[str, tuple[Value, ...]]], limit: int) -> Query:
    """Look at each experience apart: SQLite merges what is in order already, however rare one of them is."""
    parts = [
        _from("calls_by_experience", [("experience = ?", (one.value,)), *conditions]) for one in sorted(experiences)
    ]
    sql = " UNION ALL ".join(part for part, _ in parts)
    return Query(f"{sql}{_NEWEST_FIRST} LIMIT ?", (*(value for _, values in parts for value in values), limit))


def _index(wanted: Filter, text: str) -> str:
    columns = set(_columns(wanted))
    if "number" in columns and not text:
        return "calls_by_number"
    return "calls_by_opinion" if columns == {"opinion"} and not text else "calls_newest"


def _columns(wanted: Filter) -> dict[str, Value]:
    """Return the columns that must have one value, and `experience` if it must have one of several."""
    exact = {
        "line": wanted.line,
        "action": wanted.action,
        "number": wanted.number,
        "source": wanted.source,
        "key": wanted.key,
        "opinion": wanted.opinion,
    }
    found: dict[str, Value] = {column: str(value) for column, value in exact.items() if value is not None}
    return found | ({"experience": ""} if wanted.experiences else {})


def _conditions(wanted: Filter) -> list[tuple[str, tuple[Value, ...]]]:
    """Return all of *wanted* but its text and its experiences."""
    exact = [(f"{column} = ?", (value,)) for column, value in _columns(wanted).items() if column != "experience"]
    times = [("received_at >= ?", wanted.since), ("received_at < ?", wanted.until)]
    return [*exact, *((sql, (milliseconds(at),)) for sql, at in times if at is not None)]


def _experienced(wanted: Filter) -> list[tuple[str, tuple[Value, ...]]]:
    if not wanted.experiences:
        return []
    # Compared one by one: for IN (…) SQLite builds a table first, and takes half as long again over a million calls.
    sql = " OR ".join("experience = ?" for _ in wanted.experiences)
    return [(f"({sql})", tuple(one.value for one in sorted(wanted.experiences)))]


# --- texts ----------------------------------------------------------------------------------------


def _by_words(wanted: Filter, phrases: str, limit: int, place: Place | None) -> Query:
    words, values = _containing(phrases, place)
    conditions = [*_conditions(wanted), *_experienced(wanted)]
    where = " AND ".join(sql for sql, _ in conditions) or "1"
    looked_through = LOOKED_THROUGH if conditions else limit
    # CROSS JOIN: in the order of the index, which is that of recording; calls are looked up one by one.
    sql = (
        f"SELECT received_at, seq FROM ({words} LIMIT {looked_through}) CROSS JOIN calls ON seq = found"
        f" WHERE {where} LIMIT ?"
    )
    return Query(sql, (*values, *(value for _, some in conditions for value in some), limit))


def _containing(phrases: str, place: Place | None) -> tuple[str, tuple[Value, ...]]:
    older = "" if place is None else " AND rowid < ?"
    sql = f"SELECT rowid AS found FROM calls_text WHERE calls_text MATCH ?{older} ORDER BY rowid DESC"
    return sql, (phrases,) if place is None else (phrases, place[1])


def _broken_off_at(connection: sqlite3.Connection, wanted: Filter, before: str | None) -> str | None:
    """Return the cursor from which a search goes on that has looked at as many calls as it may."""
    text = clean(wanted.text).strip()[:_LONGEST_TEXT]
    if len(text) < _INDEXED or not (_conditions(wanted) or wanted.experiences):
        return None
    sql, values = _containing(_phrases(text), None if before is None else _place(before))
    last = connection.execute(f"{sql} LIMIT 1 OFFSET {LOOKED_THROUGH - 1}", values).fetchone()
    return f"0-{last[0]}" if last else None


def _phrases(text: str) -> str:
    """Return *text* for the full-text index, all of it meant literally; a number in every way it may be dialled."""
    wanted = dict.fromkeys([text, *_numbers(text)])
    return " OR ".join('"' + one.replace('"', '""') + '"' for one in wanted)


def _numbers(text: str) -> list[str]:
    if not all(c.isdecimal() or c in _BETWEEN_DIGITS for c in text):
        return []
    digits = _digits(text)
    spellings = [digits, *(digits.removeprefix(first) for first in _DIALLED_FIRST)]
    return [one for one in spellings if len(one) >= _INDEXED]


def _digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(c)) for c in text if c.isdecimal())


def _short(connection: sqlite3.Connection, text: str) -> list[tuple[str, tuple[Value, ...]]]:
    like = f"%{text.replace(chr(92), chr(92) * 2).replace('%', chr(92) + '%').replace('_', chr(92) + '_')}%"
    contains = ("(name LIKE ? ESCAPE '\\' OR number LIKE ? ESCAPE '\\')", (like, like))
    sql = f"SELECT received_at, seq FROM calls INDEXED BY calls_newest{_NEWEST_FIRST} LIMIT 1 OFFSET ?"
    oldest = connection.execute(sql, (LOOKED_THROUGH_SHORT - 1,)).fetchone()
    return [contains, ("(received_at, seq) >= (?, ?)", oldest)] if oldest else [contains]


def _place(cursor: str) -> Place:
    received, _, seq = cursor.partition("-")
    if not all(part.isascii() and part.isdecimal() and len(part) <= _LONGEST_CURSOR for part in (received, seq)):
        raise BadCursorError(f"{cursor!r:.60} is not where a page ends")
    return int(received), int(seq)
