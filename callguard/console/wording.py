"""Times, spans and counts as people say them; filters of the templates."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_UNITS = ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute"), (1, "second"))
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
"""What browsers and systems write of themselves; whoever pretends to be several is the first of them."""
Moment = datetime | str


def moment(value: Moment, like: datetime) -> datetime:
    """Return a moment, also one written in ISO 8601, on the clock of *like*."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.astimezone(like.tzinfo)


def day(value: Moment | date, now: datetime) -> str:
    """Return `Today`, `Yesterday`, or `Sunday 22 November`, or with another year."""
    on = moment(value, now).date() if isinstance(value, str | datetime) else value
    days = (now.date() - on).days
    if days in (0, 1):
        return ("Today", "Yesterday")[days]
    year = f" {on.year}" if on.year != now.year else ""
    return f"{on:%A} {on.day} {on:%B}{year}"


def stamp(value: Moment, now: datetime) -> str:
    """Return a short time: `18:45` today, `Sun 18:45` this week, else `3 Nov 18:45`, or with another year."""
    at = moment(value, now)
    days = abs((now.date() - at.date()).days)
    if days == 0:
        return f"{at:%H:%M}"
    if days < 7:
        return f"{at:%a %H:%M}"
    year = f" {at.year}" if at.year != now.year else ""
    return f"{at.day} {at:%b}{year} {at:%H:%M}"


def full(value: Moment, now: datetime) -> str:
    """Return a time to the second: `Sun 22 Nov 2026 18:45:03`."""
    at = moment(value, now)
    return f"{at:%a} {at.day} {at:%b %Y %H:%M:%S}"


def ago(value: Moment, now: datetime) -> str:
    """Return `2 hours ago`, `in 5 minutes` or `just now`."""
    seconds = (now - moment(value, now)).total_seconds()
    if abs(seconds) < _MINUTE:
        return "just now"
    return f"{span(seconds)} ago" if seconds > 0 else f"in {span(-seconds)}"


def span(length: float | timedelta) -> str:
    """Return how long, in its largest unit: `2 hours`; takes seconds."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    size, unit = next((one for one in _UNITS if seconds >= one[0]), _UNITS[-1])
    return count(round(seconds / size), unit)


def millis(value: float) -> str:
    """Return `41 ms`, `0.3 ms` or `1.2 s`."""
    if value >= 1000:
        return f"{value / 1000:.1f} s"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def count(number: int, one: str, many: str = "") -> str:
    """Return `1 call`, `1,204 calls`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def browser(client: str) -> str:
    """Return `Firefox on Linux` for how a browser calls itself; what is none of the usual as it is."""
    name = next((name for mark, name in _BROWSERS if mark in client), "")
    system = next((name for mark, name in _SYSTEMS if mark in client), "")
    return f"{name} on {system}" if name and system else client


def sentence(text: str) -> str:
    """Return what may stand between other sentences: `the line is deaf` becomes `The line is deaf.`."""
    return f"{text[:1].upper()}{text[1:]}{'' if text[-1:] in '.!?' else '.'}"


FILTERS: Mapping[str, Callable[..., object]] = {
    "moment": moment,
    "day": day,
    "stamp": stamp,
    "full": full,
    "ago": ago,
    "span": span,
    "millis": millis,
    "count_of": count,
    "browser": browser,
    "sentence": sentence,
}
"""What templates may write after a `|`."""
