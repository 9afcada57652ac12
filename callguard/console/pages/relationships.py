"""Companies the household deals with: whose calls the law may allow for a while, and who was told to stop."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from callguard.access import Right
from callguard.console.routing import Routes
from callguard.console.visit import Form, Visit
from callguard.control.wire import RefusedError
from callguard.model.law import CallKind

_DAYS = ("last_purchase", "contract_until", "last_inquiry", "consent_on", "consent_revoked_on")
_TEXTS = ("party", "kind", "consent_proof", "note")
_LISTS = ("numbers", "stop_requests")
_KINDS = {
    CallKind.UNKNOWN: "I do not know",
    CallKind.SALES: "Selling something",
    CallKind.CHARITY: "A charity",
    CallKind.POLITICAL: "Politics",
    CallKind.SURVEY: "Surveys",
    CallKind.DEBT: "A debt",
    CallKind.INFORMATION: "Notices, such as appointments",
    CallKind.FRAUD: "Fraud",
}

routes = Routes()


@routes.get("/relationships", "relationships")
async def relationships(visit: Visit) -> web.Response:
    """Show whom the household deals with, and until when the law lets them call."""
    return await _page(visit)


@routes.post("/relationships/save", "relationship-save", Right.CALLS)
async def save(visit: Visit) -> web.Response:
    """Note a company, correct what is known of it, or note that it was told to stop."""
    form = await visit.form()
    number = form.whole("id")
    asked = _stop(form) if form.ticked("stop") else _said(form, number)
    try:
        done = await visit.ask("relationship-save", **asked)
    except RefusedError as error:
        text = str(error)
        return await _page(visit, said=form.values(), wrong=f"{text[:1].upper()}{text[1:]}.", number=number)
    party, change = done["relationship"]["party"], done["change"]
    if change is None:
        return visit.back(visit.url("relationships"), f"That is known of {party} already.")
    words = "Noted" if done["added"] or form.ticked("stop") else "Changed"
    return visit.back(visit.url("relationships"), f"{words}: {party}.", undo=change["id"])


@routes.post("/relationships/{id}/remove", "relationship-remove", Right.CALLS)
async def remove(visit: Visit) -> web.Response:
    """Forget a company."""
    number = visit.part["id"]
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise web.HTTPNotFound
    change = (await visit.ask("relationship-remove", id=int(number)))["change"]
    return visit.back(visit.url("relationships"), f"Forgotten: {change['subject']}.", undo=change["id"])


async def _page(
    visit: Visit, *, said: Mapping[str, str] | None = None, wrong: str = "", number: int | None = None
) -> web.Response:
    known = await visit.ask("relationships")
    asked = visit.asked("edit")
    wanted = number or (int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else 0)
    edited = next((one for one in known if one["id"] == wanted), None)
    return await visit.page(
        "relationships.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        known=known,
        edited=edited,
        said=said
        or (_as_typed(edited) if edited else {"party": visit.asked("party"), "numbers": visit.asked("number")}),
        wrong=wrong,
        kinds=[(kind.value, words) for kind, words in _KINDS.items()],
        kind_words={kind.value: words for kind, words in _KINDS.items()},
        today=visit.now().date().isoformat(),
    )


def _stop(form: Form) -> dict[str, Any]:
    # Without the id what is said is added to the days before.
    return {"party": form.text("party"), "stop_requests": [form.text("stop")]}


def _said(form: Form, number: int | None) -> dict[str, Any]:
    said: dict[str, Any] = {key: form.text(key) for key in (*_TEXTS, *_DAYS)}
    said |= {key: [line.strip() for line in form.text(key).splitlines() if line.strip()] for key in _LISTS}
    return {**said, "id": number} if number else {key: value for key, value in said.items() if value}


def _as_typed(one: Mapping[str, Any]) -> Mapping[str, str]:
    typed = {key: one[key] or "" for key in (*_TEXTS, *_DAYS)}
    return typed | {key: "\n".join(one[key]) for key in _LISTS}
