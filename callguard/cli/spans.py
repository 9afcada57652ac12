"""Stretches of time as people write them: 30m, 12h, 7d."""

from typing import Any

import click

_UNITS = {"m": 60, "h": 3600, "d": 86400}
_LONGEST = 3660 * 86400


class Span(click.ParamType[int]):
    """A stretch of time; its value is seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the seconds that *value* means."""
        text = str(value).strip().lower()
        if isinstance(value, int):
            return value
        if not (text[:-1].isascii() and text[:-1].isdecimal() and len(text) < 10 and text[-1:] in _UNITS):
            self.fail(f"{value!r} is no stretch of time: write 30m, 12h or 7d", param, ctx)
        seconds = int(text[:-1]) * _UNITS[text[-1]]
        if not 0 < seconds <= _LONGEST:
            self.fail(f"{value!r} is too short or too long", param, ctx)
        return seconds
