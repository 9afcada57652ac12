from dataclasses import replace

import pytest

from callguard.model.call import Call
from callguard.model.evidence import Evidence, Failure, FailureKind, Leaning, Rung
from callguard.model.policy import Policy
from callguard.model.record import CallRecord, Disposition, Outcome
from callguard.model.verdict import Action
from callguard.policy.ladder import judge
from callguard.policy.sole import sole_deciders
from callguard.testing import a_call, a_caller

NORMAL = Policy()
STRANGER = a_call(caller=a_caller(number="+13035550188"))


def listed(name: str, weight: int = 60, *, proof: bool = False, log_only: bool = False) -> Evidence:
    return Evidence(
        code="listed",
        leaning=Leaning.UNWANTED,
        weight=weight,
        proof=proof,
        log_only=log_only,
        source=name,
        facts={"list": name},
    )


BLOCKED = Evidence(
    code="blocked", leaning=Leaning.UNWANTED, rung=Rung.BLOCK_LIST, source="rules", facts={"rule_id": 7}
)
ALSO_BLOCKED = replace(BLOCKED, facts={"rule_id": 8})
FTC, NEIGHBOUR = ("ftc", "ftc"), ("neighbour", "neighbour")


def judged(
    *evidence: Evidence,
    policy: Policy = NORMAL,
    outcome: Outcome = Outcome.REJECTED,
    call: Call = STRANGER,
    failures: tuple[Failure, ...] = (),
) -> CallRecord:
    return CallRecord(
        call=call,
        evidence=evidence,
        failures=failures,
        policy=policy,
        verdict=judge(call, evidence, failures, policy),
        disposition=Disposition(outcome=outcome, ended_at=call.received_at),
    )


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param(judged(listed("ftc", proof=True)), {FTC}, id="one list with a proof"),
        pytest.param(
            judged(listed("ftc", 60), listed("neighbour", 60)), {FTC, NEIGHBOUR}, id="two that need each other"
        ),
        pytest.param(
            judged(listed("ftc", 60), listed("neighbour", 60), listed("third", 60)), set(), id="one more than needed"
        ),
        pytest.param(
            judged(listed("ftc", proof=True), listed("neighbour", 60)), {FTC}, id="one weighs too little alone"
        ),
        pytest.param(judged(BLOCKED), {("rules", "7")}, id="one rule"),
        pytest.param(judged(BLOCKED, ALSO_BLOCKED), set(), id="two rules, either would do"),
        pytest.param(judged(BLOCKED, listed("ftc", proof=True)), set(), id="a list would have done it too"),
        pytest.param(judged(BLOCKED, listed("ftc", 30)), {("rules", "7")}, id="a list would not have done it"),
        pytest.param(judged(listed("ftc", 30)), set(), id="a call that rang"),
        pytest.param(judged(BLOCKED, outcome=Outcome.GONE), set(), id="a caller who gave up"),
        pytest.param(judged(BLOCKED, outcome=Outcome.NOT_CARRIED_OUT), set(), id="a line that could not do it"),
        pytest.param(judged(BLOCKED, policy=Policy(unknown_callers=Action.BLOCK)), set(), id="strangers never ring"),
        pytest.param(judged(policy=Policy(unknown_callers=Action.BLOCK)), set(), id="a setting decided"),
        pytest.param(judged(BLOCKED, policy=Policy(log_only=True)), set(), id="all is only logged"),
        pytest.param(judged(BLOCKED, listed("ftc", log_only=True, proof=True)), {("rules", "7")}, id="one only logs"),
        pytest.param(
            judged(BLOCKED, failures=(Failure(source="x", kind=FailureKind.RAISED, rungs=(Rung.CONTACTS,)),)),
            set(),
            id="the ladder failed open",
        ),
    ],
)
def test_whose_word_alone_stopped_a_call(record: CallRecord, expected: set[tuple[str, str]]) -> None:
    assert sole_deciders(record) == expected


def test_a_call_that_was_screened_counts_as_stopped() -> None:
    record = judged(listed("ftc", 60), call=replace(STRANGER, can_screen=True))
    assert record.verdict.action is Action.SCREEN
    assert sole_deciders(record) == {FTC}
