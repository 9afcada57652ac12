"""What the tests of the rules plugin share."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

import pytest

from callguard import Rule, RuleKind, RuleList
from callguard.testing import FakeHousehold, a_home
from callguard_rules.plugin import Rules

Keep = Callable[..., Rules]
ARule = Callable[..., Rule]


@pytest.fixture
def a_rule() -> ARule:
    """Return a function that makes a stored rule."""

    def made(kind: RuleKind, value: str, on: RuleList = RuleList.BLOCK, **changes: Any) -> Rule:
        return replace(Rule(id=7, list=on, kind=kind, value=value, note="why not", origin="cli"), **changes)

    return made


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    """Return a function that builds the plugin in a house that keeps *rules*."""

    def built(
        rules: Iterable[Rule] = (), *, timezone: tzinfo = UTC, zones: dict[str, tzinfo] | None = None, **section: Any
    ) -> Rules:
        household = FakeHousehold(rules)
        home = a_home(tmp_path, name="rules", household=household, timezone=timezone, zones=zones)
        return Rules(Rules.Config.model_validate(section), home)

    return built
