"""The index finds what reading every rule one by one would find, only faster."""

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import cycle, islice
from statistics import quantiles

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import Call, Presentation, Rule, RuleKind, RuleList, Schedule, country_of, fold_name, number_types
from callguard.testing import NOON, a_call, a_caller
from callguard_rules.index import Match, Occasion, RuleIndex
from callguard_rules.ranges import Ranges

pytestmark = pytest.mark.timed

EXAMPLES = min(500, int(os.environ.get("CALLGUARD_FUZZ", "300")))
NUMBERS = ["+13035550100", "+13035550147", "+13035550199", "+18765550123", "+442079460958", "+441481960194", "+4930"]
NAMES = ["", "CARD SERVICES", "Card  Service 5", "Bob", "ＢＯＢ & Sons", "services card"]
VALUES = {
    RuleKind.EXACT: st.sampled_from(NUMBERS),
    RuleKind.PREFIX: st.sampled_from(NUMBERS).flatmap(lambda n: st.integers(2, len(n)).map(lambda end: n[:end])),
    RuleKind.RANGE: st.tuples(st.integers(90, 210), st.integers(90, 210)).map(
        lambda ends: f"+13035550{min(ends):03}-+13035550{max(ends):03}"
    ),
    RuleKind.COUNTRY: st.sampled_from(["US", "GB", "GG", "JM", "DE"]),
    RuleKind.TYPE: st.sampled_from(["mobile", "fixed-line", "toll-free"]),
    RuleKind.NAME: st.sampled_from(["card", "card services", "c*s", "bob", "services*card", "&"]),
    RuleKind.PRESENTATION: st.sampled_from(["withheld", "missing"]),
    RuleKind.PATTERN: st.sampled_from(["7$", r"^\+1", "555", "[0-4]9"]),
    RuleKind.ANYONE: st.just("*"),
}
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "line": st.sampled_from(["Home", "Office"]),
        "schedule": st.sampled_from([Schedule.parse("fri"), Schedule.parse("mon 09:00-17:00")]),
        "until": st.sampled_from([NOON, NOON + timedelta(hours=1)]),
        "uses_left": st.integers(0, 2),
    },
)
RULES = st.sampled_from(RuleKind).flatmap(
    lambda kind: st.builds(
        lambda on, value, limits: Rule(list=on, kind=kind, value=value, **limits),
        st.sampled_from(RuleList),
        VALUES[kind],
        LIMITS,
    )
)
CALLS = st.builds(
    lambda number, asserted, name, hidden: a_call(
        caller=a_caller(
            number, presentation=Presentation.SHOWN if number else hidden, asserted=tuple(asserted), name=name
        )
    ),
    st.none() | st.sampled_from(NUMBERS),
    st.lists(st.sampled_from(NUMBERS), max_size=1),
    st.sampled_from(NAMES),
    st.sampled_from([Presentation.WITHHELD, Presentation.MISSING, Presentation.UNAVAILABLE]),
)
ABOUT_NUMBERS = (
    RuleKind.EXACT, RuleKind.RANGE, RuleKind.PREFIX, RuleKind.PATTERN, RuleKind.COUNTRY, RuleKind.TYPE,
)  # fmt: skip


def occasion(call: Call) -> Occasion:
    return Occasion(call.line, call.received_at, call.received_at)


def finds(rule: Rule, number: str) -> bool:
    """Tell whether *rule* is about *number*, in the plainest way."""
    first, _, last = rule.value.partition("-")
    return {
        RuleKind.EXACT: number == rule.value,
        RuleKind.PREFIX: number.startswith(rule.value),
        RuleKind.RANGE: len(number) == len(first) and first <= number <= last,
        RuleKind.COUNTRY: country_of(number) == rule.value,
        RuleKind.TYPE: rule.value in number_types(number),
        RuleKind.PATTERN: rule.kind is RuleKind.PATTERN and re.search(rule.value, number) is not None,
    }.get(rule.kind, False)


def finds_name(rule: Rule, name: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in rule.value.split("*"))
    return rule.kind is RuleKind.NAME and re.search(pattern, fold_name(name)) is not None


def applies(rule: Rule, now: datetime, line: str) -> bool:
    return (
        rule.line in ("", line)
        and rule.uses_left != 0
        and (rule.until is None or now < rule.until)
        and (rule.schedule is None or rule.schedule.covers(now))
    )


def naively(rules: Iterable[Rule], call: Call) -> set[tuple[RuleList, str, RuleKind]]:
    """Return what each list says: of which number (or of the name, the presentation, everybody), by which kind."""
    said = set()
    for on in RuleList:
        here = [rule for rule in rules if rule.list is on and applies(rule, call.received_at, call.line)]
        mine: set[tuple[RuleList, str, RuleKind]] = set()
        for number in call.caller.numbers:
            kinds = {rule.kind for rule in here if finds(rule, number)}
            mine |= {(on, number, kind) for kind in [k for k in ABOUT_NUMBERS if k in kinds][:1]}
        if any(finds_name(rule, call.caller.name) for rule in here):
            mine.add((on, "", RuleKind.NAME))
        hidden = call.caller.presentation
        if any(rule.kind is RuleKind.PRESENTATION and rule.value == hidden.value for rule in here):
            mine.add((on, "", RuleKind.PRESENTATION))
        if not mine and any(rule.kind is RuleKind.ANYONE for rule in here):
            mine.add((on, "", RuleKind.ANYONE))
        said |= mine
    return said


@given(st.lists(RULES, max_size=25), CALLS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_index_finds_what_reading_every_rule_finds(rules: list[Rule], call: Call) -> None:
    found = RuleIndex(rules).matches(call, occasion(call))
    expected = naively(rules, call)
    assert len(found) == min(len(expected), 8)
    said = {(match.rule.list, match.number or "", match.rule.kind) for match in found}
    assert said <= expected
    assert {on for on, _, _ in said} == {on for on, _, _ in expected}
    assert all(_is_right(match, call) for match in found)


def _is_right(match: Match, call: Call) -> bool:
    rule = match.rule
    if match.number is not None:
        return finds(rule, match.number) and applies(rule, call.received_at, call.line)
    return applies(rule, call.received_at, call.line)


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda ends: (min(ends), max(ends))), st.booleans()
    ),
    st.integers(-2, 65),
)
def test_ranges_that_overlap_are_all_found_narrowest_first(ranges: dict[tuple[int, int], bool], number: int) -> None:
    values = {ends: (ends, settling) for ends, settling in ranges.items()}
    found = list(Ranges(values, settles=lambda value: value[1]).around(number))
    widths = [last - first for (first, last), _ in found]
    around = [ends for ends in ranges if ends[0] <= number <= ends[1]]
    assert widths == sorted(widths)
    assert {ends for ends, _ in found} <= set(around)
    enough = min((last - first for first, last in around if ranges[first, last]), default=99)
    assert {e for e in around if e[1] - e[0] < enough} <= {ends for ends, _ in found}
    assert enough == 99 or enough in widths


def mixed(count: int) -> Iterator[Rule]:
    """Make rules of all kinds on all lists, some with limits, many ranges overlapping."""
    lists = cycle(RuleList)
    hours = cycle([None, None, Schedule.parse("mon-fri 09:00-17:00")])
    makers: Iterator[Callable[[int], tuple[RuleKind, str]]] = cycle(
        [
            lambda i: (RuleKind.EXACT, f"+1303555{i:04}"),
            lambda i: (RuleKind.PREFIX, f"+44{i:0{2 + i % 6}}"),
            lambda i: (RuleKind.RANGE, f"+1303{5550000 - i * 50}-+1303{5550000 + i * 40}"),
            lambda i: (RuleKind.COUNTRY, ("GB", "FR", "JM")[i % 3]),
            lambda i: (RuleKind.TYPE, "toll-free"),
            lambda i: (RuleKind.NAME, f"card {'*' if i % 9 == 0 else ''}services {i}"),
            lambda i: (RuleKind.PRESENTATION, "withheld"),
            lambda i: (RuleKind.PATTERN, rf"^\+1{i % 900:03}[0-9]+{i}$"),
        ]
    )
    for i, (maker, on, schedule) in enumerate(islice(zip(makers, lists, hours, strict=False), count)):
        kind, value = maker(i)
        yield Rule(list=on, kind=kind, value=value, schedule=schedule)


@pytest.mark.parametrize(("count", "microseconds"), [(1_000, 250), (10_000, 800)])
def test_many_rules_of_all_kinds_cost_microseconds(count: int, microseconds: float) -> None:
    index = RuleIndex(mixed(count))
    calls = [a_call(caller=a_caller(f"+1303555{i:04}", name="CARD SERVICES LLC")) for i in range(200)]
    best = min(_p95(index, calls) for _ in range(5))
    assert best < microseconds * 1e-6


def test_ten_thousand_rules_of_all_kinds_are_taken_over_within_a_quarter_of_a_second() -> None:
    rules = list(mixed(10_000))
    times = []
    for _ in range(3):
        begun = time.thread_time()
        RuleIndex(rules)
        times.append(time.thread_time() - begun)
    assert min(times) < 0.25


def test_ranges_inside_one_another_are_no_trap() -> None:
    nested = [
        Rule(list=RuleList.BLOCK, kind=RuleKind.RANGE, value=f"+1303{i:07}-+1303{9_999_999 - i:07}")
        for i in range(10_000)
    ]
    index = RuleIndex(nested)
    call = a_call("+13035000000")
    assert _p95(index, [call] * 200) < 1e-3
    (match,) = index.matches(call, occasion(call))
    assert match.rule is nested[-1]


def _p95(index: RuleIndex, calls: list[Call]) -> float:
    times = []
    for call in calls:
        begun = time.thread_time()
        index.matches(call, occasion(call))
        times.append(time.thread_time() - begun)
    return quantiles(times, n=20)[18]
