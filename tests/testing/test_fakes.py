from datetime import UTC, datetime
from pathlib import Path

import pytest

from callguard import Rule, RuleKind, RuleList
from callguard.testing import NOON, FakeClock, FakeHousehold, FakeRandomness, a_home

A_RULE = Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value="+12125550199")


def test_a_clock_stands_still_until_it_is_moved() -> None:
    clock = FakeClock()
    before = clock.monotonic()
    clock.advance(90)
    assert (clock.now() - NOON).total_seconds() == 90
    assert clock.monotonic() - before == 90


def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="does not go back"):
        FakeClock().advance(-1)


def test_setting_the_time_of_day_does_not_disturb_what_is_measured() -> None:
    clock = FakeClock()
    before = clock.monotonic()
    clock.set_time_of_day(datetime(2030, 1, 1, tzinfo=UTC))
    assert clock.now().year == 2030
    assert clock.monotonic() == before


def test_chance_repeats_itself_from_the_same_seed_and_only_then() -> None:
    assert FakeRandomness(7).token() == FakeRandomness(7).token()
    assert FakeRandomness(7).token() != FakeRandomness(8).token()
    assert 0 <= FakeRandomness().bits(5) < 32
    assert len(FakeRandomness().token(9)) == 9


def test_changed_rules_have_a_new_revision() -> None:
    household = FakeHousehold()
    before = household.revision()
    household.change([A_RULE])
    assert household.rules() == (A_RULE,)
    assert household.revision() != before


def test_a_home_gives_each_plugin_a_folder_of_its_own(tmp_path: Path) -> None:
    home = a_home(tmp_path, name="mine", country="DE")
    assert home.data_dir.is_relative_to(tmp_path)
    assert home.data_dir != a_home(tmp_path, name="yours").data_dir
    assert (home.name, home.country) == ("mine", "DE")
    assert home.log.name.endswith("mine")
