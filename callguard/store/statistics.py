"""Figures for people to look at: calls by day and hour, what lists were worth, who called most often."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from callguard.model.experience import Experience, Opinion
from callguard.store.times import DAY, QUARTER, milliseconds, moment

_TOP = 10
_FEW = 20_000
"""Calls in a span that are simply counted by number; more would take too long."""
_ASKED_AT_ONCE = 250
_MOST_ASKED = 3000
"""Callers compared for the top ten of a longer span, those blocked most often of all times first."""
_QUARTERS_A_DAY = DAY // QUARTER
_DAYS_OF_A_CALLER = 30
_EPOCH_DAY = date(1970, 1, 1).toordinal()

_Blocked = tuple[int, int, str]
"""How often a number was blocked, when it called last, and the number."""

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
    days = {day: [0] * len(_COUNTED) for day in _days(since, until, zone)}
    hours = [[0] * len(_COUNTED) for _ in range(24)]
    for hour, *calls in _by_local_hour(connection, since, until, zone):
        _add(days.setdefault(_EPOCH_DAY + hour // 24, [0] * len(_COUNTED)), calls)
        _add(hours[hour % 24], calls)
    total = [sum(column) for column in zip(*hours, strict=True)]
    return Statistics(
        total=_tallies(total),
        days=tuple(Day(date.fromordinal(day), _tallies(calls)) for day, calls in sorted(days.items())),
        hours=tuple(_tallies(calls) for calls in hours),
        sources=_sources(connection, since, until),
        top=_top(connection, since, until, sum(total)),
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


def _tallies(calls: Sequence[int]) -> Tallies:
    counted = dict(zip(_COUNTED, calls, strict=True))
    return {one: counted[one] for one in Experience}


def _add(counts: list[int], more: Sequence[int]) -> None:
    for place, number in enumerate(more):
        counts[place] += number


# --- days and hours -------------------------------------------------------------------------------


def _days(since: datetime, until: datetime, zone: tzinfo) -> range:
    """Return the days of the span, as ordinals."""
    first = since.astimezone(zone).toordinal()
    return range(first, max(since, until - timedelta(microseconds=1)).astimezone(zone).toordinal() + 1)


def _by_local_hour(
    connection: sqlite3.Connection, since: datetime, until: datetime, zone: tzinfo
) -> Iterator[tuple[int, ...]]:
    """Yield hours since 1970 as the clock in *zone* showed them, with the counts of their calls."""
    columns = ", ".join(f"sum({one.name.lower()})" for one in _COUNTED)
    for first, last, ahead in _same_clock(milliseconds(since) // QUARTER, -(-milliseconds(until) // QUARTER), zone):
        yield from connection.execute(
            f"SELECT (quarter + ?) / 4, {columns} FROM tallies WHERE quarter >= ? AND quarter < ? GROUP BY 1",
            (ahead, first, last),
        )


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
    days = {first + timedelta(n): dict.fromkeys(Experience, 0) for n in range(_DAYS_OF_A_CALLER)}
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
    return tuple(Day(day, calls) for day, calls in days.items())


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


def _top(connection: sqlite3.Connection, since: datetime, until: datetime, calls: int) -> tuple[TopCaller, ...]:
    span = milliseconds(since), milliseconds(until)
    few = calls <= _FEW
    found = _blocked_of_all(connection, span) if few else _blocked_of_the_most_blocked(connection, span)
    return tuple(_top_caller(connection, number, blocked, span) for blocked, _, number in found)


def _blocked_of_all(connection: sqlite3.Connection, span: tuple[int, int]) -> list[_Blocked]:
    return connection.execute(
        "SELECT count(*), max(received_at), number FROM calls INDEXED BY calls_newest"
        " WHERE received_at >= ? AND received_at < ? AND experience = 'blocked' AND number IS NOT NULL"
        " GROUP BY number ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT ?",
        (*span, _TOP),
    ).fetchall()


def _blocked_of_the_most_blocked(connection: sqlite3.Connection, span: tuple[int, int]) -> list[_Blocked]:
    """Ask the callers blocked most often of all times first: none is blocked more often in a part of that time."""
    found: list[_Blocked] = []
    candidates = connection.execute(
        "SELECT blocked, (SELECT count(*) FROM calls INDEXED BY calls_by_number WHERE number = callers.number"
        " AND received_at >= ?1 AND received_at < ?2 AND experience = 'blocked'), last_at, number"
        " FROM callers INDEXED BY callers_blocked WHERE blocked > 0 AND last_at >= ?1 ORDER BY blocked DESC LIMIT ?3",
        (*span, _MOST_ASKED),
    )
    while some := candidates.fetchmany(_ASKED_AT_ONCE):
        found = sorted([*found, *((blocked, last, number) for _, blocked, last, number in some)], reverse=True)[:_TOP]
        if found[-1][0] >= some[-1][0]:
            break
    return [one for one in found if one[0]]


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
