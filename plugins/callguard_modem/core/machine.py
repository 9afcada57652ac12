"""The state machine of one modem line: octets and time in, octets and events out."""

from array import array
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from callguard_modem.core.events import Event, Phase
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


class Machine:
    """One modem, as far as its octets go. Read `events` (and empty it) after every call of a method."""

    def __init__(self, setup: Setup) -> None:
        self.events: deque[Event] = deque()
        self.phase = Phase.DOWN
        self.profile: Profile
        "The profile in use: the defaults until the modem said what it is."
        self.identity: dict[str, str] = {}
        "What it answered to which identifying command (`AT+GMM`: `V92`)."
        self.classes: frozenset[str] = frozenset()
        "What it answered to AT+FCLASS=?: 0 data, 1 fax, 8 voice."

    @property
    def may_be_up(self) -> bool:
        """Whether the line may be off-hook because of us."""
        raise NotImplementedError

    def next_timer(self) -> float | None:
        """Return when `on_timer` wants to be called, in the seconds of every *now*."""
        raise NotImplementedError

    def on_timer(self, now: float) -> None:
        """Do what is due."""

    def connected(self, now: float) -> None:
        """Learn that the device is open: the probe begins."""

    def lost(self, now: float) -> None:
        """Learn that the device is gone or was closed; a call under way ends as not carried out."""

    def receive(self, data: bytes, now: float) -> None:
        """Take octets of the modem."""

    def verdict(self, serial: int, *, block: bool, now: float) -> None:
        """Hear what to do with a call; a verdict about a call that is over is ignored."""

    def close(self, now: float) -> None:
        """Bring the line down whatever is going on, end the call under way and say Closed (at most 4 s later)."""
