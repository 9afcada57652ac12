"""Which list or rule alone stopped a call: without it the call would have rung."""

from callguard.model.decider import Whose, deciders, whose
from callguard.model.experience import Experience, experience
from callguard.model.record import CallRecord
from callguard.model.verdict import Action
from callguard.policy.ladder import judge

_STOPPED = frozenset({Experience.BLOCKED, Experience.SCREENED})


def sole_deciders(record: CallRecord) -> frozenset[Whose]:
    """Return whose list or rule the call would have rung without; none if it rang, or if others would have done."""
    if record.verdict.action is Action.RING or experience(record) not in _STOPPED:
        return frozenset()
    named = {one for item in deciders(record) if (one := whose(item))[1]}
    return frozenset(one for one in named if _rings_without(one, record))


def _rings_without(one: Whose, record: CallRecord) -> bool:
    others = [item for item in record.evidence if whose(item) != one]
    verdict = judge(record.call, others, record.failures, record.policy, record.dnc)
    return verdict.action is Action.RING
