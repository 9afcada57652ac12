"""Who may take which change back."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from callguard.access import Right
from callguard.console.visit import Visit

_NEEDS = {"setting": Right.ADMIN, "book": Right.LISTS}
"""What one must be allowed to take back a change about that; anything else: to act on calls."""
FORGOTTEN = "forgotten"
"""What a change is about that named a number which was forgotten: nobody knows any more what it did."""


def may_undo(visit: Visit, change: Mapping[str, Any]) -> bool:
    """Tell whether the visitor may take *change* back, and whether that is possible at all."""
    return not _is_over(change) and _has_right(visit, change)


def must_not_undo(visit: Visit, change: Mapping[str, Any]) -> bool:
    """Tell whether others must take *change* back; of one that nobody can, the house says why."""
    return not _is_over(change) and not _has_right(visit, change)


def _is_over(change: Mapping[str, Any]) -> bool:
    return change["undone_by"] is not None or change["about"] == FORGOTTEN


def _has_right(visit: Visit, change: Mapping[str, Any]) -> bool:
    return visit.may(_needed(str(change["about"]), own=change["by"] == visit.by))


def _needed(about: str, *, own: bool) -> Right:
    kind, _, key = about.partition(":")
    of_a_list = kind == "setting" and (key.endswith(".mode") or key.startswith("lists.sources."))
    if of_a_list or (kind == "rules" and not own):  # rules of others may be about very many callers
        return Right.LISTS
    return _NEEDS.get(kind, Right.CALLS)


async def change_of(visit: Visit, number: str) -> Mapping[str, Any]:
    """Return the change with that number; not found if there is none."""
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise web.HTTPNotFound
    found = await visit.ask("changes", limit=1, before=int(number) + 1)
    if not found or found[0]["id"] != int(number):
        raise web.HTTPNotFound
    change: Mapping[str, Any] = found[0]
    return change
