"""One account of a CardDAV server as a source of contacts."""

import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime

from callguard import JSON, Contact, FetchError, ForbiddenAddressError, Home
from callguard_contacts.carddav.client import AddressBook, CardDavClient
from callguard_contacts.carddav.tour import Card, Tour, sequence
from callguard_contacts.reading.rows import Reading, Unreadable, contact_of, unreadable_of
from callguard_contacts.settings import CardDavSettings
from callguard_contacts.source import Memory, SourceError


class Account:
    """Reads all address books of one account into one book of the household."""

    def __init__(self, settings: CardDavSettings, home: Home) -> None:
        self.book = settings.book
        self.whence = settings.host
        self._settings = settings
        self._home = home
        self._client = CardDavClient(settings, home.web)
        about = f"{settings.url} {settings.user} {home.country}"
        self._memory = Memory(home.data_dir / f"carddav-{settings.name}.json", about)
        self._marker = ""
        self._cards: dict[str, Card] = {}

    async def read(self, *, again: bool) -> Reading | None:
        """Return everybody on the server, or None if nothing has changed there."""
        try:
            return await self._read(again=again)
        except FetchError as error:
            raise self._explained(error) from error
        except (ValueError, RuntimeError, OSError) as error:
            raise SourceError(f"{self.whence}: {error}") from error

    def taken_over(self, at: datetime) -> None:
        """Remember the server's markers and cards."""
        self._memory.save(at=at.isoformat(), marker=self._marker, cards=self._cards)

    def forget(self) -> None:
        """Forget what was taken over, so that it is read again."""
        self._memory.forget()

    def last_taken_over(self) -> datetime | None:
        """Return when the server's contacts were taken over last."""
        return self._memory.at

    async def _read(self, *, again: bool) -> Reading | None:
        books = await self._client.address_books()
        known = self._memory.load()
        marker = _marker(books)
        if marker and marker == known.get("marker") and not again:
            return None
        # A refused reading leaves its cards here, so that they need not be fetched again.
        before = _cards_in(known) | self._cards
        folder = self._home.data_dir / f".sync-{self._settings.name}"
        shutil.rmtree(folder, ignore_errors=True)  # what a power cut left
        folder.mkdir(parents=True)
        try:
            self._cards = await Tour(self._client, self._home, folder, before).all_cards(books)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self._marker = marker
        return _reading(self._cards, self.book)

    def _explained(self, error: FetchError) -> SourceError:
        cure, later = "", error.retry_after.total_seconds() if error.retry_after else 0.0
        account = f"the account {self._settings.name} in config.yaml (contacts.carddav)"
        if isinstance(error, ForbiddenAddressError):
            cure = f"If {self.whence} is a server of your own, name it under network.trusted_hosts in config.yaml."
        elif error.status in (401, 403):
            cure = f"Check user and password of {account}."
        elif error.status == 404:
            cure = f"Check the address of {account}."
        return SourceError(str(error), cure, later=later)


def _marker(books: Iterable[AddressBook]) -> str:
    """Return what changes when any of *books* does; empty if one of them has no marker."""
    marks = sorted((book.url, book.marker) for book in books)
    return "\n".join(f"{url} {mark}" for url, mark in marks) if all(mark for _, mark in marks) else ""


def _cards_in(known: Mapping[str, JSON]) -> dict[str, Card]:
    cards = known.get("cards")
    if not isinstance(cards, Mapping):
        return {}
    return {path: card for path, card in cards.items() if isinstance(card, Mapping)}


def _reading(cards: Mapping[str, Card], book: str) -> Reading:
    contacts: list[Contact] = []
    unreadable: list[Unreadable] = []
    for card in cards.values():
        contacts += [contact_of(row, book) for row in sequence(card.get("contact"))]
        unreadable += [unreadable_of(item) for item in sequence(card.get("unreadable"))]
    return Reading(
        contacts=tuple(contacts),
        unreadable=tuple(unreadable),
        unreadable_count=len(unreadable),
        without_number=sum(card.get("without_number") == 1 for card in cards.values()),
    )
