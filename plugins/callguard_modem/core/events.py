"""What the state machine of a modem line tells the shell around it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from callguard import Outcome
from callguard_modem.core.callerid import CallerId


class Phase(StrEnum):
    """What the line is doing."""

    DOWN = "down"
    "The modem cannot be reached."
    PROBE = "probe"
    "It is being asked what it is, and set up."
    IDLE = "idle"
    "It listens for calls."
    RINGING = "ringing"
    BLOCKING = "blocking"
    "A caller is being answered, held and hung up on."
    VERIFY = "verify"
    "The line is down again: only silence proves that the caller is gone."


class Trouble(StrEnum):
    """What is not well, each the code of a problem on the health page."""

    SILENT = "modem-silent"
    "It does not answer; it is opened anew."
    NO_CALLER_ID = "modem-no-caller-id"
    "Two calls in a row came without caller ID, or the modem knows no command for it."
    STUCK = "modem-stuck"
    "It did not confirm that it hung up; it is opened anew."
    NOT_BLOCKED = "modem-cannot-block"
    "No way of hanging up on the last blocked caller worked."
    NO_GREETING = "modem-no-greeting"
    "It has no voice mode, or none in a format that we speak: blocked callers hear nothing."


class Send(NamedTuple):
    """Write these octets to the modem."""

    data: bytes


class Reopen(NamedTuple):
    """Close the device, which drops DTR, and open it anew: then say `lost` and `connected`."""

    reason: str


class StateChanged(NamedTuple):
    """`machine.phase` is another one than before."""

    phase: Phase


class Problem(NamedTuple):
    """Something is not well (*active*), or well again."""

    code: Trouble
    active: bool
    detail: str = ""
    "What the modem said, for people; empty once it is well."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeard:
    """A call came in and wants a verdict: say `machine.verdict(serial, …)` within so many seconds."""

    serial: int
    "Counts the calls of this machine."
    line: str
    "Name of the line: that of the distinctive ring where the household gave it one."
    ring: str
    "What the modem says about the ring (`B`, `1`, `LL`); empty where it says nothing."
    caller: CallerId
    rings: int
    within: float
    "Seconds until the next ring can sound, less what it takes to go off-hook."
    lines: tuple[str, ...]
    "What the modem printed about the call, cleaned."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded:
    """The call is over; said once for each CallHeard, and after it."""

    serial: int
    outcome: Outcome
    "GONE where no verdict had come yet: whoever has one by now may know better (RANG for an allowed caller)."
    rings: int
    method: str = ""
    "How the caller was hung up on: hook, greeting, fax; empty if not."
    verified: bool = False
    "Whether silence proved it."
    note: str = ""
    "One line for the record."
    lines: tuple[str, ...] = ()
    "All that the modem printed about the call, cleaned."


class Closed(NamedTuple):
    """The answer to `close`: nothing more will be sent, the device may be closed."""

    down: bool
    "Whether the modem confirmed that the line is down; if not, closing the device must do it (DTR)."


Event = Send | Reopen | StateChanged | Problem | CallHeard | CallEnded | Closed
