"""What the household experienced of a call, and what it says of that afterwards."""

from enum import StrEnum

from callguard.model.evidence import Rung
from callguard.model.record import CallRecord, Outcome
from callguard.model.verdict import Action, StepOutcome


class Experience(StrEnum):
    """What people would say happened, which is not always what the policy wanted."""

    RANG = "rang"
    BLOCKED = "blocked"
    SCREENED = "screened"
    "The caller had to prove to be a person."
    LET_THROUGH = "let-through"
    "It rang only because something failed: a check that did not answer, or a line that could not do it."
    GONE = "gone"
    "The caller gave up before anything was done."


class Opinion(StrEnum):
    """What the household says of a verdict that rests on soft evidence."""

    OPEN = "open"
    "Nobody has looked at it yet."
    RIGHT = "right"
    WRONG = "wrong"


_EXPERIENCED = {Action.RING: Experience.RANG, Action.SCREEN: Experience.SCREENED, Action.BLOCK: Experience.BLOCKED}
_SOFT = frozenset({Rung.SIGNALS, Rung.UNKNOWN})


def experience(record: CallRecord) -> Experience:
    """Return what the household experienced of a call, as far as the line told."""
    outcome = record.disposition.outcome if record.disposition else None
    if outcome is Outcome.GONE:
        return Experience.GONE
    failed_open = any(step.outcome is StepOutcome.FAILED_OPEN for step in record.verdict.ladder)
    unchecked = record.verdict.rung in _SOFT and record.verdict.action is Action.RING and record.failures
    if outcome is Outcome.NOT_CARRIED_OUT or failed_open or unchecked:
        return Experience.LET_THROUGH
    return _EXPERIENCED[record.verdict.action]


def first_opinion(record: CallRecord) -> Opinion | None:
    """Return OPEN for a call that somebody should look at: stopped on soft evidence, or rung unchecked; else None."""
    experienced = experience(record)
    stopped = experienced in (Experience.BLOCKED, Experience.SCREENED) and record.verdict.rung in _SOFT
    return Opinion.OPEN if stopped or experienced is Experience.LET_THROUGH else None
