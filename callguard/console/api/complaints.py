"""Complaint drafts, and whom the household deals with."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from callguard.access import Right
from callguard.console.api.resource import (
    Api,
    Body,
    Day,
    Limit,
    Line,
    Number,
    Query,
    answer,
    body,
    created,
    found,
    missing,
    number_in_path,
    refuse_stale,
)
from callguard.console.visit import Visit
from callguard.model.complaint import ComplaintState
from callguard.model.law import CallKind

routes = Api()
_Text = Annotated[str, Field(max_length=500)]
Facts = dict[str, Any]


class _Newest(Query):
    limit: Limit = 20


class _Agency(Query):
    agency: Line = ""


class _Answers(Body):
    answers: Annotated[dict[Line, Annotated[str, Field(max_length=2000)] | None], Field(min_length=1, max_length=50)]
    agency: Line = ""


class _State(Body):
    state: ComplaintState
    agency: Line = ""
    filed_on: Day | None = None
    reference: Line = ""


class _Relationship(Body):
    """What is known of somebody the household deals with; what is left out stays as it is."""

    party: Line | None = None
    numbers: Annotated[list[Number], Field(max_length=100)] | None = None
    kind: CallKind | None = None
    last_purchase: Day | None = None
    contract_until: Day | None = None
    last_inquiry: Day | None = None
    consent_on: Day | None = None
    consent_revoked_on: Day | None = None
    consent_proof: _Text | None = None
    stop_requests: Annotated[list[Day], Field(max_length=100)] | None = None
    note: _Text | None = None

    def facts(self) -> Facts:
        """Return it as the house is asked for it; null takes a day or a text back."""
        return self.model_dump(mode="json", exclude_unset=True)


class _New(_Relationship):
    party: Annotated[str, Field(min_length=1, max_length=200)]


@routes.asking(_Newest, "GET", "/complaints", "complaints")
async def complaints(visit: Visit, asked: _Newest) -> web.Response:
    """Answer with the calls of the last 90 days that one may complain of, newest first."""
    return answer(visit, {"complaints": await visit.ask("complaints", limit=asked.limit)})


@routes.asking(_Agency, "GET", "/complaints/{id}", "complaint")
async def complaint(visit: Visit, asked: _Agency) -> web.Response:
    """Answer with a draft, and what is still open in it."""
    call_id = await _call(visit)
    return answer(visit, await visit.ask("complaint-draft", id=call_id, agency=asked.agency))


@routes.on("PATCH", "/complaints/{id}/answers", "complaint-answer", Right.CALLS)
async def say(visit: Visit) -> web.Response:
    """Keep what the household knows of a call; null takes an answer back."""
    said, call_id = await body(visit, _Answers), await _call(visit)
    return answer(visit, await visit.ask("complaint-answer", id=call_id, agency=said.agency, answers=said.answers))


@routes.on("PUT", "/complaints/{id}/state", "complaint-state", Right.CALLS)
async def state(visit: Visit) -> web.Response:
    """Note how far a complaint is."""
    said, call_id = await body(visit, _State), await _call(visit)
    return answer(
        visit, await visit.ask("complaint-state", id=call_id, **said.model_dump(mode="json", exclude_none=True))
    )


@routes.on("GET", "/relationships", "relationships")
async def relationships(visit: Visit) -> web.Response:
    """Answer with whom the household deals with, and until when the law lets them call."""
    return answer(visit, {"relationships": await visit.ask("relationships")})


@routes.on("POST", "/relationships", "relationship-add", Right.CALLS)
async def add(visit: Visit) -> web.Response:
    """Note a party, or add what is said to what is known of it."""
    done = await visit.ask("relationship-save", **(await body(visit, _New)).facts())
    if not done["added"]:
        return answer(visit, done)
    return created(visit, done, "api-relationship", id=done["relationship"]["id"])


@routes.on("GET", "/relationships/{id}", "relationship")
async def relationship(visit: Visit) -> web.Response:
    """Answer with one of them."""
    return answer(visit, await _relationship(visit))


@routes.on("PATCH", "/relationships/{id}", "relationship-change", Right.CALLS)
async def change(visit: Visit) -> web.Response:
    """Correct what is known of one."""
    said, former = await body(visit, _Relationship), await _relationship(visit)
    refuse_stale(visit, former)
    return answer(visit, await visit.ask("relationship-save", id=former["id"], **said.facts()))


@routes.on("DELETE", "/relationships/{id}", "relationship-remove", Right.CALLS)
async def remove(visit: Visit) -> web.Response:
    """Forget one."""
    former = await _relationship(visit)
    refuse_stale(visit, former)
    return answer(visit, await visit.ask("relationship-remove", id=former["id"]))


async def _call(visit: Visit) -> str:
    call_id = visit.part["id"]
    if await visit.read(lambda archive: archive.record(call_id)) is None:
        raise missing("There is no such call.")
    return call_id


async def _relationship(visit: Visit) -> Facts:
    number = number_in_path(visit)
    return dict(found(await visit.ask("relationships"), "id", number))
