"""Stretches of time as people write them in settings."""

import re
from datetime import timedelta

_WRITTEN = re.compile(r"([0-9]{1,6}) ?([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def span_of(text: str) -> timedelta | None:
    """Return what `30s`, `90m`, `24h`, `7d`, `2w` or `0` means; None leaves the text to pydantic (`PT12H`)."""
    if text.strip() == "0":
        return timedelta(0)
    found = _WRITTEN.fullmatch(text.strip())
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]]) if found else None


def span_text(span: timedelta) -> str:
    """Return *span* as people write it: `90m`, `24h`, `7d`."""
    seconds = int(span.total_seconds())
    units = [(unit, size) for unit, size in _SECONDS.items() if unit in "dhm" and seconds >= size]
    return next((f"{seconds // size}{unit}" for unit, size in reversed(units) if seconds % size == 0), f"{seconds}s")
