from dataclasses import replace

import pytest

from callguard.model.call import Presentation
from callguard.model.evidence import Failure, FailureKind, Rung
from callguard.model.experience import Experience, Opinion, experience, first_opinion
from callguard.model.policy import Policy
from callguard.model.record import CallRecord, Disposition, Outcome
from callguard.model.verdict import Action, Step, StepOutcome, Verdict
from callguard.testing import a_call, a_caller

SILENT = Failure(source="ftc", kind=FailureKind.TIMED_OUT)


def a_record(
    action: Action = Action.RING,
    rung: Rung = Rung.UNKNOWN,
    outcome: Outcome | None = Outcome.RANG,
    step: StepOutcome = StepOutcome.DECIDED,
    *failures: Failure,
) -> CallRecord:
    call = a_call(caller=a_caller(presentation=Presentation.WITHHELD, number=None))
    end = Disposition(outcome=outcome, ended_at=call.received_at) if outcome else None
    verdict = Verdict(action=action, rung=rung, ladder=(Step(rung, step),))
    return CallRecord(call=call, evidence=(), failures=failures, policy=Policy(), verdict=verdict, disposition=end)


RANG, BLOCK, SCREEN = Action.RING, Action.BLOCK, Action.SCREEN
SIGNALS, UNKNOWN, LIST, CONTACTS = Rung.SIGNALS, Rung.UNKNOWN, Rung.BLOCK_LIST, Rung.CONTACTS
DECIDED, FAILED_OPEN = StepOutcome.DECIDED, StepOutcome.FAILED_OPEN


@pytest.mark.parametrize(
    ("record", "experienced", "asked"),
    [
        pytest.param(a_record(), Experience.RANG, None, id="rang"),
        pytest.param(a_record(RANG, CONTACTS, None), Experience.RANG, None, id="still going on"),
        pytest.param(a_record(BLOCK, LIST, Outcome.REJECTED), Experience.BLOCKED, None, id="on the block list"),
        pytest.param(a_record(BLOCK, SIGNALS, Outcome.ANNOUNCED), Experience.BLOCKED, Opinion.OPEN, id="signals"),
        pytest.param(a_record(BLOCK, UNKNOWN, Outcome.REJECTED), Experience.BLOCKED, Opinion.OPEN, id="a stranger"),
        pytest.param(a_record(SCREEN, SIGNALS, None), Experience.SCREENED, Opinion.OPEN, id="screened"),
        pytest.param(
            a_record(BLOCK, SIGNALS, Outcome.GONE), Experience.GONE, None, id="gave up before it was blocked"
        ),
        pytest.param(a_record(RANG, UNKNOWN, Outcome.GONE), Experience.GONE, None, id="gave up"),
        pytest.param(
            a_record(BLOCK, LIST, Outcome.NOT_CARRIED_OUT), Experience.LET_THROUGH, Opinion.OPEN, id="the line failed"
        ),
        pytest.param(
            a_record(RANG, LIST, Outcome.RANG, FAILED_OPEN), Experience.LET_THROUGH, Opinion.OPEN, id="failed open"
        ),
        pytest.param(
            a_record(RANG, UNKNOWN, Outcome.RANG, DECIDED, SILENT),
            *(Experience.LET_THROUGH, Opinion.OPEN),
            id="a check did not answer",
        ),
        pytest.param(
            a_record(RANG, CONTACTS, Outcome.RANG, DECIDED, SILENT),
            *(Experience.RANG, None),
            id="a check did not answer, but a contact rings anyway",
        ),
        pytest.param(
            a_record(BLOCK, SIGNALS, Outcome.REJECTED, DECIDED, SILENT),
            *(Experience.BLOCKED, Opinion.OPEN),
            id="a check did not answer, the others were enough",
        ),
    ],
)
def test_what_was_experienced_and_whether_somebody_should_look_at_it(
    record: CallRecord, experienced: Experience, asked: Opinion | None
) -> None:
    assert (experience(record), first_opinion(record)) == (experienced, asked)


def test_the_policy_plays_no_part_in_what_was_experienced() -> None:
    record = a_record(BLOCK, SIGNALS, Outcome.REJECTED)
    assert experience(replace(record, policy=Policy(log_only=True))) is Experience.BLOCKED
