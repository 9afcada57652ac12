"""Lists of reported numbers: what an entry says, what a look-up answers, how a list is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from callguard.model.health import Problem


class Category(StrEnum):
    """What the reports about a number complain of."""

    UNKNOWN = "unknown"
    FRAUD = "fraud"
    TELEMARKETING = "telemarketing"
    CHARITY = "charity"
    SURVEY = "survey"
    DEBT = "debt"
    GAMBLING = "gambling"
    PING = "ping"
    "Rings once, so that people call back a costly number."
    SILENT = "silent"
    LEGITIMATE = "legitimate"
    "Reported as wanted."

    @property
    def place(self) -> int:
        """Its place in this list, for the fast way to build a list."""
        return _PLACES[self]


_PLACES = {category: place for place, category in enumerate(Category)}


class ListMode(StrEnum):
    """What a list may do."""

    OFF = "off"
    "It is not fetched and not asked."
    LOG_ONLY = "log-only"
    "It is asked and recorded, but changes no verdict; how every new list begins."
    ACTIVE = "active"


class Answer(StrEnum):
    """What a list says about a number."""

    LISTED = "listed"
    NOT_LISTED = "not-listed"
    "Nothing is known; that does not make the caller a good one."
    STALE = "stale"
    "The list is too old for its silence to mean anything."
    UNAVAILABLE = "unavailable"
    "There is no copy of the list that can be read."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one list says about one number, or about all numbers with one beginning."""

    number: str
    "E.164; for a prefix its beginning, + and digits."
    prefix: bool = False
    category: Category = Category.UNKNOWN
    reports: int = 1
    "How many complaints were counted."
    weight: float = 1.0
    "The complaints after ageing, as of the list's `as_of`; fractions are usual."
    first_seen: date | None = None
    last_seen: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """A list's answer about one number, with all that is needed to explain it."""

    answer: Answer
    entry: Entry | None = None
    "The number itself, else the longest beginning; its weight aged to the moment of the look-up."
    version: str = ""
    retrieved_at: datetime | None = None
    why: str = ""
    "Why the list could not answer, one line."


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInfo:
    """What stands in the head of a built list."""

    name: str
    version: str
    "As the publisher calls it, else the date."
    as_of: date
    "The day to which the weights were aged."
    retrieved_at: datetime
    source: str = ""
    "Where it came from: an address without secrets, or a file."
    numbers: int = 0
    prefixes: int = 0
    accepted: int = 0
    "Rows of the source that were taken."
    rejected: Mapping[str, int] = field(default_factory=dict)
    "Rows that were not, by reason: `blank`, `letters`, `not-a-number` …"
    samples: Mapping[str, Sequence[str]] = field(default_factory=dict)
    "The first few rows of each reason, made harmless, for people to see what was not taken."
    duplicates: int = 0
    "Rows that said what another row had said."


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """How a list is: the last attempt, the last success and the last change are three things."""

    name: str
    title: str
    mode: ListMode
    info: ListInfo | None = None
    "None while there is no copy."
    every: timedelta = timedelta(days=1)
    stale: bool = False
    updating: bool = False
    last_tried_at: datetime | None = None
    last_succeeded_at: datetime | None = None
    last_changed_at: datetime | None = None
    not_before: datetime | None = None
    "The publisher asked to be left alone until then."
    error: str = ""
    "Why the last attempt failed, one line; empty if it did not."
    failures: int = 0
    size: int = 0
    "Bytes on disk."


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an update is."""

    step: str
    "`fetching`, `reading`, `sorting`, `swapping`."
    done: int = 0
    total: int | None = None
    "None if nobody knows."
    unit: str = "bytes"


Report = Callable[[Progress], None]
"""Takes note of progress; never blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """What came of an update."""

    changed: bool
    before: int = 0
    "Entries (numbers and prefixes) before."
    after: int = 0
    seconds: float = 0.0
    note: str = ""
    "What a person should know: `not modified`, `33 rows skipped`."


class SubscribedList(Protocol):
    """A list that the house keeps up to date and shows in `callguard lists`."""

    @property
    def name(self) -> str:
        """Name, unique in the house: `ftc`, `lists.french`."""

    def state(self) -> ListState:
        """Return how the list is now; called often, must not wait."""

    async def update(self, report: Report, *, force: bool = False) -> Updated:
        """Fetch what is new and swap it in; with *force* even if nothing seems to have changed.

        Whatever goes wrong, the copy at hand stays; raising says what it was.
        """

    def problems(self, now: datetime) -> Sequence[Problem]:
        """Return what is wrong with the list, each with its cure; must not wait."""
