"""Judges past calls again: what would have become of them if the household had wished otherwise."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from callguard.model.call import Call
from callguard.model.evidence import Evidence, Rung
from callguard.model.record import CallRecord
from callguard.model.verdict import Action, Verdict
from callguard.policy.ladder import judge

Revised = CallRecord | str
"""A record as it would have been, or why nobody can tell."""
_MOST_NAMED = 10_000
Revise = Callable[[CallRecord], Revised]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One call that would have ended otherwise."""

    call: Call
    before: Verdict
    after: Verdict
    answered: bool | None
    "Whether somebody of the household took that call; None if the line could not tell."
    evidence: tuple[Evidence, ...] = ()
    "What `after` rests on."


@dataclass(slots=True, kw_only=True)
class Replay:
    """What came of judging past calls again; grows call by call."""

    speakers: Mapping[str, Rung] = field(default_factory=dict)
    "The checks there are, with the highest rung each may speak on."
    calls: int = 0
    changed: list[Difference] = field(default_factory=list)
    "The first ten thousand of them, to be named."
    moves: Counter[tuple[Action, Action]] = field(default_factory=Counter)
    "How many calls went from one action to another."
    unjudged: Counter[str] = field(default_factory=Counter)
    "Calls nobody can judge again, by reason."

    def take(self, record: CallRecord, revise: Revise) -> None:
        """Judge *record* again as *revise* would have had it."""
        self.calls += 1
        revised = revise(record)
        if isinstance(revised, str):
            self.unjudged[revised] += 1
        elif revised is not record:
            self._compare(record, revised)

    def _compare(self, record: CallRecord, revised: CallRecord) -> None:
        after = judge(revised.call, revised.evidence, revised.failures, revised.policy, revised.dnc)
        if after.action is record.verdict.action:
            return
        unheard = self._unheard(record, after)
        if unheard:
            self.unjudged[f"{unheard} was not heard then"] += 1
            return
        self.moves[record.verdict.action, after.action] += 1
        if len(self.changed) >= _MOST_NAMED:
            return
        answered = record.disposition.answered if record.disposition else None
        said = tuple(revised.evidence[place] for place in after.decided_by)
        self.changed.append(
            Difference(call=record.call, before=record.verdict, after=after, answered=answered, evidence=said)
        )

    def _unheard(self, record: CallRecord, after: Verdict) -> str:
        """Return a check that was not waited for then, and could have spoken where it is decided now."""
        heard = {*record.timings, *(failure.source for failure in record.failures)}
        return next((name for name, top in self.speakers.items() if name not in heard and top <= after.rung), "")


def without(evidence: Iterable[Evidence], gone: Iterable[Evidence]) -> list[Evidence]:
    """Return *evidence* without what says the same as something in *gone*, whoever noted the details."""
    keys = [_key(item) for item in gone]
    return [item for item in evidence if _key(item) not in keys]


def _key(item: Evidence) -> tuple[object, ...]:
    return (item.source, item.code, item.rung, item.facts.get("rule_id"), item.facts.get("rule"))
