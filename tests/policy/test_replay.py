"""Past calls judged again: what would have been otherwise, and what nobody can tell."""

from dataclasses import replace

import pytest

from callguard.model.evidence import Evidence, Leaning, Rung
from callguard.model.policy import Policy
from callguard.model.record import CallRecord, Disposition, Outcome
from callguard.model.verdict import Action
from callguard.policy.ladder import judge
from callguard.policy.replay import Replay, Revised, without
from callguard.testing import NOON, a_call, a_record

BLOCKED = Evidence(code="blocked-number", leaning=Leaning.UNWANTED, rung=Rung.BLOCK_LIST, source="rules")
REPORTED = Evidence(code="reported", leaning=Leaning.UNWANTED, weight=60, source="ftc", basis="complaints")


def a_past_call(*evidence: Evidence, answered: bool | None = None, heard: tuple[str, ...] = ()) -> CallRecord:
    call, policy = a_call(), Policy()
    disposition = Disposition(outcome=Outcome.RANG, ended_at=NOON, answered=answered)
    verdict = judge(call, evidence, [], policy)
    record = a_record(call, evidence=evidence, policy=policy)
    return replace(record, verdict=verdict, timings=dict.fromkeys(heard, 0.1), disposition=disposition)


def and_blocked(record: CallRecord) -> Revised:
    return replace(record, evidence=(*record.evidence, BLOCKED))


def test_a_call_that_would_have_been_blocked_is_named_with_what_it_rests_on() -> None:
    replay = Replay()
    replay.take(a_past_call(answered=True), and_blocked)
    (one,) = replay.changed
    assert (one.before.action, one.after.action, one.answered) == (Action.RING, Action.BLOCK, True)
    assert one.evidence == (BLOCKED,)
    assert replay.moves == {(Action.RING, Action.BLOCK): 1}


def test_a_call_that_would_have_ended_the_same_is_only_counted() -> None:
    replay = Replay()
    replay.take(a_past_call(BLOCKED), and_blocked)
    replay.take(a_past_call(), lambda record: record)
    assert (replay.calls, replay.changed) == (2, [])


def test_another_policy_is_tried_on_the_evidence_of_then() -> None:
    strict = Policy(screen_at=40, unknown_callers=Action.BLOCK)
    replay = Replay()
    replay.take(a_past_call(), lambda record: replace(record, policy=strict))
    assert replay.changed[0].after.action is Action.BLOCK


def test_a_call_without_the_evidence_it_would_take_is_counted_as_not_judged() -> None:
    replay = Replay()
    replay.take(a_past_call(), lambda _: "ftc was not asked then")
    assert replay.unjudged == {"ftc was not asked then": 1}


def test_a_check_that_was_not_waited_for_and_could_decide_now_leaves_it_open() -> None:
    allowed = Evidence(code="allowed-number", leaning=Leaning.WANTED, rung=Rung.ALLOW_LIST, source="rules")
    record = a_past_call(allowed, REPORTED, heard=("rules",))
    strict = Policy(unknown_callers=Action.BLOCK, screen_at=200)

    def no_longer_allowed(record: CallRecord) -> Revised:
        return replace(record, evidence=tuple(without(record.evidence, [allowed])), policy=strict)

    slow = Replay(speakers={"rules": Rung.ALLOW_LIST, "slow": Rung.SIGNALS})
    slow.take(record, no_longer_allowed)
    assert (slow.changed, slow.unjudged) == ([], {"slow was not heard then": 1})
    known = Replay(speakers={"rules": Rung.ALLOW_LIST})
    known.take(record, no_longer_allowed)
    assert known.changed[0].after.action is Action.BLOCK


def test_what_is_taken_away_is_known_by_its_rule_and_not_by_its_wording() -> None:
    mine = replace(BLOCKED, facts={"rule_id": 7, "note": "old"})
    other = replace(BLOCKED, facts={"rule_id": 8})
    assert without([mine, other], [replace(BLOCKED, facts={"rule_id": 7, "note": "new"})]) == [other]


def test_only_so_many_calls_are_kept_to_be_named_but_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callguard.policy.replay._MOST_NAMED", 2)
    replay = Replay()
    for _ in range(5):
        replay.take(a_past_call(), and_blocked)
    assert (len(replay.changed), replay.moves.total()) == (2, 5)
