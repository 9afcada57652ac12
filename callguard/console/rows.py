"""Calls as people see them in a list: what happened, who it was, why, and what can be done about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from callguard.access import Right
from callguard.console.visit import Visit
from callguard.console.wording import stamp
from callguard.control.client import NoDaemonError
from callguard.control.wire import RefusedError
from callguard.model.call import Call, Presentation
from callguard.model.evidence import Rung
from callguard.model.experience import Experience, Opinion, experience, first_opinion
from callguard.model.number import pretty
from callguard.model.record import CallRecord
from callguard.model.rule import RuleKind, RuleList
from callguard.model.text import plain
from callguard.model.verdict import Action
from callguard.sentences import caller_name, headline, reason, who

REPEATED_WITHIN = timedelta(minutes=10)
"""Calls of one number that come so soon after each other are shown as one."""

_LONGEST_NAME = 48
_LONGEST_REASON = 180
"""Characters in a list; the page about the call has all of them."""
_LADDER = [on.value for on in RuleList]
_STATES = {
    RuleList.NEVER_BLOCK: "Never blocked",
    RuleList.ALLOW: "Allowed",
    RuleList.EXPECTED: "Expected",
    RuleList.BLOCK: "Blocked",
}
_VERBS = {RuleList.ALLOW: ("Allow", "check"), RuleList.BLOCK: ("Block", "ban")}
_HIDDEN = {
    Presentation.WITHHELD: "hidden numbers",
    Presentation.UNAVAILABLE: "unavailable numbers",
    Presentation.MISSING: "calls without a number",
}
_STOPPED = frozenset({Experience.BLOCKED, Experience.SCREENED})
_A_DAY = str(24 * 3600)
Row = dict[str, Any]
Button = dict[str, Any]
"""A one-button form: label, url, fields, kind, icon; or a link: label, href, icon."""
Target = tuple[str, str]
"""Kind and value of a rule."""
_Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What the household says about numbers, from the daemon."""

    rules: Mapping[Target, Sequence[_Rule]]
    "Only those about one number, or about calls without one."
    contacts: Mapping[str, str]
    country: str

    def contact(self, call: Call) -> str:
        """Return the name under which the household keeps the caller; empty if it does not."""
        return next((self.contacts[number] for number in call.caller.numbers if number in self.contacts), "")

    def rule_about(self, call: Call) -> _Rule | None:
        """Return the household's rule about exactly this caller, the one that comes first on the ladder."""
        return _first([one for one in self.rules.get(_target(call), ()) if one["line"] in ("", call.line)])


async def known(visit: Visit) -> Known:
    """Ask the house; where it does not answer, the log is shown all the same."""
    try:
        house, rules, contacts = [await visit.known(name) for name in ("house", "rules", "contacts-list")]
    except (NoDaemonError, RefusedError):
        return Known({}, {}, "US")
    by_target: dict[Target, list[_Rule]] = {}
    for rule in rules:
        if rule["kind"] in (RuleKind.EXACT, RuleKind.PRESENTATION):
            by_target.setdefault((rule["kind"], rule["value"]), []).append(rule)
    names = {number: one["name"] for one in contacts["contacts"] for number in one["numbers"]}
    return Known(by_target, names, house["country"])


async def rows(visit: Visit, records: Sequence[CallRecord]) -> list[Row]:
    """Return the calls, newest first, repeated ones within ten minutes as one."""
    house = await known(visit)
    groups = list(_grouped(records))
    ids = [group[0].call.id for group in groups]
    phrases, opinions = await visit.read(lambda archive: (archive.phrases(), archive.opinions(ids)))
    return [_row(visit, group, house, reason(group[0], phrases), opinions.get(group[0].call.id)) for group in groups]


def actions(visit: Visit, record: CallRecord, house: Known) -> list[Button]:
    """Return what the visitor can do about a call; the first is what most people want."""
    call = record.call
    if not visit.may(Right.CALLS) or call.internal or record.verdict.rung is Rung.EMERGENCY:
        return []
    if call.caller.number is None and call.caller.presentation is Presentation.SHOWN:
        return []  # an extension: there is no rule about such a caller
    rule = house.rule_about(call)
    if rule is not None and not rule["locked"]:
        return [_remove(visit, rule), *_beside(visit, call, rule)]
    decided_in_file = rule is not None and rule["list"] != RuleList.BLOCK
    return [] if decided_in_file else list(_usual(visit, record, house))


def answers(
    visit: Visit, record: CallRecord, opinion: Opinion | None, repeated: Sequence[CallRecord] = ()
) -> list[Button]:
    """Return what the visitor can say of a verdict that waits for an opinion, and of *repeated* calls with it."""
    if opinion is not Opinion.OPEN or not visit.may(Right.CALLS):
        return []
    wrong = "Should be blocked" if experience(record) is Experience.LET_THROUGH else "Should have rung"
    url = visit.url("opinion", id=record.call.id)
    said = ((Opinion.RIGHT, "Right", "check"), (Opinion.WRONG, wrong, "x"))
    more = {"repeated": " ".join(one.call.id for one in repeated)} if repeated else {}
    return [
        {"label": label, "url": url, "fields": {"opinion": one.value, **more}, "kind": "", "icon": icon}
        for one, label, icon in said
    ]


def about_number(visit: Visit, number: str, house: Known) -> Row:
    """Return what the household says of a number that was blocked, and what the visitor can do about it."""
    found = house.rules.get((RuleKind.EXACT.value, number), ())
    rule = _first(found)
    offered: list[Button] = []
    if visit.may(Right.CALLS) and rule and not rule["locked"]:
        offered = [_remove(visit, rule)]
    elif visit.may(Right.CALLS) and (rule is None or rule["list"] == RuleList.BLOCK):
        offered = [_add(visit, (RuleKind.EXACT.value, number), RuleList.ALLOW)]
    return {"state_text": state_text(rule, visit.now()), "actions": offered}


def state_text(rule: _Rule | None, now: datetime) -> str:
    """Return what the household's own rule makes of the caller: `Allowed by you until 18:30`."""
    if rule is None:
        return ""
    words = _STATES[RuleList(rule["list"])]
    words += f" by {rule['origin']}" if rule["locked"] else " by you"
    words += f" on {plain(rule['line'])}" if rule["line"] else ""
    words += f" until {stamp(rule['until'], now)}" if rule["until"] else ""
    return words + (", the next call only" if rule["uses"] == 1 else "")


def _first(rules: Sequence[_Rule]) -> _Rule | None:
    """Return the rule that comes first on the ladder."""
    return min(rules, key=lambda rule: _LADDER.index(rule["list"]), default=None)


def _grouped(records: Sequence[CallRecord]) -> Iterator[list[CallRecord]]:
    group: list[CallRecord] = []
    for record in records:
        if group and not _repeats(group[-1], record):
            yield group
            group = []
        group.append(record)
    if group:
        yield group


def _repeats(later: CallRecord, earlier: CallRecord) -> bool:
    number = later.call.caller.number
    same = number is not None and number == earlier.call.caller.number and later.call.line == earlier.call.line
    close = later.call.received_at - earlier.call.received_at <= REPEATED_WITHIN
    return same and close and experience(later) is experience(earlier)


def _row(visit: Visit, group: Sequence[CallRecord], house: Known, why: str, opinion: Opinion | None) -> Row:
    record = group[0]
    call, number = record.call, record.call.caller.number
    return {
        "record": record,
        "id": call.id,
        "at": call.received_at.astimezone(visit.zone),
        "experience": experience(record),
        "headline": headline(record),
        "who": plain(who(call), _LONGEST_NAME),
        "number": number,
        "readable": pretty(number, call.country) if number else "",
        "name": plain(caller_name(call), _LONGEST_NAME),
        "contact": plain(house.contact(call), _LONGEST_NAME),
        "reason": plain(why, _LONGEST_REASON),
        "line": plain(call.line),
        "url": visit.url("call", id=call.id),
        "repeats": len(group),
        "soft": first_opinion(record) is not None,
        "opinion": opinion,
        "actions": actions(visit, record, house),
        "answers": answers(visit, record, opinion, group[1:]),
        "state_text": state_text(house.rule_about(call), visit.now()),
        "undo": None,
        "new": False,
    }


def _usual(visit: Visit, record: CallRecord, house: Known) -> Iterator[Button]:
    """Yield what can be done about a caller of whom nothing was said here yet, config.yaml aside."""
    call = record.call
    happened = experience(record)
    given_up = happened is Experience.GONE and record.verdict.action is not Action.RING
    file_blocks = house.rule_about(call) is not None  # whatever happened then, it is blocked from now on
    stopped = happened in _STOPPED or given_up or file_blocks
    on, other = (RuleList.ALLOW, RuleList.BLOCK) if stopped else (RuleList.BLOCK, RuleList.ALLOW)
    yield _add(visit, _target(call), on)
    if call.caller.number is None or (house.contact(call) and not stopped):
        return  # whom the household knows is not blocked for a day, nor reported
    yield from _for_a_while(visit, call, on)
    if not stopped:
        yield _add(visit, _target(call), other)
    yield _link(visit, "Draft a complaint", "complaint", "file-text", id=call.id)


def _beside(visit: Visit, call: Call, rule: _Rule) -> Iterator[Button]:
    """Yield what else can be done where the household has a rule already."""
    if rule["list"] == RuleList.BLOCK and call.caller.number:
        yield from _for_a_while(visit, call, RuleList.ALLOW)
    elif rule["list"] == RuleList.ALLOW and (rule["until"] or rule["uses"]):
        yield _add(visit, _target(call), RuleList.ALLOW, " always")


def _for_a_while(visit: Visit, call: Call, on: RuleList) -> Iterator[Button]:
    target = _target(call)
    yield _add(visit, target, on, " for 24 hours", "clock", seconds=_A_DAY)
    yield _add(visit, target, on, " the next call only", "phone", uses="1")
    yield _add(visit, target, on, f" only on {plain(call.line, 40)}", "router", line=call.line)


def _add(visit: Visit, target: Target, on: RuleList, more: str = "", icon: str = "", **fields: str) -> Button:
    verb, usual = _VERBS[on]
    kind, value = target
    whom = f" {_HIDDEN[Presentation(value)]}" if kind == RuleKind.PRESENTATION else ""
    return {
        "label": f"{verb}{whom}{more}",
        "url": visit.url("rule-add"),
        "fields": {"list": on.value, "kind": kind, "value": value, **fields},
        "kind": "",
        "icon": icon or usual,
    }


def _remove(visit: Visit, rule: _Rule) -> Button:
    url = visit.url("rule-remove", rule=rule["id"])
    return {"label": "Remove", "url": url, "fields": {}, "kind": "", "icon": "trash-2"}


def _link(visit: Visit, label: str, route: str, icon: str, **values: str) -> Button:
    return {"label": label, "href": visit.url(route, **values), "icon": icon}


def _target(call: Call) -> Target:
    """Return the rule about exactly this caller."""
    if call.caller.number:
        return RuleKind.EXACT.value, call.caller.number
    return RuleKind.PRESENTATION.value, call.caller.presentation.value
