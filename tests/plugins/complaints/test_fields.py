"""The form, field by field: by its labels, within its limits, and open where nobody knows."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from callguard import (
    Agency,
    Attestation,
    Evidence,
    Fact,
    FormField,
    Jurisdiction,
    Leaning,
    Origin,
    Outcome,
    Relationship,
    Rung,
)
from callguard.testing import NOON, a_call, a_caller, a_record
from callguard_complaints.formats import moment_text, number_text
from tests.plugins.complaints.helpers.house import House
from tests.plugins.complaints.helpers.law import CALLED_AT, FTC_SUBJECTS, READ, SALES


def test_the_ftcs_form_is_filled_label_by_label(house: House) -> None:
    answers = {**SALES, "prerecorded": "yes", "subject": "energy, solar, & utilities", "caller_name": "Acme Solar"}
    draft = house.draft(answers=answers)
    assert [(one.label, one.value, one.origin) for one in draft.fields][:-1] == [
        ("Phone number that received the call", "3035550100", Origin.RECORD),
        ("Date of the call", "06/10/2026", Origin.RECORD),
        ("Time of the call (hour)", "14", Origin.RECORD),
        ("Time of the call (minutes)", "03", Origin.RECORD),
        ("Was it a prerecorded message?", "Yes", Origin.ANSWER),
        ("Phone call or text message?", "Phone call", Origin.RECORD),
        ("What was the call about?", "Energy, solar, & utilities", Origin.ANSWER),
        ("Other subject", "", Origin.NOBODY),
        ("Number that called you", "3035550164", Origin.RECORD),
        ("Name of the company", "Acme Solar", Origin.ANSWER),
        ("Have you done business with it?", "No", Origin.ANSWER),
        ("Have you asked it to stop calling?", "No", Origin.ANSWER),
        ("First name", "", Origin.NOBODY),
        ("Last name", "", Origin.NOBODY),
        ("Street address", "", Origin.NOBODY),
        ("City", "", Origin.NOBODY),
        ("State", "", Origin.NOBODY),
        ("Zip code", "", Origin.NOBODY),
    ]
    assert draft.unanswered == ("State",)
    assert draft.fields[-1].value == draft.narrative


def test_the_fccs_form_wants_dashes_and_half_days(house: House) -> None:
    draft = house.draft(answers={**SALES, "prerecorded": "yes", "phone_service": "voip"}, agency="fcc")
    held = {one.holds: (one.value, one.origin) for one in draft.fields}
    assert held["called_number"] == ("303-555-0100", Origin.RECORD)
    assert held["caller_number"] == ("303-555-0164", Origin.RECORD)
    assert held["call_time"] == ("2:03 p.m.", Origin.RECORD)
    assert held["issue"] == ("Unwanted Calls", Origin.JURISDICTION)
    assert held["call_type"] == ("Prerecorded Voice", Origin.ANSWER)
    assert held["phone_service"] == ("VOIP", Origin.ANSWER)
    assert held["advertiser_number"] == ("", Origin.NOBODY)
    assert draft.agency_url.startswith("https://consumercomplaints.fcc.gov/")


def test_canadas_form_needs_number_and_date(house: House, canada: Jurisdiction) -> None:
    draft = house.draft(law=canada, answers=SALES)
    assert [one.value for one in draft.fields] == ["303-555-0100", "2026-06-10", "303-555-0164", ""]


@pytest.mark.parametrize("subject", ["Groceries", "energy", "Other\x00s"])
def test_a_subject_that_the_form_does_not_have_stays_open(house: House, subject: str) -> None:
    draft = house.draft(answers={**SALES, "subject": subject})
    assert next(one for one in draft.fields if one.holds == "subject").value == ""
    assert "What was the call about?" in draft.unanswered


def test_a_kind_of_call_with_one_subject_names_it(house: House) -> None:
    draft = house.draft(answers={**SALES, "kind": "fraud"})
    subject = next(one for one in draft.fields if one.holds == "subject")
    assert subject.value in FTC_SUBJECTS
    assert subject.origin is Origin.JURISDICTION
    assert "subject" not in {one.key for one in draft.assessment.questions}


def test_notes_about_a_party_answer_the_forms_questions(house: House) -> None:
    party = Relationship(
        party="Acme", numbers=("+1303555*",), last_purchase=date(2020, 1, 1), stop_requests=(date(2026, 1, 1),)
    )
    held = {one.holds: one.value for one in house.draft(relationships=[party], answers={"kind": "sales"}).fields}
    assert (held["business"], held["asked_to_stop"]) == ("Yes", "Yes")


def test_a_name_from_caller_id_is_told_but_is_not_the_companys_name(house: House) -> None:
    record = a_record(a_call(caller=a_caller(name="ACME SOLAR"), received_at=CALLED_AT))
    draft = house.draft(record)
    assert next(one for one in draft.fields if one.holds == "caller_name").value == ""
    assert "Caller ID showed +13035550164, and the name “ACME SOLAR”." in draft.narrative


def test_without_a_time_zone_no_day_is_claimed(house: House) -> None:
    held = {one.holds: one.value for one in house.draft(local_time=None).fields}
    assert held["call_date"] == held["call_time"] == ""


def test_a_called_name_that_is_no_number_gives_way_to_the_lines_own(house: House) -> None:
    record = a_record(a_call(called="guard", received_at=CALLED_AT))
    assert house.draft(record).fields[0].value == "3035550100"


def test_a_number_that_was_dialled_but_is_not_the_lines_is_warned_about(house: House) -> None:
    record = a_record(a_call(called="+13035550111", received_at=CALLED_AT))
    assert "+13035550111" in house.draft(record).assessment.warnings[0]


def test_what_is_none_of_the_forms_choices_stays_open(house: House, us: Jurisdiction) -> None:
    form = FormField(label="Hour", holds="call_time", shape="24h", options=("00", "14"))
    agency = Agency(id="x", name="X", handles=("registry",), url="https://x.example/", fields=(form,), read=READ)
    assert house.draft(law=replace(us, agencies=(agency,))).fields[0].value == ""


def test_a_name_given_as_an_answer_is_not_taken_for_the_profile(house: House) -> None:
    assert "Anna" not in repr(house.draft(answers={"first_name": "Anna"}).fields)


def test_an_answer_longer_than_the_field_stays_open(house: House) -> None:
    held = {one.holds: one.value for one in house.draft(answers={**SALES, "caller_name": "x" * 61}).fields}
    assert held["caller_name"] == ""


@pytest.mark.parametrize("longest", [1, 40, 120, 300, 1000])
def test_the_comment_keeps_to_the_forms_limit(house: House, us: Jurisdiction, longest: int) -> None:
    form = FormField(label="Comments", holds="narrative", longest=longest)
    agency = Agency(id="x", name="X", handles=("registry",), url="https://x.example/", fields=(form,), read=READ)
    draft = house.draft(law=replace(us, agencies=(agency,)), answers={**SALES, "comments": "Again. " * 100})
    assert 0 < len(draft.fields[0].value) <= longest


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (Outcome.REJECTED, "refused automatically"),
        (Outcome.ANNOUNCED, "automatic announcement"),
        (Outcome.GONE, "gave up"),
    ],
)
def test_the_narrative_says_how_the_call_ended(house: House, ended: Outcome, words: str) -> None:
    record = a_record(a_call(received_at=CALLED_AT))
    assert record.disposition
    assert words in house.draft(replace(record, disposition=replace(record.disposition, outcome=ended))).narrative


def test_the_narrative_never_says_who_called(house: House) -> None:
    told = house.draft(answers=SALES).narrative
    assert told.startswith(
        "A call to +13035550100 came on 2026-06-10 14:03 (UTC-0600). Caller ID showed +13035550164."
    )
    assert "3035550164 called" not in told


def test_calls_of_one_campaign_are_linked_not_merged(house: House) -> None:
    call = a_call(received_at=CALLED_AT, caller=a_caller(name="Card Services"))
    same_number = a_call(received_at=datetime(2026, 6, 9, 20, 0, tzinfo=UTC), id="number")
    same_name = a_call("+13035550199", received_at=datetime(2026, 6, 8, 20, 0, tzinfo=UTC), id="name")
    same_name = replace(same_name, caller=replace(same_name.caller, name="CARD  services"))
    other = a_call("+13035550198", received_at=NOON, id="other")
    hidden = a_call(None, received_at=NOON, id="hidden")
    related = [a_record(one) for one in (same_name, same_number, other, hidden, call)]
    draft = house.draft(a_record(call), related=related)
    assert draft.related == ("number", "name")
    assert "on other calls: 2026-06-09 14:00 (UTC-0600); 2026-06-08 14:00 (UTC-0600)." in draft.narrative
    assert next(one for one in draft.fields if one.holds == "call_date").value == "06/10/2026"


def test_evidence_is_the_record_the_lists_the_network_and_the_registration(house: House) -> None:
    call = a_call(received_at=CALLED_AT, attestation=Attestation.GATEWAY)
    facts: dict[str, Fact] = {"title": "FTC", "reports": 4, "last_seen": "2026-06-01", "first_seen": None}
    hit = Evidence(
        code="listed-number", leaning=Leaning.UNWANTED, weight=30, facts=facts, version="2026-06-09", source="ftc"
    )
    friend = Evidence(
        code="contact",
        leaning=Leaning.WANTED,
        rung=Rung.CONTACTS,
        facts={"name": "Anna"},
        version="1",
        source="contacts",
    )
    pieces = {one["what"]: one for one in house.draft(a_record(call, evidence=(hit, friend))).evidence}
    assert set(pieces) == {"call", "attestation", "list", "registration", "law"}
    assert pieces["call"]["caller_id_number"] == "+13035550164"
    assert pieces["call"]["received_at"] == "2026-06-10T20:03:00+00:00"
    assert pieces["attestation"]["level"] == "C"
    assert pieces["list"] == {
        "what": "list", "source": "ftc", "said": "listed-number", "version": "2026-06-09",
        "title": "FTC", "reports": "4", "last_seen": "2026-06-01",
    }  # fmt: skip
    assert pieces["registration"]["known_from"] == "config.yaml:12"
    assert "Anna" not in repr(pieces)


@pytest.mark.parametrize(
    ("number", "shape", "text"),
    [
        ("+13035550164", "10 digits", "3035550164"),
        ("+13035550164", "555-555-5555", "303-555-0164"),
        ("+13035550164", "(555) 555-5555", "(303) 555-0164"),
        ("+13035550164", "", "+13035550164"),
        ("+442079460018", "10 digits", "+442079460018"),
        ("+4721930000", "555-555-5555", "+4721930000"),
    ],
)
def test_numbers_are_written_as_the_agency_wants_them(number: str, shape: str, text: str) -> None:
    assert number_text(number, shape) == text


@pytest.mark.parametrize(
    ("hour", "shape", "text"),
    [
        (0, "h:mm a.m./p.m.", "12:05 a.m."),
        (12, "h:mm a.m./p.m.", "12:05 p.m."),
        (23, "12h", "11:05 p.m."),
        (9, "00-23", "09"),
        (9, "00-59", "05"),
        (9, "24h", "09:05"),
        (9, "unheard of", "09:05"),
    ],
)
def test_times_are_written_as_the_agency_wants_them(hour: int, shape: str, text: str) -> None:
    assert moment_text(datetime(2026, 6, 10, hour, 5, tzinfo=UTC), shape, "%H:%M") == text
