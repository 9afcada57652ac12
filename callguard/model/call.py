"""A call as the line heard it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Presentation(StrEnum):
    """Whether the caller's number came with the call."""

    SHOWN = "shown"
    WITHHELD = "withheld"
    "The caller asked the network to keep the number private."
    UNAVAILABLE = "unavailable"
    "The network says that it does not know the number."
    MISSING = "missing"
    "Nothing usable arrived."


class Attestation(StrEnum):
    """What a trusted network said about the right to use the number (RFC 8588 §4, ATIS-1000074)."""

    FULL = "A"
    PARTIAL = "B"
    GATEWAY = "C"
    PASSED = "passed"
    "Validation passed, level not told (verstat TN-Validation-Passed)."
    FAILED = "failed"
    NOT_VALIDATED = "not-validated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who seems to be calling. Everything here was sent by somebody else: never trust it, always escape it."""

    presentation: Presentation
    number: str | None = None
    "The presented number in E.164; None if it was not shown or is no public number (an extension, `anonymous`)."
    text: str = ""
    "The number exactly as it arrived, control characters removed."
    name: str = ""
    "The caller name as sent, control characters removed."
    asserted: tuple[str, ...] = ()
    "Numbers in E.164 that a *trusted* network asserted (RFC 3325); may be known although withheld from people."

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every number a rule may match: the presented one first, then the asserted ones, none twice."""
        found = (self.number, *self.asserted) if self.number else self.asserted
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One incoming call on one of the household's lines."""

    id: str
    "Sorts by time and is unguessable; see `callguard.model.ident`."
    line: str
    "Name of the line that rings, from the configuration."
    received_at: datetime
    "When the line heard it, UTC."
    caller: Caller
    called: str = ""
    "The number that was dialled, in E.164 if possible, else as it arrived."
    diverted_by: tuple[str, ...] = ()
    "Who forwarded the call here, nearest first (RFC 5806, RFC 7044)."
    attestation: Attestation | None = None
    identity: tuple[str, ...] = ()
    "Raw Identity header values (RFC 8224), for checks that verify signatures."
    internal: bool = False
    "A handset or door phone of the house itself: never judged, always let through."
    emergency_callback: bool = False
    "`Priority: psap-callback` (RFC 7090) from a trusted trunk."
    can_screen: bool = False
    "Whether this line can make a caller prove to be a person."
    country: str = "US"
    "ISO 3166 code of the line, by which national numbers are read."
    details: Mapping[str, str] = field(default_factory=dict)
    "What else the adapter knows (user agent, source address …): for people and plugins, never for the policy."
