"""Address books that come over the control socket in portions, until they are taken over or forgotten."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from callguard import JSON, Contact, Home, plain
from callguard_contacts.plan import Plan, of_book, plan
from callguard_contacts.reading.rows import LONGEST_NAME, MOST_CONTACTS, MOST_NUMBERS, contact_of
from callguard_contacts.settings import CARDDAV

_FORGOTTEN_AFTER = 900.0
_MOST_AT_ONCE = 4
_LONGEST_BOOK = 100
_LONGEST_UID = 220
_NUMBER = re.compile(r"\+[0-9]{2,15}", re.ASCII)


@dataclass(slots=True)
class _Upload:
    book: str
    begun: float
    contacts: dict[str, Contact] = field(default_factory=dict)


class Uploads:
    """What people import by hand: shown before it is applied, and applied as it was shown.

    ValueError says in one sentence what is wrong with a question.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._by_token: dict[str, _Upload] = {}

    def begin(self, book: str, owner: str) -> str:
        """Return the token of a new upload into *book*, which *owner* may keep already."""
        if not book or plain(book, _LONGEST_BOOK) != book or book.startswith(CARDDAV):
            raise ValueError(f"{plain(book)!r} cannot be the name of an address book: write a short plain one")
        if owner:
            raise ValueError(f"the address book {book!r} is kept by config.yaml (from {owner}): use another name")
        self._forget()
        token = self._home.randomness.token()
        self._by_token[token] = _Upload(book=book, begun=self._home.clock.monotonic())
        return token

    def add(self, token: str, rows: JSON) -> int:
        """Add contacts; returns how many there are now."""
        upload = self._find(token)
        if not isinstance(rows, Sequence) or len(upload.contacts) + len(rows) > MOST_CONTACTS:
            raise ValueError(f"an address book has at most {MOST_CONTACTS:,} contacts")
        for row in rows:
            contact = _checked(contact_of(row, upload.book))
            if contact.uid in upload.contacts:
                raise ValueError(f"two contacts have the uid {contact.uid!r}")
            upload.contacts[contact.uid] = contact
        return len(upload.contacts)

    def plan(self, token: str) -> Plan:
        """Return what taking the upload over would change."""
        upload = self._find(token)
        return plan(of_book(self._home.household.contacts(), upload.book), upload.contacts.values())

    async def apply(self, token: str, *, remove: bool) -> Mapping[str, JSON]:
        """Take the upload over as one change; only if the household wants to *remove* may it halve the book."""
        upload, wanted = self._find(token), self.plan(token)
        if wanted.shrinks and not remove:
            raise ValueError(f"{upload.book!r} would lose more than half of its contacts: say so with --yes-remove")
        contacts = list(upload.contacts.values())
        change = await self._home.household.replace_contacts(upload.book, contacts, by="command line")
        del self._by_token[token]
        return {"counts": wanted.counts(), "change": None if change is None else change.id}

    def _find(self, token: str) -> _Upload:
        found = self._by_token.get(token)
        if found is None:
            raise ValueError("this import is not known any more: begin again")
        return found

    def _forget(self) -> None:
        """Forget what is old, and the oldest if there are too many."""
        now = self._home.clock.monotonic()
        young = {token: it for token, it in self._by_token.items() if now - it.begun < _FORGOTTEN_AFTER}
        self._by_token = dict(list(young.items())[1 - _MOST_AT_ONCE :])


def _checked(contact: Contact) -> Contact:
    if not contact.uid or plain(contact.uid, _LONGEST_UID) != contact.uid:
        raise ValueError("a contact has no proper uid")
    if len(contact.numbers) > MOST_NUMBERS or not all(map(_NUMBER.fullmatch, contact.numbers)):
        raise ValueError(f"the numbers of {plain(contact.name, 60)!r} are not at most {MOST_NUMBERS} in E.164")
    numbers = tuple(dict.fromkeys(contact.numbers))
    return replace(contact, name=plain(contact.name, LONGEST_NAME), numbers=numbers)
