"""Several strangers from one block of numbers within a day: how a dialler rotates its numbers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice

from callguard import Evidence
from callguard_numbercheck.findings import against
from callguard_numbercheck.recent import Recent

_MOST_ASKED = 32
"""Numbers of one block whose first call is looked up, each a few microseconds."""

FirstHeard = Callable[[str], datetime | None]


def burst(
    number: str, at: datetime, recent: Recent, first_heard: FirstHeard, *, within: timedelta, at_least: int
) -> Evidence | None:
    """Say whether *number* is one of at least *at_least* numbers of its block that first called *within* the time."""
    others = list(islice(recent.others(number, at, within), _MOST_ASKED))
    if len(others) + 1 < at_least:
        return None
    since = at - within
    if not _is_new(number, since, first_heard):
        return None
    count = 1 + sum(_is_new(other, since, first_heard) for other in others)
    if count < at_least:
        return None
    hours = round(within.total_seconds() / 3600, 1)
    return against(
        "burst",
        number=number,
        block=f"{recent.block(number)}*",
        numbers=count,
        hours=int(hours) if hours.is_integer() else hours,
    )


def _is_new(number: str, since: datetime, first_heard: FirstHeard) -> bool:
    first = first_heard(number)
    return first is None or first >= since
