"""The house itself: how it is, what it tells others, what happens in it, backups, and forgetting a number."""

import json
from importlib.resources import files
from typing import Any

from aiohttp import web

from callguard.access import Right
from callguard.console import streams
from callguard.console.api.resource import BASE, Api, Body, Line, Number, Query, answer, body, created, found
from callguard.console.feed import Event
from callguard.console.streams import Message
from callguard.console.visit import Visit

routes = Api()
_BACKED_UP_WITHIN = 600.0
_DOCUMENT = files("callguard.console.api").joinpath("openapi.yaml")


class _Since(Query):
    since: Line = ""


class _Backup(Body):
    with_secrets: bool = False


class _Forgotten(Body):
    number: Number
    dry_run: bool = False


@routes.on("GET", "/openapi.yaml", "document", None)
async def document(visit: Visit) -> web.Response:
    """Answer with the description of all this, for programs that read such, wherever the console is mounted."""
    text = _DOCUMENT.read_text("utf-8").replace(f"url: {BASE}", f"url: {visit.prefix}{BASE}", 1)
    return web.Response(text=text, content_type="application/yaml", charset="utf-8")


@routes.on("GET", "/version", "version")
async def version(visit: Visit) -> web.Response:
    """Answer with which CallGuard this is."""
    return answer(visit, {"version": visit.kernel.software, "api": "v1"})


@routes.on("GET", "/status", "status")
async def status(visit: Visit) -> web.Response:
    """Answer with how the house is."""
    return answer(visit, await visit.ask("status"))


@routes.on("GET", "/health", "health")
async def health(visit: Visit) -> web.Response:
    """Answer with whether calls are heard, and every problem with its cure."""
    checked, problems = await visit.ask("healthcheck"), (await visit.ask("status"))["problems"]
    return answer(visit, {**checked, "problems": problems})


@routes.on("GET", "/lines", "lines")
async def lines(visit: Visit) -> web.Response:
    """Answer with how every line is, and was in the last day."""
    return answer(visit, {"lines": await visit.ask("lines")})


@routes.on("GET", "/plugins", "plugins")
async def plugins(visit: Visit) -> web.Response:
    """Answer with the plugins, and how each does."""
    return answer(visit, {"plugins": await visit.ask("plugins")})


@routes.on("GET", "/disclosures", "disclosures")
async def disclosures(visit: Visit) -> web.Response:
    """Answer with what leaves the house, to whom, and when."""
    return answer(visit, {"disclosures": await visit.ask("disclosures")})


@routes.asking(_Since, "GET", "/events", "events")
async def events(visit: Visit, _: _Since) -> web.StreamResponse:
    """Tell what happens in the house, as it happens."""
    return await streams.serve(visit, _tell)


@routes.on("GET", "/backups", "backups", Right.ADMIN)
async def backups(visit: Visit) -> web.Response:
    """Answer with the backups there are, newest first."""
    known = await visit.ask("backups")
    return answer(visit, {"folder": known["folder"], "backups": known["backups"]})


@routes.on("POST", "/backups", "backup-make", Right.ADMIN)
async def make(visit: Visit) -> web.Response:
    """Make a backup now."""
    wanted = await body(visit, _Backup, optional=True)
    done = await visit.ask("backup", _BACKED_UP_WITHIN, with_secrets=wanted.with_secrets, by_console=True)
    known = (await visit.ask("backups"))["backups"]
    one = found(known, "file", done["file"])
    return created(visit, one, "api-backup", name=one["name"])


@routes.on("GET", "/backups/{name}", "backup", Right.ADMIN)
async def download(visit: Visit) -> web.StreamResponse:
    """Answer with one of the backups that are listed."""
    one = found((await visit.ask("backups"))["backups"], "name", visit.part["name"])
    headers = {"Content-Disposition": f'attachment; filename="{one["name"]}"', "Content-Type": "application/zip"}
    return web.FileResponse(one["file"], headers=headers)


@routes.on("POST", "/forget", "forget", Right.ADMIN)
async def forget(visit: Visit) -> web.Response:
    """Remove all that was noted of a number's calls, for ever; or say what would go."""
    wanted = await body(visit, _Forgotten)
    return answer(visit, await visit.ask("forget", number=wanted.number, dry_run=wanted.dry_run))


async def _tell(event: Event) -> list[Message]:
    told: dict[str, Any] = {key: value for key, value in event.items() if key != "event"}
    return [Message(event=event["event"], id=told.get("id", ""), data=json.dumps(told))]
