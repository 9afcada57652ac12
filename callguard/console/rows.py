"""Calls as people see them in a list: what happened, who it was, why, and what can be done about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from callguard.access import Right
from callguard.console.visit import Visit
from callguard.control.client import NoDaemonError
from callguard.control.wire import RefusedError
from callguard.model.call import Presentation
from callguard.model.evidence import Rung
from callguard.model.experience import Opinion, experience, first_opinion
from callguard.model.number import pretty
from callguard.model.record import CallRecord
from callguard.model.rule import RuleList
from callguard.model.text import plain
from callguard.model.verdict import Action
from callguard.sentences import headline, reason, who

_REPEATED_WITHIN = timedelta(minutes=10)
_LADDER = [on.value for on in RuleList]
_ICONS = {"allow": "check", "block": "ban"}
Row = dict[str, Any]
Button = dict[str, Any]
"""A one-button form: label, url, fields, kind, icon."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the household says about numbers, from the daemon."""

    rules: Mapping[str, Sequence[Mapping[str, Any]]]
    contacts: Mapping[str, str]
    country: str


async def rows(visit: Visit, records: Sequence[CallRecord]) -> list[Row]:
    """Return the calls, newest first, repeated ones within ten minutes as one."""
    known = await _known(visit)
    phrases = await visit.read(lambda archive: archive.phrases())
    opinions = await visit.read(lambda archive: archive.opinions([record.call.id for record in records]))
    found: list[Row] = []
    for record in records:
        if found and _repeats(found[-1]["record"], record):
            found[-1]["repeats"] += 1
            found[-1]["record"] = record
            continue
        found.append(_row(visit, record, known, reason(record, phrases), opinions.get(record.call.id)))
    return found


def _repeats(later: CallRecord, earlier: CallRecord) -> bool:
    number = later.call.caller.number
    same = number is not None and number == earlier.call.caller.number and later.call.line == earlier.call.line
    close = later.call.received_at - earlier.call.received_at <= _REPEATED_WITHIN
    return same and close and experience(later) is experience(earlier)


def _row(visit: Visit, record: CallRecord, known: _Known, why: str, opinion: Opinion | None) -> Row:
    call, number = record.call, record.call.caller.number
    rule = _rule_about(known, number)
    return {
        "record": record,
        "id": call.id,
        "at": call.received_at.astimezone(visit.zone),
        "experience": experience(record),
        "headline": headline(record),
        "who": who(call),
        "number": number,
        "readable": pretty(number, call.country) if number else "",
        "name": plain(call.caller.name, 64),
        "contact": known.contacts.get(number, "") if number else "",
        "reason": why,
        "line": call.line,
        "url": visit.url("call", id=call.id),
        "repeats": 1,
        "soft": first_opinion(record) is not None,
        "opinion": opinion,
        "actions": list(_actions(visit, record, rule)),
        "state_text": f"On your {rule['list']} list" if rule else "",
        "undo": None,
        "new": False,
    }


async def _known(visit: Visit) -> _Known:
    """Ask the house; where it does not answer, the log is shown all the same."""
    try:
        house, rules, contacts = [await visit.known(name) for name in ("house", "rules", "contacts-list")]
    except (NoDaemonError, RefusedError):
        return _Known({}, {}, "US")
    by_number: dict[str, list[Mapping[str, Any]]] = {}
    for rule in rules:
        if rule["kind"] == "exact":
            by_number.setdefault(rule["value"], []).append(rule)
    names = {number: one["name"] for one in contacts["contacts"] for number in one["numbers"]}
    return _Known(by_number, names, house["country"])


def _rule_about(known: _Known, number: str | None) -> Mapping[str, Any] | None:
    """Return the household's own rule about exactly this number, the one that comes first on the ladder."""
    found = known.rules.get(number or "", ())
    return min(found, key=lambda rule: _LADDER.index(rule["list"]), default=None)


def _actions(visit: Visit, record: CallRecord, rule: Mapping[str, Any] | None) -> Iterator[Button]:
    """Yield what the visitor can do about a call; the first is what most people want."""
    if not visit.may(Right.CALLS):
        return
    if rule is not None and not rule["locked"]:
        label = f"Remove from {rule['list']} list"
        yield _action(visit, label, "rule-remove", "trash-2", {"id": rule["id"]}, rule=rule["id"])
    yield from _about_number(visit, record) if record.call.caller.number else _about_hidden(visit, record)


def _about_number(visit: Visit, record: CallRecord) -> Iterator[Button]:
    number = record.call.caller.number or ""
    stopped = record.verdict.action is not Action.RING
    on, other = ("allow", "block") if stopped else ("block", "allow")
    words = {"allow": "Allow", "block": "Block"}
    yield _action(visit, words[on], "rule-add", _ICONS[on], {"list": on, "value": number})
    if record.verdict.rung is Rung.CONTACTS and on == "block":
        return  # whom the household knows is not reported, nor blocked for a day
    day = str(24 * 3600)
    yield _action(
        visit, f"{words[on]} for 24 hours", "rule-add", "clock", {"list": on, "value": number, "seconds": day}
    )
    yield _action(
        visit, f"{words[on]} the next call only", "rule-add", "phone", {"list": on, "value": number, "uses": "1"}
    )
    only = {"list": on, "value": number, "line": record.call.line}
    yield _action(visit, f"{words[on]} only on {record.call.line}", "rule-add", "phone", only)
    if not stopped:
        yield _action(visit, words[other], "rule-add", _ICONS[other], {"list": other, "value": number})


def _about_hidden(visit: Visit, record: CallRecord) -> Iterator[Button]:
    shown = record.call.caller.presentation
    if shown is Presentation.SHOWN:
        return
    on = "allow" if record.verdict.action is not Action.RING else "block"
    label = {"allow": "Allow hidden numbers", "block": "Block hidden numbers"}[on]
    fields = {"list": on, "kind": "presentation", "value": shown.value}
    yield _action(visit, label, "rule-add", _ICONS[on], fields)


def _action(visit: Visit, label: str, route: str, icon: str, fields: Mapping[str, str], **values: Any) -> Button:
    return {"label": label, "url": visit.url(route, **values), "fields": dict(fields), "kind": "", "icon": icon}
