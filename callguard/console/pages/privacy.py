"""Who sees what: what leaves the house, how long things are kept, and forgetting a number."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from aiohttp import web

from callguard.access import Right
from callguard.console.routing import Routes
from callguard.console.visit import Visit
from callguard.control.wire import RefusedError
from callguard.model.number import NotANumberError, pretty, require_e164

routes = Routes()


@routes.get("/privacy", "privacy")
async def privacy(visit: Visit) -> web.Response:
    """Show what leaves the house and how long things are kept; for a number, what forgetting it would remove."""
    number = visit.asked("number").strip()
    if not (number and visit.may(Right.ADMIN)):
        return await _page(visit)
    try:
        found = await _about(visit, number)
    except (NotANumberError, RefusedError) as error:
        return await _page(visit, number=number, wrong=_sentence(error))
    return await _page(visit, number=number, found=found)


@routes.post("/privacy/forget", "forget", Right.ADMIN)
async def forget(visit: Visit) -> web.Response:
    """Forget a number, for ever."""
    form = await visit.form()
    number = form.text("number")
    try:
        gone = await visit.ask("forget", number=number)
    except RefusedError as error:
        return await _page(visit, number=number, wrong=_sentence(error))
    left = gone.get("rules", 0) + gone.get("contacts", 0)
    more = " Rules and contacts that name it are still there." if left else ""
    return visit.back(visit.url("privacy"), f"Forgotten: {gone['calls']} calls and all that hung on them.{more}")


async def _page(
    visit: Visit, *, number: str = "", found: dict[str, Any] | None = None, wrong: str = ""
) -> web.Response:
    house = await visit.known("house")
    days = house["retention"]["calls_days"]
    told = await visit.ask("disclosures")
    return await visit.page(
        "privacy.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        active=[one for one in told if one["active"]],
        possible=[one for one in told if not one["active"]],
        retention=house["retention"],
        goes_before=visit.now() - timedelta(days=days) if days else None,
        oldest=await visit.read(lambda archive: archive.oldest()),
        gone=await visit.read(lambda archive: archive.gone()),
        number=number,
        found=found,
        wrong=wrong,
    )


async def _about(visit: Visit, number: str) -> dict[str, Any]:
    """Return what is kept about a number; NotANumberError."""
    country = (await visit.known("house"))["country"]
    wanted = require_e164(number, country)
    history = await visit.read(lambda archive: archive.caller(wanted))
    would = await visit.ask("forget", number=wanted, dry_run=True)
    people = (await visit.known("contacts-list"))["contacts"]
    return {
        "number": wanted,
        "readable": pretty(wanted, country),
        "calls": would["calls"] + would["past_calls"],
        "first_at": history.first_at if history else None,
        "rules": would["rules"],
        "contacts": [one["name"] for one in people if wanted in one["numbers"]],
    }


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
