"""What a household wants of one modem line."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field

from callguard_modem.core.profile import Catalogue, Method, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the household wants of one modem."""

    line: str
    country: str
    catalogue: Catalogue
    profile: str = ""
    "Name of the profile to use; empty: the one whose patterns fit the modem's answers."
    usb: str = ""
    "`0572:1340`, where the device tells its USB id."
    method: Method | None = None
    "How to hang up on blocked callers first; None: as suits the modem."
    hold: float = 2.0
    "Seconds that a blocked caller is kept off-hook."
    greeting: "array[int] | None" = None
    "16-bit samples at 8 kHz (see core/audio.py); None: blocked callers hear nothing."
    rings: Mapping[str, str] = field(default_factory=dict)
    "Names of lines by distinctive ring."
    within: float | None = None
    "Seconds a verdict may take; None: until the next ring."
    before_ring: bool = False
    "Whether a call may be answered that has not rung yet."

    def choose(self, identity: Mapping[str, str]) -> Profile:
        """Return the profile that is wished for, or that fits."""
        return self.catalogue.named(self.profile) if self.profile else self.catalogue.choose(identity, self.usb)
