"""Codes and facts become sentences; what is missing is never invented."""

import pytest

from callguard import Evidence, Leaning, Presentation, Rung
from callguard.model.call import Call
from callguard.model.evidence import Failure, FailureKind
from callguard.model.policy import Policy
from callguard.model.record import CallRecord
from callguard.model.verdict import Action
from callguard.sentences import event, reason, sentence, who
from callguard.testing import a_call, a_caller, a_record

PHRASES = {
    ("rain", "heavy"): "heavy rain",
    ("rules", "blocked-number"): "{number} is on your block list{note}",
    ("odd", "broken"): "{0} {a.b}",
}
BLOCKED = Evidence(
    code="blocked-number",
    leaning=Leaning.UNWANTED,
    rung=Rung.BLOCK_LIST,
    source="rules",
    facts={"number": "+13035550164", "note": " (nuisance)"},
)
HEAVY = Evidence(code="heavy", leaning=Leaning.UNWANTED, weight=60, source="rain")
SILENT = Failure(source="contacts", kind=FailureKind.TIMED_OUT, rungs=(Rung.CONTACTS, Rung.SIGNALS))


@pytest.mark.parametrize(
    ("record", "says"),
    [
        pytest.param(
            a_record(evidence=(BLOCKED,)), "(303) 555-0164 is on your block list (nuisance)", id="evidence in words"
        ),
        pytest.param(a_record(), "nothing is known about this caller; you let such callers ring", id="unknown"),
        pytest.param(
            a_record(a_call(None), policy=Policy(withheld_callers=Action.BLOCK)),
            "the caller hides the number; you want such callers blocked",
            id="withheld",
        ),
        pytest.param(
            a_record(a_call(None), policy=Policy(withheld_callers=Action.SCREEN)),
            "the caller hides the number; you want such callers screened, but this line cannot, so the call was "
            "let through",
            id="cannot screen",
        ),
        pytest.param(
            a_record(evidence=(BLOCKED,), failures=(SILENT,)),
            "(303) 555-0164 is on your block list (nuisance), but contacts could not answer: it rang to be safe",
            id="failed open",
        ),
        pytest.param(
            a_record(failures=(SILENT,)),
            "nothing is known about this caller; you let such callers ring (not asked: contacts)",
            id="somebody was silent",
        ),
        pytest.param(
            a_record(evidence=(HEAVY,)),
            "heavy rain; to be screened, but this line cannot, so the call was let through",
            id="signals cannot screen",
        ),
        pytest.param(a_record(a_call("**610", internal=True)), "a handset or door phone of the house", id="internal"),
        pytest.param(a_record(a_call(emergency_callback=True)), "emergency services are calling back", id="psap"),
    ],
)
def test_the_reason_is_one_sentence(record: CallRecord, says: str) -> None:
    assert reason(record, PHRASES) == says


def test_without_the_plugin_the_code_and_the_facts_are_shown() -> None:
    assert sentence(BLOCKED, {}, "US") == "rules: blocked-number (number=(303) 555-0164, note= (nuisance))"


def test_a_broken_phrase_does_not_hide_what_was_found() -> None:
    odd = Evidence(code="broken", leaning=Leaning.NEUTRAL, source="odd", facts={"a": 1})
    assert sentence(odd, PHRASES, "US") == "odd: broken (a=1)"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        pytest.param(a_call(), "(303) 555-0164", id="a number"),
        pytest.param(a_call(None), "hidden number", id="withheld"),
        pytest.param(
            a_call(caller=a_caller(None, presentation=Presentation.SHOWN, text="**610", name="Kitchen")),
            "internal number **610 “Kitchen”",
            id="handset",
        ),
        pytest.param(
            a_call(caller=a_caller(name="\x1b[2Jevil\u202e")),
            "(303) 555-0164 “[2Jevil”",
            id="a name that is an attack",
        ),
    ],
)
def test_callers_are_named_as_people_name_them(call: Call, says: str) -> None:
    assert who(call) == says


def test_an_event_is_flat_json_with_the_reason_in_words() -> None:
    told = event(a_record(evidence=(BLOCKED,)), PHRASES)
    assert (told["action"], told["rung"], told["number"]) == ("block", "block_list", "+13035550164")
    assert told["reason"].startswith("(303) 555-0164 is on your block list")
