"""A household with lines in some countries, and the plugin in it."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callguard import Home, Relationship
from callguard.testing import FakeClock, FakeHousehold, a_home
from callguard_dnc.plugin import Dnc
from callguard_dnc.settings import DncConfig

Build = Callable[..., Dnc]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def build(tmp_path: Path, clock: FakeClock) -> Build:
    def built(
        lines: dict[str, Any] | None = None,
        *,
        country: str = "US",
        timezone: str = "America/New_York",
        numbers: dict[str, str] | None = None,
        zones: dict[str, str] | None = None,
        relationships: Iterable[Relationship] = (),
    ) -> Dnc:
        home: Home = a_home(
            tmp_path,
            name="dnc",
            country=country,
            timezone=ZoneInfo(timezone),
            clock=clock,
            household=FakeHousehold(relationships=relationships),
            numbers=numbers or {},
            zones={name: ZoneInfo(zone) for name, zone in (zones or {}).items()},
        )
        return Dnc(DncConfig.model_validate({"lines": lines or {}}), home)

    return built
