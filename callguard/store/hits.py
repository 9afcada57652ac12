"""Counters of what lists and rules found, by day, so that nobody has to read calls to know what they are worth."""

import sqlite3
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from callguard.model.decider import Whose, deciders, whose
from callguard.model.evidence import Leaning
from callguard.model.record import CallRecord
from callguard.model.wire import clean
from callguard.store.times import DAY, milliseconds, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """How often a list or a rule had something to say."""

    hits: int
    decided: int
    "How often it was among what decided."
    last_at: datetime
    only: int = 0
    "How many calls nothing else would have stopped; not known of calls recorded before this was counted."


Found = Mapping[Whose, tuple[bool, bool]]
"""Whose list or rule spoke about a call, whether it decided, and whether it alone did; each counts once a call."""

Sole = Callable[[CallRecord], Collection[Whose]]
"""Tells whose evidence a call would have rung without."""

_COUNT = """
INSERT INTO hits (day, source, key, hits, decided, only, last_at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET hits = hits + excluded.hits, decided = decided + excluded.decided,
  only = only + excluded.only, last_at = max(last_at, excluded.last_at)
"""
_NONE: Found = {}


def nobody(_: CallRecord) -> Collection[Whose]:
    """Say of every call that no list or rule alone stopped it."""
    return ()


class Tally:
    """The hits of one transaction: added up before they are written, for the same lists speak of many calls."""

    def __init__(self, sole: Sole = nobody) -> None:
        self._sole = sole
        self._counts: dict[tuple[int, str, str], list[int]] = {}

    def begin(self) -> None:
        """Forget what a transaction that failed has left."""
        self._counts = {}

    def count(self, record: CallRecord, sign: int = 1) -> None:
        """Count what was said about a call; with -1 take it back, if its record is replaced."""
        said = found(record, self._sole)
        if not said:
            return
        since_1970 = milliseconds(record.call.received_at)
        for (source, key), (decided, alone) in said.items():
            counts = self._counts.setdefault((since_1970 // DAY, source, key), [0, 0, 0, 0])
            counts[0] += sign
            counts[1] += sign * decided
            counts[2] += sign * alone
            counts[3] = max(counts[3], since_1970)

    def write(self, connection: sqlite3.Connection) -> None:
        """Write everything counted since the beginning."""
        if self._counts:
            rows = [(day, clean(source), clean(key), *n) for (day, source, key), n in self._counts.items() if any(n)]
            connection.executemany(_COUNT, rows)
            self._counts = {}


def found(record: CallRecord, sole: Sole) -> Found:
    """Return which lists and rules spoke against or for the caller, which of them decided, and which alone."""
    spoke = {whose(item) for item in record.evidence if item.leaning is not Leaning.NEUTRAL}
    named = {one for one in spoke if one[1]}
    if not named:
        return _NONE
    decided = {whose(item) for item in deciders(record)}
    alone = sole(record)
    return {one: (one in decided, one in alone) for one in named}


def add_all(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Add everything that *source* has counted to *target*."""
    rows = source.execute("SELECT day, source, key, hits, decided, only, last_at FROM hits").fetchall()
    target.executemany(_COUNT, rows)


def since(connection: sqlite3.Connection, start: datetime) -> dict[tuple[str, str], Hits]:
    """Return the counters of all days (UTC) since the one in which *start* lies."""
    rows = connection.execute(
        "SELECT source, key, sum(hits), sum(decided), max(last_at), sum(only) FROM hits WHERE day >= ?"
        " GROUP BY source, key",
        (milliseconds(start) // DAY,),
    )
    return {
        (source, key): Hits(hits=hits, decided=decided, last_at=moment(last), only=only)
        for source, key, hits, decided, last, only in rows.fetchall()
        if hits
    }
