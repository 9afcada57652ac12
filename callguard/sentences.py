"""Turns codes and facts into sentences, when somebody reads them; nothing here is ever stored."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any

from callguard.model.call import Call, Presentation
from callguard.model.evidence import Evidence, Fact, FailureKind, Leaning, Rung
from callguard.model.number import pretty
from callguard.model.record import CallRecord, Outcome
from callguard.model.text import plain
from callguard.model.verdict import Action, Step, StepOutcome

Phrases = Mapping[tuple[str, str], str]
"""(plugin, evidence code) -> sentence with {fact} places."""

_ACTION_WORDS = {Action.RING: "ring", Action.SCREEN: "be screened", Action.BLOCK: "be blocked"}
_WISH_WORDS = {
    Action.RING: "you let such callers ring",
    Action.SCREEN: "you want such callers screened",
    Action.BLOCK: "you want such callers blocked",
}
_PAST_WORDS = {Action.RING: "let through", Action.SCREEN: "screened", Action.BLOCK: "blocked"}
_FAILURE_WORDS = {
    FailureKind.RAISED: "failed",
    FailureKind.TIMED_OUT: "did not answer in time",
    FailureKind.NONSENSE: "gave an answer that makes no sense",
    FailureKind.RESTING: "is resting after repeated failures",
    FailureKind.BUSY: "still hangs in an earlier call",
}
_STEP_WORDS = {
    StepOutcome.NO_MATCH: "no match",
    StepOutcome.DECIDED: "decided",
    StepOutcome.NOTED: "not enough to decide",
    StepOutcome.FAILED_OPEN: "would have decided, but a rung above could not answer: rings",
    StepOutcome.LOGGED_ONLY: "would have decided, but you only want that logged: rings",
    StepOutcome.NOT_REACHED: "not reached",
}
_OUTCOME_WORDS = {
    Outcome.RANG: "the phones could ring",
    Outcome.REJECTED: "refused",
    Outcome.ANNOUNCED: "answered with the announcement, then hung up",
    Outcome.GONE: "the caller gave up first",
    Outcome.NOT_CARRIED_OUT: "could not be carried out",
}
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
    caller = call.caller
    name = "" if caller.name.lower() in _NO_NAMES else plain(caller.name)
    if caller.number:
        shown = pretty(caller.number, call.country)
    else:
        hidden = _HIDDEN_WORDS[caller.presentation]
        shown = f"{hidden} {plain(caller.text)}" if caller.presentation is Presentation.SHOWN else hidden
    return f"{shown} “{name}”" if name else shown


def explanation(record: CallRecord, phrases: Phrases, timezone: tzinfo, *, tried: bool = False) -> list[str]:
    """Return the whole ladder as it was walked, one line a rung; *tried*: the call was only imagined."""
    call, verdict = record.call, record.verdict
    at = call.received_at.astimezone(timezone)
    when = f"{at:%a %d %b %Y %H:%M:%S} · line {plain(call.line)} · decided in {record.decided_in:.1f} ms"
    lines = [
        f"{_would(record)}  {who(call)}" if tried else f"{headline(record)}  {who(call)}",
        f"  {when}" if tried else f"  {when} · {_ended(record)}",
        f"  In short: {reason(record, phrases)}.",
        "",
    ]
    lines += [line for step in verdict.ladder for line in _step_lines(step, record, phrases)]
    lines += [
        f"  !  {failure.source} {_FAILURE_WORDS[failure.kind]}: {failure.error} (the call went on without it)"
        for failure in record.failures
    ]
    if tried:
        return lines
    return [*lines, "", f"  Record {call.id} · CallGuard {record.software} · profile {record.policy.profile}"]


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
        "action": verdict.action.value,
        "rung": verdict.rung.name.lower(),
        "reason": reason(record, phrases),
        "outcome": disposition.outcome.value if disposition else None,
        "code": disposition.code if disposition else None,
        "note": disposition.note if disposition else "",
        "unanswered": list(verdict.unanswered),
        "decided_in": record.decided_in,
    }


def _would(record: CallRecord) -> str:
    return f"WOULD {_ACTION_WORDS[record.verdict.action].upper()}"


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


def _ended(record: CallRecord) -> str:
    disposition = record.disposition
    if disposition is None:
        return "how it ended was never told"
    words = _OUTCOME_WORDS[disposition.outcome]
    words += f" with {disposition.code}" if disposition.code and disposition.outcome is Outcome.REJECTED else ""
    return words + (f" ({plain(disposition.note)})" if disposition.note else "")


def _step_lines(step: Step, record: CallRecord, phrases: Phrases) -> list[str]:
    mark = {StepOutcome.DECIDED: "■", StepOutcome.FAILED_OPEN: "□", StepOutcome.LOGGED_ONLY: "□"}.get(
        step.outcome, " "
    )
    score = f", score {record.verdict.score} of {record.policy.block_at}" if step.rung is Rung.SIGNALS else ""
    score = score if step.evidence else ""
    lines = [f"  {step.rung.value} {mark} {step.rung.words:<34} {_STEP_WORDS[step.outcome]}{score}"]
    for place in step.evidence:
        item = record.evidence[place]
        weight = _weight_words(item)
        version = f" [{item.version}]" if item.version else ""
        lines.append(f"        {sentence(item, phrases, record.call.country)}{weight}{version}")
    return lines


def _weight_words(item: Evidence) -> str:
    if not item.weight:
        return ""
    counted = item.weight if item.leaning is Leaning.UNWANTED else -item.weight
    return f" {counted:+d}" + (" (only logged)" if item.log_only else "")


def _fact_words(value: Fact, country: str) -> str:
    if isinstance(value, str) and value[:1] == "+" and value[1:].isdecimal() and len(value) > 6:
        return pretty(value, country)
    return "" if value is None else str(value)
