"""Turns codes and facts into sentences, when somebody reads them; nothing here is ever stored."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any

from callguard.model.call import Call, Presentation
from callguard.model.evidence import Evidence, Fact, Rung
from callguard.model.experience import experience
from callguard.model.number import pretty
from callguard.model.record import CallRecord, Outcome
from callguard.model.text import plain
from callguard.model.verdict import Action, StepOutcome

Phrases = Mapping[tuple[str, str], str]
"""(plugin, evidence code) -> sentence with {fact} places."""

_WISH_WORDS = {
    Action.RING: "you let such callers ring",
    Action.SCREEN: "you want such callers screened",
    Action.BLOCK: "you want such callers blocked",
}
_PAST_WORDS = {Action.RING: "let through", Action.SCREEN: "screened", Action.BLOCK: "blocked"}
_HIDDEN_WORDS = {
    Presentation.SHOWN: "internal number",
    Presentation.WITHHELD: "hidden number",
    Presentation.UNAVAILABLE: "number unavailable",
    Presentation.MISSING: "no number",
}
_TREATED_WORDS = {
    "unlawful": "; telemarketing to a line on the Do Not Call registry",
    "lawful": "; telemarketing to a line that is not on the Do Not Call registry",
    "exempt": "; a kind of call that may be made although the line is on the Do Not Call registry",
}
_NO_NAMES = frozenset({"", "anonymous", "unavailable", "unknown", "private", "restricted"})
_SETTING_WORDS = {
    Presentation.WITHHELD: "the caller hides the number",
    Presentation.UNAVAILABLE: "the network does not know the number",
    Presentation.MISSING: "no number came with the call",
    Presentation.SHOWN: "nothing is known about this caller",
}


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def headline(record: CallRecord) -> str:
    """Return the verdict in capitals, as the first word people read: RANG, SCREENED or BLOCKED."""
    disposition = record.disposition
    if disposition is not None and disposition.outcome is Outcome.GONE:
        return "GONE"
    return {Action.RING: "RANG", Action.SCREEN: "SCREENED", Action.BLOCK: "BLOCKED"}[record.verdict.action]


def reason(record: CallRecord, phrases: Phrases) -> str:
    """Return one sentence that says why the verdict is what it is."""
    verdict, call = record.verdict, record.call
    said = "; ".join(sentence(record.evidence[i], phrases, call.country) for i in verdict.decided_by)
    if call.internal and verdict.rung is Rung.EMERGENCY:
        said = "a handset or door phone of the house"
    elif call.emergency_callback and verdict.rung is Rung.EMERGENCY:
        said = said or "emergency services are calling back"
    elif verdict.rung is Rung.UNKNOWN:
        wish = _WISH_WORDS[verdict.wanted_to or verdict.action] + (" in quiet hours" if record.policy.quiet else "")
        said = f"{_SETTING_WORDS[call.caller.presentation]}; {wish}"
    return said + _TREATED_WORDS.get(verdict.treated_as, "") + _instead(record)


def sentence(evidence: Evidence, phrases: Phrases, country: str) -> str:
    """Return what *evidence* says; without a phrase for its code, the code and its facts."""
    facts = _Facts({key: _fact_words(value, country) for key, value in evidence.facts.items()})
    template = phrases.get((evidence.source, evidence.code))
    if template is not None:
        try:
            return plain(template.format_map(facts), 400)
        except (ValueError, IndexError, AttributeError, KeyError):
            pass  # a plugin's broken template must not hide what was found
    listed = ", ".join(f"{key}={value}" for key, value in facts.items())
    return plain(f"{evidence.source}: {evidence.code}" + (f" ({listed})" if listed else ""), 400)


def who(call: Call) -> str:
    """Return how people call the caller: a number they can read, and the name as sent."""
    name = caller_name(call)
    return f"{shown_number(call)} “{name}”" if name else shown_number(call)


def shown_number(call: Call) -> str:
    """Return the caller's number as people read it, or why there is none."""
    caller = call.caller
    if caller.number:
        return pretty(caller.number, call.country)
    hidden = _HIDDEN_WORDS[caller.presentation]
    return f"{hidden} {plain(caller.text)}" if caller.presentation is Presentation.SHOWN else hidden


def caller_name(call: Call) -> str:
    """Return the name the caller sent, made harmless; empty if there is none, or one that says nothing."""
    return "" if call.caller.name.lower() in _NO_NAMES else plain(call.caller.name)


def event(record: CallRecord, phrases: Phrases, timezone: tzinfo = UTC) -> dict[str, Any]:
    """Return one call as a flat JSON object, for logs and scripts; times are the household's."""
    call, verdict, disposition = record.call, record.verdict, record.disposition
    return {
        "id": call.id,
        "line": call.line,
        "at": call.received_at.astimezone(timezone).isoformat(),
        "number": call.caller.number,
        "asserted": list(call.caller.asserted),
        "presentation": call.caller.presentation.value,
        "name": call.caller.name,
        "who": who(call),
        "headline": headline(record),
        "experience": experience(record).value,
        "action": verdict.action.value,
        "rung": verdict.rung.name.lower(),
        "reason": reason(record, phrases),
        "outcome": disposition.outcome.value if disposition else None,
        "code": disposition.code if disposition else None,
        "note": disposition.note if disposition else "",
        "unanswered": list(verdict.unanswered),
        "decided_in": record.decided_in,
    }


def _instead(record: CallRecord) -> str:
    verdict = record.verdict
    if verdict.wanted_to is None:
        return f" (not asked: {', '.join(verdict.unanswered)})" if verdict.unanswered else ""
    outcomes = {step.outcome for step in verdict.ladder}
    if StepOutcome.FAILED_OPEN in outcomes:
        return f", but {', '.join(verdict.unanswered)} could not answer: it rang to be safe"
    if StepOutcome.LOGGED_ONLY in outcomes:
        return f"; it would have been {_PAST_WORDS[verdict.wanted_to]}, but you only want that logged"
    meant = "" if verdict.rung is Rung.UNKNOWN else "; to be screened"
    return f"{meant}, but this line cannot, so the call was {_PAST_WORDS[verdict.action]}"


def _fact_words(value: Fact, country: str) -> str:
    if isinstance(value, str) and value[:1] == "+" and value[1:].isdecimal() and len(value) > 6:
        return pretty(value, country)
    return "" if value is None else str(value)
