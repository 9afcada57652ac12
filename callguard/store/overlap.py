"""Whether two rules are about the same callers, as far as their numbers tell."""

from callguard.model.rule import Rule, RuleKind

_ABOUT_NUMBERS = (RuleKind.EXACT, RuleKind.PREFIX, RuleKind.RANGE)


def overlap(one: Rule, other: Rule) -> bool:
    """Tell whether there is a number on one line that both rules are about."""
    if one.line and other.line and one.line != other.line:
        return False
    if one.kind in _ABOUT_NUMBERS and other.kind in _ABOUT_NUMBERS:
        return _share_a_number(one, other)
    return (one.kind, one.value) == (other.kind, other.value)


def common_beginning(rule: Rule) -> str:
    """Return what all values begin with that may overlap with *rule* and are not shorter."""
    first, last = _ends(rule)
    return first if first == last else first[: next(n for n in range(len(first)) if first[n] != last[n])]


def _share_a_number(one: Rule, other: Rule) -> bool:
    if one.kind is not RuleKind.PREFIX:
        one, other = other, one
    (first, last), (other_first, other_last) = _ends(one), _ends(other)
    if one.kind is not RuleKind.PREFIX:
        return len(first) == len(other_first) and first <= other_last and other_first <= last
    size = min(len(first), len(other_first)) if other.kind is RuleKind.PREFIX else len(first)
    return len(other_first) >= size and other_first[:size] <= first[:size] <= other_last[:size]


def _ends(rule: Rule) -> tuple[str, str]:
    first, dash, last = rule.value.partition("-")
    return first, last if dash else first
