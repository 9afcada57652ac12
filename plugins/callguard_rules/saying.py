"""What the plugin says about a call: codes, facts, and the sentences made of them."""

from collections.abc import Mapping
from datetime import tzinfo
from itertools import product

from callguard import Call, Evidence, Fact, Leaning, Presentation, Rule, RuleKind, RuleList, Rung, the_country
from callguard_rules.index import Match

RUNGS: Mapping[RuleList, Rung] = {
    RuleList.NEVER_BLOCK: Rung.EMERGENCY,
    RuleList.ALLOW: Rung.ALLOW_LIST,
    RuleList.EXPECTED: Rung.EXPECTED,
    RuleList.BLOCK: Rung.BLOCK_LIST,
}
_DOUBTED = "acquaintance"
_FIRST_WORDS = {
    RuleList.NEVER_BLOCK: "never-blocked",
    RuleList.ALLOW: "allowed",
    RuleList.EXPECTED: "expected",
    RuleList.BLOCK: "blocked",
}
_LAST_WORDS = {kind: "number" if kind is RuleKind.EXACT else kind.value for kind in RuleKind}
_FINDS = {
    RuleKind.EXACT: "{number} is on {list}",
    RuleKind.PREFIX: "{number} begins with {rule}, which is on {list}",
    RuleKind.RANGE: "{number} lies between {first} and {last}, which are on {list}",
    RuleKind.COUNTRY: "{number} is a number of {country}, which is on {list}",
    RuleKind.TYPE: "{number} is a {type} number, and these are on {list}",
    RuleKind.NAME: "the caller name “{name}” contains “{rule}”, which is on {list}",
    RuleKind.PRESENTATION: "{hidden}, and such callers are on {list}",
    RuleKind.PATTERN: "{number} matches the pattern {rule}, which is on {list}",
    RuleKind.ANYONE: "everybody is on {list}",
}
_EXPECTS = {
    RuleKind.EXACT: "a call from {number}",
    RuleKind.PREFIX: "a call from a number that begins with {rule}",
    RuleKind.RANGE: "a call from a number between {first} and {last}",
    RuleKind.COUNTRY: "a call from {country}",
    RuleKind.TYPE: "a call from a {type} number",
    RuleKind.NAME: "a call from “{rule}”, and the caller name is “{name}”",
    RuleKind.PRESENTATION: "a call without a number",
    RuleKind.PATTERN: "a call from a number that matches {rule}",
    RuleKind.ANYONE: "a call, so everybody may ring",
}
_YOURS = {
    RuleList.NEVER_BLOCK: "your never-block list",
    RuleList.ALLOW: "your allow list",
    RuleList.BLOCK: "your block list",
}
_HIDDEN = {
    Presentation.SHOWN: "the number is shown",
    Presentation.WITHHELD: "the caller withholds the number",
    Presentation.UNAVAILABLE: "the network does not know the caller's number",
    Presentation.MISSING: "no number came with the call",
}


def code_of(which: RuleList, kind: RuleKind) -> str:
    """Return the stable code for a match of a rule of *kind* on a list: `blocked-number`, `allowed-prefix`."""
    return f"{_FIRST_WORDS[which]}-{_LAST_WORDS[kind]}"


def _sentence(which: RuleList, kind: RuleKind) -> str:
    if which is RuleList.EXPECTED:
        return f"you expect {_EXPECTS[kind]} ({{why}})"
    return _FINDS[kind].replace("{list}", _YOURS[which]) + " ({why})"


PHRASES: Mapping[str, str] = {
    code_of(which, kind): _sentence(which, kind) for which, kind in product(RuleList, RuleKind)
}


def evidence_of(match: Match, call: Call, zone: tzinfo) -> Evidence:
    """Return the evidence that a rule matched *call*, whose line lives by the clock of *zone*."""
    rule = match.rule
    facts: dict[str, Fact] = {
        "number": match.number,
        "rule": f"{rule.value}*" if rule.kind is RuleKind.PREFIX else rule.value,
        "list": rule.list.value,
        "note": rule.note,
        "origin": rule.origin,
        "why": _why(rule, zone),
        **_particulars(rule, call),
    }
    if not rule.locked:
        facts["rule_id"] = rule.id
    if rule.until is not None:
        facts["until"] = rule.until.astimezone(zone).isoformat(timespec="minutes")
    return Evidence(
        code=code_of(rule.list, rule.kind),
        leaning=Leaning.UNWANTED if rule.list is RuleList.BLOCK else Leaning.WANTED,
        rung=RUNGS[rule.list],
        # Who blocks a number means the caller whose call was just answered, too.
        doubts=_DOUBTED if (rule.list, rule.kind) == (RuleList.BLOCK, RuleKind.EXACT) else "",
        facts=facts,
    )


def _particulars(rule: Rule, call: Call) -> dict[str, Fact]:
    match rule.kind:
        case RuleKind.RANGE:
            first, _, last = rule.value.partition("-")
            return {"first": first, "last": last}
        case RuleKind.COUNTRY:
            return {"country": the_country(rule.value)}
        case RuleKind.TYPE:
            return {"type": rule.value}
        case RuleKind.NAME:
            return {"name": call.caller.name}
        case RuleKind.PRESENTATION:
            return {"hidden": _HIDDEN[call.caller.presentation]}
    return {}


def _why(rule: Rule, zone: tzinfo) -> str:
    limits = [f"until {rule.until.astimezone(zone):%a %d %b %H:%M}"] if rule.until is not None else []
    if rule.uses_left == 1:
        limits.append("this call only")
    return ", ".join(part for part in (rule.note, rule.origin, *limits) if part) or "your rule"
