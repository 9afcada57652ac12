"""The household's address books in SQL. A book is replaced as a whole, as one change."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from callguard.home import JSON
from callguard.model.contact import Contact
from callguard.model.rule import Change
from callguard.store import log
from callguard.store.errors import CannotUndoError, UnstorableError
from callguard.store.log import Deed, Entry, Item, Stamp
from callguard.store.understanding import understood
from callguard.store.validity import MOST_CONTACTS, storable_book, storable_contact

ABOUT = "book:"

Books = Mapping[str, tuple[int, tuple[Contact, ...]]]
"""What stands in each book, with its version."""

_Card = list[JSON]  # name and numbers of a contact


def read(connection: sqlite3.Connection, before: Books) -> Books:
    """Return all books that are not empty; those whose version is known from *before* are not read again."""
    versions = connection.execute("SELECT book, version FROM books ORDER BY book").fetchall()
    books = {
        book: before[book] if before.get(book, (None, ()))[0] == version else (version, _read(connection, book))
        for book, version in versions
    }
    return {book: content for book, content in books.items() if content[1]}


def replace(connection: sqlite3.Connection, book: str, contacts: Iterable[Contact], stamp: Stamp) -> Change | None:
    """Put *contacts* in place of what is in *book*; None if it is the same already."""
    book = storable_book(book)
    before = _cards(_read(connection, book))
    after = _cards(_checked(book, contacts))
    touched = sorted(before.keys() | after.keys())
    did = [(uid, before.get(uid), after.get(uid)) for uid in touched if before.get(uid) != after.get(uid)]
    if not did:
        return None
    about = f"{ABOUT}{book}"
    deed = Deed(
        what="contacts-replaced", subject=_subject(book, did), about=about, did=did, found=_version(connection, book)
    )
    change = log.note(connection, stamp, deed)
    _apply(connection, book, did, change.id)
    return change


def add(connection: sqlite3.Connection, book: str, contacts: Iterable[Contact], stamp: Stamp) -> Change | None:
    """Put *contacts* into *book*, those with the same uid in place of what is there; nobody else is touched."""
    there = {contact.uid: contact for contact in _read(connection, book)}
    return replace(connection, book, {**there, **{c.uid: c for c in contacts}}.values(), stamp)


def undo(connection: sqlite3.Connection, entry: Entry) -> list[Item]:
    """Bring a book back as it was; CannotUndoError if it was replaced since."""
    book = entry.about.removeprefix(ABOUT)
    if _version(connection, book) != entry.made:
        raise CannotUndoError(f"change {entry.change.id} cannot be undone: {book} has been replaced since")
    did = list(entry.opposite)
    _apply(connection, book, did, entry.found)
    return did


def _checked(book: str, contacts: Iterable[Contact]) -> list[Contact]:
    checked = [storable_contact(contact) for contact in contacts]
    if len(checked) > MOST_CONTACTS:
        raise UnstorableError(f"{book} has {len(checked)} contacts: at most {MOST_CONTACTS} are kept")
    if len({contact.uid for contact in checked}) < len(checked):
        raise UnstorableError(f"two contacts of {book} have the same uid")
    return checked


def _cards(contacts: Iterable[Contact]) -> dict[str, _Card]:
    return {contact.uid: [contact.name, list(contact.numbers)] for contact in contacts}


def _subject(book: str, did: Sequence[Item]) -> str:
    kinds = {
        "new": sum(before is None for _, before, _ in did),
        "changed": sum(before is not None and after is not None for _, before, after in did),
        "gone": sum(after is None for _, _, after in did),
    }
    return f"{book}: {', '.join(f'{count} {kind}' for kind, count in kinds.items() if count)}"


def _apply(connection: sqlite3.Connection, book: str, did: Sequence[Item], version: int) -> None:
    gone = [(book, uid) for uid, _, card in did if card is None]
    rows = [(book, uid, card[0], json.dumps(card[1])) for uid, _, card in did if isinstance(card, Sequence)]
    connection.executemany("DELETE FROM contacts WHERE book = ? AND uid = ?", gone)
    connection.executemany(
        "INSERT INTO contacts (book, uid, name, numbers) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET name = excluded.name, numbers = excluded.numbers",
        rows,
    )
    connection.execute(
        "INSERT INTO books (book, version) VALUES (?, ?) ON CONFLICT DO UPDATE SET version = excluded.version",
        (book, version),
    )


def _version(connection: sqlite3.Connection, book: str) -> int:
    row = connection.execute("SELECT version FROM books WHERE book = ?", (book,)).fetchone()
    return int(row[0]) if row else 0


def _read(connection: sqlite3.Connection, book: str) -> tuple[Contact, ...]:
    def contact(row: tuple[str, str, str]) -> Contact:
        return Contact(book=book, uid=row[0], name=row[1], numbers=tuple(json.loads(row[2])))

    rows = connection.execute("SELECT uid, name, numbers FROM contacts WHERE book = ? ORDER BY uid", (book,))
    return tuple(understood(contact, rows.fetchall())[0])
