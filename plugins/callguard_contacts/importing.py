"""What people may import by hand: an address book with a proper name, of contacts that are contacts."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from callguard import JSON, Contact, plain
from callguard_contacts.reading.rows import LONGEST_NAME, MOST_CONTACTS, MOST_NUMBERS, contact_of
from callguard_contacts.settings import CARDDAV

_LONGEST_BOOK = 100
_LONGEST_UID = 220
_AT_ONCE = 1 << 16
"""Characters decoded in one go, a multiple of four: between two of them others have their turn."""
_NUMBER = re.compile(r"\+[0-9]{2,15}", re.ASCII)


def check_book(book: str, owner: str) -> None:
    """Raise ValueError if *book* is no name of an address book, or if it is kept by *owner* already."""
    if not book or plain(book, _LONGEST_BOOK) != book or book.startswith(CARDDAV):
        raise ValueError(f"{plain(book)!r} cannot be the name of an address book: write a short plain one")
    if owner:
        raise ValueError(f"the address book {book!r} is kept by config.yaml (from {owner}): use another name")


def contacts_of(rows: JSON, book: str) -> list[Contact]:
    """Return the contacts in *book* that *rows* mean; ValueError says what is wrong with them."""
    if not isinstance(rows, Sequence) or len(rows) > MOST_CONTACTS:
        raise ValueError(f"an address book is a list of at most {MOST_CONTACTS:,} contacts")
    found: dict[str, Contact] = {}
    for row in rows:
        contact = _checked(contact_of(row, book))
        if contact.uid in found:
            raise ValueError(f"two contacts have the uid {contact.uid!r}")
        found[contact.uid] = contact
    return list(found.values())


def decode_to(path: Path, content: str) -> None:
    """Write the bytes that *content* means in base 64; ValueError if it means none."""
    try:
        with path.open("xb") as file:
            for start in range(0, len(content), _AT_ONCE):
                file.write(base64.b64decode(content[start : start + _AT_ONCE], validate=True))
    except binascii.Error as error:
        raise ValueError("the file did not arrive as it was sent") from error


def _checked(contact: Contact) -> Contact:
    if not contact.uid or plain(contact.uid, _LONGEST_UID) != contact.uid:
        raise ValueError("a contact has no proper uid")
    if len(contact.numbers) > MOST_NUMBERS or not all(map(_NUMBER.fullmatch, contact.numbers)):
        raise ValueError(f"the numbers of {plain(contact.name, 60)!r} are not at most {MOST_NUMBERS} in E.164")
    numbers = tuple(dict.fromkeys(contact.numbers))
    return replace(contact, name=plain(contact.name, LONGEST_NAME), numbers=numbers)
