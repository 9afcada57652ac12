"""The check whether the household knows the caller, and the commands and jobs that keep its contacts."""

import asyncio
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import ClassVar

from callguard import (
    JSON,
    Attestation,
    Call,
    Command,
    Contact,
    Disclosure,
    Evidence,
    Fact,
    Home,
    Job,
    Leaning,
    Problem,
    Rung,
    hookimpl,
    plain,
    shown_url,
)
from callguard_contacts.importing import check_book, contacts_of, decode_to
from callguard_contacts.index import Known, index_of
from callguard_contacts.keeper import Keeper
from callguard_contacts.plan import Plan, contact_facts, of_book, plan
from callguard_contacts.settings import ContactsConfig, twice
from callguard_contacts.source import READ_FILE, Source
from callguard_contacts.watched_file import WatchedFile

_FILES_EVERY = timedelta(minutes=1)
_FILES_FIRST = timedelta(seconds=2)
_SERVERS_FIRST = timedelta(seconds=10)
_ACQUAINTED = "acquaintance"
_SYNC_WITHIN = 50.0
"""The command line waits a minute for an answer."""


class Contacts:
    """Knows whom the household knows: its contacts, and numbers it has dialled or answered lately."""

    Config = ContactsConfig
    speaks_on = frozenset({Rung.CONTACTS})
    offline_commands = frozenset({"contacts-plan", "contacts-apply", "contacts-list", "contacts-remove"})
    phrases: ClassVar[Mapping[str, str]] = {
        "contact": "{number} is {who} in your contacts ({book})",
        "dialled-number": "you called {number} {ago}",
        "answered-number": "you answered a call from {number} {ago}",
        "contact-unverified": "the telephone network could not confirm that {number} ({who}) is really calling",
    }

    def __init__(self, config: ContactsConfig, home: Home) -> None:
        mistakes = twice(config)
        if mistakes:
            raise ValueError("\n".join(mistakes))
        self._home = home
        self._config = config
        self._accounts = {account.book: account for account in config.carddav}
        self._files = [WatchedFile(file, home) for file in config.files]
        self._keeper = Keeper([*_servers(config, home), *self._files], home)
        self._revision = home.household.revision()
        self._contacts = home.household.contacts()
        self._index = index_of(self._contacts)

    @property
    def discloses(self) -> Sequence[Disclosure]:
        """Say what the servers of address books learn."""
        return [
            Disclosure(
                to=shown_url(account.url),
                what="the user name and password of the address book there, and your address; nothing about calls",
                when=f"whenever the address book {account.name} is read",
            )
            for account in self._config.carddav
        ]

    @hookimpl
    def check_call(self, call: Call) -> Sequence[Evidence] | None:
        """Say which of the caller's numbers the household knows, shown or asserted by a trusted network."""
        if self._home.household.revision() != self._revision:
            self._rebuild()
        found: list[Evidence] = []
        for number in call.caller.numbers:
            # A line cannot call itself: whoever shows its own number has stolen it.
            if number != self._home.numbers.get(call.line):
                found += self._known(number, call)
        return found or None

    @hookimpl
    def periodic_jobs(self) -> Sequence[Job]:
        """Return a job for every address book that somebody else keeps."""
        accounts = [
            Job(
                name=f"address book {account.name}",
                every=account.every,
                run=partial(self._keeper.work, book),
                first_after=_SERVERS_FIRST,
                speaks=False,
            )
            for book, account in self._accounts.items()
        ]
        files = [
            Job(
                name=f"address book {file.book}",
                every=_FILES_EVERY,
                run=partial(self._keeper.work, file.book),
                first_after=_FILES_FIRST,
                speaks=False,
            )
            for file in self._files
        ]
        return accounts + files

    @hookimpl
    def health(self) -> Sequence[Problem]:
        """Return which address books cannot be kept up to date."""
        return self._keeper.problems()

    @hookimpl
    def register_commands(self) -> Mapping[str, Command]:
        """Return what `callguard contacts` asks."""
        return {
            "contacts-read": self._read,
            "contacts-plan": self._plan,
            "contacts-apply": self._apply,
            "contacts-list": self._list,
            "contacts-sync": self._sync,
            "contacts-remove": self._remove,
        }

    def _rebuild(self) -> None:
        # The revision first: what changes meanwhile makes the next call look again.
        self._revision = self._home.household.revision()
        contacts = self._home.household.contacts()
        if contacts is not self._contacts:  # a new rule leaves them the very same
            self._contacts, self._index = contacts, index_of(contacts)

    def _known(self, number: str, call: Call) -> Iterator[Evidence]:
        known = self._index.get(number)
        evidence = _contact(number, known) if known else self._acquaintance(number, call)
        if evidence is None:
            return
        yield evidence
        if call.attestation is Attestation.FAILED:
            who = known.who if known else "whom you know"
            yield Evidence(
                code="contact-unverified", leaning=Leaning.NEUTRAL, facts={"number": number, "who": plain(who)}
            )

    def _acquaintance(self, number: str, call: Call) -> Evidence | None:
        config = self._config
        if not (config.dialled_days or config.answered_days):
            return None
        known = self._home.household.acquaintance(number)
        if known is None:
            return None
        for code, at, days in (
            ("dialled-number", known.dialled_at, config.dialled_days),
            ("answered-number", known.answered_at, config.answered_days),
        ):
            if at is not None and timedelta(0) <= call.received_at - at <= timedelta(days=days) and days:
                return self._acquainted(code, number, at, call)
        return None

    def _acquainted(self, code: str, number: str, at: datetime, call: Call) -> Evidence:
        today = self._home.local_time(call)
        days = (today.date() - at.astimezone(today.tzinfo).date()).days
        ago = {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")
        facts: dict[str, Fact] = {"number": number, "at": at.isoformat(), "days": days, "ago": ago}
        # Of less worth than a contact: whoever blocks such a number has changed their mind.
        return Evidence(code=code, leaning=Leaning.WANTED, rung=Rung.CONTACTS, basis=_ACQUAINTED, facts=facts)

    async def _read(self, given: Mapping[str, JSON]) -> JSON:
        """Return the reading of a file that somebody brings, its `content` in base 64; nothing is kept."""
        book = _text(given, "book")
        check_book(book, self._keeper.owner_of(book))
        folder = self._home.data_dir
        with tempfile.TemporaryDirectory(dir=folder if folder.is_dir() else None, prefix=".import-") as room:
            path = Path(room) / "file"
            # A file of megabytes takes longer to decode than a caller should wait.
            await asyncio.to_thread(decode_to, path, _text(given, "content"))
            return await self._home.apart(READ_FILE, {"path": str(path), "book": book, "country": self._home.country})

    async def _plan(self, given: Mapping[str, JSON]) -> JSON:
        _, wanted = await self._imported(given)
        return wanted.facts()

    async def _apply(self, given: Mapping[str, JSON]) -> JSON:
        contacts, wanted = await self._imported(given)
        book = _text(given, "book")
        if wanted.shrinks and given.get("remove") is not True:
            raise ValueError(f"{book!r} would lose more than half of its contacts: say so with --yes-remove")
        change = await self._home.household.replace_contacts(book, contacts, by=_by(given))
        return {"counts": wanted.counts(), "change": None if change is None else change.id}

    async def _imported(self, given: Mapping[str, JSON]) -> tuple[Sequence[Contact], Plan]:
        """Return the contacts that somebody brings, and what they would change."""
        book = _text(given, "book")
        check_book(book, self._keeper.owner_of(book))
        # Thousands of contacts take longer to look over than a caller should wait.
        contacts = await asyncio.to_thread(contacts_of, given.get("contacts"), book)
        return contacts, plan(of_book(self._home.household.contacts(), book), contacts)

    async def _list(self, given: Mapping[str, JSON]) -> JSON:
        book = _text(given, "book")
        contacts = self._home.household.contacts()
        wanted = of_book(contacts, book) if book else contacts
        return {
            "contacts": [contact_facts(contact) for contact in wanted],
            "sources": self._keeper.facts(),
            "country": self._home.country,
        }

    async def _sync(self, given: Mapping[str, JSON]) -> JSON:
        try:
            async with asyncio.timeout(_SYNC_WITHIN):
                results = await self._keeper.sync(accept=given.get("accept") is True)
        except TimeoutError as error:
            raise ValueError("this takes long; it goes on by itself, `callguard contacts list` shows how") from error
        return [result.facts() for result in results]

    async def _remove(self, given: Mapping[str, JSON]) -> JSON:
        book = _text(given, "book")
        owner = self._keeper.owner_of(book)
        if owner:
            raise ValueError(f"{plain(book)!r} comes from {owner}: take it out of config.yaml (contacts) first")
        count = len(of_book(self._home.household.contacts(), book))
        if not count:
            raise ValueError(f"there is no address book {plain(book)!r}")
        change = await self._home.household.replace_contacts(book, (), by=_by(given))
        return {"removed": count, "change": None if change is None else change.id}


def _servers(config: ContactsConfig, home: Home) -> list[Source]:
    if not config.carddav:
        return []
    from callguard_contacts.carddav.account import Account  # noqa: PLC0415  (XML: only who has a server pays)

    return [Account(account, home) for account in config.carddav]


def _contact(number: str, known: Known) -> Evidence:
    facts: dict[str, Fact] = {
        "number": number,
        "name": known.name,
        "book": known.book,
        "others": known.others,
        "who": known.who,
    }
    return Evidence(code="contact", leaning=Leaning.WANTED, rung=Rung.CONTACTS, facts=facts)


def _by(given: Mapping[str, JSON]) -> str:
    return plain(_text(given, "by")) or "command line"


def _text(given: Mapping[str, JSON], key: str) -> str:
    value = given.get(key)
    return value if isinstance(value, str) else ""
