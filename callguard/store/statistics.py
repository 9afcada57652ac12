"""Figures for people to look at: calls by day and hour, what lists were worth, who called most often."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from callguard.model.experience import Experience, Opinion
from callguard.store.times import DAY, QUARTER, milliseconds, moment

_TOP = 10
_ASKED_AT_ONCE = 250
_MOST_ASKED = 5000
"""Callers compared for the top ten, those blocked most often first: exact in any household's log."""
_QUARTERS_A_DAY = DAY // QUARTER
_DAYS_OF_A_CALLER = 30

# In the order of the columns of `tallies`.
_COUNTED = (
    Experience.RANG,
    Experience.BLOCKED,
    Experience.SCREENED,
    Experience.LET_THROUGH,
    Experience.GONE,
)
Tallies = Mapping[Experience, int]
"""How many calls were experienced in each way; every way is in it."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the household's clock."""

    day: date
    calls: Tallies


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceShare:
    """What a list or rule was worth."""

    source: str
    "Plugin."
    key: str
    "Name of its list, or id of its rule."
    decided: int
    only: int
    "Calls that nothing else would have stopped."


@dataclass(frozen=True, slots=True, kw_only=True)
class TopCaller:
    """A number that was blocked often."""

    number: str
    name: str
    "As the newest call sent it."
    blocked: int
    calls: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The figures of some days."""

    total: Tallies
    days: tuple[Day, ...]
    "Every day, also those without a call."
    hours: tuple[Tallies, ...]
    "Twenty-four of them."
    sources: tuple[SourceShare, ...]
    "Those that decided most calls first."
    top: tuple[TopCaller, ...]
    corrected: int
    "Calls of which the household says that they should have been treated otherwise."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerHistory:
    """How often one number called."""

    number: str
    calls: int
    blocked: int
    first_at: datetime
    last_at: datetime
    days: tuple[Day, ...]
    "Thirty of them, as far as those calls are kept."


def statistics(connection: sqlite3.Connection, since: datetime, until: datetime, zone: tzinfo) -> Statistics:
    """Return the figures from *since* up to *until*."""
    hours = _by_local_hour(connection, since, until, zone)
    days: dict[date, Counter[Experience]] = {day: Counter() for day in _days(since, until, zone)}
    clock = [Counter[Experience]() for _ in range(24)]
    for (day, hour), calls in hours:
        days.setdefault(day, Counter()).update(calls)
        clock[hour].update(calls)
    return Statistics(
        total=_tallies(sum(clock, Counter())),
        days=tuple(Day(day, _tallies(calls)) for day, calls in sorted(days.items())),
        hours=tuple(_tallies(calls) for calls in clock),
        sources=_sources(connection, since, until),
        top=_top(connection, since, until),
        corrected=_corrected(connection, since, until),
    )


def caller(connection: sqlite3.Connection, number: str, now: datetime | None, zone: tzinfo) -> CallerHistory | None:
    """Return how often *number* called; None if it never did."""
    row = connection.execute(
        "SELECT calls, blocked, first_at, last_at FROM callers WHERE number = ? AND calls > 0", (number,)
    ).fetchone()
    if row is None:
        return None
    calls, blocked, first, last = row
    return CallerHistory(
        number=number,
        calls=calls,
        blocked=blocked,
        first_at=moment(first),
        last_at=moment(last),
        days=_days_of(connection, number, (now or moment(last)).astimezone(zone).date(), zone),
    )


def _tallies(calls: Mapping[Experience, int]) -> Tallies:
    return {one: calls.get(one, 0) for one in Experience}


# --- days and hours -------------------------------------------------------------------------------


def _days(since: datetime, until: datetime, zone: tzinfo) -> Iterator[date]:
    first = since.astimezone(zone).date()
    last = (max(since, until - timedelta(microseconds=1))).astimezone(zone).date()
    for n in range((last - first).days + 1):
        yield first + timedelta(n)


def _by_local_hour(
    connection: sqlite3.Connection, since: datetime, until: datetime, zone: tzinfo
) -> Iterator[tuple[tuple[date, int], dict[Experience, int]]]:
    """Yield the calls of each hour as the clock in *zone* showed it."""
    columns = ", ".join(f"sum({one.name.lower()})" for one in _COUNTED)
    for first, last, ahead in _same_clock(milliseconds(since) // QUARTER, -(-milliseconds(until) // QUARTER), zone):
        rows = connection.execute(
            f"SELECT (quarter + ?) / 4, {columns} FROM tallies WHERE quarter >= ? AND quarter < ? GROUP BY 1",
            (ahead, first, last),
        )
        for hour, *calls in rows.fetchall():
            yield (_EPOCH + timedelta(hour // 24), hour % 24), dict(zip(_COUNTED, calls, strict=True))


_EPOCH = date(1970, 1, 1)


def _same_clock(first: int, last: int, zone: tzinfo) -> Iterator[tuple[int, int, int]]:
    """Cut a span of quarters where clocks are put forward or back; with each part, how many they are ahead of UTC."""
    begun, ahead = first, _ahead(first, zone)
    at = first
    while at < last:
        following = min(at + _QUARTERS_A_DAY, last)
        if _ahead(following, zone) != ahead:
            following = next(q for q in range(at + 1, following + 1) if _ahead(q, zone) != ahead)
            if following < last:
                yield begun, following, ahead
                begun, ahead = following, _ahead(following, zone)
        at = following
    if begun < last:
        yield begun, last, ahead


def _ahead(quarter: int, zone: tzinfo) -> int:
    offset = moment(quarter * QUARTER).astimezone(zone).utcoffset() or timedelta()
    return offset // timedelta(milliseconds=QUARTER)


def _days_of(connection: sqlite3.Connection, number: str, last: date, zone: tzinfo) -> tuple[Day, ...]:
    first = last - timedelta(_DAYS_OF_A_CALLER - 1)
    days = {first + timedelta(n): Counter[Experience]() for n in range(_DAYS_OF_A_CALLER)}
    since = datetime(first.year, first.month, first.day, tzinfo=zone)
    rows = connection.execute(
        "SELECT received_at / ?1, experience, count(*) FROM calls INDEXED BY calls_by_number"
        " WHERE number = ?2 AND received_at >= ?3 GROUP BY 1, 2",
        (QUARTER, number, milliseconds(since)),
    )
    for quarter, experienced, calls in rows.fetchall():
        day = moment(quarter * QUARTER).astimezone(zone).date()
        if day in days:
            days[day][Experience(experienced)] += calls
    return tuple(Day(day, _tallies(calls)) for day, calls in days.items())


# --- lists, callers, opinions ---------------------------------------------------------------------


def _sources(connection: sqlite3.Connection, since: datetime, until: datetime) -> tuple[SourceShare, ...]:
    rows = connection.execute(
        "SELECT source, key, sum(decided), sum(only) FROM hits WHERE day >= ? AND day < ?"
        " GROUP BY source, key HAVING sum(decided) > 0 ORDER BY 3 DESC, 1, 2",
        (milliseconds(since) // DAY, -(-milliseconds(until) // DAY)),
    )
    return tuple(
        SourceShare(source=source, key=key, decided=decided, only=only)
        for source, key, decided, only in rows.fetchall()
    )


def _top(connection: sqlite3.Connection, since: datetime, until: datetime) -> tuple[TopCaller, ...]:
    """Ask the callers blocked most often of all times first: none is blocked more often in a part of that time."""
    span = milliseconds(since), milliseconds(until)
    found: list[tuple[int, int, str]] = []
    candidates = _blocked_most(connection, span)
    while some := candidates.fetchmany(_ASKED_AT_ONCE):
        found += [(*counted, number) for number, _ in some if (counted := _blocked_in(connection, number, span))[0]]
        found = sorted(found, reverse=True)[:_TOP]
        if len(found) == _TOP and found[-1][0] >= some[-1][1]:
            break
    return tuple(_top_caller(connection, number, blocked, span) for blocked, _, number in found)


def _blocked_most(connection: sqlite3.Connection, span: tuple[int, int]) -> sqlite3.Cursor:
    return connection.execute(
        "SELECT number, blocked FROM callers INDEXED BY callers_blocked WHERE blocked > 0 AND last_at >= ?"
        " AND first_at < ? ORDER BY blocked DESC LIMIT ?",
        (*span, _MOST_ASKED),
    )


def _blocked_in(connection: sqlite3.Connection, number: str, span: tuple[int, int]) -> tuple[int, int]:
    blocked, last = connection.execute(
        "SELECT count(*), ifnull(max(received_at), 0) FROM calls INDEXED BY calls_by_number"
        " WHERE number = ? AND received_at >= ? AND received_at < ? AND experience = 'blocked'",
        (number, *span),
    ).fetchone()
    return blocked, last


def _top_caller(connection: sqlite3.Connection, number: str, blocked: int, span: tuple[int, int]) -> TopCaller:
    calls, last = connection.execute(
        "SELECT count(*), max(received_at) FROM calls INDEXED BY calls_by_number"
        " WHERE number = ? AND received_at >= ? AND received_at < ?",
        (number, *span),
    ).fetchone()
    (name,) = connection.execute(
        "SELECT name FROM calls INDEXED BY calls_by_number WHERE number = ?"
        " ORDER BY received_at DESC, seq DESC LIMIT 1",
        (number,),
    ).fetchone()
    return TopCaller(number=number, name=name, blocked=blocked, calls=calls, last_at=moment(last))


def _corrected(connection: sqlite3.Connection, since: datetime, until: datetime) -> int:
    (found,) = connection.execute(
        "SELECT count(*) FROM calls WHERE opinion = ? AND received_at >= ? AND received_at < ?",
        (Opinion.WRONG.value, milliseconds(since), milliseconds(until)),
    ).fetchone()
    return int(found)
