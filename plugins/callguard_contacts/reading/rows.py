"""What every kind of address book comes to: names with numbers, and what could not be read."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from callguard import JSON, Contact, plain, to_e164

MOST_CONTACTS = 20_000
MOST_NUMBERS = 50
"""Of one contact."""
MOST_NUMBERS_IN_ALL = 100_000
LONGEST_NAME = 200
_LONGEST_UID = 200
_LONGEST_NUMBER = 80
_MOST_LISTED = 1_000
_SHORT = 6
_TAIL = re.compile(r"[,;]|(?:ext\.?|[xpw]) ?[0-9]", re.IGNORECASE)
"""Where a number ends and what is dialled after the call was answered begins; `309xxxxxxx` is a masked number."""


class UnreadableFileError(ValueError):
    """A whole address book cannot be read; one sentence for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One person as the address book has it, nothing checked yet."""

    place: str
    "Where it stands: `card 12`, `row 3`."
    uid: str = ""
    "What the address book itself calls it; empty if it has no such thing."
    name: str = ""
    numbers: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Something in an address book that was left out, and why."""

    place: str
    name: str = ""
    what: str = ""
    "The number, if it is only that."
    why: str

    def facts(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {"place": self.place, "name": self.name, "what": self.what, "why": self.why}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was found in an address book."""

    contacts: tuple[Contact, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    "At most a thousand."
    unreadable_count: int = 0
    without_number: int = 0
    "People who have no telephone number at all: no call of theirs can be known."

    def facts(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {
            "contacts": [[contact.uid, contact.name, list(contact.numbers)] for contact in self.contacts],
            "unreadable": [item.facts() for item in self.unreadable],
            "unreadable_count": self.unreadable_count,
            "without_number": self.without_number,
        }


def reading_of(facts: JSON, book: str) -> Reading:
    """Return the reading that *facts* describe, its contacts in *book*; ValueError if they describe none."""
    if not isinstance(facts, Mapping):
        raise ValueError("that is no reading of an address book")
    rows, listed = facts.get("contacts"), facts.get("unreadable")
    if not isinstance(rows, Sequence) or not isinstance(listed, Sequence):
        raise ValueError("that is no reading of an address book")
    return Reading(
        contacts=tuple(contact_of(row, book) for row in rows),
        unreadable=tuple(unreadable_of(item) for item in listed),
        unreadable_count=_count(facts, "unreadable_count"),
        without_number=_count(facts, "without_number"),
    )


def contact_of(row: JSON, book: str) -> Contact:
    """Return the contact that `[uid, name, [numbers]]` means; ValueError if it means none."""
    if isinstance(row, Sequence) and len(row) == 3:
        uid, name, numbers = row
        if isinstance(uid, str) and isinstance(name, str) and isinstance(numbers, Sequence):
            return Contact(book=book, uid=uid, name=name, numbers=tuple(map(str, numbers)))
    raise ValueError("that is no contact")


def collect(rows: Iterable[Row | Unreadable], book: str, country: str) -> Reading:
    """Return what *rows* come to, numbers as somebody in *country* means them.

    UnreadableFileError if there are more than anybody knows.
    """
    collector = _Collector(book, country)
    for row in rows:
        if isinstance(row, Unreadable):
            collector.refuse(row)
        else:
            collector.take(row)
    return collector.reading()


def bare_number(text: str) -> str:
    """Return *text* without what is dialled once the call was answered (`,,123#`, `ext. 12`)."""
    text = text[:_LONGEST_NUMBER].strip()
    tail = _TAIL.search(text, 1) if text else None
    return text[: tail.start()].rstrip() if tail else text


class _Collector:
    """Gathers contacts and complaints, none too many."""

    def __init__(self, book: str, country: str) -> None:
        self._book = book
        self._country = country
        self._contacts: dict[str, Contact] = {}
        self._unreadable: list[Unreadable] = []
        self._refused = 0
        self._without = 0
        self._numbers = 0

    def take(self, row: Row) -> None:
        name = plain(row.name, LONGEST_NAME)
        given = [text for text in map(str.strip, row.numbers) if text]
        if not given:
            self._without += 1
            return
        numbers = self._numbers_of(row.place, name, given)
        if not numbers:
            return
        uid = self._unused(_uid(row.uid, name, numbers[0]))
        self._contacts[uid] = Contact(book=self._book, uid=uid, name=name or numbers[0], numbers=numbers)
        self._numbers += len(numbers)
        if len(self._contacts) > MOST_CONTACTS or self._numbers > MOST_NUMBERS_IN_ALL:
            raise UnreadableFileError(
                f"this has more than {MOST_CONTACTS:,} contacts or {MOST_NUMBERS_IN_ALL:,} numbers:"
                " no address book of a household"
            )

    def refuse(self, item: Unreadable) -> None:
        self._refused += 1
        if len(self._unreadable) < _MOST_LISTED:
            self._unreadable.append(item)

    def reading(self) -> Reading:
        return Reading(
            contacts=tuple(self._contacts.values()),
            unreadable=tuple(self._unreadable),
            unreadable_count=self._refused,
            without_number=self._without,
        )

    def _numbers_of(self, place: str, name: str, given: list[str]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for text in given[:MOST_NUMBERS]:
            number = to_e164(bare_number(text), self._country)
            if number is None:
                self.refuse(Unreadable(place=place, name=name, what=plain(text, 60), why=self._why_not(text)))
            else:
                found[number] = None
        if len(given) > MOST_NUMBERS:
            why = f"only the first {MOST_NUMBERS} numbers are kept"
            self.refuse(Unreadable(place=place, name=name, why=why))
        return tuple(found)

    def _why_not(self, text: str) -> str:
        if any(map(str.isalpha, text)):
            return "it has letters: only digits can be compared with a caller's number"
        if sum(map(str.isdecimal, text)) <= _SHORT:
            return "a short code or an internal number: such callers cannot be known"
        return f"not a complete telephone number in {self._country} or abroad"

    def _unused(self, uid: str) -> str:
        if uid not in self._contacts:
            return uid
        return next(f"{uid}#{n}" for n in range(2, MOST_CONTACTS + 3) if f"{uid}#{n}" not in self._contacts)


def _uid(given: str, name: str, number: str) -> str:
    """Return what the contact is called in the book, the same at the next import."""
    uid = plain(given, 10 * _LONGEST_UID) or f"name:{name.casefold()}" if given or name else f"number:{number}"
    return uid if len(uid) <= _LONGEST_UID else "sha256:" + hashlib.sha256(uid.encode()).hexdigest()


def unreadable_of(item: JSON) -> Unreadable:
    """Return what *item* describes; ValueError if it describes nothing."""
    if not isinstance(item, Mapping):
        raise ValueError("that is no reading of an address book")
    text = {key: str(item.get(key, "")) for key in ("place", "name", "what", "why")}
    return Unreadable(place=text["place"], name=text["name"], what=text["what"], why=text["why"])


def _count(facts: Mapping[str, JSON], key: str) -> int:
    value = facts.get(key)
    return value if isinstance(value, int) else 0
