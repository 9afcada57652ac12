"""Whether the lines are on a Do Not Call registry: what was declared, and declaring it."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from callguard.console.visit import Visit
from callguard.control.wire import RefusedError

_SETTABLE = re.compile("[A-Za-z0-9_-]{1,40}", re.ASCII)
"""Names of lines that can be part of a setting's key."""


async def registrations(visit: Visit, lines: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
    """Return what is known of each line; nothing where no plugin knows of registries."""
    found: dict[str, Mapping[str, Any]] = {}
    try:
        for line in lines:
            known = (await visit.ask("dnc-status", line=line))["lines"]
            if known and known[0]["registry"]:
                found[line] = {**known[0], "settable": _SETTABLE.fullmatch(line) is not None}
    except RefusedError:
        return {}
    return found


async def declare(visit: Visit, line: str, registered_on: str) -> int | None:
    """Note the day on which a line was registered, or with an empty text that it is not; returns the change.

    RefusedError says what is wrong with it.
    """
    if not _SETTABLE.fullmatch(line):
        raise RefusedError("the name of this line cannot be used here: write it into config.yaml (dnc: lines:)")
    wanted: Mapping[str, object] = {"registered_on": None, "verified_on": None, "not_registered": True}
    if registered_on:
        wanted = {"not_registered": None, "registered_on": _day(registered_on, visit.now().date())}
    change = None
    for key, value in wanted.items():
        done = await visit.ask("set-setting", key=f"dnc.lines.{line}.{key}", value=value)
        change = done["change"]["id"] if done["change"] else change
    return change


def _day(text: str, today: date) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise RefusedError("write the day like 2026-03-01") from error
    if day > today:
        raise RefusedError("that day has not come yet")
    return day.isoformat()
