"""Calls: listed, one with its story, of one number, in figures, as a file; and what would become of one."""

import json
from datetime import timedelta
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BeforeValidator

from callguard.access import Right
from callguard.console.api.resource import (
    Api,
    Body,
    Limit,
    Line,
    Moment,
    Number,
    Query,
    answer,
    bad_cursor,
    body,
    cursor_of,
    e164,
    missing,
    paged,
    place_of,
)
from callguard.console.pages.calls import send
from callguard.console.problems import Fault, UnfitError
from callguard.console.visit import Visit
from callguard.control.answers import jsonable
from callguard.model.experience import Experience, Opinion
from callguard.model.record import CallRecord
from callguard.model.rule import RuleKind
from callguard.model.verdict import Action
from callguard.model.wire import decode_record, encode_record
from callguard.policy.ladder import judge
from callguard.sentences import Phrases, event
from callguard.store import Archive, BadCursorError, Filter, Gone
from callguard.story import story

routes = Api()
_ONLINE_WITHIN = 60.0
_USUAL_DAYS = timedelta(days=30)
_LONGEST = timedelta(days=3660)
Facts = dict[str, Any]


def _several(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


class _Wanted(Query):
    """Which calls."""

    q: Line = ""
    number: Number | None = None
    line: Line | None = None
    experience: Annotated[frozenset[Experience], BeforeValidator(_several)] = frozenset()
    action: Action | None = None
    source: Line | None = None
    key: Line | None = None
    opinion: Opinion | None = None
    since: Moment | None = None
    until: Moment | None = None

    async def filter(self, visit: Visit) -> Filter:
        """Return it as the call log understands it."""
        number = self.number and await e164(visit, self.number, lambda words: Fault(words, parameter="number"))
        return Filter(
            text=self.q,
            number=number,
            line=self.line,
            experiences=self.experience,
            action=self.action,
            source=self.source,
            key=self.key,
            opinion=self.opinion,
            since=self.since,
            until=self.until,
        )


class _Listed(_Wanted):
    cursor: Line = ""
    limit: Limit = 50


class _Exported(_Wanted):
    kind: Literal["csv", "json"] = "csv"


class _Span(Query):
    since: Moment | None = None
    until: Moment | None = None


class _Said(Body):
    opinion: Opinion


class _Tried(Body):
    number: Number | None = None
    withheld: bool = False
    name: Line = ""
    line: Line = ""
    at: Moment | None = None
    online: bool = False


@routes.asking(_Listed, "GET", "/calls", "calls")
async def calls(visit: Visit, asked: _Listed) -> web.Response:
    """Answer with the calls that are wanted, newest first."""
    wanted, place = await asked.filter(visit), place_of(asked.cursor, str)
    try:
        facts, cursor = await visit.read(lambda archive: _page(archive, wanted, place, asked.limit, visit))
    except BadCursorError:
        raise bad_cursor() from None
    return paged(visit, facts, "api-calls", cursor)


@routes.asking(_Exported, "GET", "/calls/export", "calls-export")
async def export(visit: Visit, asked: _Exported) -> web.StreamResponse:
    """Answer with the calls that are wanted as a file, written as it is taken."""
    return await send(visit, await asked.filter(visit), asked.kind)


@routes.on("GET", "/calls/{id}", "call")
async def call(visit: Visit) -> web.Response:
    """Answer with everything about one call."""
    call_id = visit.part["id"]
    seen = await visit.read(lambda archive: _seen(archive, call_id))
    if not isinstance(seen, tuple):
        raise _no_call(visit, seen)
    record, opinion, phrases = seen
    return answer(visit, {**_told(visit, record, phrases), "opinion": opinion})


@routes.on("PUT", "/calls/{id}/opinion", "opinion", Right.CALLS)
async def say(visit: Visit) -> web.Response:
    """Keep what the household says of a verdict."""
    call_id, said = visit.part["id"], await body(visit, _Said)
    seen = await visit.read(lambda archive: _seen(archive, call_id))
    if not isinstance(seen, tuple):
        raise _no_call(visit, seen)
    return answer(visit, await visit.ask("opinion", id=call_id, opinion=said.opinion.value))


@routes.on("GET", "/callers/{number}", "caller")
async def caller(visit: Visit) -> web.Response:
    """Answer with how often a number called, and what the household says of it."""
    number = await e164(visit, visit.part["number"], lambda words: Fault(words, parameter="number"))
    history = await visit.read(lambda archive: archive.caller(number, now=visit.now(), zone=visit.zone))
    rules, contacts = await visit.known("rules"), await visit.known("contacts-list")
    facts = {
        "number": number,
        "history": history,
        "rules": [one for one in rules if one["kind"] == RuleKind.EXACT and one["value"] == number],
        "contacts": [one for one in contacts["contacts"] if number in one["numbers"]],
    }
    return answer(visit, facts)


@routes.asking(_Span, "GET", "/statistics", "statistics")
async def statistics(visit: Visit, asked: _Span) -> web.Response:
    """Answer with figures: by day, by hour, by source, and who called most often."""
    until = asked.until or visit.now()
    since = asked.since or until - _USUAL_DAYS
    if not timedelta() < until - since <= _LONGEST:
        fault = Fault("Begin before the end, and at most ten years before it.", parameter="since")
        raise UnfitError(400, "That is no stretch of time.", [fault])
    figures = await visit.read(lambda archive: archive.statistics(since, until, visit.zone))
    return answer(visit, {"since": since, "until": until, **jsonable(figures)})


@routes.on("POST", "/try", "try")
async def try_one(visit: Visit) -> web.Response:
    """Answer with what would become of a call; nobody's phone rings."""
    said = await body(visit, _Tried)
    if said.online and not visit.may(Right.CALLS):
        raise web.HTTPForbidden(reason="Asking outside tells others the number: a token for that needs `calls`.")
    if (said.number is None) is not said.withheld:
        fault = Fault("Give a number, or say that it is withheld.", pointer="/number")
        raise UnfitError(422, "Who calls?", [fault])
    tried = await visit.ask("try", _ONLINE_WITHIN, **said.model_dump(mode="json", exclude_none=True))
    record = decode_record(json.dumps(tried["record"]))
    phrases = await visit.read(lambda archive: archive.phrases())
    return answer(visit, _told(visit, record, phrases, tried=True))


def _page(
    archive: Archive, wanted: Filter, place: tuple[str] | tuple[Any, ...] | None, limit: int, visit: Visit
) -> tuple[Facts, str | None]:
    page = archive.page(limit, place[0] if place else None, wanted)
    opinions, phrases = archive.opinions([record.call.id for record in page.records]), archive.phrases()
    listed = [
        {**event(record, phrases, visit.zone), "opinion": opinions.get(record.call.id)} for record in page.records
    ]
    return {"calls": listed, "unreadable": page.unreadable}, cursor_of(page.next) if page.next else None


def _seen(archive: Archive, call_id: str) -> tuple[CallRecord, Opinion | None, Phrases] | Gone | None:
    record = archive.record(call_id)
    if record is None:
        return archive.gone()
    return record, archive.opinions([call_id]).get(call_id), archive.phrases()


def _no_call(visit: Visit, gone: Gone | None) -> UnfitError:
    if gone is None:
        return missing("There is no such call.")
    before = gone.before.astimezone(visit.zone)
    return missing(f"There is no such call; those before {before:%Y-%m-%d} are not kept any more.")


def _told(visit: Visit, record: CallRecord, phrases: Phrases, *, tried: bool = False) -> Facts:
    told = jsonable(story(record, phrases, visit.zone, tried=tried))
    told["quiet"] = [{"source": source, "ms": ms} for source, ms in told["quiet"]]
    told["caller_facts"] = [{"what": what, "words": words} for what, words in told["caller_facts"]]
    again = judge(record.call, record.evidence, record.failures, record.policy, record.dnc)
    return {
        "call": event(record, phrases, visit.zone),
        "story": told,
        "reproduced": again == record.verdict,
        "record": json.loads(encode_record(record)),
    }
