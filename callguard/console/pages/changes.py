"""Changes: who changed what of the household's data and when, and taking it back."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from callguard.access import Right
from callguard.console.routing import Routes
from callguard.console.spreadsheet import csv_of
from callguard.console.undoing import change_of, may_undo, must_not_undo
from callguard.console.visit import Visit
from callguard.console.wording import count
from callguard.control.wire import RefusedError
from callguard.model.number import pretty

_SHOWN = 50
_NUMBER = re.compile(r"\+\d{7,15}\b(?![-*\d])")
_AT_ONE_STROKE = 50
_EXPORTED = 1000
_WORDS = {
    "rules-added": "Rules added",
    "rule-replaced": "Rule changed",
    "rule-expired": "A rule’s time was over",
    "rule-used-up": "A rule was used up",
    "contacts-replaced": "Address book",
    "setting-changed": "Setting",
    "complaint-changed": "Complaint",
    "opinion-given": "Review",
    "undone": "Taken back",
}
"""What a change was, where its own word does not say it."""

routes = Routes()


@routes.get("/changes", "changes")
async def changes(visit: Visit) -> web.Response:
    """Show the changes, newest first; those of one person if asked."""
    by, before = visit.asked("who"), visit.asked("before")
    found = await _found(visit, _SHOWN + 1, by, before)
    shown = found[:_SHOWN]
    older = visit.url("changes", who=by, before=shown[-1]["id"]) if len(found) > _SHOWN else ""
    country = (await visit.known("house"))["country"]
    people = [person.name for person in visit.kernel.access.people()]
    return await visit.page(
        "changes.html",
        changes=[_shown(visit, change, country) for change in shown],
        who=by,
        people=sorted({*people, *(change["by"] for change in shown), *([by] if by else [])}, key=str.casefold),
        older=older,
        newest=visit.url("changes", who=by) if before else "",
    )


@routes.get("/changes/export", "changes-export")
async def export(visit: Visit) -> web.Response:
    """Answer with the newest thousand changes as a table for spreadsheets."""
    found = await _found(visit, _EXPORTED, visit.asked("who"), visit.asked("before"))
    headers = {"Content-Disposition": 'attachment; filename="callguard-changes.csv"'}
    return web.Response(text=_table(found), content_type="text/csv", charset="utf-8", headers=headers)


@routes.post("/changes/{change}/undo", "undo", Right.CALLS)
async def undo(visit: Visit) -> web.Response:
    """Take a change back, or an undo; with it others that were made at the same stroke."""
    also = visit.asked("also").split("-")[:_AT_ONE_STROKE] if visit.asked("also") else []
    wanted = [await change_of(visit, number) for number in (visit.part["change"], *also)]
    if any(must_not_undo(visit, change) for change in wanted):
        raise web.HTTPForbidden(reason="Only an administrator can take that back.")
    first, *done = [(await visit.ask("undo", change=wanted[0]["id"]))["change"]["id"]]
    said = f"Taken back: {wanted[0]['subject']}"
    for change in wanted[1:]:
        try:
            done.append((await visit.ask("undo", change=change["id"]))["change"]["id"])
        except RefusedError as error:
            said += f", but not all of it: {error}"
    said += f", and {count(len(done), 'more change')}" if done else ""
    return visit.back(await visit.return_url(visit.url("changes")), said, undo=first, also=done)


async def _found(visit: Visit, limit: int, by: str, before: str) -> Sequence[Mapping[str, Any]]:
    asked: dict[str, Any] = {"limit": limit}
    if by:
        asked["who"] = by
    if before.isascii() and before.isdecimal() and len(before) < 19:
        asked["before"] = int(before)
    found: Sequence[Mapping[str, Any]] = await visit.ask("changes", **asked)
    return found


def _shown(visit: Visit, change: Mapping[str, Any], country: str) -> Mapping[str, Any]:
    """Return a change in words, its numbers as people read them, and whether the visitor may take it back."""
    subject = _NUMBER.sub(lambda found: pretty(found[0], country), str(change["subject"]))
    return {**change, "subject": subject, "words": _words(change), "undo": may_undo(visit, change)}


def _words(change: Mapping[str, Any]) -> str:
    what = str(change["what"])
    return _WORDS.get(what) or what.replace("-", " ").capitalize()


def _table(found: Sequence[Mapping[str, Any]]) -> str:
    head = ("number", "at", "who", "what", "about", "taken back by")
    rows = [(one["id"], one["at"], one["by"], one["what"], one["subject"], one["undone_by"]) for one in found]
    return "\ufeff" + csv_of([head, *rows])
