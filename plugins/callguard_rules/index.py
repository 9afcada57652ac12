"""Finds the rules that a call matches, in microseconds however many rules there are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from callguard import Call, Presentation, Rule, RuleKind, RuleList, country_of, number_types
from callguard_rules.names import Names
from callguard_rules.patterns import Patterns, PatternsUnavailableError
from callguard_rules.ranges import Ranges

Bucket = tuple[Rule, ...]
"""Rules of one list about the same callers, in the order in which they are tried."""

_MOST_MATCHES = 8
_ABOUT_NOTHING: Bucket = ()


@dataclass(frozen=True, slots=True)
class Match:
    """One rule that a call matches."""

    rule: Rule
    number: str | None = None
    "Which of the caller's numbers; None if the rule is not about numbers."


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and where a call came, which decides whether a rule applies."""

    line: str
    at: datetime
    local: datetime
    "By the clock on the wall of the line."

    def suits(self, rule: Rule) -> bool:
        """Tell whether *rule* applies to a call that came now."""
        return (
            rule.line in ("", self.line)
            and (rule.until is None or self.at < rule.until)
            and (rule.uses_left is None or rule.uses_left > 0)
            and (rule.schedule is None or rule.schedule.covers(self.local))
        )

    def first_of(self, buckets: Iterable[Bucket]) -> Rule | None:
        """Return the first rule that applies: one that does not hides none that does."""
        for bucket in buckets:
            for rule in bucket:
                if self.suits(rule):
                    return rule
        return None


class RuleIndex:
    """The rules of all lists; where two say the same, the one given first stays."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        sorted_out: dict[RuleList, dict[RuleKind, dict[str, list[Rule]]]] = {}
        self._empty: list[Rule] = []
        for rule in rules:
            if rule.value in ("", "+"):  # would be found in everything
                self._empty.append(rule)
                continue
            of_kind = sorted_out.setdefault(rule.list, {}).setdefault(rule.kind, {})
            of_kind.setdefault(rule.value, []).append(rule)
        self._lists = {which: _OneList(sorted_out[which]) for which in RuleList if which in sorted_out}

    @property
    def without_library(self) -> list[Rule]:
        """The rules with a pattern that nothing here can match."""
        return [rule for one in self._lists.values() for rule in one.without_library]

    @property
    def unusable(self) -> list[Rule]:
        """The rules whose value means nothing; they match nobody."""
        return [*self._empty, *(rule for one in self._lists.values() for rule in one.unusable)]

    def matches(self, call: Call, occasion: Occasion) -> Sequence[Match]:
        """Return what each list says of *call*, at most eight rules.

        A list speaks once of each of the caller's numbers, by the rule that says most (see `_OneList.about`), once
        of the name, once of a missing number, and of everybody only if it has nothing else to say.
        """
        found = [
            Match(rule, number)
            for number in call.caller.numbers
            for one in self._lists.values()
            if (rule := occasion.first_of(one.about(number)))
        ]
        for one in self._lists.values():
            found += [Match(rule) for about in one.besides(call) if (rule := occasion.first_of(about))]
        spoken = {match.rule.list for match in found}
        for which, one in self._lists.items():
            if which not in spoken and (rule := occasion.first_of((one.anyone,))):
                found.append(Match(rule))
        return found if len(found) <= _MOST_MATCHES else _without_most(found)


class _OneList:
    """The rules of one list, each kind in the shape in which it is found fastest."""

    def __init__(self, by_kind: dict[RuleKind, dict[str, list[Rule]]]) -> None:
        buckets = {kind: {v: _bucket(rules) for v, rules in by_value.items()} for kind, by_value in by_kind.items()}
        self._exact = buckets.get(RuleKind.EXACT, {})
        self._prefixes = buckets.get(RuleKind.PREFIX, {})
        self._lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)
        self._countries = buckets.get(RuleKind.COUNTRY, {})
        self._types = buckets.get(RuleKind.TYPE, {})
        self._presentations = buckets.get(RuleKind.PRESENTATION, {})
        self._names = Names(buckets.get(RuleKind.NAME, {}))
        self.anyone = next(iter(buckets.get(RuleKind.ANYONE, {}).values()), _ABOUT_NOTHING)
        self.unusable: list[Rule] = []
        self.without_library: list[Rule] = []
        self._ranges = self._read_ranges(buckets.get(RuleKind.RANGE, {}))
        self._patterned = list(buckets.get(RuleKind.PATTERN, {}).values())
        self._patterns = self._read_patterns(list(buckets.get(RuleKind.PATTERN, {})))

    def about(self, number: str) -> Iterator[Bucket]:
        """Yield the rules about *number*, those first that say most: itself, its range, beginning, pattern, plan."""
        yield self._exact.get(number, _ABOUT_NOTHING)
        is_number = number[:1] == "+" and number[1:].isdecimal() and number.isascii()
        if is_number and self._ranges is not None:
            yield from self._ranges.around(int(number))
        for length in self._lengths:
            yield self._prefixes.get(number[:length], _ABOUT_NOTHING)
        if is_number:
            yield from self._by_plan(number)

    def besides(self, call: Call) -> Iterator[Iterable[Bucket]]:
        """Yield the rules about the caller's name, and those about the way the number was not shown."""
        yield self._names.found_in(call.caller.name)
        if call.caller.presentation is not Presentation.SHOWN:
            yield (self._presentations.get(call.caller.presentation, _ABOUT_NOTHING),)

    def _by_plan(self, number: str) -> Iterator[Bucket]:
        if self._patterns is not None:
            yield from (self._patterned[place] for place in self._patterns.found_in(number))
        if self._countries:
            yield self._countries.get(country_of(number), _ABOUT_NOTHING)
        if self._types:
            yield from (self._types[one] for one in sorted(number_types(number) & self._types.keys()))

    def _read_ranges(self, buckets: dict[str, Bucket]) -> Ranges[Bucket] | None:
        read: dict[tuple[int, int], Bucket] = {}
        for value, bucket in buckets.items():
            first, _, last = value.partition("-")
            if first[1:].isdecimal() and last[1:].isdecimal() and len(first) == len(last) and first <= last:
                read[int(first), int(last)] = bucket
            else:
                self.unusable += bucket
        return Ranges(read, settles=_settles) if read else None

    def _read_patterns(self, values: list[str]) -> Patterns | None:
        try:
            patterns = Patterns(values) if values else None
        except PatternsUnavailableError:
            self.without_library = [rule for bucket in self._patterned for rule in bucket]
            return None
        if patterns is not None:
            self.unusable += [rule for place in patterns.unusable for rule in self._patterned[place]]
        return patterns


def _bucket(rules: list[Rule]) -> Bucket:
    if len(rules) == 1:
        return (rules[0],)
    # A rule that counts its calls comes last, so that no use is spent where another rule would have done.
    ordered = sorted(rules, key=lambda rule: rule.uses_left is not None)
    enough = next((place for place, rule in enumerate(ordered) if _always(rule)), len(ordered))
    return tuple(ordered[: enough + 1])


def _always(rule: Rule) -> bool:
    return not rule.line and rule.schedule is None and rule.until is None and rule.uses_left is None


def _settles(bucket: Bucket) -> bool:
    return _always(bucket[-1])


def _without_most(found: list[Match]) -> list[Match]:
    """Keep what each list said first, then as much of the rest as there is room for."""
    heard: set[RuleList] = set()
    first: list[Match] = []
    rest: list[Match] = []
    for match in found:
        (rest if match.rule.list in heard else first).append(match)
        heard.add(match.rule.list)
    return [*first, *rest][:_MOST_MATCHES]
