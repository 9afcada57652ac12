"""What the household said and did about calls towards agencies, and each of it taken back."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from callguard import Complaint, ComplaintState
from callguard.store import CannotUndoError, Store, UnstorableError

CALL, LATER_CALL = "1m8296y0k0000000", "1m8296y0m0000000"
DRAFT = Complaint(call_id=CALL, agency="ftc", answers={"kind": "sales", "prerecorded": "yes"})
FILED = replace(DRAFT, state=ComplaintState.FILED, filed_on=date(2026, 11, 23), reference="R-7")


def save(store: Store, wanted: Complaint, now: datetime) -> Any:
    return store.save_complaint(wanted, by="ada", now=now).result(10)


def test_what_was_answered_and_done_is_kept_with_its_time(
    store: Store, open_store: Callable[..., Any], now: datetime
) -> None:
    assert store.complaint(CALL, "ftc") is None
    save(store, FILED, now)
    assert store.complaint(CALL, "ftc") == replace(FILED, changed_at=now)
    store.close()
    assert open_store().store.complaints() == (replace(FILED, changed_at=now),)


def test_complaints_about_one_call_to_two_agencies_are_two(store: Store, now: datetime) -> None:
    save(store, FILED, now)
    save(store, replace(DRAFT, agency="fcc"), now)
    assert [(one.agency, one.state) for one in store.complaints()] == [("fcc", "draft"), ("ftc", "filed")]


def test_those_about_the_newest_calls_come_first(store: Store, now: datetime) -> None:
    save(store, replace(DRAFT, call_id=LATER_CALL), now)
    save(store, DRAFT, now + timedelta(days=1))
    assert [one.call_id for one in store.complaints()] == [LATER_CALL, CALL]
    assert [one.call_id for one in store.complaints(1)] == [LATER_CALL]
    assert [one.call_id for one in store.complaints(call_id=CALL)] == [CALL]


def test_saying_the_same_again_changes_nothing(store: Store, now: datetime) -> None:
    save(store, DRAFT, now)
    assert save(store, DRAFT, now + timedelta(days=1)) is None
    assert len(store.changes()) == 1


def test_every_step_is_taken_back_one_by_one(store: Store, now: datetime) -> None:
    steps = [replace(DRAFT, answers={"kind": "sales"}), DRAFT, replace(DRAFT, state=ComplaintState.REVIEWED), FILED]
    changes = [save(store, step, now).id for step in steps]
    with pytest.raises(CannotUndoError, match="changed since"):
        store.undo(changes[0], by="bob", now=now).result(10)
    for step, change in zip(reversed(steps), reversed(changes), strict=True):
        assert store.complaint(CALL, "ftc") == replace(step, changed_at=now)
        store.undo(change, by="bob", now=now).result(10)
    assert (store.complaint(CALL, "ftc"), store.complaints()) == (None, ())


def test_the_log_of_changes_says_what_was_done_but_not_what_was_answered(store: Store, now: datetime) -> None:
    save(store, replace(DRAFT, answers={"caller_name": "Mallory"}), now)
    save(store, replace(FILED, answers={"caller_name": "Mallory"}), now)
    filed, answered = store.changes()
    assert answered.subject == f"complaint to ftc about call {CALL}: draft, answers: 1"
    assert filed.subject == f"complaint to ftc about call {CALL}: filed on 2026-11-23, answers: 1"
    assert (filed.what, answered.what) == ("complaint-changed", "complaint-changed")


@pytest.mark.parametrize(
    ("complaint", "says"),
    [
        pytest.param(replace(DRAFT, call_id="x"), "is no call", id="no call"),
        pytest.param(replace(DRAFT, agency="../ftc"), "is no agency", id="no agency"),
        pytest.param(replace(FILED, filed_on=None), "has the day it was filed on", id="filed on no day"),
        pytest.param(replace(DRAFT, filed_on=date(2026, 11, 23)), "no other has", id="a day, but not filed"),
        pytest.param(replace(DRAFT, answers={"Kind": "x"}), "'Kind' is no question", id="no question"),
        pytest.param(replace(DRAFT, answers={f"q{n}": "x" for n in range(101)}), "more answers", id="too many"),
        pytest.param(replace(DRAFT, answers={"kind": "x" * 2001}), "longer than 2000", id="too long"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(
    store: Store, now: datetime, complaint: Complaint, says: str
) -> None:
    with pytest.raises(UnstorableError, match=says):
        save(store, complaint, now)
    assert store.complaints() == ()


def test_answers_are_kept_without_control_characters(store: Store, now: datetime) -> None:
    save(store, replace(FILED, answers={"heard": "a\x1b[2Jb"}, reference="R\x007"), now)
    kept = store.complaint(CALL, "ftc")
    assert kept is not None
    assert (kept.answers, kept.reference) == ({"heard": "a[2Jb"}, "R7")


def test_one_of_a_later_version_is_passed_over_and_comes_back_by_undo(
    store: Store, now: datetime, raw: sqlite3.Connection
) -> None:
    body = '{"call_id":"x","agency":"ftc","state":"appealed"}'
    raw.execute("INSERT INTO complaints VALUES (?, 'ftc', ?, 99)", (CALL, body))
    assert (store.complaint(CALL, "ftc"), store.complaints()) == (None, ())
    change = save(store, DRAFT, now)
    assert store.complaints() != ()
    store.undo(change.id, by="ada", now=now).result(10)
    assert raw.execute("SELECT body FROM complaints").fetchall() == [(body,)]
