"""Lists of reported numbers: how they are, what they are worth, and new ones looked at before they are added."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from callguard.access import Right
from callguard.console.routing import Routes
from callguard.console.ruleform import place_of
from callguard.console.visit import Form, Visit
from callguard.console.wording import count
from callguard.control.wire import RefusedError
from callguard.model.country import country_name
from callguard.model.numberlist import ListMode
from callguard.model.text import plain

routes = Routes()
MODES: Mapping[str, tuple[str, str]] = {
    ListMode.ACTIVE: ("Counts", "It may have callers screened, and help to block them."),
    ListMode.LOG_ONLY: ("Only logged", "What it would do is recorded; it changes no call."),
    ListMode.OFF: ("Off", "It is neither fetched nor asked."),
}
_DONE = {
    ListMode.ACTIVE: "counts from now on",
    ListMode.LOG_ONLY: "is only logged from now on",
    ListMode.OFF: "is off now",
}
_SHOWN_AFTER = 1.5
"""Seconds after which an update goes on without anybody waiting for it; its page shows how far it is."""
_FETCHED_WITHIN = 120.0
_SOURCE = ("source", "name", "format", "column", "country")


@routes.get("/lists", "lists")
async def lists(visit: Visit) -> web.StreamResponse:
    """Show every list: those in use first."""
    found = await _lists(visit)
    return await visit.page(
        "lists.html",
        used=[one for one in found if one["mode"] != ListMode.OFF],
        off=[one for one in found if one["mode"] == ListMode.OFF],
        modes=MODES,
        updating=any(one["progress"] for one in found),
    )


@routes.get("/lists/new", "list-new", Right.LISTS)
async def new(visit: Visit) -> web.StreamResponse:
    """Show the catalogue, and ask for an address."""
    return await _adding(visit, dict.fromkeys(_SOURCE, ""))


@routes.post("/lists/preview", "list-preview", Right.LISTS)
async def preview(visit: Visit) -> web.StreamResponse:
    """Show what is on a list before it is added."""
    form = await visit.form()
    values = {name: form.text(name) for name in _SOURCE}
    try:
        seen = await visit.ask("preview", _FETCHED_WITHIN, **_source(form))
    except RefusedError as error:
        return await _adding(visit, values, {"source": plain(str(error), 400)})
    country = country_name(seen["country"])
    return await visit.page("list_preview.html", seen=seen, values=values, country=country)


@routes.post("/lists/add", "list-add", Right.LISTS)
async def add(visit: Visit) -> web.StreamResponse:
    """Subscribe to a list; it is only logged at first."""
    form = await visit.form()
    try:
        done = await visit.ask("lists-add", **_source(form))
    except RefusedError as error:
        values = {name: form.text(name) for name in _SOURCE}
        return await _adding(visit, values, {"source": plain(str(error), 400)})
    said = "Added. It is fetched now, and only logged until you let it count."
    return visit.back(visit.url("list", name=done["name"]), said, undo=done["change"]["id"])


@routes.get("/lists/{name}", "list")
async def one_list(visit: Visit) -> web.StreamResponse:
    """Show one list; with a mode in the address, also what that would have changed about past calls."""
    one = await _list(visit)
    wanted = visit.asked("mode")
    tried, error = None, ""
    if visit.may(Right.LISTS) and wanted in MODES and wanted != one["mode"] and not one["locked"]:
        try:
            tried = await visit.ask("replay", lists=[f"{one['name']}={wanted}"])
        except RefusedError as no:
            error = plain(str(no), 400)
    return await visit.page(
        "list.html", one=one, modes=MODES, tried=tried, wanted=wanted, error=error, updating=bool(one["progress"])
    )


@routes.post("/lists/{name}/mode", "list-mode", Right.LISTS)
async def mode(visit: Visit) -> web.StreamResponse:
    """Let a list count, only log it, or switch it off."""
    one = await _list(visit)
    wanted = (await visit.form()).text("mode")
    done = await visit.ask("lists-mode", name=one["name"], mode=wanted)
    where = visit.url("list", name=one["name"])
    if done["change"] is None:
        return visit.back(where, "It was so already; nothing was changed.")
    return visit.back(where, f"{one['title']} {_DONE[ListMode(wanted)]}.", undo=done["change"]["id"])


@routes.post("/lists/{name}/update", "list-update", Right.LISTS)
async def update(visit: Visit) -> web.StreamResponse:
    """Bring a list up to date; what takes long goes on while its page shows how far it is."""
    one, form = await _list(visit), await visit.form()
    where = await visit.return_url(visit.url("list", name=one["name"]))
    try:
        async with asyncio.timeout(_SHOWN_AFTER):
            done = await visit.ask("lists-update", name=one["name"], force=form.ticked("force"))
    except TimeoutError:
        return visit.back(where, f"{one['title']} is being updated.")
    except RefusedError as error:
        return visit.back(where, plain(str(error), 400), error=True)
    if not done["changed"]:
        return visit.back(where, f"{one['title']}: nothing new. {done['note']}".strip())
    return visit.back(
        where, f"{one['title']}: {done['before']:,} → {done['after']:,} numbers. {done['note']}".strip()
    )


@routes.post("/lists/{name}/remove", "list-remove", Right.LISTS)
async def remove(visit: Visit) -> web.StreamResponse:
    """End the subscription to a list that was added here."""
    one = await _list(visit)
    if not one["setting"]:
        raise web.HTTPNotFound(reason="That list was not added here: take it out of config.yaml.")
    await visit.ask("set-setting", key=f"{one['setting']}.mode", value=None)
    done = await visit.ask("set-setting", key=one["setting"], value=None)
    return visit.back(visit.url("lists"), f"Removed: {one['title']}.", undo=done["change"]["id"])


async def _adding(
    visit: Visit, values: Mapping[str, str], mistakes: Mapping[str, str] | None = None
) -> web.StreamResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if mistakes else HTTPStatus.OK
    known = await visit.ask("catalogue")
    return await visit.page("list_new.html", status=status, values=values, errors=mistakes or {}, catalogue=known)


def _source(form: Form) -> dict[str, Any]:
    """Return what the form says of where a list is; the house reads no file for a browser."""
    settings = {name: form.text(name) for name in ("format", "column", "country") if form.text(name)}
    return {"source": form.text("source"), "name": form.text("name"), "settings": settings, "by_console": True}


async def _list(visit: Visit) -> dict[str, Any]:
    found = next((one for one in await _lists(visit) if one["name"] == visit.part["name"]), None)
    if found is None:
        raise web.HTTPNotFound(reason="There is no such list any more.")
    return found


async def _lists(visit: Visit) -> list[dict[str, Any]]:
    """Return how every list is; asked anew each time, for an update may be under way."""
    status = await visit.known("status")
    jobs = {job["name"]: job for job in status["jobs"]}
    return [_shown(one, jobs.get(f"update {one['name']}")) for one in await visit.ask("lists")]


def _shown(one: Mapping[str, Any], job: Mapping[str, Any] | None) -> dict[str, Any]:
    info = one["info"]
    rejected = sum(info["rejected"].values()) if info else 0
    return {
        **one,
        "entries": info["numbers"] + info["prefixes"] if info else None,
        "rejected": rejected,
        "skipped": ", ".join(f"{number:,} ({plain(why, 60)})" for why, number in info["rejected"].items())
        if rejected
        else "",
        "next_at": job["next_at"] if job else None,
        "running": bool(one["progress"] or (job and job["running"])),
        "locked": place_of(one["locked"]),
        "worth": _worth(one),
    }


def _worth(one: Mapping[str, Any]) -> str:
    """Return what the list was good for in the last 30 days."""
    if not one["hits"]:
        return "No call of the last 30 days was from a number on it."
    words = f"{count(one['hits'], 'call')} of the last 30 days from numbers on it"
    if not one["decided"]:
        return f"{words}; it decided none of them."
    return f"{words}; it helped to decide {one['decided']:,}, and nothing else would have stopped {one['only']:,}."
