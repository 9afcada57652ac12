"""A house in which only numbers are looked at."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callguard import Call, Evidence
from callguard.testing import FakeClock, FakeHousehold, a_call, a_home, apart_here
from callguard_numbercheck.plugin import NumberCheck

Build = Callable[..., NumberCheck]
Codes = Callable[..., list[str]]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def household() -> FakeHousehold:
    return FakeHousehold()


@pytest.fixture
def build(tmp_path: Path, clock: FakeClock, household: FakeHousehold) -> Build:
    """Return a function that builds the plugin from its section, as config.yaml would."""

    def built(country: str = "US", numbers: dict[str, str] | None = None, **section: Any) -> NumberCheck:
        home = a_home(
            tmp_path,
            name="numbercheck",
            country=country,
            clock=clock,
            household=household,
            apart=apart_here,
            numbers={"Home": "+13035550100"} if numbers is None else numbers,
        )
        written = replace(home, written_at=lambda key: f"config.yaml:{key}")
        return NumberCheck(NumberCheck.Config.model_validate(section), written)

    return built


@pytest.fixture
def found() -> Callable[[NumberCheck, Call], dict[str, Evidence]]:
    """Return a function that gives what a plugin says of a call, by code."""

    def by_code(plugin: NumberCheck, call: Call) -> dict[str, Evidence]:
        return {evidence.code: evidence for evidence in plugin.check_call(call) or ()}

    return by_code


@pytest.fixture
def a_stranger() -> Call:
    return a_call("+12125550188")
