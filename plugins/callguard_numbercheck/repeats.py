"""The same number again within minutes: an urgent caller, or a machine that tries again."""

from datetime import datetime, timedelta

from callguard import Evidence
from callguard_numbercheck.findings import note, wanted
from callguard_numbercheck.recent import Recent


def called_again(number: str, at: datetime, recent: Recent, within: timedelta) -> Evidence | None:
    """Record that *number* called before, at most *within* ago."""
    before = recent.calls(number, at, within)
    if not before:
        return None
    return note("called-again", number=number, calls=len(before) + 1, minutes=_minutes(at - min(before)))


def passes(number: str, at: datetime, recent: Recent, within: timedelta, times: int) -> Evidence | None:
    """Speak for a caller who calls for at least the *times*-th time within the time."""
    calls = len(recent.calls(number, at, within)) + 1
    if calls < times:
        return None
    return wanted("called-again-soon", number=number, calls=calls, minutes=_minutes(within))


def _minutes(span: timedelta) -> float:
    return round(span.total_seconds() / 60, 1)
