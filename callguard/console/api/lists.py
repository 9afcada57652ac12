"""Lists of reported numbers: how each is, what it counts for, and adding one."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from callguard.access import Right
from callguard.console.api.resource import Api, Body, Line, answer, body, created, found
from callguard.console.problems import UnfitError
from callguard.console.visit import Visit
from callguard.model.numberlist import ListMode

routes = Api()
_FETCHED_WITHIN = 60.0
_UPDATED_WITHIN = 600.0
Facts = dict[str, Any]


class _Mode(Body):
    mode: ListMode


class _Update(Body):
    force: bool = False


class _Source(Body):
    """Where a list comes from."""

    source: Annotated[str, Field(min_length=1, max_length=2000)]
    name: Line = ""
    format: Line = ""
    column: Line = ""
    country: Line = ""

    def facts(self) -> Facts:
        """Return it as the house is asked for it; it reads no file for a program."""
        more = self.model_dump(include={"format", "column", "country"})
        settings = {key: value for key, value in more.items() if value}
        return {"source": self.source, "name": self.name, "settings": settings, "by_console": True}


class _Wanted(_Source):
    mode: ListMode = ListMode.LOG_ONLY


@routes.on("GET", "/lists", "lists")
async def lists(visit: Visit) -> web.Response:
    """Answer with how every list is, and what it was good for in the last 30 days."""
    return answer(visit, {"lists": await visit.ask("lists")})


@routes.on("POST", "/lists", "list-add", Right.LISTS)
async def add(visit: Visit) -> web.Response:
    """Subscribe to a list."""
    wanted = await body(visit, _Wanted)
    done = await visit.ask("lists-add", **wanted.facts(), mode=wanted.mode.value)
    facts = {key: done[key] for key in ("name", "mode", "change")}
    return created(visit, facts, "api-list", name=done["name"])


@routes.on("POST", "/list-previews", "list-preview", Right.LISTS)
async def preview(visit: Visit) -> web.Response:
    """Answer with what is on a list before it is added; nothing is kept."""
    wanted = await body(visit, _Source)
    return answer(visit, await visit.ask("preview", _FETCHED_WITHIN, **wanted.facts()))


@routes.on("GET", "/catalogue", "catalogue")
async def catalogue(visit: Visit) -> web.Response:
    """Answer with the lists that are known by name."""
    known = await visit.ask("catalogue")
    return answer(visit, {"lists": [{"name": name, **facts} for name, facts in known.items()]})


@routes.on("GET", "/lists/{name}", "list")
async def one_list(visit: Visit) -> web.Response:
    """Answer with how one list is."""
    return answer(visit, await _list(visit))


@routes.on("PATCH", "/lists/{name}", "list-mode", Right.LISTS)
async def mode(visit: Visit) -> web.Response:
    """Let a list count, only log it, or switch it off."""
    wanted, one = await body(visit, _Mode), await _list(visit)
    done = await visit.ask("lists-mode", name=one["name"], mode=wanted.mode.value)
    return answer(visit, {"name": one["name"], "mode": wanted.mode.value, "change": done["change"]})


@routes.on("DELETE", "/lists/{name}", "list-remove", Right.LISTS)
async def remove(visit: Visit) -> web.Response:
    """End the subscription to a list that was added by command."""
    one = await _list(visit)
    if not one["setting"]:
        raise UnfitError(409, "That list was not added by command: take it out of config.yaml, or switch it off.")
    await visit.ask("set-setting", key=f"{one['setting']}.mode", value=None)
    done = await visit.ask("set-setting", key=one["setting"], value=None)
    return answer(visit, {"change": done["change"]})


@routes.on("POST", "/lists/{name}/update", "list-update", Right.LISTS)
async def update(visit: Visit) -> web.Response:
    """Bring a list up to date now."""
    wanted, one = await body(visit, _Update, optional=True), await _list(visit)
    return answer(visit, await visit.ask("lists-update", _UPDATED_WITHIN, name=one["name"], force=wanted.force))


async def _list(visit: Visit) -> Facts:
    return dict(found(await visit.ask("lists"), "name", visit.part["name"]))
