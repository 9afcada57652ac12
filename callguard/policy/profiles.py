"""The profiles: one choice for a household instead of five numbers."""

from callguard.model.policy import Policy, Profile
from callguard.model.verdict import Action

PROFILES = {
    Profile.GENTLE: Policy(profile=Profile.GENTLE, block_at=120, screen_at=80),
    Profile.NORMAL: Policy(profile=Profile.NORMAL),
    Profile.STRICT: Policy(
        profile=Profile.STRICT,
        block_at=80,
        screen_at=40,
        unknown_callers=Action.SCREEN,
        withheld_callers=Action.SCREEN,
    ),
    Profile.CONTACTS_ONLY: Policy(
        profile=Profile.CONTACTS_ONLY,
        unknown_callers=Action.BLOCK,
        withheld_callers=Action.BLOCK,
    ),
}
"""Weights are 0 to 100 and one source counts for at most 60, so that no profile blocks on one source alone."""
