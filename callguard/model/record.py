"""The call record: all that is needed to explain a verdict years later."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from callguard.model.call import Call
from callguard.model.dnc import DncStatus
from callguard.model.evidence import Evidence, Failure
from callguard.model.policy import Policy
from callguard.model.verdict import Verdict


class Outcome(StrEnum):
    """What the caller and the household experienced."""

    RANG = "rang"
    "Let through: the phones could ring."
    REJECTED = "rejected"
    "Refused with a signalling code; no one answered."
    ANNOUNCED = "announced"
    "Answered, an announcement or a tone played, hung up."
    GONE = "gone"
    "The caller gave up before the verdict was carried out."
    NOT_CARRIED_OUT = "not-carried-out"
    "The line could not do what the verdict asked; the phones may have rung."


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """How a call really ended on the line."""

    outcome: Outcome
    ended_at: datetime
    code: int | None = None
    "Final SIP status that the line sent, where there is one."
    note: str = ""
    "What went differently from what was asked, one line."
    answered: bool | None = None
    "Whether somebody of the household took the call; None if the line cannot tell."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call with everything that was known, asked, decided and done."""

    call: Call
    evidence: tuple[Evidence, ...]
    failures: tuple[Failure, ...]
    policy: Policy
    verdict: Verdict
    timings: Mapping[str, float] = field(default_factory=dict)
    "Milliseconds each plugin took."
    decided_in: float = 0.0
    "Milliseconds from hearing the call to the verdict."
    disposition: Disposition | None = None
    "None while the call is going on, or if the line never said (a crash)."
    software: str = ""
    "Version of CallGuard that judged."
    dnc: DncStatus | None = None
    "The line's own status on a Do Not Call registry when the call came; None if nobody keeps one."
