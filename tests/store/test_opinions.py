from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from callguard import Action, CallRecord, Disposition, Outcome, Rung, Verdict
from callguard.model.experience import Opinion
from callguard.store import CannotUndoError, Filter, NoSuchCallError, Store

Make = Callable[..., CallRecord]
OPEN, RIGHT, WRONG = Opinion.OPEN, Opinion.RIGHT, Opinion.WRONG


def soft(record: CallRecord) -> CallRecord:
    """Block on signals, which somebody should look at."""
    return replace(record, verdict=Verdict(action=Action.BLOCK, rung=Rung.SIGNALS))


@pytest.fixture
def call(store: Store, make: Make) -> str:
    store.append(soft(make())).result(10)
    return make().call.id


def said(store: Store, call: str) -> Opinion | None:
    return store.opinions([call]).get(call)


def test_a_call_stopped_on_soft_evidence_is_to_be_reviewed_until_somebody_says_something(
    store: Store, call: str, make: Make, now: datetime
) -> None:
    store.append(make(1)).result(10)
    assert (store.to_review(), said(store, call), said(store, make(1).call.id)) == (1, OPEN, None)
    change = store.give_opinion(call.upper(), WRONG, by="ada", now=now).result(10)
    assert change
    assert (change.what, change.by) == ("opinion-given", "ada")
    assert change.subject == f"call {call} from +13035550188: should have been otherwise"
    assert (store.to_review(), said(store, call)) == (0, WRONG)
    assert [r.call.id for r in store.newest(wanted=Filter(opinion=WRONG)).records] == [call]


def test_saying_the_same_again_changes_nothing(store: Store, call: str, now: datetime) -> None:
    assert store.give_opinion(call, OPEN, by="ada", now=now).result(10) is None
    assert store.give_opinion(call, RIGHT, by="ada", now=now).result(10)
    assert store.give_opinion(call, RIGHT, by="bob", now=now).result(10) is None
    assert len(store.changes()) == 1


def test_an_opinion_of_an_unknown_call_is_refused(store: Store, now: datetime) -> None:
    with pytest.raises(NoSuchCallError):
        store.give_opinion("1m8296y0k0000000", RIGHT, by="ada", now=now).result(10)
    assert store.changes() == ()


def test_a_call_nobody_asked_about_may_be_wrong_too(store: Store, make: Make, now: datetime) -> None:
    store.append(make()).result(10)
    change = store.give_opinion(make().call.id, WRONG, by="ada", now=now).result(10)
    assert said(store, make().call.id) is WRONG
    assert change
    store.undo(change.id, by="ada", now=now).result(10)
    assert said(store, make().call.id) is None


def test_opinions_are_undone_in_turn_and_done_again(store: Store, call: str, now: datetime) -> None:
    first = store.give_opinion(call, WRONG, by="ada", now=now).result(10)
    second = store.give_opinion(call, RIGHT, by="bob", now=now).result(10)
    assert first
    assert second
    with pytest.raises(CannotUndoError, match="something else was said"):
        store.undo(first.id, by="ada", now=now).result(10)
    undone = store.undo(second.id, by="ada", now=now).result(10)
    assert said(store, call) is WRONG
    store.undo(first.id, by="ada", now=now).result(10)
    assert said(store, call) is OPEN
    with pytest.raises(CannotUndoError):
        store.undo(undone.id, by="ada", now=now).result(10)


def test_an_undo_can_be_undone(store: Store, call: str, now: datetime) -> None:
    change = store.give_opinion(call, WRONG, by="ada", now=now).result(10)
    assert change
    undone = store.undo(change.id, by="ada", now=now).result(10)
    store.undo(undone.id, by="ada", now=now).result(10)
    assert said(store, call) is WRONG


def test_what_was_said_stays_when_the_call_ends_afterwards(store: Store, make: Make, now: datetime) -> None:
    going_on = soft(make(outcome=None))
    store.append(going_on).result(10)
    store.give_opinion(going_on.call.id, WRONG, by="ada", now=now).result(10)
    store.append(soft(make())).result(10)
    assert said(store, going_on.call.id) is WRONG
    end = Disposition(outcome=Outcome.GONE, ended_at=now)
    store.finish(going_on.call.id, end).result(10)
    assert said(store, going_on.call.id) is WRONG


def test_an_opinion_of_a_call_that_is_gone_cannot_be_undone(store: Store, call: str, now: datetime) -> None:
    change = store.give_opinion(call, WRONG, by="ada", now=now).result(10)
    assert change
    later = now.replace(year=2028)
    assert store.retire(later, pseudonymise=False, secret=b"", now=later).result(10) == 1
    with pytest.raises(CannotUndoError, match="not kept any more"):
        store.undo(change.id, by="ada", now=now).result(10)


def test_a_call_without_a_number_or_a_name_is_named_all_the_same(store: Store, make: Make, now: datetime) -> None:
    for n, name in ((0, ""), (1, "V\x1b[2JISTA")):
        store.append(soft(make(n, number=None, name=name))).result(10)
        store.give_opinion(soft(make(n)).call.id, RIGHT, by="ada", now=now).result(10)
    assert [change.subject.partition(" from ")[2] for change in store.changes()] == [
        *("V[2JISTA: right", "a hidden number: right")
    ]


def test_many_calls_are_asked_about_at_once(store: Store, make: Make) -> None:
    receipts = [store.append(soft(make(n))) for n in range(1100)]
    for receipt in receipts:
        receipt.result(10)
    asked = [make(n).call.id for n in range(1100)]
    assert store.opinions(asked) == dict.fromkeys(asked, OPEN)
    assert store.opinions([]) == {}


def test_opinions_outlive_a_restart(open_store: Callable[..., Any], make: Make, now: datetime) -> None:
    first = open_store().store
    first.append(soft(make())).result(10)
    first.give_opinion(make().call.id, RIGHT, by="ada", now=now).result(10)
    first.close()
    assert said(open_store().store, make().call.id) is RIGHT
