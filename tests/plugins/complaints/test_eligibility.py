"""Whether one may complain: dated cases from lists-and-law §3 and §4.3."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from callguard import CallKind, DncState, Eligibility, Jurisdiction, Outcome, Presentation, Relationship, status_of
from callguard.testing import a_call, a_caller, a_record
from tests.plugins.complaints.helpers.house import House
from tests.plugins.complaints.helpers.law import CALLED_AT, DENVER, LINE, SALES, SALES_IN_CANADA, registered

UNSAID: Mapping[str, str] = {}
ELIGIBLE, ROBOCALL, ASKS = Eligibility.ELIGIBLE, Eligibility.ROBOCALL_ONLY, Eligibility.NEEDS_ANSWERS
NO, OTHER, NO_FORM = Eligibility.NOT_ELIGIBLE, Eligibility.OTHER_AGENCY, Eligibility.NO_FORM


@dataclass(frozen=True)
class Said:
    what: str
    answers: Mapping[str, str]
    result: Eligibility
    agency: str = "ftc"
    state: DncState = DncState.REGISTERED
    reason: str = ""


def _sales(**more: str) -> Mapping[str, str]:
    return {**SALES, **more}


TABLE = (
    Said("sales, registered", SALES, ELIGIBLE, reason="registered line"),
    Said("nothing said", UNSAID, ASKS, reason="Nobody has said what"),
    Said("nonsense said", {"kind": "whatever"}, ASKS),
    Said("sales, business unsaid", {"kind": "sales"}, ASKS, reason="do business"),
    Said("sales, customer, undated", _sales(business="yes"), ASKS, reason="since when"),
    Said("sales, customer in time", _sales(business="yes", last_purchase="2026-01-05"), NO, reason="2027-07-05"),
    Said("sales, customer long ago", _sales(business="yes", last_purchase="2024-01-05"), ELIGIBLE),
    Said("text message", {"medium": "text"}, OTHER, "reportfraud", reason="text messages"),
    Said("debt", {"kind": "debt"}, OTHER, "cfpb", reason="debt collectors"),
    Said("debt, unregistered", {"kind": "debt"}, OTHER, "cfpb", DncState.NOT_REGISTERED),
    Said("political", {"kind": "political", "tried_to_sell": "no"}, NO, reason="exempt"),
    Said("survey", {"kind": "survey", "tried_to_sell": "no"}, NO, reason="exempt"),
    Said("survey, selling unsaid", {"kind": "survey"}, ASKS, reason="tried to sell"),
    Said("survey that sells", _sales(kind="survey", tried_to_sell="yes"), ELIGIBLE),
    Said("charity that sells", _sales(kind="charity", tried_to_sell="yes"), ELIGIBLE),
    Said("notice", {"kind": "information", "tried_to_sell": "no"}, NO, reason="Nothing was sold"),
    Said("notice, selling unsaid", {"kind": "information"}, ASKS),
    Said("notice that sells", _sales(kind="information", tried_to_sell="yes"), ELIGIBLE),
    Said("fraud", _sales(kind="fraud"), ELIGIBLE),
    Said("robocall, registered", _sales(prerecorded="yes"), ELIGIBLE, reason="written consent"),
    Said("robocall, not registered", _sales(prerecorded="yes"), ELIGIBLE, state=DncState.NOT_REGISTERED),
    Said("robocall, grace", _sales(prerecorded="yes"), ELIGIBLE, state=DncState.GRACE),
    Said("robocall, registry unsaid", _sales(prerecorded="yes"), ELIGIBLE, state=DncState.UNKNOWN),
    Said("robocall of one's shop", _sales(prerecorded="yes", business="yes", last_purchase="2026-01-05"), ELIGIBLE),
    Said("robocall of an unsaid kind", {"prerecorded": "yes"}, ASKS),
    Said("robocall survey", {"kind": "survey", "tried_to_sell": "no", "prerecorded": "yes"}, NO),
    Said("registry unsaid", SALES, ASKS, state=DncState.UNKNOWN, reason="https://registry.example/verify"),
    Said("grace", SALES, NO, state=DncState.GRACE, reason="2020-02-01"),
    Said("grace, prerecorded unsaid", {"kind": "sales"}, ROBOCALL, state=DncState.GRACE),
    Said("not registered", SALES, NO, state=DncState.NOT_REGISTERED),
    Said("not registered, nothing said", UNSAID, ROBOCALL, state=DncState.NOT_REGISTERED, reason="only if"),
    Said("business line", SALES, NO, state=DncState.NOT_APPLICABLE, reason="does not cover"),
    Said("business line, robocall", _sales(prerecorded="yes"), NO, state=DncState.NOT_APPLICABLE),
)  # fmt: skip


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.what)
def test_what_the_household_says_decides(house: House, case: Said) -> None:
    found = house.draft(answers=case.answers, dnc=registered(state=case.state)).assessment
    assert (found.eligibility, found.agency) == (case.result, case.agency)
    assert case.reason in " ".join(found.reasons)
    assert not found.questions or case.result in (ELIGIBLE, ROBOCALL, ASKS)


@pytest.mark.parametrize(
    ("days", "result"),
    [(30, ROBOCALL), (31, ELIGIBLE), (32, ELIGIBLE)],
    ids=["day 30", "day 31", "day 32"],
)
def test_a_registration_counts_31_days_later(house: House, us: Jurisdiction, days: int, result: Eligibility) -> None:
    called_on = CALLED_AT.astimezone(DENVER).date()
    status = status_of(
        us.registry, line="Home", on=called_on, registered_on=called_on - timedelta(days=days), number=LINE
    )
    answers = {"kind": "sales", "business": "no"}
    assert house.draft(dnc=status, answers=answers).assessment.eligibility is result


@dataclass(frozen=True)
class Dealt:
    what: str
    facts: Mapping[str, object]
    on: date
    result: Eligibility
    law: str = "us"
    kind: str = "sales"
    reasons: tuple[str, ...] = field(default=())


def _stops(*days: date) -> Mapping[str, object]:
    return {"last_purchase": date(2026, 5, 1), "stop_requests": days}


DEALINGS = (
    Dealt("18 months from 31 Aug, last day", {"last_purchase": date(2024, 8, 31)}, date(2026, 2, 28), NO),
    Dealt("18 months from 31 Aug, day after", {"last_purchase": date(2024, 8, 31)}, date(2026, 3, 1), ELIGIBLE),
    Dealt("18 months into a leap year", {"last_purchase": date(2022, 8, 31)}, date(2024, 2, 29), NO),
    Dealt("18 months into a leap year, after", {"last_purchase": date(2022, 8, 31)}, date(2024, 3, 1), ELIGIBLE),
    Dealt("18 months from 29 Aug", {"last_purchase": date(2024, 8, 29)}, date(2026, 2, 28), NO),
    Dealt("inquiry, 3 months", {"last_inquiry": date(2026, 3, 10)}, date(2026, 6, 10), NO),
    Dealt("inquiry, 3 months and a day", {"last_inquiry": date(2026, 3, 10)}, date(2026, 6, 11), ELIGIBLE),
    Dealt("contract still runs", {"contract_until": date(2027, 1, 1)}, date(2026, 6, 10), NO),
    Dealt("Canada: inquiry, 6 months", {"last_inquiry": date(2025, 12, 10)}, date(2026, 6, 10), NO, "ca"),
    Dealt("Canada: a day more", {"last_inquiry": date(2025, 12, 9)}, date(2026, 6, 10), ELIGIBLE, "ca"),
    Dealt("stopped long before", _stops(date(2026, 5, 10)), date(2026, 6, 10), ELIGIBLE,
          reasons=("You asked Acme Solar on 2026-05-10",)),
    Dealt("stopped after the call", _stops(date(2026, 6, 12)), date(2026, 6, 10), NO),
    Dealt("stopped on the day", _stops(date(2026, 6, 10)), date(2026, 6, 10), NO),
    Dealt("consent", {"consent_on": date(2026, 1, 1)}, date(2026, 6, 10), NO),
)  # fmt: skip


@pytest.mark.parametrize("case", DEALINGS, ids=lambda case: case.what)
def test_dealings_with_the_caller_decide_by_date(
    house: House, us: Jurisdiction, canada: Jurisdiction, a_party: Callable[..., Relationship], case: Dealt
) -> None:
    received = datetime(case.on.year, case.on.month, case.on.day, 18, 0, tzinfo=UTC)
    party = a_party(**case.facts)
    answers = {"kind": case.kind, "prerecorded": "no", "newspaper": "no"}
    found = house.draft(
        a_record(a_call(received_at=received)), law=us if case.law == "us" else canada,
        answers=answers, relationships=[party], today=case.on,
    ).assessment  # fmt: skip
    assert found.eligibility is case.result, found.reasons
    for reason in case.reasons:
        assert reason in found.reasons[1]


def test_consent_also_allows_robocalls_a_purchase_does_not(
    house: House, a_party: Callable[..., Relationship]
) -> None:
    answers = {"kind": "sales", "prerecorded": "yes"}
    consented = house.draft(answers=answers, relationships=[a_party(consent_on=date(2026, 1, 1))])
    bought = house.draft(answers=answers, relationships=[a_party(last_purchase=date(2026, 6, 1))])
    assert consented.assessment.eligibility is NO
    assert bought.assessment.eligibility is ELIGIBLE


def test_an_auto_blocked_call_leaves_subject_and_prerecorded_open_and_names_them(house: House) -> None:
    record = a_record(a_call(received_at=CALLED_AT))
    assert record.disposition
    ended = replace(record.disposition, outcome=Outcome.REJECTED, code=607)
    draft = house.draft(replace(record, disposition=ended))
    held = {one.holds: one.value for one in draft.fields}
    assert held["subject"] == held["prerecorded"] == ""
    assert {"Was it a prerecorded message?", "What was the call about?"} <= set(draft.unanswered)
    assert {"kind", "prerecorded", "subject"} <= {one.key for one in draft.assessment.questions}
    assert "before anybody heard it" in draft.assessment.reasons[0]


def test_a_hidden_number_goes_to_the_fcc_only_and_says_so(house: House) -> None:
    hidden = a_record(a_call(None, received_at=CALLED_AT))
    usual = house.draft(hidden, answers=SALES)
    assert (usual.agency, usual.assessment.eligibility) == ("fcc", ELIGIBLE)
    assert "only the FCC takes such a complaint" in " ".join(usual.assessment.reasons)
    asked = house.draft(hidden, answers=SALES, agency="ftc").assessment
    assert asked.eligibility is NO
    assert "Only the FCC takes a complaint about such a call." in asked.reasons[0]


def test_a_hidden_number_with_a_name_goes_to_the_ftc(house: House) -> None:
    hidden = a_record(a_call(None, received_at=CALLED_AT))
    draft = house.draft(hidden, answers={**SALES, "caller_name": "Acme Solar"})
    assert (draft.agency, draft.assessment.eligibility) == ("ftc", ELIGIBLE)


def test_canada_takes_no_complaint_about_nobody(house: House, canada: Jurisdiction) -> None:
    hidden = a_record(a_call(None, received_at=CALLED_AT))
    assert house.draft(hidden, law=canada, answers=SALES_IN_CANADA).assessment.eligibility is NO


def test_a_network_asserted_number_that_people_were_not_shown_is_not_used(house: House) -> None:
    caller = a_caller(None, asserted=("+13035550164",), presentation=Presentation.WITHHELD)
    draft = house.draft(a_record(a_call(None, caller=caller, received_at=CALLED_AT)), answers=SALES)
    assert "3035550164" not in repr(draft).replace("-", "")


def test_a_number_marked_as_withheld_is_not_used(house: House) -> None:
    caller = a_caller("+13035550164", presentation=Presentation.WITHHELD, text="anonymous")
    draft = house.draft(a_record(a_call(caller=caller, received_at=CALLED_AT)), answers=SALES)
    assert draft.agency == "fcc"
    assert "5550164" not in repr(draft).replace("-", "")


def test_a_request_to_stop_on_the_day_of_the_call_is_not_claimed_to_have_come_before(
    house: House, a_party: Callable[..., Relationship]
) -> None:
    on_the_day = a_party(last_purchase=date(2020, 1, 1), stop_requests=(date(2026, 6, 10),))
    draft = house.draft(relationships=[on_the_day], answers={"kind": "sales", "prerecorded": "no"})
    assert next(one for one in draft.fields if one.holds == "asked_to_stop").value == ""
    assert "You asked" not in " ".join(draft.assessment.reasons)


def test_a_form_that_would_be_refused_is_not_filled(house: House) -> None:
    assert house.draft(answers={"kind": "debt"}).fields == ()


def test_texts_are_taken_by_the_fcc_where_it_is_asked_for(house: House) -> None:
    draft = house.draft(answers={**SALES, "medium": "text"}, agency="fcc")
    assert (draft.agency, draft.assessment.eligibility) == ("fcc", ELIGIBLE)


@pytest.mark.parametrize("law", [None, "empty"])
def test_an_unknown_country_can_only_export(house: House, us: Jurisdiction, law: str | None) -> None:
    found = house.draft(law=None if law is None else replace(us, name="Utopia", agencies=()), answers=SALES)
    assert found.assessment.eligibility is NO_FORM
    assert "export only" in found.assessment.reasons[0]
    assert found.fields == ()
    assert found.narrative
    assert found.evidence


def test_an_agency_nobody_knows_is_no_form(house: House) -> None:
    assert house.draft(agency="nasa").assessment.eligibility is NO_FORM


@pytest.mark.parametrize(("today", "result"), [(24, ELIGIBLE), (25, NO)], ids=["last day", "a day late"])
def test_a_deadline_ends_eligibility(house: House, canada: Jurisdiction, today: int, result: Eligibility) -> None:
    found = house.draft(law=canada, answers=SALES_IN_CANADA, today=date(2026, 6, today)).assessment
    assert found.eligibility is result
    assert found.deadline == (date(2026, 6, 24) if result is ELIGIBLE else None)


HOURS = (
    ("us", datetime(2026, 3, 8, 8, 0, tzinfo=DENVER), True),
    ("us", datetime(2026, 3, 8, 7, 59, 59, tzinfo=DENVER), False),
    ("us", datetime(2026, 11, 1, 21, 0, tzinfo=DENVER), True),
    ("us", datetime(2026, 11, 1, 21, 0, 1, tzinfo=DENVER), False),
    ("ca", datetime(2026, 6, 13, 9, 30, tzinfo=DENVER), False),
    ("ca", datetime(2026, 6, 13, 10, 0, tzinfo=DENVER), True),
    ("ca", datetime(2026, 6, 12, 9, 30, tzinfo=DENVER), True),
)


@pytest.mark.parametrize(("law", "local", "allowed"), HOURS, ids=[f"{law} {at}" for law, at, _ in HOURS])
def test_a_call_outside_the_hours_says_so(
    house: House, us: Jurisdiction, canada: Jurisdiction, law: str, local: datetime, allowed: bool
) -> None:
    record = a_record(a_call(received_at=local.astimezone(UTC)))
    draft = house.draft(record, law=us if law == "us" else canada, answers=SALES, today=local.date())
    assert ("outside the hours" in " ".join(draft.assessment.reasons)) is not allowed
    assert ("Telemarketers may not call" in draft.narrative) is not allowed


def test_a_known_caller_is_warned_about(house: House) -> None:
    found = house.draft(answers=SALES, known_as="Dr. Lee").assessment
    assert found.eligibility is ELIGIBLE
    assert "Dr. Lee" in found.warnings[0]


def test_a_fraud_is_also_for_those_who_follow_frauds(house: House) -> None:
    assert "https://reportfraud.ftc.gov/" in house.draft(answers={**SALES, "kind": "fraud"}).assessment.warnings[0]


def test_a_handset_of_the_house_is_nobody_to_complain_about(house: House) -> None:
    record = a_record(a_call(received_at=CALLED_AT, internal=True))
    assert house.draft(record, answers=SALES).assessment.eligibility is NO


def test_what_lists_say_of_a_number_answers_no_question(house: House) -> None:
    record = a_record(a_call(received_at=CALLED_AT))
    found = house.draft(record)
    assert found.assessment.eligibility is ASKS
    assert CallKind.UNKNOWN.value in next(one.options for one in found.assessment.questions if one.key == "kind")


@pytest.mark.parametrize(("answer", "result"), [("yes", NO), ("no", ELIGIBLE), ("", ASKS), ("unknown", ASKS)])
def test_what_only_the_household_can_say_is_asked(
    house: House, canada: Jurisdiction, answer: str, result: Eligibility
) -> None:
    found = house.draft(law=canada, answers={**SALES_IN_CANADA, "newspaper": answer}).assessment
    assert found.eligibility is result
    assert ("Was it a newspaper?" in {one.text for one in found.questions}) is (answer == "")


def test_an_agency_whose_form_is_known_comes_first(house: House, us: Jurisdiction) -> None:
    ftc = us.agencies[0]
    formless = replace(ftc, id="state", fields=())
    assert house.draft(law=replace(us, agencies=(formless, *us.agencies)), answers=SALES).agency == "ftc"
    assert house.draft(law=replace(us, agencies=(formless,)), answers=SALES).agency == "state"
