"""The story of one call, as structured words: what the console shows as a page and the terminal as lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from callguard.model.call import Attestation, Call
from callguard.model.country import country_name, country_of
from callguard.model.evidence import FailureKind, Leaning, Rung
from callguard.model.experience import Experience, experience
from callguard.model.number import pretty
from callguard.model.record import CallRecord, Outcome
from callguard.model.text import plain
from callguard.model.verdict import Action, Step, StepOutcome
from callguard.sentences import Phrases, caller_name, headline, reason, sentence, shown_number, who

ONLINE = "online look-ups"
"""Whose silence it is when nobody outside the house was asked."""

_WOULD_WORDS = {Action.RING: "WOULD RING", Action.SCREEN: "WOULD BE SCREENED", Action.BLOCK: "WOULD BE BLOCKED"}
_FAILURE_WORDS = {
    FailureKind.RAISED: "failed",
    FailureKind.TIMED_OUT: "did not answer in time",
    FailureKind.NONSENSE: "gave an answer that makes no sense",
    FailureKind.RESTING: "is resting after repeated failures",
    FailureKind.BUSY: "still hangs in an earlier call",
}
_UNASKED = frozenset({FailureKind.RESTING, FailureKind.BUSY})
_STEP_WORDS = {
    StepOutcome.NO_MATCH: "no match",
    StepOutcome.DECIDED: "decided",
    StepOutcome.NOTED: "not enough to decide",
    StepOutcome.FAILED_OPEN: "would have decided, but a rung above could not answer: rings",
    StepOutcome.LOGGED_ONLY: "would have decided, but you only want that logged: rings",
    StepOutcome.NOT_REACHED: "not reached",
}
_MARKS = {StepOutcome.DECIDED: "■", StepOutcome.FAILED_OPEN: "□", StepOutcome.LOGGED_ONLY: "□"}
_OUTCOME_WORDS = {
    Outcome.RANG: "the phones could ring",
    Outcome.REJECTED: "refused",
    Outcome.ANNOUNCED: "answered with the announcement, then hung up",
    Outcome.GONE: "the caller gave up first",
    Outcome.NOT_CARRIED_OUT: "could not be carried out",
}
_ATTESTATION_WORDS = {
    Attestation.FULL: "A: the caller's provider knows the caller and that the number is theirs",
    Attestation.PARTIAL: "B: the caller's provider knows the caller, not whether the number is theirs",
    Attestation.GATEWAY: "C: a network passed the call on and knows nothing of the caller",
    Attestation.PASSED: "passed: a network you trust checked the number",
    Attestation.FAILED: "failed: the number is probably not the caller's",
    Attestation.NOT_VALIDATED: "not checked by the network",
}


@dataclass(frozen=True, slots=True)
class StoryItem:
    """One finding on a rung, in words."""

    text: str
    weight: int
    "Signed: what speaks for the caller is negative; 0 off the rung of signals."
    version: str
    source: str
    code: str
    ms: float | None
    "How long its plugin took; None if the record does not tell."
    decisive: bool
    log_only: bool
    leaning: Leaning


@dataclass(frozen=True, slots=True)
class StoryStep:
    """One rung of the ladder, as it was walked."""

    number: int
    words: str
    outcome: StepOutcome
    outcome_words: str
    decisive: bool
    "The ladder ended here, even if the call then rang for another reason."
    score_words: str
    "`score 70 of 100` where signals were weighed, else empty."
    items: tuple[StoryItem, ...]


@dataclass(frozen=True, slots=True)
class Silence:
    """A check that did not answer, or was not asked, and why."""

    source: str
    words: str
    asked: bool
    failed: bool
    "False where nothing went wrong: there was no need or no wish to ask."


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything people may want to know of one call, in the order they ask."""

    headline: str
    who: str
    number: str | None
    "In E.164; None if none was shown."
    shown: str
    "The number as people read it, or why there is none."
    name: str
    "As the caller sent it: it can be faked; empty if none came."
    short: str
    "One sentence that says why."
    at: datetime
    "On the household's clock."
    line: str
    ended: str
    decided_in: float
    "Milliseconds."
    experience: Experience
    steps: tuple[StoryStep, ...]
    silences: tuple[Silence, ...]
    quiet: tuple[tuple[str, float], ...]
    "Who was asked, knew nothing of the caller, and how many milliseconds that took."
    score: int
    block_at: int
    screen_at: int
    software: str
    profile: str
    record_id: str
    tried: bool
    "The call was only imagined."
    caller_facts: tuple[tuple[str, str], ...]
    "What else came with the call: (what, in words)."


def story(record: CallRecord, phrases: Phrases, timezone: tzinfo, *, tried: bool = False) -> Story:
    """Return the story of the call in *record*, told on the clock of *timezone*; *tried*: it was only imagined."""
    call, verdict, policy = record.call, record.verdict, record.policy
    return Story(
        headline=_WOULD_WORDS[verdict.action] if tried else headline(record),
        who=who(call),
        number=call.caller.number,
        shown=shown_number(call),
        name=caller_name(call),
        short=reason(record, phrases),
        at=call.received_at.astimezone(timezone),
        line=plain(call.line),
        ended=_ended(record),
        decided_in=record.decided_in,
        experience=experience(record),
        steps=tuple(_step(step, record, phrases) for step in verdict.ladder),
        silences=tuple(_silences(record)),
        quiet=tuple(_quiet(record)),
        score=verdict.score,
        block_at=policy.block_at,
        screen_at=policy.screen_at,
        software=record.software,
        profile=policy.profile.value,
        record_id=call.id,
        tried=tried,
        caller_facts=tuple(_caller_facts(call)),
    )


def explanation(record: CallRecord, phrases: Phrases, timezone: tzinfo, *, tried: bool = False) -> list[str]:
    """Return the whole ladder as it was walked, one line a rung; *tried*: the call was only imagined."""
    told = story(record, phrases, timezone, tried=tried)
    when = f"{told.at:%a %d %b %Y %H:%M:%S} · line {told.line} · decided in {told.decided_in:.1f} ms"
    lines = [
        f"{told.headline}  {told.who}",
        f"  {when}" if tried else f"  {when} · {told.ended}",
        f"  In short: {told.short}.",
        "",
        *(line for step in told.steps for line in _step_lines(step)),
        *(f"  !  {silence.source} {silence.words}" for silence in told.silences if silence.failed),
    ]
    if tried:
        return lines
    return [*lines, "", f"  Record {told.record_id} · CallGuard {told.software} · profile {told.profile}"]


def _step_lines(step: StoryStep) -> Iterator[str]:
    score = f", {step.score_words}" if step.score_words else ""
    yield f"  {step.number} {_MARKS.get(step.outcome, ' ')} {step.words:<34} {step.outcome_words}{score}"
    for item in step.items:
        weight = f" {item.weight:+d}" + (" (only logged)" if item.log_only else "") if item.weight else ""
        version = f" [{item.version}]" if item.version else ""
        yield f"        {item.text}{weight}{version}"


def _step(step: Step, record: CallRecord, phrases: Phrases) -> StoryStep:
    weighed = step.rung is Rung.SIGNALS and step.evidence
    return StoryStep(
        number=step.rung.value,
        words=step.rung.words,
        outcome=step.outcome,
        outcome_words=_STEP_WORDS[step.outcome],
        decisive=step.outcome in _MARKS,
        score_words=f"score {record.verdict.score} of {record.policy.block_at}" if weighed else "",
        items=tuple(_item(place, step, record, phrases) for place in step.evidence),
    )


def _item(place: int, step: Step, record: CallRecord, phrases: Phrases) -> StoryItem:
    item, timings = record.evidence[place], record.timings
    counted = item.weight if item.leaning is Leaning.UNWANTED else -item.weight
    # A signal decides by its weight or as a proof; off that rung everything said there does.
    counts = step.rung is not Rung.SIGNALS or (
        item.leaning is Leaning.UNWANTED and not item.log_only and bool(item.weight or item.proof)
    )
    return StoryItem(
        text=sentence(item, phrases, record.call.country),
        weight=counted,
        version=item.version,
        source=item.source,
        code=item.code,
        ms=timings.get(item.source, timings.get(f"{item.source} online")),
        decisive=step.outcome in _MARKS and counts,
        log_only=item.log_only,
        leaning=item.leaning,
    )


def _silences(record: CallRecord) -> Iterator[Silence]:
    for failure in record.failures:
        why = f"{_FAILURE_WORDS[failure.kind]}: {failure.error} (the call went on without it)"
        yield Silence(source=failure.source, words=why, asked=failure.kind not in _UNASKED, failed=True)
    if not any(name.endswith(" online") for name in record.timings):
        yield Silence(source=ONLINE, words=f"not asked: {_why_not_asked(record)}", asked=False, failed=False)


def _why_not_asked(record: CallRecord) -> str:
    """Return why no online service was asked, in the order in which screening asks itself."""
    call, verdict = record.call, record.verdict
    if call.internal:
        return "the call came from within the house"
    if call.caller.number is None:
        return "there is no number to ask about"
    if verdict.rung < Rung.SIGNALS or Action.BLOCK in (verdict.action, verdict.wanted_to):
        return "already decided"
    if any(rung < Rung.SIGNALS for failure in record.failures for rung in failure.rungs):
        return "a check that may know the caller did not answer"
    return "they were switched off, or none was set up"


def _quiet(record: CallRecord) -> Iterator[tuple[str, float]]:
    heard = {item.source for item in record.evidence} | {failure.source for failure in record.failures}
    for name, spent in record.timings.items():
        if name.removesuffix(" online") not in heard:
            yield name, spent


def _ended(record: CallRecord) -> str:
    disposition = record.disposition
    if disposition is None:
        return "how it ended was never told"
    words = _OUTCOME_WORDS[disposition.outcome]
    words += f" with {disposition.code}" if disposition.code and disposition.outcome is Outcome.REJECTED else ""
    return words + (f" ({plain(disposition.note)})" if disposition.note else "")


def _caller_facts(call: Call) -> Iterator[tuple[str, str]]:
    caller = call.caller
    if caller.number and (country := country_of(caller.number)):
        yield "numbering plan of", country_name(country)
    if caller.text and caller.text != caller.number:
        yield "number as it was sent", plain(caller.text)
    for number in caller.asserted:
        yield "number the network vouches for", pretty(number, call.country)
    if call.attestation is not None:
        yield "caller verification", _ATTESTATION_WORDS[call.attestation]
    if call.called:
        yield "number that was called", plain(pretty(call.called, call.country))
    for number in call.diverted_by:
        yield "forwarded by", plain(pretty(number, call.country))
    if call.emergency_callback:
        yield "priority", "a call back from the emergency services"
    for name, value in call.details.items():
        yield plain(name).replace("_", " "), plain(value)
