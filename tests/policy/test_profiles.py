"""The profiles are what docs/deciding.md tells the household."""

from pathlib import Path

import pytest

from callguard.model.evidence import Rung
from callguard.model.policy import Profile
from callguard.policy.profiles import PROFILES

PAGE = (Path(__file__).parents[2] / "docs" / "deciding.md").read_text("utf-8")


def test_every_profile_has_its_numbers() -> None:
    assert set(PROFILES) == set(Profile)


@pytest.mark.parametrize("profile", Profile)
def test_the_page_has_the_numbers_of_the_profile(profile: Profile) -> None:
    policy = PROFILES[profile]
    cells = [f"`{profile}`", policy.screen_at, policy.block_at, policy.unknown_callers, policy.withheld_callers]
    assert f"| {' | '.join(str(cell) for cell in cells)} |" in PAGE


@pytest.mark.parametrize("rung", Rung)
def test_the_page_has_every_rung(rung: Rung) -> None:
    words = {Rung.EMERGENCY: "emergency and never-block"}.get(rung, rung.words)
    assert f"| {rung.value} {words} |" in PAGE


def test_no_profile_blocks_on_one_source() -> None:
    assert all(policy.source_cap < policy.block_at for policy in PROFILES.values())
