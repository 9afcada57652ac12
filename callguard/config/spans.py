"""Stretches of time as people write them in settings."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

_WRITTEN = re.compile(r"([0-9]{1,6}) ?([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def _read(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text == "0":
        return timedelta(0)
    found = _WRITTEN.fullmatch(text)
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]]) if found else value


Span = Annotated[timedelta, BeforeValidator(_read)]
"""A stretch of time in settings: `30s`, `90m`, `24h`, `7d`, `2w` or `0`; ISO 8601 (`PT12H`) is understood as well."""
