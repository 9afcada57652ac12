"""The household's wishes, as data."""

from dataclasses import dataclass
from enum import StrEnum

from callguard.model.verdict import Action


class Profile(StrEnum):
    """A named set of numbers, so that a household has one choice to make instead of five."""

    GENTLE = "gentle"
    NORMAL = "normal"
    STRICT = "strict"
    CONTACTS_ONLY = "contacts-only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the household wants done; stored with every record, so that a verdict can be reproduced."""

    profile: Profile = Profile.NORMAL
    block_at: int = 100
    "Score from which two independent sources block."
    screen_at: int = 60
    "Score from which signals screen."
    source_cap: int = 60
    "The most one source can add to the score."
    unknown_callers: Action = Action.RING
    withheld_callers: Action = Action.RING
    "For callers who withheld the number."
    instead_of_screening: Action = Action.RING
    "What a line does that cannot screen yet: ring or block."
    unlawful_calls: Action | None = None
    "For calls that another signal classified as telemarketing, to a registered line; None: nothing more."
    lawful_calls: Action | None = None
    "For telemarketing to a line that is not registered."
    exempt_calls: Action | None = None
    "For calls that the law allows although the line is registered: charities, surveys, companies you deal with."
    quiet: bool = False
    "The call came in quiet hours, and `unknown_callers` and `withheld_callers` are those of quiet hours."
    log_only: bool = False
    "Every call rings; the record says what would have been done."
