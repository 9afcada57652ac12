"""What would become of a call: one number with the whole ladder, or many in a table; nothing is kept."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any

from aiohttp import web

from callguard.access import Right
from callguard.console.numberlines import number_lines
from callguard.console.routing import Routes
from callguard.console.rows import Button, actions, known, state_text
from callguard.console.spreadsheet import csv_of
from callguard.console.visit import Visit
from callguard.control.wire import RefusedError
from callguard.model.text import plain
from callguard.model.wire import decode_record
from callguard.story import story

routes = Routes()
MOST = 200
"""Numbers tried at once: a second or two of work beside the calls."""
_ASKED = ("number", "name", "line", "at", "withheld")
_ONLINE_WITHIN = 30.0
_WOULD = {
    "ring": ("rang", "Would ring"),
    "screen": ("screened", "Would be screened"),
    "block": ("blocked", "Would be blocked"),
}
_Tried = Mapping[str, Any]


@routes.get("/try", "try")
async def one_number(visit: Visit) -> web.StreamResponse:
    """Ask for a number; with one in the address, show what would become of a call from it."""
    asked = {name: visit.asked(name).strip() for name in _ASKED}
    return await _tried(visit, asked, online=False)


@routes.post("/try", "try-online", Right.CALLS)
async def one_number_online(visit: Visit) -> web.StreamResponse:
    """Show the same, the services outside asked as well; that tells them the number, so no link does it."""
    form = await visit.form()
    return await _tried(visit, {name: form.text(name)[:500] for name in _ASKED}, online=True)


@routes.post("/try/many", "try-many", Right.READ)
async def many_numbers(visit: Visit) -> web.StreamResponse:
    """Show what would become of calls from many numbers, or send that as a table."""
    form = await visit.form()
    text = form.text("numbers")
    lines = list(islice(number_lines(text), MOST + 1))
    if not lines or len(lines) > MOST:
        why = f"At most {MOST} numbers at once." if lines else "There is no number in it."
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return await _page(visit, dict.fromkeys(_ASKED, ""), errors={"numbers": why}, numbers=text, status=status)
    found = [await _outcome(visit, one.number, one.note) for one in lines]
    if form.text("do") == "csv":
        return _as_csv(found)
    return await _page(visit, dict.fromkeys(_ASKED, ""), many=found, numbers=text)


async def _tried(visit: Visit, asked: Mapping[str, str], *, online: bool) -> web.StreamResponse:
    if not asked["number"] and not asked["withheld"]:
        return await _page(visit, asked)
    try:
        answer = await visit.ask(
            "try", _ONLINE_WITHIN, **{**asked, "withheld": bool(asked["withheld"])}, online=online
        )
    except RefusedError as error:
        why = plain(str(error), 400)
        field = (
            "line"
            if why.startswith("there is no line")
            else "at"
            if " is no time" in why or "year" in why
            else "number"
        )
        return await _page(visit, asked, errors={field: why}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    record = decode_record(json.dumps(answer["record"]))
    phrases = await visit.read(lambda archive: archive.phrases())
    house = await known(visit)
    told = story(record, phrases, visit.zone, tried=True)
    return await _page(
        visit,
        asked,
        story=told,
        would=_WOULD[record.verdict.action.value],
        contact=house.contact(record.call),
        state_text=state_text(house.rule_about(record.call), visit.now()),
        actions=[_coming_back(visit, one, asked) for one in actions(visit, record, house) if "url" in one],
        online=online,
    )


def _coming_back(visit: Visit, action: Button, asked: Mapping[str, str]) -> Button:
    """Return the action so that it ends here, where the same is tried again."""
    return {**action, "fields": {**action["fields"], "back": visit.url("try", **asked)}}


async def _page(
    visit: Visit, asked: Mapping[str, str], *, status: int = HTTPStatus.OK, **more: object
) -> web.StreamResponse:
    house = await visit.known("house")
    told = await visit.ask("disclosures")
    usual: dict[str, object] = {"errors": {}, "numbers": "", "many": [], "story": None, "online": False}
    return await visit.page(
        "try.html",
        status=status,
        asked=asked,
        lines=[(name, name) for name in house["lines"]],
        told=[one for one in told if one["when_tried"]],
        most=MOST,
        **{**usual, **more},
    )


async def _outcome(visit: Visit, number: str, note: str) -> dict[str, Any]:
    """Return what would become of a call from one of many numbers; or why that cannot be told."""
    try:
        answer = await visit.ask("try", number=number)
    except RefusedError as error:
        return {
            "written": plain(number, 60),
            "note": plain(note, 100),
            "would": None,
            "reason": plain(str(error), 300),
        }
    return {
        "written": plain(number, 60),
        "note": plain(note, 100),
        "would": _WOULD[answer["action"]],
        "reason": plain(answer["reason"], 300),
    }


def _as_csv(found: Sequence[_Tried]) -> web.Response:
    rows = [
        (one["written"], one["note"], one["would"][1] if one["would"] else "Cannot be tried", one["reason"])
        for one in found
    ]
    return web.Response(
        text=csv_of([("number", "note", "outcome", "reason"), *rows]),
        content_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="callguard-tried.csv"'},
    )
