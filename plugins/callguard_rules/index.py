"""Finds the rules that a number matches, in microseconds however many rules there are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from callguard import Rule, RuleKind, RuleList


@dataclass(slots=True)
class _OneList:
    exact: dict[str, Rule] = field(default_factory=dict)
    prefixes: dict[str, Rule] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()
    "Lengths of the prefixes, longest first."

    def best(self, number: str) -> Rule | None:
        """Return the rule that says most about *number*: itself, else its longest beginning."""
        rule = self.exact.get(number)
        if rule is None:
            for length in self.lengths:
                rule = self.prefixes.get(number[:length])
                if rule is not None:
                    return rule
        return rule


class RuleIndex:
    """The rules of both lists; where two are about the same number, the one given first stays."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        lists = {which: _OneList() for which in RuleList}
        for rule in rules:
            one = lists[rule.list]
            (one.exact if rule.kind is RuleKind.EXACT else one.prefixes).setdefault(rule.value, rule)
        for one in lists.values():
            one.lengths = tuple(sorted({len(prefix) for prefix in one.prefixes}, reverse=True))
        self._lists = tuple(lists.values())

    def matches(self, numbers: Iterable[str]) -> Iterator[tuple[str, Rule]]:
        """Yield each of *numbers* that a rule matches, with the best rule of each list."""
        for number in numbers:
            for one in self._lists:
                rule = one.best(number)
                if rule is not None:
                    yield number, rule
