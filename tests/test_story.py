"""A call's story says what was found, by whom, how long it took, who was silent and what nobody was asked."""

from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from callguard import Evidence, Leaning, Presentation, Rung
from callguard.model.call import Attestation, Call
from callguard.model.evidence import Failure, FailureKind
from callguard.model.experience import Experience
from callguard.model.policy import Policy
from callguard.model.record import CallRecord, Disposition, Outcome
from callguard.model.verdict import Action, StepOutcome
from callguard.plugins import Checked
from callguard.screening import is_open
from callguard.sentences import headline
from callguard.story import ONLINE, StoryItem, explanation, story
from callguard.testing import NOON, a_call, a_caller, a_record

BLOCKED = Evidence(code="blocked-number", leaning=Leaning.UNWANTED, rung=Rung.BLOCK_LIST, source="rules")
HEAVY = Evidence(code="heavy", leaning=Leaning.UNWANTED, weight=60, source="rain", version="2026-11-21")
GOOD = Evidence(code="sun", leaning=Leaning.WANTED, weight=10, source="sky")
SEEN = Evidence(code="seen", leaning=Leaning.NEUTRAL, source="sky")
LOGGED = Evidence(code="hail", leaning=Leaning.UNWANTED, weight=30, source="new", log_only=True)
PROOF = Evidence(code="proof", leaning=Leaning.UNWANTED, proof=True, source="shape")
SILENT = Failure(source="contacts", kind=FailureKind.TIMED_OUT, error="350 ms", rungs=(Rung.CONTACTS, Rung.SIGNALS))
RESTING = Failure(source="far", kind=FailureKind.RESTING, rungs=(Rung.SIGNALS,))
SPAM = (HEAVY, replace(HEAVY, source="snow"))


def items(record: CallRecord, rung: Rung = Rung.SIGNALS) -> tuple[StoryItem, ...]:
    return next(step.items for step in story(record, {}, UTC).steps if step.number == rung.value)


def unasked(record: CallRecord) -> str:
    found = [silence.words for silence in story(record, {}, UTC).silences if silence.source == ONLINE]
    return found[0] if found else ""


def test_the_explanation_shows_every_rung_the_score_and_who_was_silent() -> None:
    signals = (replace(HEAVY, source="a"), Evidence(code="light", leaning=Leaning.UNWANTED, weight=10, source="b"))
    text = "\n".join(explanation(a_record(evidence=(*signals, LOGGED), failures=(SILENT,)), {}, UTC))
    assert all(rung.words in text for rung in Rung)
    assert "score 70 of 100" in text
    assert "a: heavy +60 [2026-11-21]" in text
    assert "new: hail +30 (only logged)" in text
    assert "  !  contacts did not answer in time: 350 ms (the call went on without it)" in text
    assert "Fri 02 Jan 2026 12:00:00" in text


@pytest.mark.parametrize(
    ("disposition", "says", "head"),
    [
        (None, "how it ended was never told", "RANG"),
        (Disposition(outcome=Outcome.REJECTED, ended_at=NOON, code=607), "refused with 607", "RANG"),
        (Disposition(outcome=Outcome.GONE, ended_at=NOON), "the caller gave up first", "GONE"),
        (Disposition(outcome=Outcome.RANG, ended_at=NOON, note="late"), "the phones could ring (late)", "RANG"),
    ],
)
def test_the_explanation_says_how_the_call_ended(disposition: Disposition | None, says: str, head: str) -> None:
    record = a_record(disposition=disposition)
    assert says in explanation(record, {}, UTC)[1]
    assert headline(record) == head
    assert story(record, {}, UTC).headline == head


def test_a_tried_call_did_not_happen() -> None:
    tried = explanation(a_record(evidence=(BLOCKED,)), {}, UTC, tried=True)
    assert tried[0] == "WOULD BE BLOCKED  (303) 555-0164"
    assert not any("how it ended" in line or "Record" in line for line in tried)


def test_a_story_is_told_on_the_households_clock() -> None:
    told = story(a_record(), {}, ZoneInfo("America/New_York"))
    assert told.at.isoformat() == "2026-01-02T07:00:00-05:00"
    assert (told.number, told.shown, told.experience) == ("+13035550164", "(303) 555-0164", Experience.RANG)


def test_a_finding_says_which_way_it_counts_and_how_long_its_check_took() -> None:
    record = a_record(evidence=(*SPAM, GOOD, SEEN, LOGGED), timings={"rain": 3.5, "snow online": 80.0})
    assert [(item.weight, item.ms) for item in items(record)] == [
        (60, 3.5),
        (60, 80.0),
        (-10, None),
        (0, None),
        (30, None),
    ]


def test_only_what_counted_against_a_caller_decided() -> None:
    record = a_record(evidence=(*SPAM, GOOD, SEEN, LOGGED, PROOF))
    assert record.verdict.action is Action.BLOCK
    assert [item.decisive for item in items(record)] == [True, True, False, False, False, True]
    assert all(item.decisive for item in items(a_record(evidence=(BLOCKED,)), Rung.BLOCK_LIST))


def test_a_rung_that_would_have_decided_is_where_the_ladder_ended() -> None:
    told = story(a_record(evidence=(BLOCKED,), failures=(SILENT,)), {}, UTC)
    (last,) = [step for step in told.steps if step.decisive]
    assert (last.number, last.outcome) == (Rung.BLOCK_LIST.value, StepOutcome.FAILED_OPEN)


def test_who_rests_was_not_asked_and_who_was_too_slow_was() -> None:
    told = story(a_record(failures=(SILENT, RESTING)), {}, UTC)
    assert [(s.source, s.asked) for s in told.silences if s.failed] == [("contacts", True), ("far", False)]


def test_checks_that_knew_nothing_are_listed_with_their_time() -> None:
    timings = {"rain": 1.0, "moon": 0.2, "contacts": 350.0, "far online": 90.0}
    record = a_record(evidence=(HEAVY,), failures=(SILENT,), timings=timings)
    assert story(record, {}, UTC).quiet == (("moon", 0.2), ("far online", 90.0))


UNASKED = [
    pytest.param(a_record(a_call("**610", internal=True)), "within the house", id="internal"),
    pytest.param(a_record(a_call(None)), "no number to ask about", id="withheld"),
    pytest.param(a_record(evidence=(BLOCKED,)), "already decided", id="block list"),
    pytest.param(a_record(evidence=SPAM), "already decided", id="blocked by signals"),
    pytest.param(
        a_record(evidence=SPAM, policy=Policy(log_only=True)), "already decided", id="would have been blocked"
    ),
    pytest.param(a_record(failures=(SILENT,)), "may know the caller", id="perhaps a contact"),
    pytest.param(a_record(), "switched off, or none was set up", id="open"),
    pytest.param(a_record(evidence=(HEAVY,)), "switched off, or none was set up", id="only to be screened"),
]


@pytest.mark.parametrize(("record", "why"), UNASKED)
def test_a_story_says_why_no_online_service_was_asked(record: CallRecord, why: str) -> None:
    assert why in unasked(record)
    checked = Checked(list(record.evidence), list(record.failures))
    assert is_open(record.call, record.verdict, checked) == ("switched off" in unasked(record)), "screening disagrees"


def test_nothing_is_said_of_online_services_that_were_asked() -> None:
    assert not unasked(a_record(timings={"far online": 90.0}))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        pytest.param(a_call(), ("numbering plan of", "United States"), id="country"),
        pytest.param(
            a_call(caller=a_caller(text="0013035550164")), ("number as it was sent", "0013035550164"), id="as sent"
        ),
        pytest.param(
            a_call(caller=a_caller(None, presentation=Presentation.WITHHELD, asserted=("+13035550101",))),
            ("number the network vouches for", "(303) 555-0101"),
            id="asserted",
        ),
        pytest.param(
            a_call(attestation=Attestation.NOT_VALIDATED),
            ("caller verification", "not checked by the network"),
            id="attestation",
        ),
        pytest.param(a_call(called="+13035550100"), ("number that was called", "(303) 555-0100"), id="called"),
        pytest.param(a_call(diverted_by=("+13035550102",)), ("forwarded by", "(303) 555-0102"), id="diverted"),
        pytest.param(
            a_call(emergency_callback=True), ("priority", "a call back from the emergency services"), id="psap"
        ),
        pytest.param(a_call(details={"user_agent": "odd\u202e\x1b[2J"}), ("user agent", "odd[2J"), id="details"),
    ],
)
def test_what_else_came_with_a_call_is_told_in_harmless_words(call: Call, says: tuple[str, str]) -> None:
    assert says in story(a_record(call), {}, UTC).caller_facts
