"""One call seen with the household's facts and the law: everything that a rule may look at."""

from dataclasses import dataclass, replace
from datetime import date

from callguard import (
    Agency,
    CallKind,
    CallRecord,
    Circumstances,
    DncStatus,
    Exempt,
    Jurisdiction,
    Outcome,
    Presentation,
    Relationship,
    exemptions_for,
    relationship_with,
)
from callguard_complaints.answers import day, kind_of_call, said, yes_or_no

_SILENT = {Outcome.REJECTED, Outcome.ANNOUNCED, Outcome.GONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A call about which somebody may want to complain."""

    record: CallRecord
    household: Circumstances
    jurisdiction: Jurisdiction | None
    agency: Agency | None
    "The one that was asked for, or the one that handles such calls."
    on: date
    "The day of the call where the line is."
    kind: CallKind
    prerecorded: bool | None
    sold: bool | None
    "Whether something was sold, by the kind of call or the household's answer."
    is_text: bool
    relationship: Relationship | None
    "None: nobody has said whether there is one."
    exempt: tuple[Exempt, ...]

    @property
    def dnc(self) -> DncStatus | None:
        """The line's registration when the call came, by what is known today."""
        return self.household.dnc or self.record.dnc

    @property
    def number(self) -> str:
        """The number that caller ID showed, in E.164; empty if it showed none."""
        caller = self.record.call.caller
        return caller.number or "" if caller.presentation is Presentation.SHOWN else ""

    @property
    def name(self) -> str:
        """The name the caller gave, as the household says."""
        return said(self.household.answers, "caller_name")

    @property
    def is_customer(self) -> bool | None:
        """Whether the household deals with the caller, by its answer, else by what it keeps about it."""
        answered = yes_or_no(self.household.answers, "business")
        if answered is None and self.relationship is not None and _has_dealings(self.relationship):
            return True
        return answered

    def says(self, exemption: str) -> bool | None:
        """Return the household's answer where nobody but it can say whether an exemption holds."""
        return yes_or_no(self.household.answers, exemption)

    @property
    def asked_to_stop(self) -> bool | None:
        """Whether the household had asked the caller to stop, by its answer, else by its notes."""
        answered = yes_or_no(self.household.answers, "asked_to_stop")
        if answered is None and self.stopped_on is not None:
            return True
        return answered

    @property
    def stopped_on(self) -> date | None:
        """The last day before the call on which the household asked the caller to stop."""
        asked = self.relationship.stop_requests if self.relationship else ()
        return max((one for one in asked if one < self.on), default=None)


def is_unheard(record: CallRecord) -> bool:
    """Tell whether nobody of the household can have heard what the call was about."""
    ended = record.disposition
    return ended is not None and (ended.outcome in _SILENT or ended.answered is False)


def as_case(record: CallRecord, household: Circumstances, agency: Agency | None) -> Case:
    """Put together what is known about a call."""
    answers = household.answers
    on = (household.local_time or record.call.received_at).date()
    kind, sold = kind_of_call(answers), sold_something(household)
    relationship = _relationship(record, household)
    law = household.jurisdiction
    return Case(
        record=record,
        household=household,
        jurisdiction=law,
        agency=agency,
        on=on,
        kind=kind,
        prerecorded=yes_or_no(answers, "prerecorded"),
        sold=sold,
        is_text=said(answers, "medium").casefold() == "text",
        relationship=relationship,
        exempt=exemptions_for(law, kind, relationship, on, selling=sold) if law else (),
    )


def sold_something(household: Circumstances) -> bool | None:
    """Tell whether something was sold; None if nobody has said."""
    if kind_of_call(household.answers) in (CallKind.SALES, CallKind.FRAUD):
        return True
    return yes_or_no(household.answers, "tried_to_sell")


def _has_dealings(one: Relationship) -> bool:
    return any((one.last_purchase, one.contract_until, one.last_inquiry, one.consent_on))


def _relationship(record: CallRecord, household: Circumstances) -> Relationship | None:
    """Return what the household keeps about the caller, with what its answers add; None if there is neither."""
    caller, answers = record.call.caller, household.answers
    number = caller.number if caller.presentation is Presentation.SHOWN else None
    kept = relationship_with(household.relationships, number)
    bought = day(answers, "last_purchase") if yes_or_no(answers, "business") is not False else None
    stopped = day(answers, "stop_date") if yes_or_no(answers, "asked_to_stop") is not False else None
    if kept is None and bought is None and stopped is None:
        return None
    found = kept or Relationship(party=said(answers, "caller_name") or "the caller")
    return replace(
        found,
        last_purchase=max((one for one in (bought, found.last_purchase) if one), default=None),
        stop_requests=(*found.stop_requests, stopped) if stopped else found.stop_requests,
    )
