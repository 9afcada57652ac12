"""Whether a registered line might be called all the same: exemptions, each with its answer for one call."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from callguard.law.days import add_months, after_business_days
from callguard.model.law import CallKind, Exemption, Jurisdiction
from callguard.model.relationship import Relationship

_EXACTLY = 1000


class Applies(StrEnum):
    """Whether an exemption holds for a call."""

    APPLIES = "applies"
    DOES_NOT_APPLY = "does-not-apply"
    UNKNOWN = "unknown"
    "Only the household can say; see the question."


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempt:
    """One exemption of a jurisdiction, and whether it holds for one call."""

    exemption: str
    "Its id."
    applies: Applies
    reason: str
    "One sentence."
    until: date | None = None
    "The last day on which it holds; None: no end is known."
    question: str = ""
    "What to ask the household; only where the answer is unknown."


def relationship_with(relationships: Iterable[Relationship], number: str | None) -> Relationship | None:
    """Return the party that *number* (E.164) belongs to, by the number itself or else by its longest beginning."""
    best, longest = None, -1
    for relationship in relationships if number else ():
        for known in relationship.numbers:
            fit = _fit(known, number or "")
            if fit > longest:
                best, longest = relationship, fit
    return best


def exemptions_for(
    jurisdiction: Jurisdiction,
    kind: CallKind,
    relationship: Relationship | None,
    on: date,
    *,
    selling: bool | None = None,
) -> tuple[Exempt, ...]:
    """Return every exemption of *jurisdiction* with its answer for a call of the day *on*.

    *kind* is what the call was about; *selling* whether the caller tried to sell something, None if nobody said.
    An exemption limits complaints, never the household's right to refuse the call.
    """
    if kind is CallKind.UNKNOWN and relationship is not None:
        kind = relationship.kind
    return tuple(_exempt(one, kind, relationship, on, selling) for one in jurisdiction.exemptions)


def rests_on_relationship(exemption: Exemption) -> bool:
    """Tell whether the household's dealings decide about *exemption*, not what the call was about."""
    has_months = exemption.purchase_months is not None or exemption.inquiry_months is not None
    return exemption.consent or exemption.while_customer or has_months


def _exempt(
    exemption: Exemption, kind: CallKind, relationship: Relationship | None, on: date, selling: bool | None
) -> Exempt:
    by_kind = _by_kind(exemption, kind, selling)
    if by_kind.applies is Applies.DOES_NOT_APPLY or not rests_on_relationship(exemption):
        return by_kind
    if kind is CallKind.FRAUD:
        return _no(exemption, "a swindler has no relationship with you, whatever number is shown")
    if relationship is None:
        return _ask(exemption, "nothing is noted about dealings with this caller")
    stopped = _stopped(exemption, relationship, on)
    if stopped is not None:
        return stopped
    found = (
        _by_consent(exemption, relationship, on) if exemption.consent else _by_dealings(exemption, relationship, on)
    )
    return found if found.applies is not Applies.APPLIES or by_kind.applies is Applies.APPLIES else by_kind


def _by_kind(exemption: Exemption, kind: CallKind, selling: bool | None) -> Exempt:
    if exemption.kinds:
        if kind is CallKind.UNKNOWN:
            return _ask(exemption, "it is not known what the call was about")
        if kind not in exemption.kinds:
            return _no(exemption, f"it is not about calls of this kind ({kind.value})")
    if exemption.unless_selling and selling is not False:
        if selling:
            return _no(exemption, "the caller tried to sell something")
        return _ask(exemption, "it is not known whether the caller tried to sell something")
    if exemption.household_says:
        return _ask(exemption, "only you can say")
    return Exempt(
        exemption=exemption.id, applies=Applies.APPLIES, reason=f"calls of this kind ({kind.value}) are exempt"
    )


def _stopped(exemption: Exemption, relationship: Relationship, on: date) -> Exempt | None:
    if not exemption.ended_by_stop_request:
        return None
    # A new purchase does not take a request to stop back; a consent given later does.
    since = relationship.consent_on if exemption.consent else None
    stops = [
        day
        for day in relationship.stop_requests
        if _honoured_by(exemption, day) < on and (since is None or day >= since)
    ]
    if not stops:
        return None
    return _no(exemption, f"you asked {relationship.party} on {min(stops)} not to call any more")


def _honoured_by(exemption: Exemption, asked: date) -> date:
    """Return the last day on which a company may still call that was asked to stop on that day."""
    return after_business_days(asked, exemption.stop_request_business_days) + timedelta(exemption.stop_request_days)


def _by_consent(exemption: Exemption, relationship: Relationship, on: date) -> Exempt:
    given, revoked = relationship.consent_on, relationship.consent_revoked_on
    if given is None:
        return _ask(exemption, f"no consent to calls from {relationship.party} is noted")
    if given > on:
        return _no(exemption, f"you gave {relationship.party} your consent on {given}, after the call")
    end = _honoured_by(exemption, revoked) if revoked is not None else None
    if end is not None and end < on:
        return _no(exemption, f"you revoked your consent to calls from {relationship.party} on {revoked}")
    reason = f"you gave {relationship.party} your consent on {given}"
    return Exempt(exemption=exemption.id, applies=Applies.APPLIES, reason=reason, until=end)


def _by_dealings(exemption: Exemption, relationship: Relationship, on: date) -> Exempt:
    windows = list(_windows(exemption, relationship))
    if not windows:
        return _ask(exemption, f"no date of your dealings with {relationship.party} is noted")
    open_ones = [(end, reason) for begin, end, reason in windows if begin <= on <= end]
    if open_ones:
        end, reason = max(open_ones)
        return Exempt(exemption=exemption.id, applies=Applies.APPLIES, reason=reason, until=end)
    if any(begin > on for begin, _, _ in windows):
        return _ask(exemption, f"all that is noted about {relationship.party} came after the call")
    end, reason = max((end, reason) for _, end, reason in windows)
    return _no(exemption, f"{reason}, which counted until {end}")


def _windows(exemption: Exemption, relationship: Relationship) -> Iterable[tuple[date, date, str]]:
    """Return from when until when each dealing counts, both days included, and what it was."""
    party = relationship.party
    contract = relationship.contract_until
    if exemption.while_customer and contract is not None:
        yield date.min, contract, f"your contract with {party} runs or ran until {contract}"
    if exemption.purchase_months is not None:
        bought = relationship.last_purchase
        if bought is not None:
            yield bought, add_months(bought, exemption.purchase_months), f"you last bought from {party} on {bought}"
        if contract is not None:
            end = add_months(contract, exemption.purchase_months)
            yield date.min, end, f"your contract with {party} runs or ran until {contract}"
    asked = relationship.last_inquiry
    if exemption.inquiry_months is not None and asked is not None:
        yield asked, add_months(asked, exemption.inquiry_months), f"you last inquired of {party} on {asked}"


def _fit(known: str, number: str) -> int:
    """Return how well a noted number fits, -1 if not at all; a lone `*` or `+*` would be everybody, and is nobody."""
    if not known.endswith("*"):
        return _EXACTLY if known == number else -1
    beginning = known[:-1]
    return len(beginning) if len(beginning) > 1 and number.startswith(beginning) else -1


def _no(exemption: Exemption, reason: str) -> Exempt:
    return Exempt(exemption=exemption.id, applies=Applies.DOES_NOT_APPLY, reason=reason)


def _ask(exemption: Exemption, reason: str) -> Exempt:
    return Exempt(exemption=exemption.id, applies=Applies.UNKNOWN, reason=reason, question=exemption.question)
