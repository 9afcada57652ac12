"""Times as the database has them: whole milliseconds since 1970."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
HOUR = 3_600_000
QUARTER = HOUR // 4
DAY = 24 * HOUR


def milliseconds(moment: datetime) -> int:
    """Return *moment* as whole milliseconds since 1970; ValueError without a time zone."""
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return (moment - _EPOCH) // _MILLISECOND


def moment(since_1970: int) -> datetime:
    """Return the time that `milliseconds` made a number of."""
    return _EPOCH + since_1970 * _MILLISECOND


def maybe(since_1970: int | None) -> datetime | None:
    """Return the time, if there is one."""
    return None if since_1970 is None else moment(since_1970)
