from dataclasses import replace

import pytest

from callguard.model.decider import decider, deciders, whose
from callguard.model.evidence import Evidence, Leaning, Rung
from callguard.model.policy import Policy
from callguard.model.record import CallRecord
from callguard.model.verdict import Action, Step, StepOutcome, Verdict
from callguard.testing import a_call

FTC = Evidence(code="listed", leaning=Leaning.UNWANTED, weight=60, source="ftc", facts={"list": "ftc"})
SHAPE = Evidence(code="impossible", leaning=Leaning.UNWANTED, weight=20, proof=True, source="numbercheck")
GOOD = Evidence(code="good", leaning=Leaning.WANTED, weight=90, source="lists", facts={"list": "friends"})
RULE = Evidence(
    code="blocked",
    leaning=Leaning.UNWANTED,
    rung=Rung.BLOCK_LIST,
    source="rules",
    facts={"rule_id": 7, "list": "block"},
)
STALE = replace(FTC, leaning=Leaning.NEUTRAL)
SEEN = replace(FTC, log_only=True)


def decided_by(*evidence: Evidence, places: tuple[int, ...] | None = None) -> CallRecord:
    decisive = tuple(range(len(evidence))) if places is None else places
    verdict = Verdict(
        action=Action.BLOCK, rung=Rung.SIGNALS, ladder=(Step(Rung.SIGNALS, StepOutcome.DECIDED, decisive),)
    )
    return CallRecord(call=a_call(), evidence=evidence, failures=(), policy=Policy(), verdict=verdict)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        pytest.param(FTC, ("ftc", "ftc"), id="a list"),
        pytest.param(RULE, ("rules", "7"), id="a rule, also where it names its list"),
        pytest.param(SHAPE, ("numbercheck", ""), id="neither"),
        pytest.param(replace(FTC, facts={"list": 5, "rule_id": True}), ("ftc", ""), id="nonsense"),
        pytest.param(replace(FTC, facts={"list": "x" * 999}), ("ftc", "x" * 200), id="a long name"),
    ],
)
def test_evidence_is_somebodys(evidence: Evidence, expected: tuple[str, str]) -> None:
    assert whose(evidence) == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param(decided_by(), ("", ""), id="a setting"),
        pytest.param(decided_by(FTC), ("ftc", "ftc"), id="one"),
        pytest.param(decided_by(SHAPE, FTC), ("numbercheck", ""), id="a proof before any weight"),
        pytest.param(decided_by(GOOD, FTC), ("ftc", "ftc"), id="what speaks against the caller first"),
        pytest.param(decided_by(FTC, replace(SHAPE, proof=False)), ("ftc", "ftc"), id="the heaviest"),
        pytest.param(decided_by(STALE, SEEN), ("", ""), id="what counts for nothing"),
        pytest.param(decided_by(FTC, RULE, places=(1,)), ("rules", "7"), id="only what decided"),
        pytest.param(decided_by(FTC, places=(0, 5)), ("ftc", "ftc"), id="a record with a piece missing"),
    ],
)
def test_the_one_that_decided_is_the_strongest(record: CallRecord, expected: tuple[str, str]) -> None:
    assert decider(record) == expected


def test_deciders_are_all_that_counted() -> None:
    assert deciders(decided_by(FTC, STALE, SEEN, GOOD)) == (FTC, GOOD)
