"""Settings: each with its value and where that comes from; made and taken back."""

from typing import Any

from aiohttp import web
from pydantic import JsonValue

from callguard.access import Right
from callguard.console.api.resource import Api, Body, answer, body, found, refuse_stale
from callguard.console.visit import Visit

routes = Api()


class _Value(Body):
    value: JsonValue


@routes.on("GET", "/settings", "settings", Right.ADMIN)
async def settings(visit: Visit) -> web.Response:
    """Answer with every setting, and never a secret."""
    return answer(visit, {"settings": await visit.ask("settings")})


@routes.on("GET", "/settings/{key}", "setting", Right.ADMIN)
async def setting(visit: Visit) -> web.Response:
    """Answer with one setting."""
    return answer(visit, found(await visit.ask("settings"), "key", visit.part["key"]))


@routes.on("PUT", "/settings/{key}", "setting-set", Right.ADMIN)
async def put(visit: Visit) -> web.Response:
    """Make a setting."""
    return await _set(visit, (await body(visit, _Value)).value)


@routes.on("DELETE", "/settings/{key}", "setting-unset", Right.ADMIN)
async def unset(visit: Visit) -> web.Response:
    """Take back what was set by command."""
    return await _set(visit, None)


async def _set(visit: Visit, value: Any) -> web.Response:
    key = visit.part["key"]
    if "If-Match" in visit.request.headers:
        refuse_stale(visit, next((one for one in await visit.ask("settings") if one["key"] == key), None))
    return answer(visit, await visit.ask("set-setting", key=key, value=value))
