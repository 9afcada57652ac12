from dataclasses import fields

from callguard import Action, Call, Caller, CallRecord, Evidence, Leaning, Outcome, Presentation, Rung
from callguard.testing import a_call, a_caller, a_record
from callguard.testing.calls import CallChanges, CallerChanges, RecordChanges

BLOCKED = Evidence(code="x", leaning=Leaning.UNWANTED, rung=Rung.BLOCK_LIST, source="rules")


def test_every_field_of_caller_call_and_record_can_be_changed() -> None:
    assert CallerChanges.__annotations__.keys() | {"number"} == {f.name for f in fields(Caller)}
    assert CallChanges.__annotations__.keys() == {f.name for f in fields(Call)}
    assert RecordChanges.__annotations__.keys() | {"call"} == {f.name for f in fields(CallRecord)}


def test_a_caller_without_a_number_withholds_it() -> None:
    assert a_caller().presentation is Presentation.SHOWN
    assert a_caller(None).presentation is Presentation.WITHHELD
    assert a_caller(None, presentation=Presentation.UNAVAILABLE).presentation is Presentation.UNAVAILABLE


def test_a_call_takes_a_number_or_a_whole_caller() -> None:
    assert a_call("+12125550199").caller.number == "+12125550199"
    assert a_call(caller=a_caller("+12125550199", name="May")).caller.name == "May"
    assert a_call(line="Office").line == "Office"


def test_a_record_is_judged_by_the_real_ladder_and_ends_as_asked() -> None:
    rang, blocked = a_record(), a_record(evidence=(BLOCKED,))
    assert rang.verdict.action is Action.RING
    assert blocked.verdict.action is Action.BLOCK
    assert blocked.verdict.rung is Rung.BLOCK_LIST
    assert blocked.disposition is not None
    assert blocked.disposition.outcome is Outcome.REJECTED


def test_a_record_of_a_call_that_goes_on_has_no_end() -> None:
    assert a_record(disposition=None).disposition is None
