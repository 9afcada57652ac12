"""Lines: whether each telephone line hears calls, how that was in the last day, and a call to try it with."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from callguard.access import Right
from callguard.console.charts import timeline
from callguard.console.registry import declare, registrations
from callguard.console.routing import Routes
from callguard.console.settingwords import choice_words
from callguard.console.visit import Visit
from callguard.console.wording import count
from callguard.control.wire import RefusedError
from callguard.model.line import LineStatus
from callguard.model.number import pretty

_DAY = timedelta(days=1)
_PRETEND = "+13035550147"
_HOLD = 3.0
"""Seconds that a pretend caller lets it ring: the page waits for them."""
_STATUSES = {"protecting": ("Protecting", "ok", "shield-check"), "starting": ("Starting", "warn", "refresh-cw"),
             "deaf": ("Not protecting", "bad", "triangle-alert")}  # fmt: skip
_WISHES = {
    "profile": "How strict",
    "unknown_callers": "Callers nobody knows",
    "withheld_callers": "Callers who hide their number",
    "quiet_hours": "Quiet hours",
    "quiet_callers": "Unknown callers in quiet hours",
    "log_only": "Only watch",
}

routes = Routes()


@routes.get("/lines", "lines")
async def lines(visit: Visit) -> web.Response:
    """Show every line."""
    found, house = await visit.ask("lines"), await visit.known("house")
    return await visit.page(
        "lines.html",
        registries=await registrations(visit, [line["name"] for line in found]),
        lines=[_card(visit, line, house["country"]) for line in found],
        statuses=_STATUSES,
        pretend=_PRETEND if await _can_pretend(visit) else "",
    )


@routes.post("/lines/ring", "line-ring", Right.CALLS)
async def ring(visit: Visit) -> web.Response:
    """Let a pretend caller ring the house, and say what became of it."""
    form = await visit.form()
    number = form.text("number") or _PRETEND
    done = await visit.ask("ring", number=number, name=form.text("name"), hold=_HOLD)
    where = visit.url("call", id=done["id"]) if done["id"] else visit.url("calls")
    return visit.back(where, f"A pretend caller rang from {number}: the caller {done['experience']}.")


@routes.post("/lines/registry", "line-registry", Right.ADMIN)
async def registry(visit: Visit) -> web.Response:
    """Note whether a line is on its country's Do Not Call registry."""
    form = await visit.form()
    name, day = form.text("line"), form.text("registered_on")
    if not day and not form.ticked("not_registered"):
        raise RefusedError("say since when the line is registered, or that it is not")
    change = await declare(visit, name, "" if form.ticked("not_registered") else day)
    return visit.back(visit.url("lines"), f"Noted for {name}.", undo=change)


def _card(visit: Visit, line: Mapping[str, Any], country: str) -> dict[str, Any]:
    now = visit.now()
    history = [
        (datetime.fromisoformat(one["at"]), LineStatus(one["status"]), one["detail"]) for one in line["history"]
    ]
    own = line["settings"]
    wishes = {**own.get("policy", {})}
    return {
        **line,
        "chart": timeline(history, now - _DAY, now, visit.zone) if history else None,
        "number": pretty(own["number"], country) if own.get("number") else "",
        "timezone": own.get("timezone", ""),
        "wishes": [(_WISHES.get(key, key.replace("_", " ")), choice_words(value)) for key, value in wishes.items()],
        "calls": count(sum(line["today"].values()), "call"),
    }


async def _can_pretend(visit: Visit) -> bool:
    if not visit.may(Right.CALLS):
        return False
    return any(one["key"] == "simulator.enabled" and one["value"] is True for one in await visit.ask("settings"))
