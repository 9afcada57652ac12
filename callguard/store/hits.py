"""Counters of what lists and rules found, by day, so that nobody has to read calls to know what they are worth."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from callguard.model.evidence import Evidence, Leaning
from callguard.model.record import CallRecord
from callguard.model.wire import clean
from callguard.store.times import DAY, milliseconds, moment

_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """How often a list or a rule had something to say."""

    hits: int
    decided: int
    "How often it was among what decided."
    last_at: datetime


Found = Mapping[tuple[str, str], bool]
"""Which plugin's list or rule spoke about a call, and whether it decided; each counts once a call."""

_COUNT = """
INSERT INTO hits (day, source, key, hits, decided, last_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET hits = hits + excluded.hits, decided = decided + excluded.decided,
  last_at = max(last_at, excluded.last_at)
"""
_NONE: Found = {}


class Tally:
    """The hits of one transaction: added up before they are written, for the same lists speak of many calls."""

    def __init__(self) -> None:
        self._counts: dict[tuple[int, str, str], list[int]] = {}

    def begin(self) -> None:
        """Forget what a transaction that failed has left."""
        self._counts = {}

    def count(self, at: datetime, said: Found, sign: int = 1) -> None:
        """Count what was said about a call received at that time; with -1 take it back, if its record is replaced."""
        if not said:
            return
        since_1970 = milliseconds(at)
        for (source, key), decided in said.items():
            counts = self._counts.setdefault((since_1970 // DAY, source, key), [0, 0, 0])
            counts[0] += sign
            counts[1] += sign * decided
            counts[2] = max(counts[2], since_1970)

    def write(self, connection: sqlite3.Connection) -> None:
        """Write everything counted since the beginning."""
        if self._counts:
            rows = [(day, clean(source), clean(key), *n) for (day, source, key), n in self._counts.items() if any(n)]
            connection.executemany(_COUNT, rows)
            self._counts = {}


def found(record: CallRecord) -> Found:
    """Return which lists and rules spoke against or for the caller, and which of them decided."""
    said: dict[tuple[str, str], bool] = {}
    for place, evidence in enumerate(record.evidence):
        if evidence.leaning is not Leaning.NEUTRAL and (key := _key(evidence)):
            whose = evidence.source, key
            decided = place in record.verdict.decided_by and not evidence.log_only
            said[whose] = decided or said.get(whose, False)
    return said or _NONE


def add_all(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Add everything that *source* has counted to *target*."""
    rows = source.execute("SELECT day, source, key, hits, decided, last_at FROM hits").fetchall()
    target.executemany(_COUNT, rows)


def since(connection: sqlite3.Connection, start: datetime) -> dict[tuple[str, str], Hits]:
    """Return the counters of all days (UTC) since the one in which *start* lies."""
    rows = connection.execute(
        "SELECT source, key, sum(hits), sum(decided), max(last_at) FROM hits WHERE day >= ? GROUP BY source, key",
        (milliseconds(start) // DAY,),
    )
    return {
        (source, key): Hits(hits=hits, decided=decided, last_at=moment(last))
        for source, key, hits, decided, last in rows.fetchall()
        if hits
    }


def _key(evidence: Evidence) -> str:
    rule = evidence.facts.get("rule_id")
    if type(rule) is int:
        return str(rule)
    name = evidence.facts.get("list")
    return name[:_LONGEST_KEY] if isinstance(name, str) else ""
