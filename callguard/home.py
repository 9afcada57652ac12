"""What a plugin may use, handed to it when it is built; it needs nothing ambient."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Protocol

from callguard.model.call import Call
from callguard.model.contact import Acquaintance, Contact
from callguard.model.numberlist import Report
from callguard.model.relationship import Relationship
from callguard.model.rule import Change, Rule
from callguard.model.web import Fetched, ForbiddenAddressError, Web

# What json.loads returns and json.dumps takes.
JSON = None | bool | int | float | str | Sequence["JSON"] | Mapping[str, "JSON"]


class Clock(Protocol):
    """Time as an argument."""

    def now(self) -> datetime:
        """Return the time of day, UTC."""

    def monotonic(self) -> float:
        """Return seconds that never jump, for measuring."""


class Randomness(Protocol):
    """Randomness as an argument."""

    def bits(self, count: int) -> int:
        """Return *count* random bits."""

    def token(self, count: int = 16) -> str:
        """Return *count* random characters from 0-9a-z."""


class Household(Protocol):
    """The household's own data, read from memory, or from an index within microseconds."""

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules kept in the store that are in force."""

    def contacts(self) -> tuple[Contact, ...]:
        """Return everybody in the household's address books."""

    def relationships(self) -> tuple[Relationship, ...]:
        """Return whom the household deals or dealt with, by party, as it says itself."""

    def revision(self) -> int:
        """Return a number that changes whenever the rules, the contacts or the relationships do."""

    def acquaintance(self, number: str) -> Acquaintance | None:
        """Return when the household last dialled or answered *number*; None if never, as far as lines can tell."""

    def dialled_since(self, since: datetime) -> tuple[Acquaintance, ...]:
        """Return the numbers that the household dialled since then, newest first, at most 1,000."""

    def heard_since(self, since: datetime) -> tuple[Call, ...]:
        """Return the calls received since then, newest first, at most 1,000; for warming up after a start."""

    def first_heard(self, number: str) -> datetime | None:
        """Return when a call presented *number* for the first time; None if never, or if that was forgotten."""

    def replace_contacts(self, book: str, contacts: Sequence[Contact], *, by: str) -> Awaitable[Change | None]:
        """Put *contacts* in place of what is in *book*, as one change that can be undone; None: nothing changed."""


class Nobody:
    """A household that wants nothing and knows nobody, for building plugins that will not be asked."""

    def rules(self) -> tuple[Rule, ...]:
        """Return none."""
        return ()

    def contacts(self) -> tuple[Contact, ...]:
        """Return nobody."""
        return ()

    def relationships(self) -> tuple[Relationship, ...]:
        """Return none."""
        return ()

    def revision(self) -> int:
        """Never changes."""
        return 0

    def acquaintance(self, number: str) -> Acquaintance | None:
        """Know nobody."""
        return None

    def dialled_since(self, since: datetime) -> tuple[Acquaintance, ...]:
        """Return none."""
        return ()

    def heard_since(self, since: datetime) -> tuple[Call, ...]:
        """Return none."""
        return ()

    def first_heard(self, number: str) -> datetime | None:
        """Know nothing."""
        return None

    async def replace_contacts(self, book: str, contacts: Sequence[Contact], *, by: str) -> Change | None:
        """Refuse."""
        raise RuntimeError(f"{by} cannot keep {len(contacts)} contacts of {book}: there is no household")


class Apart(Protocol):
    """Runs heavy work in a process of its own, so that it delays no verdict."""

    async def __call__(self, function: str, arguments: Mapping[str, JSON], report: Report | None = None) -> JSON:
        """Return what `module:function(arguments, report)` returns over there; both ways it must be JSON.

        The function raising ValueError raises ValueError here; anything else, or an end by a signal, RuntimeError.
        """


class NoWeb:
    """A house without a network."""

    async def fetch(self, url: str, **_: object) -> Fetched:
        """Refuse to fetch anything."""
        raise ForbiddenAddressError(f"{url} is not fetched: this house has no network")


async def not_apart(function: str, arguments: Mapping[str, JSON], report: Report | None = None) -> JSON:
    """Refuse to run anything."""
    raise RuntimeError(f"{function} cannot be run: this house has no second process")


def _nowhere(key: str) -> str:
    """Return no place for *key*, as if nothing had been written."""
    return key[:0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What one plugin may use."""

    name: str
    "The plugin's own name, as in config.yaml."
    data_dir: Path
    "The plugin's own folder; created when first needed, removed with the plugin."
    country: str
    "ISO 3166 code of the house."
    timezone: tzinfo
    clock: Clock
    log: logging.Logger
    household: Household
    randomness: Randomness
    "Unguessable bits; a test hands in known ones."
    software: str = ""
    "CallGuard's version."
    written_at: Callable[[str], str] = _nowhere
    "Where a setting of the plugin was written (`block.3` -> `config.yaml:41`); empty if nobody knows."
    web: Web = field(default_factory=NoWeb)
    apart: Apart = not_apart
    zones: Mapping[str, tzinfo] = field(default_factory=dict)
    "Time zones of lines that are elsewhere than the house."
    numbers: Mapping[str, str] = field(default_factory=dict)
    "The household's own numbers in E.164, by line, where they are known."

    def local_time(self, call: Call) -> datetime:
        """Return when *call* came, by the clock on the wall where its line is."""
        return call.received_at.astimezone(self.zones.get(call.line, self.timezone))
