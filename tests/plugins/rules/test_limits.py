"""Rules that apply only on a line, at some hours, for a while or so many times."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callguard import Call, Rule, RuleKind, RuleList, Schedule
from callguard.testing import NOON, a_call
from callguard_rules.plugin import Rules

DOCTOR = "+13035550147"
BERLIN, DENVER = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Denver")
ARule = Callable[..., Rule]
Keep = Callable[..., Rules]

# NOON is Friday, 2 January 2026, 12:00 UTC.
LIMITS: dict[str, tuple[dict[str, Any], bool]] = {
    "none": ({}, True),
    "its line": ({"line": "Home"}, True),
    "another line": ({"line": "Office"}, False),
    "its hours": ({"schedule": Schedule.parse("fri 12:00-12:01")}, True),
    "other hours": ({"schedule": Schedule.parse("fri 12:01-12:00")}, False),
    "another day": ({"schedule": Schedule.parse("thu")}, False),
    "not over": ({"until": NOON + timedelta(seconds=1)}, True),
    "over now": ({"until": NOON}, False),
    "over": ({"until": NOON - timedelta(days=1)}, False),
    "one use left": ({"uses_left": 1}, True),
    "used up": ({"uses_left": 0}, False),
    "all of them": ({"line": "Home", "schedule": Schedule.parse("fri"), "until": NOON + timedelta(1)}, True),
    "all but one": ({"line": "Home", "schedule": Schedule.parse("fri"), "uses_left": 0}, False),
}
KINDS = {
    RuleKind.EXACT: DOCTOR,
    RuleKind.PREFIX: "+1303",
    RuleKind.RANGE: "+13035550100-+13035550199",
    RuleKind.COUNTRY: "US",
    RuleKind.TYPE: "mobile",
    RuleKind.NAME: "card",
    RuleKind.PATTERN: "7$",
    RuleKind.ANYONE: "*",
}


def the_call() -> Call:
    call = a_call(DOCTOR)
    return replace(call, caller=replace(call.caller, name="CARD SERVICES"))


@pytest.mark.parametrize(("limits", "applies"), LIMITS.values(), ids=LIMITS.keys())
@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_of_any_kind_applies_within_its_limits(
    kind: RuleKind, limits: dict[str, Any], applies: bool, keep: Keep, a_rule: ARule
) -> None:
    found = keep([a_rule(kind, KINDS[kind], **limits)]).check_call(the_call())
    assert (found is not None) is applies


HIDING = [limits for limits, applies in LIMITS.values() if not applies]


@pytest.mark.parametrize("limits", HIDING, ids=[name for name, (_, applies) in LIMITS.items() if not applies])
@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_that_does_not_apply_hides_none_that_does(
    kind: RuleKind, limits: dict[str, Any], keep: Keep, a_rule: ARule
) -> None:
    rules = [a_rule(kind, KINDS[kind], id=1, **limits), a_rule(kind, KINDS[kind], id=2)]
    for order in (rules, rules[::-1]):
        (evidence,) = keep(order).check_call(the_call()) or ()
        assert evidence.facts["rule_id"] == 2


def test_a_wider_rule_speaks_where_the_narrower_one_does_not_apply(keep: Keep, a_rule: ARule) -> None:
    plugin = keep(
        [
            a_rule(RuleKind.EXACT, DOCTOR, line="Office"),
            a_rule(RuleKind.RANGE, "+13035550140-+13035550149", uses_left=0),
            a_rule(RuleKind.RANGE, "+13035550100-+13035550199", until=NOON),
            a_rule(RuleKind.RANGE, "+13035550000-+13035559999"),
            a_rule(RuleKind.PREFIX, "+1"),
        ]
    )
    (evidence,) = plugin.check_call(a_call(DOCTOR)) or ()
    assert evidence.facts["rule"] == "+13035550000-+13035559999"


def test_no_use_is_spent_where_another_rule_will_do(keep: Keep, a_rule: ARule) -> None:
    rules = [a_rule(RuleKind.EXACT, DOCTOR, id=1, uses_left=1), a_rule(RuleKind.EXACT, DOCTOR, id=2)]
    (evidence,) = keep(rules).check_call(a_call(DOCTOR)) or ()
    assert evidence.facts["rule_id"] == 2


def test_expecting_everybody_is_not_spent_on_the_one_who_was_expected(keep: Keep, a_rule: ARule) -> None:
    rules = [
        a_rule(RuleKind.ANYONE, "*", RuleList.EXPECTED, id=1, uses_left=1),
        a_rule(RuleKind.EXACT, DOCTOR, RuleList.EXPECTED, id=2, uses_left=1),
    ]
    plugin = keep(rules)
    assert [e.facts["rule_id"] for e in plugin.check_call(a_call(DOCTOR)) or ()] == [2]
    assert [e.facts["rule_id"] for e in plugin.check_call(a_call("+12125550199")) or ()] == [1]


WALL_CLOCKS = {
    "the house's": ("Home", "fri 13:00-14:00", True),
    "not that of the world": ("Home", "fri 12:00-13:00", False),
    "the line's": ("Cabin", "fri 05:00-06:00", True),
    "not that of the house": ("Cabin", "fri 13:00-14:00", False),
}


@pytest.mark.parametrize(("line", "hours", "applies"), WALL_CLOCKS.values(), ids=WALL_CLOCKS.keys())
def test_hours_are_those_of_the_clock_where_the_line_is(
    line: str, hours: str, applies: bool, keep: Keep, a_rule: ARule
) -> None:
    rule = a_rule(RuleKind.EXACT, DOCTOR, schedule=Schedule.parse(hours))
    plugin = keep([rule], timezone=BERLIN, zones={"Cabin": DENVER})
    assert (plugin.check_call(a_call(DOCTOR, line=line)) is not None) is applies


def test_what_ends_says_when_by_the_clock_of_the_line(keep: Keep, a_rule: ARule) -> None:
    rule = a_rule(RuleKind.EXACT, DOCTOR, until=NOON + timedelta(hours=6))
    plugin = keep([rule], timezone=BERLIN, zones={"Cabin": DENVER})
    (evidence,) = plugin.check_call(a_call(DOCTOR)) or ()
    assert evidence.facts["until"] == "2026-01-02T19:00+01:00"
    assert evidence.facts["why"] == "why not, cli, until Fri 02 Jan 19:00"
    (evidence,) = plugin.check_call(a_call(DOCTOR, line="Cabin")) or ()
    assert evidence.facts["until"] == "2026-01-02T11:00-07:00"


def test_the_last_use_says_so(keep: Keep, a_rule: ARule) -> None:
    (evidence,) = keep([a_rule(RuleKind.ANYONE, "*", RuleList.EXPECTED, uses_left=1)]).check_call(a_call()) or ()
    assert evidence.facts["why"] == "why not, cli, this call only"


WRITTEN = {
    "by the house's clock": ({"until": "2026-01-02T13:00"}, datetime(2026, 1, 2, 12, tzinfo=UTC)),
    "by the line's clock": ({"until": "2026-01-02T05:00", "line": "Cabin"}, datetime(2026, 1, 2, 12, tzinfo=UTC)),
    "with a blank": ({"until": "2026-01-02 13:00"}, datetime(2026, 1, 2, 12, tzinfo=UTC)),
    "with its offset": ({"until": "2026-01-02T13:00+05:00"}, datetime(2026, 1, 2, 8, tzinfo=UTC)),
    "in the night when clocks go back": ({"until": "2026-10-25T02:30"}, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
}


@pytest.mark.parametrize(("limits", "until"), WRITTEN.values(), ids=WRITTEN.keys())
def test_an_end_in_the_file_is_meant_by_the_clock_on_the_wall(
    limits: dict[str, str], until: datetime, keep: Keep
) -> None:
    plugin = keep(block=[{"number": DOCTOR, **limits}], timezone=BERLIN, zones={"Cabin": DENVER})
    assert [rule.until for rule in plugin.stated_rules()] == [until]


def test_hours_and_line_are_taken_from_the_file(keep: Keep) -> None:
    plugin = keep(never_block=[{"number": DOCTOR, "line": "Home", "hours": "Fri 12:00 - 13:00", "note": "school"}])
    (rule,) = plugin.stated_rules()
    assert (rule.list, rule.line, str(rule.schedule), rule.note) == (
        RuleList.NEVER_BLOCK,
        "Home",
        "fri 12:00-13:00",
        "school",
    )
    assert plugin.check_call(a_call(DOCTOR)) is not None
    assert plugin.check_call(a_call(DOCTOR, line="Office")) is None
