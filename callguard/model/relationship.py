"""What the household has to do with a company that calls: facts that decide whether a call was allowed."""

from dataclasses import dataclass
from datetime import date, datetime

from callguard.model.law import CallKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """One party the household deals or dealt with, as the household says."""

    id: int = 0
    "Number in the store."
    party: str
    numbers: tuple[str, ...] = ()
    "E.164, or beginnings with a trailing `*`."
    kind: CallKind = CallKind.UNKNOWN
    last_purchase: date | None = None
    "Last purchase, payment or delivery."
    contract_until: date | None = None
    last_inquiry: date | None = None
    consent_on: date | None = None
    consent_revoked_on: date | None = None
    consent_proof: str = ""
    stop_requests: tuple[date, ...] = ()
    "When the household asked not to be called any more."
    note: str = ""
    created_at: datetime | None = None
