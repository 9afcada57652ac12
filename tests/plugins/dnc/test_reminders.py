from datetime import UTC, datetime

import pytest

from callguard import Severity
from callguard.testing import FakeClock
from tests.plugins.dnc.conftest import Build

CASES = {
    "nothing said": ({}, "US", ["dnc-undeclared"]),
    "not registered": ({"not_registered": True}, "US", ["dnc-not-registered"]),
    "in the grace": ({"registered_on": "2026-05-20"}, "US", ["dnc-grace"]),
    "never verified": ({"registered_on": "2026-03-01"}, "US", ["dnc-unverified"]),
    "verified": ({"registered_on": "2026-03-01", "verified_on": "2026-04-02"}, "US", []),
    "a business": ({"kind": "business"}, "US", []),
    "no registry known": ({}, "DE", []),
    "registered in the future": ({"registered_on": "2026-07-01"}, "US", []),
    "a file that is not there": ({"file": "nowhere.txt"}, "US", ["dnc-file"]),
}


@pytest.mark.parametrize(("declared", "country", "codes"), CASES.values(), ids=CASES.keys())
def test_the_household_is_reminded_of_what_is_open(
    build: Build, clock: FakeClock, declared: dict[str, object], country: str, codes: list[str]
) -> None:
    clock.set_time_of_day(datetime(2026, 6, 1, 12, tzinfo=UTC))
    problems = build(
        {"Home": declared}, country=country, numbers={"Home": "+4930555010"} if country == "DE" else None
    )
    found = problems.health()
    assert [one.code for one in found] == codes
    assert all(one.severity is Severity.NOTE and one.where == "Home" and one.cure for one in found)


def test_a_reminder_counts_the_days(build: Build, clock: FakeClock) -> None:
    clock.set_time_of_day(datetime(2026, 6, 1, 12, tzinfo=UTC))
    (one,) = build({"Home": {"registered_on": "2026-05-20"}}).health()
    assert one.what == "Home is on day 12 of 31 of its registration on the National Do Not Call Registry"
    assert one.cure == "Wait: calls count from 2026-06-20 on."


def test_a_reminder_goes_away_by_itself(build: Build, clock: FakeClock) -> None:
    plugin = build({"Home": {"registered_on": "2026-05-20", "verified_on": "2026-05-20"}})
    clock.set_time_of_day(datetime(2026, 6, 19, 12, tzinfo=UTC))
    assert [one.code for one in plugin.health()] == ["dnc-grace"]
    clock.set_time_of_day(datetime(2026, 6, 20, 12, tzinfo=UTC))
    assert plugin.health() == []


def test_it_is_told_how_to_verify(build: Build, clock: FakeClock) -> None:
    clock.set_time_of_day(datetime(2026, 6, 1, 12, tzinfo=UTC))
    (one,) = build({"Home": {"registered_on": "2026-03-01"}}).health()
    assert "1-888-382-1222" in one.cure
    assert "callguard dnc verify Home --verified-on DATE" in one.cure


def test_a_line_whose_number_is_known_is_asked_about(build: Build) -> None:
    assert [one.where for one in build(numbers={"Home": "+13035550100"}).health()] == ["Home"]
    assert build().health() == []
