"""What an endpoint tells the shell around it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from callguard import Outcome
from callguard_sip.core.flow import Flow
from callguard_sip.core.message import Request
from callguard_sip.core.sdp import Media

if TYPE_CHECKING:
    from callguard_sip.core.uas import Session


class Rings(NamedTuple):
    """A call came in and wants a verdict."""

    session: "Session"
    request: Request
    source: Flow
    now: float


class Talks(NamedTuple):
    """An answered caller is there: play the announcement, then hang up."""

    session: "Session"
    media: Media


class Ends(NamedTuple):
    """A call is over; `session.ending` says how."""

    session: "Session"


class Connect(NamedTuple):
    """Open a way to this registrar address, instead of any way that is open; say `link_up` or `link_failed`."""

    target: Flow


class Disconnect(NamedTuple):
    """Close this connection: what comes from it makes no sense."""

    flow: Flow


class StandingChanged(NamedTuple):
    """`endpoint.standing` is another one than before."""


class Dropped(NamedTuple):
    """A packet was dropped, and the log should say so."""

    source: str
    reason: str
    agent: str
    "What the sender calls itself, harmless characters only."


Event = Rings | Talks | Ends | Connect | Disconnect | StandingChanged | Dropped


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended on the line."""

    outcome: Outcome
    code: int | None = None
    note: str = ""
    answered: bool | None = None
    "Whether somebody of the household took the call; None where nobody told us."


class Trouble(StrEnum):
    """Why a line hears no calls."""

    NONE = ""
    NAME = "name-unknown"
    SILENT = "registrar-silent"
    REFUSED = "connection-refused"
    LOST = "connection-lost"
    CERTIFICATE = "certificate-refused"
    PASSWORD = "wrong-password"
    DOWNGRADE = "weaker-digest"
    DIGEST = "unknown-digest"
    REJECTED = "registration-rejected"
    STRANGE = "strange-answer"
    SOCKET = "no-socket"
