"""Where an address book comes from, and what a source remembers from one reading to the next."""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from callguard import JSON
from callguard_contacts.reading.rows import Reading

READ_FILE = "callguard_contacts.apart:file"
READ_LISTING = "callguard_contacts.apart:listing"
READ_CARDS = "callguard_contacts.apart:cards"
"""What the second process does for a source."""
_VERSION = 1


class SourceError(Exception):
    """An address book could not be read; one sentence for people, and one that says what to do."""

    def __init__(self, what: str, cure: str = "", *, later: float = 0.0) -> None:
        super().__init__(what)
        self.cure = cure or "It is tried again by itself; `callguard contacts sync` tries now."
        self.later = later
        "Seconds for which the server asked to be left alone."


class Source(Protocol):
    """One address book that somebody else keeps."""

    @property
    def book(self) -> str:
        """What its contacts are filed under."""

    @property
    def whence(self) -> str:
        """Where it comes from, for people."""

    async def read(self, *, again: bool) -> Reading | None:
        """Return what is in it; None if it has not changed since it was taken over, unless it is read *again*.

        SourceError if it cannot be read as a whole: half an address book is none.
        """

    def taken_over(self, at: datetime) -> None:
        """Remember that what was read last is in the household's contacts now."""

    def forget(self) -> None:
        """Forget what was taken over, so that it is read again."""

    def last_taken_over(self) -> datetime | None:
        """Return when that was; None if never."""


@dataclass(slots=True)
class Memory:
    """A small JSON file; lost, the source is only read again."""

    path: Path
    about: str
    "What the memory is of; another account or country makes it void."
    facts: dict[str, JSON] = field(default_factory=dict)
    _loaded: bool = False

    def load(self) -> Mapping[str, JSON]:
        """Return what is remembered."""
        if not self._loaded:
            self._loaded = True
            with contextlib.suppress(OSError, ValueError):
                found = json.loads(self.path.read_bytes())
                if isinstance(found, dict) and found.get("about") == self.about and found.get("version") == _VERSION:
                    self.facts = found
        return self.facts

    def save(self, **facts: JSON) -> None:
        """Put *facts* in place of what was remembered; OSError if the disk refuses."""
        self.facts = {"version": _VERSION, "about": self.about, **facts}
        self._loaded = True
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(f".{self.path.name}.part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w") as file:
            json.dump(self.facts, file, separators=(",", ":"))
        part.replace(self.path)

    def forget(self) -> None:
        """Remember nothing any more."""
        self.facts = {}
        self._loaded = True

    @property
    def at(self) -> datetime | None:
        """When what is remembered was saved, as its owner noted it."""
        noted = self.load().get("at")
        try:
            return datetime.fromisoformat(noted) if isinstance(noted, str) else None
        except ValueError:
            return None
