"""Which plugin, and which of its lists or rules, decided a call."""

from callguard.model.evidence import Evidence, Leaning
from callguard.model.record import CallRecord

_LONGEST = 200

Whose = tuple[str, str]
"""A plugin, and the name of its list or the id of its rule; '' where it has none."""


def whose(evidence: Evidence) -> Whose:
    """Return the plugin that said this, and on behalf of which list or rule."""
    rule = evidence.facts.get("rule_id")
    if type(rule) is int:
        return evidence.source, str(rule)
    name = evidence.facts.get("list")
    return evidence.source, name[:_LONGEST] if isinstance(name, str) else ""


def deciders(record: CallRecord) -> tuple[Evidence, ...]:
    """Return the evidence that decided and counted: not what is neutral or only to be seen."""
    said = (record.evidence[place] for place in record.verdict.decided_by if place < len(record.evidence))
    return tuple(item for item in said if item.leaning is not Leaning.NEUTRAL and not item.log_only)


def decider(record: CallRecord) -> Whose:
    """Return whose evidence decided, of several the one that weighed most; ('', '') where a setting did."""
    best = max(deciders(record), key=_strength, default=None)
    return ("", "") if best is None else whose(best)


def _strength(evidence: Evidence) -> tuple[bool, bool, int]:
    return evidence.leaning is Leaning.UNWANTED, evidence.proof, evidence.weight
