"""Health: what is wrong and what to do, how each part does, a thorough look, and a bundle for those who help."""

import json
import platform
import re
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from aiohttp import web

from callguard.access import Right
from callguard.console.cures import cure_at
from callguard.console.routing import Routes
from callguard.console.visit import Visit
from callguard.control.wire import RefusedError
from callguard.model.text import plain
from callguard.store import Archive

_LATELY = 500
"""Calls whose times to decide are looked at."""
_NUMBER = re.compile(r"\+\d(?:[ ()./-]{0,2}\d){5,14}|\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b|\b\d{9,15}\b")
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+")
_TOLD_KINDS = frozenset({"yes-no", "choice", "number"})
_NAMED = frozenset({"last_call", "who", "number", "name_sent", "asserted"})

routes = Routes()


@routes.get("/health", "health")
async def health(visit: Visit) -> web.Response:
    """Show how the house is; an administrator may have it looked over thoroughly."""
    status, lists, plugins = await visit.ask("status"), await visit.known("lists"), await visit.ask("plugins")
    wanted = bool(visit.asked("look")) and visit.may(Right.ADMIN)
    return await visit.page(
        "health.html",
        problems=[_problem(visit, one) for one in status["problems"]],
        house=status,
        lists=lists["lists"] if isinstance(lists, Mapping) else lists,
        plugins=sorted(plugins, key=lambda one: (one["state"] == "ok", one["name"])),
        times=await visit.read(_times),
        examined=await visit.ask("doctor") if wanted else None,
    )


@routes.get("/health/bundle", "health-bundle", Right.ADMIN)
async def bundle(visit: Visit) -> web.Response:
    """Answer with what somebody needs who helps, without numbers, names and secrets."""
    computer = {"system": platform.system(), "machine": platform.machine(), "python": platform.python_version()}
    parts: dict[str, Any] = {"made_at": visit.now().isoformat(), "computer": computer}
    for command in ("status", "house", "plugins", "lists", "lines", "doctor"):
        try:
            parts[command] = await visit.ask(command)
        except RefusedError as error:
            parts[command] = {"refused": str(error)}
    parts["house"].pop("expecting", None)  # whom the household expects is nobody's business
    parts["settings"] = [_without_value(one) for one in await visit.ask("settings")]
    text = json.dumps(redacted(parts), indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": f'attachment; filename="callguard-{visit.now():%Y-%m-%d}.json"'}
    return web.Response(text=text, content_type="application/json", headers=headers)


def redacted(value: Any) -> Any:
    """Return *value* without telephone numbers, addresses of people, and what tells of single calls."""
    if isinstance(value, Mapping):
        return {key: "[left out]" if key in _NAMED and item else redacted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [redacted(item) for item in value]
    if isinstance(value, str):
        return _ADDRESS.sub("[address]", _NUMBER.sub("[number]", plain(value, 1000)))
    return value


def _without_value(setting: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a setting; texts may hold names, numbers and addresses, so only where they come from is told."""
    told = {key: setting[key] for key in ("key", "kind", "origin")}
    return {**told, "value": setting["value"]} if setting["kind"] in _TOLD_KINDS else told


def _problem(visit: Visit, problem: Mapping[str, Any]) -> Mapping[str, Any]:
    route, label = cure_at(problem["code"], visit.rights)
    what = str(problem["what"])
    return {**problem, "what": what[:1].upper() + what[1:], "url": visit.url(route) if route else "", "label": label}


def _times(archive: Archive) -> Mapping[str, Any] | None:
    """Return how long the newest calls took to decide, in milliseconds; None if there were none."""
    taken: Sequence[float] = sorted(record.decided_in for record in archive.page(_LATELY).records)
    if not taken:
        return None
    return {"calls": len(taken), "median": median(taken), "slow": taken[int(len(taken) * 0.95)], "most": taken[-1]}
