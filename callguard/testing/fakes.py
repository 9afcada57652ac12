"""Stand-ins for what the house hands to a plugin: time, chance and the household's data."""

import logging
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from callguard.home import Apart, Clock, Home, Household, NoWeb, Randomness, not_apart
from callguard.model.call import Call
from callguard.model.contact import Acquaintance, Contact
from callguard.model.relationship import Relationship
from callguard.model.rule import Change, Rule
from callguard.model.web import Web

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
"""When everything in a test happens, unless it says otherwise."""

_NO_WEB = NoWeb()
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


class FakeClock:
    """A clock that stands still until the test moves it."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> datetime:
        """Return the time of day, UTC."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass; a negative number is a ValueError, because time does not go back."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def set_time_of_day(self, now: datetime) -> None:
        """Set the time of day as a person or NTP does: `monotonic` does not notice."""
        self._now = now


class FakeRandomness:
    """Chance that is the same in every run."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def bits(self, count: int) -> int:
        """Return *count* bits."""
        return self._random.getrandbits(count)

    def token(self, count: int = 16) -> str:
        """Return *count* characters from 0-9a-z."""
        return "".join(self._random.choices(_ALPHABET, k=count))


class FakeHousehold:
    """A household whose rules, contacts and past calls the test writes."""

    def __init__(
        self,
        rules: Iterable[Rule] = (),
        contacts: Iterable[Contact] = (),
        relationships: Iterable[Relationship] = (),
    ) -> None:
        self._rules = tuple(rules)
        self._contacts = tuple(contacts)
        self._relationships = tuple(relationships)
        self._revision = 1
        self.acquaintances: list[Acquaintance] = []
        self.heard: list[Call] = []

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules."""
        return self._rules

    def contacts(self) -> tuple[Contact, ...]:
        """Return the contacts."""
        return self._contacts

    def relationships(self) -> tuple[Relationship, ...]:
        """Return whom the household deals with."""
        return self._relationships

    def revision(self) -> int:
        """Return a number that changes whenever the rules or contacts do."""
        return self._revision

    def change(self, rules: Iterable[Rule]) -> None:
        """Put *rules* in place of the present ones."""
        self._rules = tuple(rules)
        self._revision += 1

    def acquaintance(self, number: str) -> Acquaintance | None:
        """Return what the test wrote about *number*."""
        return next((known for known in self.acquaintances if known.number == number), None)

    def dialled_since(self, since: datetime) -> tuple[Acquaintance, ...]:
        """Return the numbers dialled since then, newest first."""
        found = [known for known in self.acquaintances if known.dialled_at is not None and known.dialled_at >= since]
        return tuple(sorted(found, key=lambda known: known.dialled_at or since, reverse=True))

    def heard_since(self, since: datetime) -> tuple[Call, ...]:
        """Return the calls heard since then, newest first."""
        found = [call for call in self.heard if call.received_at >= since]
        return tuple(sorted(found, key=lambda call: call.received_at, reverse=True))

    def first_heard(self, number: str) -> datetime | None:
        """Return when *number* called for the first time."""
        return min((call.received_at for call in self.heard if call.caller.number == number), default=None)

    async def replace_contacts(self, book: str, contacts: Sequence[Contact], *, by: str) -> Change | None:
        """Put *contacts* in place of what is in *book*."""
        before = [contact for contact in self._contacts if contact.book == book]
        if before == list(contacts):
            return None
        self._contacts = (*(contact for contact in self._contacts if contact.book != book), *contacts)
        self._revision += 1
        return Change(id=self._revision, at=NOON, by=by, what="contacts-replaced", subject=book)


def a_home(  # noqa: PLR0913  (one parameter a part of the house)
    data_dir: Path,
    *,
    name: str = "plugin",
    country: str = "US",
    timezone: tzinfo = UTC,
    clock: Clock | None = None,
    household: Household | None = None,
    randomness: Randomness | None = None,
    web: Web | None = None,
    apart: Apart | None = None,
    zones: Mapping[str, tzinfo] | None = None,
    numbers: Mapping[str, str] | None = None,
) -> Home:
    """Return what a plugin called *name* is handed when it is built; its own folder lies in *data_dir*."""
    return Home(
        name=name,
        data_dir=data_dir / "plugins" / name,
        country=country,
        timezone=timezone,
        clock=clock or FakeClock(),
        log=logging.getLogger(f"callguard.plugin.{name}"),
        household=household or FakeHousehold(),
        randomness=randomness or FakeRandomness(),
        software="test",
        web=web or _NO_WEB,
        apart=apart or not_apart,
        zones=zones or {},
        numbers=numbers or {},
    )
