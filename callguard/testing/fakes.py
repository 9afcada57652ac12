"""Stand-ins for what the house hands to a plugin: time, chance and the household's data."""

import logging
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from callguard.home import Clock, Home, Household, Randomness
from callguard.model.rule import Rule

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
"""When everything in a test happens, unless it says otherwise."""

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
    """A household whose rules the test writes."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules = tuple(rules)
        self._revision = 1

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules."""
        return self._rules

    def revision(self) -> int:
        """Return a number that changes whenever the rules do."""
        return self._revision

    def change(self, rules: Iterable[Rule]) -> None:
        """Put *rules* in place of the present ones."""
        self._rules = tuple(rules)
        self._revision += 1


def a_home(  # noqa: PLR0913  (one parameter a part of the house)
    data_dir: Path,
    *,
    name: str = "plugin",
    country: str = "US",
    timezone: tzinfo = UTC,
    clock: Clock | None = None,
    household: Household | None = None,
    randomness: Randomness | None = None,
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
    )
