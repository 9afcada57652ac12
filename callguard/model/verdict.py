"""The decision on a call, with the ladder as it was walked."""

from dataclasses import dataclass
from enum import StrEnum

from callguard.model.evidence import Rung


class Action(StrEnum):
    """What the line is asked to do with the call."""

    RING = "ring"
    SCREEN = "screen"
    "Make the caller prove to be a person."
    BLOCK = "block"


class StepOutcome(StrEnum):
    """What happened on one rung."""

    NO_MATCH = "no-match"
    DECIDED = "decided"
    NOTED = "noted"
    "Something was said, but not enough to decide."
    FAILED_OPEN = "failed-open"
    "It would have blocked, but a rung above could not answer, so the call rings."
    LOGGED_ONLY = "logged-only"
    "It would have screened or blocked, but the household only wants that logged: the call rings."
    NOT_REACHED = "not-reached"


@dataclass(frozen=True, slots=True)
class Step:
    """One rung as it was walked."""

    rung: Rung
    outcome: StepOutcome
    evidence: tuple[int, ...] = ()
    "Positions in the record's evidence."


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The household's decision on one call."""

    action: Action
    rung: Rung
    "The rung that decided."
    score: int = 0
    "Sum of the signals' weights, each source capped; 0 where signals were not reached."
    wanted_to: Action | None = None
    "What the policy asked for where something else is done: a line that cannot screen, a ladder that failed open."
    unanswered: tuple[str, ...] = ()
    "Plugins that did not answer."
    treated_as: str = ""
    "`unlawful`, `lawful` or `exempt` telemarketing, where the household's wish about such calls decided."
    ladder: tuple[Step, ...] = ()

    @property
    def decided_by(self) -> tuple[int, ...]:
        """Positions of the evidence that decided; empty where a setting did."""
        return next((step.evidence for step in self.ladder if step.rung is self.rung), ())
