"""Whom the household deals with, in SQL: one row a party, and every change of it to be undone."""

import sqlite3
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from pydantic import TypeAdapter

from callguard.model.relationship import Relationship
from callguard.model.rule import Change
from callguard.store import log
from callguard.store.errors import CannotUndoError, NoSuchRelationshipError, UnstorableError
from callguard.store.log import Deed, Entry, Item, Stamp
from callguard.store.understanding import understood
from callguard.store.validity import MOST_RELATIONSHIPS, storable_relationship

ABOUT = "relationship:"


@cache
def _body() -> TypeAdapter[Relationship]:
    # Takes 25 ms to make, which a house without one need not spend.
    return TypeAdapter(Relationship)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of a relationship that was to be kept."""

    relationship: Relationship
    "As it is kept."
    change: Change | None
    "None: it was so already."


def read(connection: sqlite3.Connection) -> tuple[tuple[Relationship, ...], int]:
    """Return every relationship by party, and how many this version does not understand."""
    rows = connection.execute("SELECT id, body FROM relationships WHERE body IS NOT NULL").fetchall()
    every, unreadable = understood(_relationship, rows)
    return tuple(sorted(every, key=lambda one: (one.party.casefold(), one.id))), unreadable


def save(connection: sqlite3.Connection, wanted: Relationship, stamp: Stamp) -> Saved:
    """Keep *wanted*: as a new one if its id is 0, else in place of the one with that id."""
    before, found = _find(connection, wanted.id)
    if wanted.id and before is None:
        raise _no_such(wanted.id)
    there = _understood(wanted.id, before)
    created = there.created_at if there else stamp.at
    number = wanted.id or _next(connection)
    kept = replace(storable_relationship(wanted), id=number, created_at=created)
    after = _text(kept)
    if after == before:
        return Saved(relationship=kept, change=None)
    what = "relationship-added" if before is None else "relationship-changed"
    return Saved(relationship=kept, change=_change(connection, kept, what, (before, after), found, stamp))


def remove(connection: sqlite3.Connection, number: int, stamp: Stamp) -> Change:
    """Forget one; NoSuchRelationshipError if there is none such."""
    before, found = _find(connection, number)
    if before is None:
        raise _no_such(number)
    gone = _understood(number, before) or Relationship(id=number, party=f"relationship {number}")
    return _change(connection, gone, "relationship-removed", (before, None), found, stamp)


def add_all(source: sqlite3.Connection, target: sqlite3.Connection, stamp: Stamp) -> None:
    """Add to *target* those of *source* that it does not have."""
    known = {replace(one, id=0) for one in read(target)[0]}
    for one in read(source)[0]:
        if replace(one, id=0) not in known:
            save(target, replace(one, id=0), Stamp(by=stamp.by, at=one.created_at or stamp.at))


def undo(connection: sqlite3.Connection, entry: Entry) -> list[Item]:
    """Bring one back as it was; CannotUndoError if it was changed since."""
    number = int(entry.about.removeprefix(ABOUT))
    if _find(connection, number)[1] != entry.made:
        raise CannotUndoError(f"change {entry.change.id} cannot be undone: relationship {number} was changed since")
    did = list(entry.opposite)
    for _, _, text in did:
        _put(connection, number, text if isinstance(text, str) else None, entry.found)
    return did


def _change(
    connection: sqlite3.Connection,
    about: Relationship,
    what: str,
    bodies: tuple[str | None, str | None],
    found: int,
    stamp: Stamp,
) -> Change:
    deed = Deed(what=what, subject=about.party, about=f"{ABOUT}{about.id}", did=[(None, *bodies)], found=found)
    change = log.note(connection, stamp, deed)
    _put(connection, about.id, bodies[1], change.id)
    return change


def _next(connection: sqlite3.Connection) -> int:
    # The row of a removed one stays, so that no number is given twice.
    count, highest = connection.execute("SELECT count(body), ifnull(max(id), 0) FROM relationships").fetchone()
    if count >= MOST_RELATIONSHIPS:
        raise UnstorableError(f"there are {count} relationships: no more are kept")
    return int(highest) + 1


def _find(connection: sqlite3.Connection, number: int) -> tuple[str | None, int]:
    row = connection.execute("SELECT body, version FROM relationships WHERE id = ?", (number,)).fetchone()
    return (row[0], row[1]) if row else (None, 0)


def _put(connection: sqlite3.Connection, number: int, text: str | None, version: int) -> None:
    connection.execute(
        "INSERT INTO relationships (id, body, version) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET body = excluded.body, version = excluded.version",
        (number, text, version),
    )


def _text(relationship: Relationship) -> str:
    return _body().dump_json(relationship, exclude={"id"}).decode()


# All of them are read again after every change of anything.
@lru_cache(maxsize=1024)
def _relationship(row: tuple[int, str]) -> Relationship:
    return replace(_body().validate_json(row[1]), id=row[0])


def _understood(number: int, body: str | None) -> Relationship | None:
    return next(iter(understood(_relationship, [(number, body)] if body else [])[0]), None)


def _no_such(number: int) -> NoSuchRelationshipError:
    return NoSuchRelationshipError(f"there is no relationship {number}: `callguard relationships` lists them")
