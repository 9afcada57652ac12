"""One call: why it rang or not, what to do about it, and what it would be now."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from aiohttp import web

from callguard.access import Right
from callguard.console.charts import Chart, sparkline
from callguard.console.routing import Routes
from callguard.console.rows import Button, actions, answers, known, state_text
from callguard.console.sources import sources
from callguard.console.visit import Visit
from callguard.control.client import NoDaemonError
from callguard.control.wire import RefusedError
from callguard.model.call import Presentation
from callguard.model.dnc import DncState, DncStatus
from callguard.model.experience import Experience, Opinion, experience
from callguard.model.record import CallRecord
from callguard.model.rule import RuleKind, RuleList
from callguard.model.text import plain
from callguard.model.verdict import Action
from callguard.model.wire import encode_record
from callguard.sentences import Phrases
from callguard.store import Archive, CallerHistory, Filter, Gone, UnreadableError
from callguard.story import story

routes = Routes()
_DNC_WORDS = {
    DncState.REGISTERED: "on the {registry}",
    DncState.GRACE: "on the {registry}, but so lately that telemarketers may not know yet",
    DncState.NOT_REGISTERED: "not on the {registry}",
    DncState.NOT_APPLICABLE: "the {registry} is not for such lines",
    DncState.UNKNOWN: "nobody has said whether it is on the {registry}",
}
_WOULD = {
    Action.RING: (Experience.RANG, "Would ring"),
    Action.SCREEN: (Experience.SCREENED, "Would be screened"),
    Action.BLOCK: (Experience.BLOCKED, "Would be blocked"),
}
_HUNDRED = 2
"""Digits at the end of a number that its neighbours differ in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What the call log has about one call."""

    record: CallRecord
    opinion: Opinion | None
    phrases: Phrases
    history: CallerHistory | None
    older: str
    newer: str


@routes.get("/calls/{id}", "call")
async def call(visit: Visit) -> web.StreamResponse:
    """Show everything about one call."""
    call_id = visit.part["id"]
    try:
        found = await visit.read(lambda archive: _found(archive, call_id, visit.now()))
    except UnreadableError as error:
        why = plain(str(error), 400)
        return await visit.page(
            "call_missing.html", status=HTTPStatus.INTERNAL_SERVER_ERROR, unreadable=why, gone=None
        )
    if not isinstance(found, _Found):
        return await visit.page("call_missing.html", status=HTTPStatus.NOT_FOUND, unreadable="", gone=found)
    record, house = found.record, await known(visit)
    told = story(record, found.phrases, visit.zone)
    rule, asked = house.rule_about(record.call), _tried_as(record)
    return await visit.page(
        "call.html",
        story=told,
        call=record.call,
        contact=house.contact(record.call),
        opinion=found.opinion,
        answers=answers(visit, record, found.opinion),
        actions=actions(visit, record, house),
        wider=list(_wider(visit, record)),
        rule=rule,
        state_text=state_text(rule, visit.now()),
        history=found.history,
        days=_days(found.history),
        older=visit.url("call", id=found.older) if found.older else "",
        newer=visit.url("call", id=found.newer) if found.newer else "",
        origins=await _origins(visit, record),
        dnc=_dnc(record.dnc),
        dealings=await _dealings(visit, record),
        tried_as=asked,
        again=await _again(visit, record, asked),
        technical=json.dumps(json.loads(encode_record(record)), indent=2),
    )


def _found(archive: Archive, call_id: str, now: datetime) -> _Found | Gone | None:
    record = archive.record(call_id)
    if record is None:
        return archive.gone()
    number = record.call.caller.number
    older = archive.page(1, None, Filter(until=record.call.received_at)).records
    later = archive.after(call_id, 1) or ()
    return _Found(
        record=record,
        opinion=archive.opinions([call_id]).get(call_id),
        phrases=archive.phrases(),
        history=archive.caller(number, now=now, zone=now.tzinfo or UTC) if number else None,
        older=older[0].call.id if older else "",
        newer=later[0].call.id if later else "",
    )


def _days(history: CallerHistory | None) -> Chart | None:
    return sparkline([(day.day, day.calls) for day in history.days]) if history else None


def _wider(visit: Visit, record: CallRecord) -> Iterator[Button]:
    """Yield links to rules about more than this one number, filled in: they are tried on past calls first."""
    if not visit.may(Right.LISTS) or record.call.internal:
        return
    caller, stopped = record.call.caller, experience(record) in (Experience.BLOCKED, Experience.SCREENED)
    on, verb = (RuleList.ALLOW, "Allow") if stopped else (RuleList.BLOCK, "Block")
    if caller.number:
        stem = caller.number[:-_HUNDRED]
        hundred = f"{stem}00-{stem}99"
        yield _rule(visit, f"{verb} the hundred numbers around it …", on, RuleKind.RANGE, hundred)
    if name := plain(caller.name, 80):
        yield _rule(visit, f"{verb} callers with that name …", on, RuleKind.NAME, name)


def _rule(visit: Visit, label: str, on: RuleList, kind: RuleKind, value: str) -> Button:
    href = visit.url("rule-new", list=on.value, kind=kind.value, value=value)
    return {"label": label, "href": href, "icon": "list-checks"}


async def _origins(visit: Visit, record: CallRecord) -> list[Mapping[str, str]]:
    """Return what decided, each with where it can be put right."""
    names = await sources(visit)
    found: dict[str, Mapping[str, str]] = {}
    for place in record.verdict.decided_by:
        evidence = record.evidence[place]
        name = str(evidence.facts.get("list") or "")
        words = names.words(evidence.source, name)
        found[words] = {"words": words, "source": evidence.source, "list": name, "version": plain(evidence.version)}
    return list(found.values())


def _dnc(status: DncStatus | None) -> str:
    if status is None:
        return ""
    words = _DNC_WORDS[status.state].format(registry=plain(status.registry) or "Do Not Call registry")
    return words + (f" since {status.registered_on}" if status.registered_on else "")


async def _dealings(visit: Visit, record: CallRecord) -> list[str]:
    """Return the companies and people the household deals with that have this number."""
    try:
        everybody = await visit.ask("relationships")
    except (NoDaemonError, RefusedError):
        return []
    numbers = record.call.caller.numbers
    return [plain(one["party"]) for one in everybody if any(_is_of(number, one["numbers"]) for number in numbers)]


def _is_of(number: str, written: list[str]) -> bool:
    return any(number.startswith(one[:-1]) if one.endswith("*") else number == one for one in written)


def _tried_as(record: CallRecord) -> dict[str, str]:
    """Return what to fill in to try such a call; empty if none can be tried."""
    call, caller = record.call, record.call.caller
    if not caller.number and caller.presentation is not Presentation.WITHHELD:
        return {}
    who = {"number": caller.number} if caller.number else {"withheld": "yes"}
    return {**who, "name": plain(caller.name, 100), "line": call.line}


async def _again(visit: Visit, record: CallRecord, asked: Mapping[str, str]) -> Mapping[str, Any] | None:
    """Return what the same call would be now."""
    if not asked or not visit.asked("now"):
        return None
    try:
        answer = await visit.ask("try", **asked)
    except (NoDaemonError, RefusedError) as error:
        return {"error": plain(str(error), 400)}
    action = Action(answer["action"])
    shown, words = _WOULD[action]
    same = action is record.verdict.action
    return {"error": "", "experience": shown, "words": words, "reason": answer["reason"], "same": same}
