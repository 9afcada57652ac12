"""What can be asked of the call log: the daemon's store and another process's archive answer alike."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, tzinfo
from typing import TypeVar

from callguard.model.experience import Opinion
from callguard.model.record import CallRecord
from callguard.store import calls, hits, opinions, phrases, retiring, searching, statistics
from callguard.store.calls import Calls, Counts
from callguard.store.hits import Hits
from callguard.store.retiring import Gone
from callguard.store.searching import Filter, Page
from callguard.store.statistics import CallerHistory, Statistics

T = TypeVar("T")
_NOTHING = Filter()


class Reading(ABC):
    """Reads the call log; any thread may, and several at once. UnreadableError says why it cannot be read."""

    def __init__(self) -> None:
        self._calls = Calls()

    @abstractmethod
    def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Answer *query* on a connection of its own."""

    def record(self, call_id: str) -> CallRecord | None:
        """Return the record with exactly this id."""
        return self._read(lambda c: self._calls.record(c, call_id))

    def find(self, part: str) -> CallRecord:
        """Return the record whose id begins or ends with *part*, four characters or more; heavy.

        NoSuchCallError and AmbiguousIdError say it in words.
        """
        return self._read(lambda c: self._calls.find(c, part))

    def newest(self, limit: int = 50, *, before: str | None = None, wanted: Filter = _NOTHING) -> Page:
        """Return a page of records, newest first; *before* is the `next` of the page before."""
        return self._read(lambda c: self._calls.newest(c, limit, before, wanted))

    def count(self, wanted: Filter = _NOTHING, at_most: int = 1000) -> int:
        """Return how many calls *wanted* lets through; at most so many, nor more than one page looks through."""
        return self._read(lambda c: searching.query(c, wanted, at_most).count(c))

    def after(self, call_id: str, limit: int = 1000) -> tuple[CallRecord, ...] | None:
        """Return the records stored after that one, oldest first; None if there is none with this id."""
        return self._read(lambda c: self._calls.after(c, call_id, limit))

    def newest_id(self) -> str | None:
        """Return the id of the record that was stored last."""
        return self._read(calls.newest_id)

    def oldest(self) -> datetime | None:
        """Return when the oldest call that is kept was received."""
        return self._read(calls.oldest)

    def counts(self, since: datetime | None = None) -> Counts:
        """Return how many calls came, from counters."""
        return self._read(lambda c: calls.counts(c, since))

    def first_heard(self, number: str) -> datetime | None:
        """Return when a call presented this E.164 number for the first time."""
        return self._read(lambda c: calls.first_heard(c, number))

    def statistics(self, since: datetime, until: datetime, zone: tzinfo) -> Statistics:
        """Return the figures of the calls from *since* up to *until*, in days and hours of *zone*.

        Both are widened to whole quarters of an hour; what lists decided is counted in whole days of UTC.
        """
        return self._read(lambda c: statistics.statistics(c, since, until, zone))

    def caller(self, number: str, *, now: datetime | None = None, zone: tzinfo = UTC) -> CallerHistory | None:
        """Return how often this E.164 number called, with the thirty days up to *now*, or up to its last call."""
        return self._read(lambda c: statistics.caller(c, number, now, zone))

    def hits(self, since: datetime) -> Mapping[tuple[str, str], Hits]:
        """Return what lists and rules found since the day (UTC) in which *since* lies, from counters.

        By plugin, and name of the list or id of the rule.
        """
        return self._read(lambda c: hits.since(c, since))

    def opinions(self, ids: Collection[str]) -> Mapping[str, Opinion]:
        """Return what the household says of these calls; those it was not asked about are left out."""
        return self._read(lambda c: opinions.of(c, ids))

    def to_review(self) -> int:
        """Return how many calls nobody has looked at yet that somebody should."""
        return self._read(opinions.open_ones)

    def past(self, number: str, secret: bytes) -> int:
        """Return how many removed calls of this E.164 number are still counted, by pseudonyms of this *secret*."""
        return self._read(lambda c: retiring.past(c, number, secret))

    def gone(self) -> Gone | None:
        """Return up to when calls were removed, and how; None if none ever were."""
        return self._read(retiring.gone)

    def phrases(self) -> dict[tuple[str, str], str]:
        """Return every sentence of the plugins ever remembered."""
        return self._read(phrases.recall)
