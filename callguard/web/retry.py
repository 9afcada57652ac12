"""How long a server asks to be left alone."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_LONGEST = timedelta(days=30)
_DIGITS = 9


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Return what a Retry-After header means at *now*, up to 30 days; None if there is none that can be read.

    Seconds or a date (RFC 9110 §10.2.3); a date that has passed means at once.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        return min(timedelta(seconds=int(text[:_DIGITS])), _LONGEST) if len(text) <= _DIGITS else _LONGEST
    try:
        until = parsedate_to_datetime(text)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return min(max(until - now, timedelta()), _LONGEST)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
