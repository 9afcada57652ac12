"""What the household wants depends on the line and the hour there."""

from datetime import datetime

import pytest

from callguard.model.policy import Policy
from callguard.model.schedule import Schedule
from callguard.model.verdict import Action
from callguard.policy.wishes import HouseholdWishes, Wishes

NIGHT = Wishes(quiet_hours=Schedule.parse("22:00-07:00"))


@pytest.mark.parametrize(
    ("local", "action"),
    [
        pytest.param("2026-11-23T21:59", Action.RING, id="a minute before"),
        pytest.param("2026-11-23T22:00", Action.BLOCK, id="as it begins"),
        pytest.param("2026-11-24T06:59", Action.BLOCK, id="the last minute, next morning"),
        pytest.param("2026-11-24T07:00", Action.RING, id="as it ends"),
    ],
)
def test_in_quiet_hours_unknown_callers_do_not_ring(local: str, action: Action) -> None:
    policy = NIGHT.at(datetime.fromisoformat(local))
    assert (policy.unknown_callers, policy.withheld_callers) == (action, action)
    assert policy.quiet is (action is Action.BLOCK)


def test_quiet_hours_change_nothing_else() -> None:
    usual = Policy(block_at=80, log_only=True)
    quiet = Wishes(policy=usual, quiet_hours=Schedule.parse("22:00-07:00"), quiet_callers=Action.SCREEN)
    policy = quiet.at(datetime.fromisoformat("2026-11-23T23:00"))
    assert (policy.block_at, policy.log_only, policy.unknown_callers) == (80, True, Action.SCREEN)


def test_a_line_may_have_wishes_of_its_own() -> None:
    wishes = HouseholdWishes(by_line={"Office": Wishes(policy=Policy(unknown_callers=Action.BLOCK))})
    noon = datetime.fromisoformat("2026-11-23T12:00")
    assert wishes.policy_for("Office", noon).unknown_callers is Action.BLOCK
    assert wishes.policy_for("Home", noon).unknown_callers is Action.RING
