"""What the household wants, before a call has come: for each line, at each hour."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from callguard.model.policy import Policy
from callguard.model.schedule import Schedule
from callguard.model.verdict import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The policy of a line, and how it changes in quiet hours."""

    policy: Policy = field(default_factory=Policy)
    quiet_hours: Schedule | None = None
    quiet_callers: Action = Action.BLOCK
    "What happens in quiet hours to callers nobody knows, with or without a number."

    def at(self, local: datetime) -> Policy:
        """Return the policy for a call at the time *local* on the wall."""
        if self.quiet_hours is None or not self.quiet_hours.covers(local):
            return self.policy
        quiet = self.quiet_callers
        return replace(self.policy, unknown_callers=quiet, withheld_callers=quiet, quiet=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdWishes:
    """The wishes of the household, and of the lines that differ."""

    usual: Wishes = field(default_factory=Wishes)
    by_line: Mapping[str, Wishes] = field(default_factory=dict)

    def policy_for(self, line: str, local: datetime) -> Policy:
        """Return the policy for a call on *line* at the time *local* on the wall there."""
        return self.by_line.get(line, self.usual).at(local)
