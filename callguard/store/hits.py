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


def found(record: CallRecord) -> Found:
    """Return which lists and rules spoke against or for the caller, and which of them decided."""
    said: dict[tuple[str, str], bool] = {}
    decided = record.verdict.decided_by
    for place, evidence in enumerate(record.evidence):
        key = _key(evidence)
        if key and evidence.leaning is not Leaning.NEUTRAL:
            whose = clean(evidence.source), clean(key)
            said[whose] = said.get(whose, False) or (place in decided and not evidence.log_only)
    return said


def count(connection: sqlite3.Connection, at: datetime, said: Found) -> None:
    """Count what was said about a call received at that time."""
    if said:
        _add(connection, milliseconds(at), said, 1)


def uncount(connection: sqlite3.Connection, at: datetime, said: Found) -> None:
    """Take back what was counted of a call, whose record is replaced."""
    if said:
        _add(connection, milliseconds(at), said, -1)


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


def _add(connection: sqlite3.Connection, at: int, said: Found, sign: int) -> None:
    rows = [(at // DAY, source, key, sign, sign * decided, at) for (source, key), decided in said.items()]
    connection.executemany(_COUNT, rows)


def _key(evidence: Evidence) -> str:
    for fact in (evidence.facts.get("rule_id"), evidence.facts.get("list")):
        if fact and isinstance(fact, str | int) and not isinstance(fact, bool):
            return str(fact)[:_LONGEST_KEY]
    return ""
