"""Whether, where and why one may complain about a call: a table of rules, the first that speaks decides.

The rules are those of lists-and-law §4.3: exemptions limit complaints, the registration supports one, and what nobody
knows stays a question.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from callguard import (
    Applies,
    Assessment,
    CallKind,
    DncState,
    Eligibility,
    Exempt,
    Exemption,
    Question,
    rests_on_relationship,
    within_hours,
)
from callguard_complaints.agencies import DEBT, SPOOFING, TEXT, handler, is_nameless, specialist
from callguard_complaints.answers import SUBJECT, YES_NO, day, question, said
from callguard_complaints.case import Case, is_unheard

_OPEN = {Eligibility.ELIGIBLE, Eligibility.ROBOCALL_ONLY, Eligibility.NEEDS_ANSWERS}


@dataclass(frozen=True, slots=True)
class _Found:
    eligibility: Eligibility
    reason: str
    agency: str = ""


def assess(case: Case, today: date | None) -> Assessment:
    """Return what may be done about the call, why, and what is still to be answered."""
    found = next(found for rule in _RULES if (found := rule(case, today)) is not None)
    is_open = found.eligibility in _OPEN
    return Assessment(
        eligibility=found.eligibility,
        agency=found.agency or (case.agency.id if case.agency else ""),
        reasons=(found.reason, *_circumstances(case)),
        questions=tuple(_questions(case)) if is_open else (),
        warnings=tuple(_warnings(case)),
        deadline=_deadline(case) if is_open else None,
    )


def _no_form(case: Case, _: date | None) -> _Found | None:
    law = case.jurisdiction
    if law is None:
        return _Found(Eligibility.NO_FORM, "No complaint form is known for where this line is: export only.")
    if not law.agencies:
        return _Found(Eligibility.NO_FORM, f"No complaint form is known for {law.name}: export only.")
    if case.agency is None:
        return _Found(Eligibility.NO_FORM, f"{law.name} has no agency of that name: export only.")
    return None


def _of_the_house(case: Case, _: date | None) -> _Found | None:
    if case.record.call.internal:
        return _Found(Eligibility.NOT_ELIGIBLE, "A handset or door phone of the house called.")
    return None


def _text(case: Case, _: date | None) -> _Found | None:
    return _elsewhere(case, TEXT, "text messages") if case.is_text else None


def _debt(case: Case, _: date | None) -> _Found | None:
    return _elsewhere(case, DEBT, "debt collectors") if case.kind is CallKind.DEBT else None


def _elsewhere(case: Case, what: str, words: str) -> _Found | None:
    if case.agency and what in case.agency.handles:
        return None
    other = specialist(case.jurisdiction, what)
    if other is None:
        return _Found(Eligibility.NOT_ELIGIBLE, f"Nobody is known here who takes complaints about {words}.")
    return _Found(Eligibility.OTHER_AGENCY, f"Complaints about {words} go to the {other.name}: {other.url}", other.id)


def _nameless(case: Case, _: date | None) -> _Found | None:
    if case.agency is None or SPOOFING in case.agency.handles or not is_nameless(case.record, case.household):
        return None
    needs = f"Caller ID showed no number and no name is known: the {case.agency.name} needs one of them."
    other = handler(case.jurisdiction, SPOOFING)
    only = f" Only the {other.name} takes a complaint about such a call." if other else ""
    return _Found(Eligibility.NOT_ELIGIBLE, needs + only)


def _too_late(case: Case, today: date | None) -> _Found | None:
    deadline = _deadline(case)
    if deadline is None or today is None or today <= deadline:
        return None
    who = f"The {case.agency.name}" if case.agency else "It"
    return _Found(Eligibility.NOT_ELIGIBLE, f"{who} took complaints about this call until {deadline}.")


def _not_covered(case: Case, _: date | None) -> _Found | None:
    if case.dnc and case.dnc.state is DncState.NOT_APPLICABLE:
        return _Found(Eligibility.NOT_ELIGIBLE, "The registry does not cover this line, such as one of a business.")
    return None


def _nothing_sold(case: Case, _: date | None) -> _Found | None:
    if case.kind is CallKind.UNKNOWN or case.sold:
        return None
    applies = next((one for one in case.exempt if _is_of_kind(case, one) and one.applies is Applies.APPLIES), None)
    if applies is not None:
        return _Found(Eligibility.NOT_ELIGIBLE, _because(applies))
    if case.kind is CallKind.INFORMATION:
        if case.sold is None:
            return _Found(Eligibility.NEEDS_ANSWERS, "A notice counts only if it tried to sell something.")
        return _Found(Eligibility.NOT_ELIGIBLE, "Nothing was sold: the registry is about sales calls.")
    return None


def _robocall(case: Case, _: date | None) -> _Found | None:
    law = case.jurisdiction
    if not (case.prerecorded and case.sold and law and law.robocalls_need_consent):
        return None
    consent = next((one for one in _of_consent(case) if one.applies is Applies.APPLIES), None)
    if consent is not None:
        return _Found(Eligibility.NOT_ELIGIBLE, _because(consent))
    return _Found(
        Eligibility.ELIGIBLE, "A prerecorded sales call needs your written consent, registered line or not."
    )


def _unregistered(case: Case, _: date | None) -> _Found | None:
    """Speak for every state of the registration but `registered`."""
    state = case.dnc.state if case.dnc else DncState.UNKNOWN
    registry = case.jurisdiction.registry if case.jurisdiction else None
    if state is DncState.REGISTERED or registry is None:
        return None
    if state is DncState.UNKNOWN:
        how = f"{registry.verify} {registry.verify_url}".strip()
        return _Found(Eligibility.NEEDS_ANSWERS, f"Nobody has said whether the line is on the {registry.name}. {how}")
    why = f"The line was not on the {registry.name} when the call came."
    if state is DncState.GRACE and case.dnc:
        why = f"The registration counts from {case.dnc.takes_effect_on} on; the call came before."
    if case.prerecorded is False or not (case.jurisdiction and case.jurisdiction.robocalls_need_consent):
        return _Found(Eligibility.NOT_ELIGIBLE, why)
    return _Found(Eligibility.ROBOCALL_ONLY, f"{why} You may complain only if it was a prerecorded sales call.")


def _exempt(case: Case, _: date | None) -> _Found | None:
    applies = next((one for one in case.exempt if one.applies is Applies.APPLIES), None)
    if applies is not None:
        return _Found(Eligibility.NOT_ELIGIBLE, _because(applies))
    said_so = next((one for one in _only_you_know(case) if case.says(one.exemption)), None)
    return (
        _Found(Eligibility.NOT_ELIGIBLE, f"An exemption applies, as you say: {said_so.exemption}.")
        if said_so
        else None
    )


def _unsold(case: Case, _: date | None) -> _Found | None:
    if case.kind is CallKind.UNKNOWN:
        unheard = " The call ended before anybody heard it." if is_unheard(case.record) else ""
        return _Found(Eligibility.NEEDS_ANSWERS, f"Nobody has said what the call was about.{unheard}")
    if case.sold is None:
        return _Found(Eligibility.NEEDS_ANSWERS, "Nobody has said whether the caller tried to sell something.")
    return None


def _unclear(case: Case, _: date | None) -> _Found | None:
    if case.is_customer is not False and any(one.applies is Applies.UNKNOWN for one in _of_customers(case)):
        return _Found(
            Eligibility.NEEDS_ANSWERS, "Nobody has said whether you do business with this company, or since when."
        )
    return None


def _unsaid(case: Case, _: date | None) -> _Found | None:
    open_one = next((one for one in _only_you_know(case) if case.says(one.exemption) is None), None)
    return _Found(Eligibility.NEEDS_ANSWERS, f"Only you can say: {open_one.question}") if open_one else None


def _eligible(case: Case, _: date | None) -> _Found | None:
    state = case.dnc.state if case.dnc else DncState.UNKNOWN
    if state is not DncState.REGISTERED:  # a jurisdiction without a registry
        return _Found(Eligibility.ELIGIBLE, "A sales call to which no exemption applies.")
    return _Found(Eligibility.ELIGIBLE, "A sales call to a registered line, and no exemption applies.")


_RULES: tuple[Callable[[Case, date | None], _Found | None], ...] = (
    _no_form,
    _of_the_house,
    _text,
    _debt,
    _nameless,
    _too_late,
    _not_covered,
    _nothing_sold,
    _robocall,
    _unregistered,
    _exempt,
    _unsold,
    _unclear,
    _unsaid,
    _eligible,
)


def _is_of_kind(case: Case, one: Exempt) -> bool:
    """Tell whether an exemption is about what the call was about, not about the household's dealings."""
    rule = _rule_of(case, one)
    return rule is not None and bool(rule.kinds) and not rests_on_relationship(rule)


def _of_customers(case: Case) -> Iterator[Exempt]:
    found = ((one, _rule_of(case, one)) for one in case.exempt)
    return (one for one, rule in found if rule and rests_on_relationship(rule) and not rule.consent)


def _of_consent(case: Case) -> Iterator[Exempt]:
    found = ((one, _rule_of(case, one)) for one in case.exempt)
    return (one for one, rule in found if rule and rule.consent)


def _only_you_know(case: Case) -> Iterator[Exempt]:
    found = ((one, _rule_of(case, one)) for one in case.exempt if one.applies is Applies.UNKNOWN)
    return (one for one, rule in found if rule and rule.household_says)


def _rule_of(case: Case, one: Exempt) -> Exemption | None:
    exemptions = case.jurisdiction.exemptions if case.jurisdiction else ()
    return next((rule for rule in exemptions if rule.id == one.exemption), None)


def _because(exempt: Exempt) -> str:
    until = f" It holds until {exempt.until}." if exempt.until else ""
    return f"An exemption applies: {exempt.reason.rstrip('.')}.{until}"


def _circumstances(case: Case) -> Iterator[str]:
    """Say what else speaks for a complaint, or about it."""
    if case.stopped_on is not None and case.relationship is not None:
        yield f"You asked {case.relationship.party} on {case.stopped_on} to stop calling."
    hours, local = (case.jurisdiction.hours if case.jurisdiction else None), case.household.local_time
    if hours is not None and local is not None and not within_hours(hours, local):
        if_sales = "" if case.sold else ", if it was telemarketing"
        yield f"It came at {local:%H:%M}, outside the hours in which telemarketers may call{if_sales}."
    if case.agency is not None and SPOOFING in case.agency.handles and is_nameless(case.record, case.household):
        yield f"Caller ID showed no number and no name is known: only the {case.agency.name} takes such a complaint."


def _questions(case: Case) -> Iterator[Question]:
    """Return what is still open, in the order in which people would tell it."""
    answers = case.household.answers
    asked = [key for key, is_open in _content(case) if is_open]
    for key in dict.fromkeys(asked):
        if not said(answers, key) or (key in _DAYS and day(answers, key) is None):
            yield question(key)
    for one in _only_you_know(case):
        if case.kind is not CallKind.UNKNOWN and not said(answers, one.exemption):
            yield question(one.exemption, YES_NO, one.question)
    for field in case.agency.fields if case.agency else ():
        if not said(answers, field.holds) and _is_for_the_form(case, field.holds):
            yield question(field.holds, field.options, field.label)


def _is_for_the_form(case: Case, holds: str) -> bool:
    """Tell whether only the household can fill that field of the form, by a question of its own."""
    if holds == SUBJECT:
        return case.agency is None or case.kind not in case.agency.subjects
    if holds == "subject_other":
        return said(case.household.answers, SUBJECT).casefold() == "other"
    if holds == "call_type":
        return case.prerecorded is False and not case.is_text
    return holds in ("phone_service", "advertised")


_DAYS = {"last_purchase", "stop_date"}


def _content(case: Case) -> Iterator[tuple[str, bool]]:
    yield "kind", case.kind is CallKind.UNKNOWN
    yield "prerecorded", case.prerecorded is None
    yield "tried_to_sell", case.kind is not CallKind.UNKNOWN and case.sold is None
    yield "caller_name", not case.number
    yield "business", case.is_customer is None
    unclear = any(one.applies is Applies.UNKNOWN for one in _of_customers(case))
    yield "last_purchase", bool(case.is_customer) and unclear
    yield "asked_to_stop", case.asked_to_stop is None
    yield "stop_date", bool(case.asked_to_stop) and case.stopped_on is None


def _warnings(case: Case) -> Iterator[str]:
    if case.household.known_as:
        yield f"You know this caller as “{case.household.known_as}”: do you really want to complain?"
    if case.is_customer and any(one.applies is Applies.UNKNOWN for one in _of_consent(case)):
        yield "If you gave this company your written consent to call, it was allowed to."
    if case.kind is CallKind.FRAUD:
        fraud = specialist(case.jurisdiction, "fraud")
        where = f" at {fraud.name}: {fraud.url}" if fraud else ""
        yield f"If you lost money or gave away data, report that as well{where}"
    status, called = case.dnc, case.record.call.called
    if status and status.number and called.startswith("+") and called != status.number:
        yield f"The number that was dialled, {called}, is not the line's own, {status.number}."


def _deadline(case: Case) -> date | None:
    days = case.agency.deadline_days if case.agency else None
    return None if days is None else case.on + timedelta(days=days)
