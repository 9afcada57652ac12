"""What a plugin may use, handed to it when it is built; it needs nothing ambient."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Protocol

from callguard.model.rule import Rule


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
    """The household's own data, read from memory."""

    def rules(self) -> tuple[Rule, ...]:
        """Return the allow and block rules kept in the store."""

    def revision(self) -> int:
        """Return a number that changes whenever the rules do."""


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
