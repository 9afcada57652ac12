"""Asks a CardDAV server: where its address books are, what is in them, and for the cards themselves."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from callguard import Fetched, FetchError, Web
from callguard_contacts.carddav.multistatus import ABOUT_SERVER, CARDS_THERE, Resource, cards_wanted, resources
from callguard_contacts.settings import CardDavSettings

_SMALL = 1_000_000
_LISTING = 20_000_000
CARDS_AT_ONCE = 50
_CARDS = 20_000_000
"""Bytes of one answer with cards; some servers send photographs though nobody asked for them."""
_WITHIN = 60.0
_MOST_BOOKS = 20


class NoAddressBookError(FetchError):
    """The server answers, but has no address book where one was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressBook:
    """One address book on the server."""

    url: str
    marker: str
    "Changes whenever the book does; empty if the server has no such thing."


class CardDavClient:
    """One account; FetchError, or NotDavError, says in one sentence what went wrong."""

    def __init__(self, account: CardDavSettings, web: Web) -> None:
        self._url = account.url
        self._web = web
        self._headers: dict[str, str] = {"Content-Type": "application/xml; charset=utf-8"}
        if account.user:
            pair = f"{account.user}:{account.password.get_secret_value()}".encode()
            self._headers["Authorization"] = "Basic " + base64.b64encode(pair).decode("ascii")

    async def address_books(self) -> Sequence[AddressBook]:
        """Return the address book at the account's address, or else all that the user has (RFC 6764 §6)."""
        url, there = await self._first_look()
        if there is not None and there.is_address_book:
            return [AddressBook(url=url, marker=there.marker)]
        home = await self._home(url, there)
        base, found = await self._ask(home, ABOUT_SERVER, depth=1)
        books = [item for item in found if item.is_address_book]
        if not books:
            raise NoAddressBookError(f"{_shown(home)} has no address book")
        if len(books) > _MOST_BOOKS:
            raise NoAddressBookError(
                f"{_shown(home)} has {len(books)} address books: give the address of one of them"
            )
        return [AddressBook(url=self._joined(base, item.href), marker=item.marker) for item in books]

    async def list_cards(self, book: AddressBook, to: Path) -> str:
        """Write the list of the book's cards to *to*; returns the address it came from."""
        return (await self._fetch(book.url, "PROPFIND", CARDS_THERE, depth=1, limit=_LISTING, to=to)).url

    async def fetch_cards(self, book: AddressBook, hrefs: Sequence[str], to: Path) -> None:
        """Write these cards to *to*, at most `CARDS_AT_ONCE`; TooLargeError if they are too much for one answer."""
        await self._fetch(book.url, "REPORT", cards_wanted(hrefs), depth=0, limit=_CARDS, to=to)

    async def _first_look(self) -> tuple[str, Resource | None]:
        if urlsplit(self._url).path in ("", "/"):
            try:
                return await self._look(urljoin(self._url, "/.well-known/carddav"))
            except FetchError as error:
                if error.status is None or error.status == 401:
                    raise
        return await self._look(self._url)

    async def _home(self, url: str, there: Resource | None) -> str:
        if there is not None and there.home:
            return self._joined(url, there.home)
        if there is not None and there.principal:
            base, principal = await self._look(self._joined(url, there.principal))
            if principal is not None and principal.home:
                return self._joined(base, principal.home)
        raise NoAddressBookError(f"{_shown(url)} does not say where its address books are: give the address of one")

    async def _look(self, url: str) -> tuple[str, Resource | None]:
        """Return the address that answered in the end, and what stands there."""
        base, found = await self._ask(url, ABOUT_SERVER, depth=0)
        return base, found[0] if found else None

    async def _ask(self, url: str, body: bytes, *, depth: int) -> tuple[str, list[Resource]]:
        answer = await self._fetch(url, "PROPFIND", body, depth=depth, limit=_SMALL)
        return answer.url, list(resources(answer.body))

    async def _fetch(
        self, url: str, method: str, body: bytes, *, depth: int, limit: int, to: Path | None = None
    ) -> Fetched:
        headers: Mapping[str, str] = {**self._headers, "Depth": str(depth)}
        answer = await self._web.fetch(
            url, to=to, limit=limit, within=_WITHIN, headers=headers, method=method, body=body
        )
        if answer.status != 207:
            raise NoAddressBookError(f"{_shown(url)} is no CardDAV server (it answered {answer.status}, not 207)")
        return answer

    def _joined(self, base: str, href: str) -> str:
        """Return where *href* leads; FetchError if the password must not be sent there."""
        try:
            url = urljoin(base, href)
            before, after = urlsplit(self._url), urlsplit(url)
            hosts = before.hostname or "", after.hostname or ""
        except ValueError:
            raise FetchError(f"{_shown(base)} names an address that is none") from None
        if before.scheme == "https" and after.scheme != "https":
            raise FetchError(f"{_shown(base)} leads away from https: the password is not sent there")
        if not _same_owner(*hosts):
            raise FetchError(
                f"{_shown(base)} leads to {_shown(url)}: the password is not sent to another owner's host"
            )
        return url


def _same_owner(ours: str, theirs: str) -> bool:
    """Tell whether both hosts are one, or siblings as contacts.icloud.com and p42-contacts.icloud.com are."""
    parent = ours.partition(".")[2]
    return ours == theirs or (
        "." in parent and not parent.replace(".", "").isdecimal() and theirs.endswith(f".{parent}")
    )


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
