"""Which plugin, and which of its lists or rules, decided a call."""

from callguard.model.evidence import Evidence, Leaning
from callguard.model.record import CallRecord
from callguard.model.rule import Rule, RuleKind

_LONGEST = 200

Whose = tuple[str, str]
"""A plugin, and the name of its list, the id of its rule or what a rule of a file says; '' where it has none."""


def whose(evidence: Evidence) -> Whose:
    """Return the plugin that said this, and on behalf of which list or rule."""
    rule = evidence.facts.get("rule_id")
    if type(rule) is int:
        return evidence.source, str(rule)
    name, stated = evidence.facts.get("list"), evidence.facts.get("rule")
    if not isinstance(name, str):
        return evidence.source, ""
    return evidence.source, (f"{name} {stated}" if isinstance(stated, str) else name)[:_LONGEST]


def whose_rule(rule: Rule) -> str:
    """Return the key under which the hits of *rule* are counted: its id, or what it says where a file states it."""
    value = f"{rule.value}*" if rule.kind is RuleKind.PREFIX else rule.value
    return f"{rule.list.value} {value}"[:_LONGEST] if rule.locked else str(rule.id)


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
