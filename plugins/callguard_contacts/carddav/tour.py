"""One reading of all that is on a server: only cards that changed are fetched, and half an answer counts as none."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from callguard import JSON, Home, TooLargeError
from callguard_contacts.carddav.client import CARDS_AT_ONCE, AddressBook, CardDavClient
from callguard_contacts.reading.rows import MOST_CONTACTS, Unreadable
from callguard_contacts.source import READ_CARDS, READ_LISTING, SourceError

_READ_AT_ONCE = 20 * CARDS_AT_ONCE

Card: TypeAlias = Mapping[str, JSON]
"""A card as it is remembered: `etag`, `contact` (a list of at most one), what is `unreadable`, `without_number`."""
_Listed = Mapping[str, tuple[str, str]]
"""The cards of a book: path on the server -> address and version."""


class Tour:
    """Reads; SourceError, FetchError, ValueError or RuntimeError if anything is missing."""

    def __init__(self, client: CardDavClient, home: Home, folder: Path, before: Mapping[str, Card]) -> None:
        """*before* are the cards as they were read last; *folder* is emptied by whoever gave it."""
        self._client = client
        self._home = home
        self._folder = folder
        self._before = before
        self._answers = 0
        self._too_large: set[str] = set()

    async def all_cards(self, books: Sequence[AddressBook]) -> dict[str, Card]:
        """Return every card of *books* by its path on the server."""
        found: dict[str, Card] = {}
        for book in books:
            listed = await self._listed(book)
            if len(found) + len(listed) > MOST_CONTACTS:
                raise SourceError(f"the server has more than {MOST_CONTACTS:,} contacts")
            found |= await self._cards_of(book, listed)
        return found

    async def _listed(self, book: AddressBook) -> _Listed:
        path = self._folder / "listing"
        await self._client.list_cards(book, path)
        rows = sequence(await self._home.apart(READ_LISTING, {"path": str(path)}))
        return {str(place): (str(href), str(etag)) for place, href, etag in map(_three, rows)}

    async def _cards_of(self, book: AddressBook, listed: _Listed) -> dict[str, Card]:
        """Return all cards of a book: those known in this version, and the others as the server has them."""
        known = {path: self._before[path] for path, (_, etag) in listed.items() if self._knows(path, etag)}
        wanted = [(path, href) for path, (href, _) in listed.items() if path not in known]
        for start in range(0, len(wanted), _READ_AT_ONCE):
            known |= await self._fetched(book, dict(wanted[start : start + _READ_AT_ONCE]))
        return {path: known[path] for path in listed}

    def _knows(self, path: str, etag: str) -> bool:
        return bool(etag) and self._before.get(path, {}).get("etag") == etag

    async def _fetched(self, book: AddressBook, wanted: Mapping[str, str]) -> dict[str, Card]:
        """Fetch cards in portions and read them all in one go, because a process takes a while to start."""
        hrefs = list(wanted.values())
        answers: list[Path] = []
        for start in range(0, len(hrefs), CARDS_AT_ONCE):
            answers += await self._portion(book, hrefs[start : start + CARDS_AT_ONCE])
        arguments = {"paths": [str(path) for path in answers], "country": self._home.country}
        found = await self._home.apart(READ_CARDS, arguments)
        for path in answers:
            path.unlink()
        if not isinstance(found, Mapping):
            raise TypeError("the second process returned no cards")
        missing = sum(path not in found and href not in self._too_large for path, href in wanted.items())
        if missing:
            raise SourceError(f"the server sent only {len(wanted) - missing} of {len(wanted)} cards that it lists")
        return {path: self._card(path, href, found.get(path)) for path, href in wanted.items()}

    async def _portion(self, book: AddressBook, hrefs: Sequence[str]) -> list[Path]:
        """Return the files with these cards; where they are too much for one answer, in several."""
        self._answers += 1
        path = self._folder / f"cards-{self._answers}"
        try:
            await self._client.fetch_cards(book, hrefs, path)
        except TooLargeError:
            if len(hrefs) == 1:
                self._too_large.update(hrefs)
                return []
            half = len(hrefs) // 2
            return [*await self._portion(book, hrefs[:half]), *await self._portion(book, hrefs[half:])]
        return [path]

    def _card(self, path: str, href: str, read: JSON) -> Card:
        """Return a card as it was read; if nothing of it can be read any more, with the contact it was."""
        if isinstance(read, Mapping) and (read.get("contact") or not read.get("unreadable")):
            return read
        earlier = self._before.get(path, {}).get("contact", [])
        if isinstance(read, Mapping):
            return {**read, "contact": earlier}
        why = (
            "is larger than any card should be"
            if href in self._too_large
            else "is listed by the server but not there"
        )
        problem = Unreadable(place=path.rpartition("/")[2], why=f"the card {why}")
        return {"etag": "", "contact": earlier, "unreadable": [problem.facts()]}


def sequence(value: JSON) -> Sequence[JSON]:
    """Return *value* if it is a list, else none."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _three(row: JSON) -> tuple[JSON, JSON, JSON]:
    if not isinstance(row, Sequence) or len(row) != 3:
        raise TypeError("the second process returned no list of cards")
    return row[0], row[1], row[2]
