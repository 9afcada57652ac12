"""A line that hears nothing is the worst of problems, and is said at once."""

import logging
from datetime import UTC, timedelta

import pytest

from callguard import Problem, Severity
from callguard.finding import Found
from callguard.health import Health, import_failures, line_facts
from callguard.plugins import Plugins
from callguard.testing import NOON, FakeClock, FakeLine


def a_house(clock: FakeClock, *lines: FakeLine) -> Health:
    health = Health(Plugins(clock), clock, UTC, clock.now())
    health.lines.extend(lines)
    return health


async def test_a_house_without_a_line_says_that_it_hears_nothing() -> None:
    (problem,) = await a_house(FakeClock()).problems()
    assert (problem.code, problem.severity) == ("no-line", Severity.DEAF)


async def test_losing_and_regaining_a_line_is_logged_once_each(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock = FakeClock()
    line = FakeLine(clock=clock)
    health = a_house(clock, line)
    clock.advance(7320)
    line.go_deaf("the router does not answer", "Check the router.")
    for _ in range(3):
        health.watch()
    assert [r.getMessage() for r in caplog.records] == [
        "line Home is not protecting since 14:02, because the router does not answer: Check the router."
    ]
    assert [p.code for p in await health.problems()] == ["line-deaf"]


async def test_a_problem_keeps_the_time_it_was_first_seen_and_the_worst_comes_first() -> None:
    clock = FakeClock()
    line = FakeLine(clock=clock)
    health = a_house(clock, line)

    def store() -> list[Problem]:
        return [Problem(code="store", severity=Severity.PROBLEM, what="full", since=clock.now(), cure="tidy")]

    health.store_problems = store
    first = (await health.problems())[0].since
    clock.advance(60)
    line.go_deaf()
    problems = await health.problems()
    assert [p.code for p in problems] == ["line-deaf", "store"]
    assert problems[1].since == first == NOON
    assert problems[0].since == NOON + timedelta(seconds=60)


async def test_settings_of_a_line_that_is_not_there_are_noted() -> None:
    clock = FakeClock()
    health = a_house(clock, FakeLine(clock=clock))
    health.configured_lines = ["Home", "Hoem"]
    (problem,) = await health.problems()
    assert (problem.code, problem.where, problem.severity) == ("unknown-line", "Hoem", Severity.NOTE)


def test_a_plugin_that_could_not_be_imported_is_a_problem_with_its_cure() -> None:
    (problem,) = import_failures([Found(name="x", origin="x.py", error="no"), Found(name="y", origin="y.py")], NOON)
    assert (problem.code, problem.where) == ("plugin-not-loaded", "x")
    assert "disabled_plugins" in problem.cure


def test_a_line_is_described_in_json() -> None:
    assert line_facts(FakeLine())["status"] == "starting"
