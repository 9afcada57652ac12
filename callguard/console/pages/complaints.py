"""Complaints: drafts that the household reads, completes and files itself; nothing is sent from here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from callguard.access import Right
from callguard.console.routing import Routes
from callguard.console.visit import Visit
from callguard.control.wire import RefusedError
from callguard.model.complaint import ComplaintState
from callguard.sentences import who

_USUAL, _MOST = 40, 400
_FEW = 4
_DAYS = frozenset({"last_purchase", "stop_date"})
_LONG = frozenset({"comments"})
_OF_THE_PERSON = frozenset(
    {"first_name", "last_name", "street", "city", "state", "postcode", "email", "phone"}
)  # the person fills them in on the form: who they are is none of the console's business
_WORDS = {
    "yes": "Yes",
    "no": "No",
    "unknown": "I do not know",
    "sales": "Something was for sale",
    "charity": "A charity",
    "political": "Politics",
    "survey": "A survey",
    "debt": "A debt",
    "information": "A notice, such as a delivery",
    "fraud": "Fraud",
}
_STATES = {"draft": "Draft", "reviewed": "Reviewed", "filed": "Filed by you", "dismissed": "Dismissed"}
_TABS = {"draft": "Drafts", "reviewed": "Reviewed", "filed": "Filed", "dismissed": "Dismissed"}
_DONE = {
    ComplaintState.DRAFT: "It is a draft again.",
    ComplaintState.REVIEWED: "Noted: you have read it.",
    ComplaintState.FILED: "Noted: you filed it.",
    ComplaintState.DISMISSED: "Dismissed.",
}
_TYPES = {"txt": "text/plain", "html": "text/html", "json": "application/json"}

routes = Routes()


@routes.get("/complaints", "complaints")
async def complaints(visit: Visit) -> web.Response:
    """Show calls one might complain of, by how far each complaint is."""
    state = visit.asked("state") if visit.asked("state") in _STATES else "draft"
    limit = _limit(visit)
    found: Sequence[Mapping[str, Any]] = await visit.ask("complaints", limit=limit)
    counts = Counter(one["complaint"]["state"] for one in found)
    times = Counter(one["call"]["number"] for one in found)
    tabs = [
        {"name": name, "label": label, "url": visit.url("complaints", state=name), "count": counts[name]}
        for name, label in _TABS.items()
    ]
    further = visit.url("complaints", state=state, limit=min(limit * 3, _MOST))
    return await visit.page(
        "complaints.html",
        stage=state,
        stages=tabs,
        shown=[
            {**one, "times": times[one["call"]["number"]] if one["call"]["number"] else 1}
            for one in found
            if one["complaint"]["state"] == state
        ],
        more=further if len(found) == limit < _MOST else "",
    )


@routes.get("/complaints/{id}", "complaint")
async def complaint(visit: Visit) -> web.Response:
    """Show one draft, with what is still open."""
    return await _page(visit, visit.asked("agency"))


@routes.post("/complaints/{id}/answer", "complaint-answer", Right.CALLS)
async def answer(visit: Visit) -> web.Response:
    """Keep what the household knows of a call, or take an answer back."""
    form = await visit.form()
    agency, back = form.text("agency"), form.text("take-back")
    said = {key.removeprefix("answer:"): text for key, text in form.values().items() if key.startswith("answer:")}
    given = {back: ""} if back else {key: text.strip() for key, text in said.items() if text.strip()}
    if not given:
        return visit.back(_here(visit, agency), "Nothing was answered.", error=True)
    try:
        done = await visit.ask("complaint-answer", id=visit.part["id"], agency=agency, answers=given)
    except RefusedError as error:
        key, _, why = str(error).partition(": ")
        wrong = {key: why} if key in given else {next(iter(given)): str(error)}
        return await _page(visit, agency, said=said, wrong=wrong)
    words = "Taken back." if back else f"{len(given)} answer{'' if len(given) == 1 else 's'} saved."
    return visit.back(_here(visit, agency), words, undo=_undo(done))


@routes.post("/complaints/{id}/state", "complaint-state", Right.CALLS)
async def set_state(visit: Visit) -> web.Response:
    """Note how far a complaint is."""
    form = await visit.form()
    agency, state = form.text("agency"), form.text("state")
    asked: dict[str, Any] = {"id": visit.part["id"], "agency": agency, "state": state}
    if state == ComplaintState.FILED:
        asked |= {"filed_on": form.text("filed_on"), "reference": form.text("reference")}
    try:
        done = await visit.ask("complaint-state", **asked)
    except RefusedError as error:
        if state != ComplaintState.FILED:
            raise
        return await _page(visit, agency, said=form.values(), wrong={"filed_on": _sentence(error)})
    return visit.back(_here(visit, agency), _DONE[ComplaintState(state)], undo=_undo(done))


@routes.get("/complaints/{id}/draft.{kind}", "complaint-file")
async def file(visit: Visit) -> web.Response:
    """Answer with the draft as a file, without the person's name: that stays with the command line."""
    kind = visit.part["kind"]
    if kind not in _TYPES:
        raise web.HTTPNotFound
    found = await visit.ask("complaint-draft", id=visit.part["id"], agency=visit.asked("agency"))
    made = await visit.ask("complaint-file", about=found, kind=kind)
    name = "".join(sign for sign in found["call"]["id"] if sign.isascii() and sign.isalnum())
    headers = {"Content-Disposition": f'attachment; filename="complaint-{name}.{kind}"'}
    return web.Response(text=made["content"], content_type=_TYPES[kind], charset="utf-8", headers=headers)


async def _page(
    visit: Visit, agency: str, *, said: Mapping[str, str] | None = None, wrong: Mapping[str, str] | None = None
) -> web.Response:
    found = await visit.ask("complaint-draft", id=visit.part["id"], agency=agency)
    draft = found["draft"]
    draft["fields"] = [{**one, "own": one["holds"] in _OF_THE_PERSON} for one in draft["fields"]]
    questions = [_question(one) for one in draft["assessment"]["questions"]]
    link = draft["agency_url"] if urlsplit(draft["agency_url"]).scheme == "https" else ""
    return await visit.page(
        "complaint.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        call=found["call"],
        draft={**draft, "assessment": {**draft["assessment"], "questions": questions}},
        complaint=found["complaint"],
        related=await _related(visit, draft["related"]),
        agency_link=link,
        how_far=_STATES,
        said=said or {},
        wrong=wrong or {},
    )


async def _related(visit: Visit, ids: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    """Return the calls of the same campaign that the log still has, as people know them."""
    found = await visit.read(lambda archive: [archive.record(one) for one in ids])
    calls = [record.call for record in found if record is not None]
    return [{"id": call.id, "who": who(call), "at": call.received_at} for call in calls]


def _question(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a question with the kind of field that fits its answers."""
    options = [(option, _WORDS.get(option, option)) for option in asked["options"]]
    if not options:
        kind = "date" if asked["key"] in _DAYS else "textarea" if asked["key"] in _LONG else "text"
    else:
        kind = "radio" if len(options) <= _FEW else "select"
    return {**asked, "kind": kind, "choices": [("", "Not answered"), *options] if kind == "select" else options}


def _limit(visit: Visit) -> int:
    text = visit.asked("limit")
    return min(max(int(text), 1), _MOST) if text.isascii() and text.isdecimal() and len(text) < 6 else _USUAL


def _here(visit: Visit, agency: str) -> str:
    return visit.url("complaint", id=visit.part["id"], agency=agency)


def _undo(done: Mapping[str, Any]) -> int | None:
    return done["change"]["id"] if done["change"] else None


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
