"""The household's own data as a whole: all of it as it stands, and every change of it to be undone."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from callguard.home import JSON
from callguard.model.contact import Contact
from callguard.model.relationship import Relationship
from callguard.model.rule import Change, Rule
from callguard.store import complaints, contacts, forgetting, log, opinions, preferences, relationships, rules
from callguard.store.contacts import Books
from callguard.store.log import Stamp
from callguard.store.rules import Stored

_UNDO = {
    log.RULES: rules.undo,
    "book": contacts.undo,
    "setting": preferences.undo,
    "relationship": relationships.undo,
    "complaint": complaints.undo,
    "opinion": opinions.undo,
    forgetting.ABOUT: forgetting.undo,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What is in force."""

    stored: Stored = field(default_factory=Stored)
    by_id: Mapping[int, Rule] = field(default_factory=dict)
    books: Books = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    settings: Mapping[str, JSON] = field(default_factory=dict)
    unreadable: int = 0
    "Rules, settings and relationships that this version does not understand, and that are not in force."
    newest: int = 0
    "The newest change."


_EMPTY = Snapshot()


def snapshot(connection: sqlite3.Connection, before: Snapshot = _EMPTY) -> Snapshot:
    """Return what is in force; what has not changed since *before* is the very same."""
    stored = rules.read(connection, before.by_id)
    books = contacts.read(connection, before.books)
    settings, foreign = preferences.read(connection)
    parties, strange = relationships.read(connection)
    people = before.contacts if books == before.books else tuple(c for _, book in books.values() for c in book)
    return Snapshot(
        stored=stored,
        by_id={rule.id: rule for rule in stored.rules},
        books=books,
        contacts=people,
        relationships=parties,
        settings=settings,
        unreadable=stored.unreadable + foreign + strange,
        newest=log.count(connection),
    )


def undo(connection: sqlite3.Connection, number: int, stamp: Stamp) -> Change:
    """Take a change back; a second time returns what the first did. Undoing an undo does the change again."""
    entry = log.find(connection, number)
    if entry.change.undone_by is not None:
        return log.find(connection, entry.change.undone_by).change
    did = _UNDO[entry.about.partition(":")[0]](connection, entry)
    return log.note_undone(connection, stamp, entry, did)
