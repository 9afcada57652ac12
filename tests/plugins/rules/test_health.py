"""Rules that cannot work as they are, and what to do about it."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from callguard import Rule, RuleKind, Severity
from callguard.testing import FakeHousehold, HookRunner, a_call, a_home
from callguard_rules import patterns
from callguard_rules.plugin import Rules

DOCTOR = "+13035550147"
ARule = Callable[..., Rule]
Keep = Callable[..., Rules]


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away google-re2."""

    def without(name: str) -> Any:
        if name == "re2":
            raise ImportError(name)
        return import_module(name)

    monkeypatch.setattr(patterns, "import_module", without)
    monkeypatch.setattr("callguard.model.rulevalue.import_module", without)


def test_a_healthy_house_has_no_problems(keep: Keep, a_rule: ARule) -> None:
    assert (
        keep([a_rule(RuleKind.PATTERN, "7$")], block=[{"number": DOCTOR, "until": "2030-01-01T00:00"}]).health() == []
    )


def test_a_rule_that_ended_in_the_file_is_noted_and_does_nothing(keep: Keep) -> None:
    plugin = keep(block=[{"number": DOCTOR, "until": "2025-12-01T18:00"}, "+44*"])
    (problem,) = plugin.health()
    assert (problem.code, problem.severity) == ("rule-expired-in-file", Severity.NOTE)
    assert problem.what == "the rule for (303) 555-0147 ended on 01 Dec 2025: it does nothing any more"
    assert problem.cure == "take it out of the file, or give it a later `until`"
    assert problem.where == "your configuration"
    assert plugin.check_call(a_call(DOCTOR)) is None


@pytest.mark.usefixtures("no_library")
def test_stored_patterns_without_their_library_are_skipped_and_said_to_be(keep: Keep, a_rule: ARule) -> None:
    plugin = keep([a_rule(RuleKind.PATTERN, "7$"), a_rule(RuleKind.PATTERN, "8$"), a_rule(RuleKind.PREFIX, "+1")])
    (problem,) = plugin.health()
    assert (problem.code, problem.severity) == ("pattern-unavailable", Severity.PROBLEM)
    assert problem.what.startswith("2 rules (7$, 8$) are not looked at, because the library")
    assert "[regex]" in problem.cure
    assert [e.code for e in plugin.check_call(a_call(DOCTOR)) or ()] == ["blocked-prefix"]


@pytest.mark.usefixtures("no_library")
def test_a_pattern_in_the_file_without_its_library_is_a_mistake_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(
        Exception, match=r"rules\.block\.0\.pattern: patterns cannot be used here yet: install .*\[regex\]"
    ):
        HookRunner(Rules, tmp_path, {"block": [{"pattern": "7$"}]})


UNUSABLE = {
    "a broken pattern": (RuleKind.PATTERN, "(1"),
    "an empty beginning": (RuleKind.PREFIX, ""),
    "a range of one end": (RuleKind.RANGE, "+13035550100"),
    "a range of two lengths": (RuleKind.RANGE, "+1303-+13035550100"),
}


@pytest.mark.parametrize(("kind", "value"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_stored_rule_that_means_nothing_spoils_no_other(
    kind: RuleKind, value: str, keep: Keep, a_rule: ARule
) -> None:
    good = [a_rule(RuleKind.PATTERN, f"{i}147$") for i in range(20)]
    plugin = keep([*good[:10], a_rule(kind, value), *good[10:], a_rule(RuleKind.RANGE, f"{DOCTOR}-{DOCTOR}")])
    (problem,) = plugin.health()
    assert (problem.code, problem.severity) == ("rule-unusable", Severity.PROBLEM)
    assert f"1 rule ({value})" in problem.what
    assert [e.code for e in plugin.check_call(a_call(DOCTOR)) or ()] == ["blocked-range"]
    assert [e.code for e in plugin.check_call(a_call("+12125550147")) or ()] == ["blocked-pattern"]


@pytest.mark.parametrize("kind", RuleKind)
@pytest.mark.parametrize("value", ["", "*", "+", "-", "\ud800", "x" * 10_000])
def test_no_stored_value_breaks_the_check(kind: RuleKind, value: str, keep: Keep, a_rule: ARule) -> None:
    plugin = keep([a_rule(kind, value), a_rule(RuleKind.EXACT, DOCTOR)])
    found = plugin.check_call(a_call(DOCTOR)) or ()
    assert "blocked-number" in [evidence.code for evidence in found]
    plugin.health()


def test_problems_are_those_of_the_rules_as_they_are_now(tmp_path: Path, a_rule: ARule) -> None:
    household = FakeHousehold([a_rule(RuleKind.PATTERN, "(1")])
    plugin = Rules(Rules.Config(), a_home(tmp_path, name="rules", household=household))
    assert [problem.code for problem in plugin.health()] == ["rule-unusable"]
    household.change([])
    assert plugin.health() == []
