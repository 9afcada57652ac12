import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callguard import (
    Caller,
    CallRecord,
    Complaint,
    ComplaintState,
    Contact,
    Disposition,
    Outcome,
    Presentation,
    Relationship,
    Rule,
    RuleKind,
    RuleList,
)
from callguard.model.experience import Opinion
from callguard.store import CannotUndoError, Filter, Forgotten, NotWritableError, Store, retiring

Make = Callable[..., CallRecord]
DAY = timedelta(days=1)
NUMBER, OTHER, LONGER = "+4930123456", "+13035550101", "+49301234567"
SECRET = b"a key kept elsewhere"


def keep(store: Store, *records: CallRecord) -> None:
    for receipt in [store.append(record) for record in records]:
        receipt.result(10)


def forget(store: Store, now: datetime) -> Forgotten:
    return store.forget(NUMBER, secret=SECRET, by="ada", now=now).result(30)


def asserting(record: CallRecord, *numbers: str) -> CallRecord:
    caller = Caller(presentation=Presentation.WITHHELD, asserted=numbers)
    return replace(record, call=replace(record.call, caller=caller))


@pytest.fixture
def known(store: Store, make: Make, now: datetime) -> Store:
    """Keep calls of one number and of two others, and everything that can be noted about them."""
    end = Disposition(outcome=Outcome.RANG, ended_at=now, answered=True)
    keep(
        store,
        make(at=now - 400 * DAY, number=NUMBER),
        make(0, number=NUMBER, name="Otto", disposition=end),
        make(1, number=OTHER, name="Anna"),
        asserting(make(2), OTHER, NUMBER),
        asserting(make(3), LONGER),
        make(4, number=LONGER, name="Olga"),
    )
    assert store.retire(now - DAY, pseudonymise=True, secret=SECRET, now=now).result(10) == 1
    store.note_dialled(NUMBER, now).result(10)
    return store


def test_calls_that_show_or_assert_the_number_go_and_no_others(known: Store, make: Make, now: datetime) -> None:
    assert forget(known, now).calls == 2
    assert [r.call.id for r in known.newest().records] == [make(n).call.id for n in (4, 3, 1)]
    assert known.count(Filter(text="Otto")) == known.count(Filter(text="30 123456 ")) - 2 == 0
    assert known.count(Filter(number=NUMBER)) == 0
    assert known.check() == ()


def test_what_was_noted_of_the_number_goes(known: Store, now: datetime, raw: sqlite3.Connection) -> None:
    assert known.past(NUMBER, SECRET) == 1
    done = forget(known, now)
    assert done.past_calls == 1
    assert (known.past(NUMBER, SECRET), known.caller(NUMBER), known.first_heard(NUMBER)) == (0, None, None)
    assert (known.acquaintance(NUMBER), known.dialled_since(now - DAY)) == (None, ())
    assert known.caller(LONGER)
    assert raw.execute("SELECT count(*) FROM callers WHERE number = ?", (NUMBER,)).fetchone() == (0,)


def test_what_would_go_is_what_goes(known: Store, now: datetime) -> None:
    rule = Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value=NUMBER)
    known.add_rule(rule, by="ada", now=now).result(10)
    would = known.would_forget(NUMBER, secret=SECRET)
    assert known.count(Filter(number=NUMBER)) == 1, "nothing has gone"
    done = forget(known, now)
    assert (would.calls, would.past_calls, would.rules) == (done.calls, done.past_calls, done.rules) == (2, 1, 1)


def test_a_number_is_not_called_forgotten_while_its_calls_cannot_be_reached(
    open_store: Callable[..., Any], disk: Any, make: Make, now: datetime
) -> None:
    first = open_store().store
    keep(first, make(number=NUMBER))
    first.close()
    disk.fails_with = sqlite3.SQLITE_READONLY
    with pytest.raises(NotWritableError, match="cannot be forgotten now"):
        forget(open_store(connect=disk.connect).store, now)


def test_one_change_says_that_a_number_was_forgotten_but_not_which(known: Store, now: datetime) -> None:
    done = forget(known, now)
    (change,) = known.changes()
    assert done.change == change
    assert (change.what, change.by, change.subject) == (
        *("number-forgotten", "ada"),
        "a forgotten number: 2 calls removed",
    )
    with pytest.raises(CannotUndoError, match="was forgotten"):
        known.undo(change.id, by="ada", now=now).result(10)


def test_complaints_and_opinions_about_its_calls_go_with_what_the_log_says_of_them(
    known: Store, make: Make, now: datetime
) -> None:
    mine, others = make(0).call.id, make(1).call.id
    for call in (mine, others):
        complaint = Complaint(
            call_id=call, agency="ftc", state=ComplaintState.REVIEWED, answers={"business": "Otto's roofs"}
        )
        known.save_complaint(complaint, by="ada", now=now).result(10)
        known.give_opinion(call, Opinion.WRONG, by="ada", now=now).result(10)
    done = forget(known, now)
    assert (done.complaints, done.changes) == (1, 2)
    assert [complaint.call_id for complaint in known.complaints()] == [others]
    about = {change.id: change.about for change in known.changes()}
    assert list(about.values()).count("forgotten") == 3
    for change in (1, 2):
        with pytest.raises(CannotUndoError, match="forgotten"):
            known.undo(change, by="ada", now=now).result(10)
    known.undo(4, by="ada", now=now).result(10)
    assert known.opinions([others]) == {}


def test_what_the_household_wrote_down_stays_and_is_counted(known: Store, now: datetime) -> None:
    rules = [Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value=number) for number in (NUMBER, LONGER)] + [
        Rule(list=RuleList.ALLOW, kind=RuleKind.RANGE, value=f"{NUMBER}-+4930123499")
    ]
    for rule in rules:
        known.add_rule(rule, by="ada", now=now).result(10)
    people = [Contact(book="b", uid=f"u{n}", name="Otto", numbers=(n,)) for n in (NUMBER, LONGER)]
    known.replace_contacts("b", people, by="contacts").result(10)
    for number in (NUMBER, LONGER):
        known.save_relationship(Relationship(party=f"of {number}", numbers=(number,)), by="a", now=now).result(10)
    done = forget(known, now)
    assert (done.rules, done.contacts, done.relationships) == (2, 1, 1)
    assert {rule.value for rule in known.rules()} == {rule.value for rule in rules}
    assert len(known.contacts()) == len(known.relationships()) == 2


def test_the_log_of_changes_names_it_no_more_and_only_what_named_it_cannot_be_undone(
    known: Store, now: datetime, raw: sqlite3.Connection
) -> None:
    for number in (NUMBER, LONGER):
        known.add_rule(Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value=number), by="ada", now=now).result(10)
        people = [Contact(book=number[-4:], uid="u1", name="x", numbers=(number,))]
        known.replace_contacts(number[-4:], people, by="contacts").result(10)
    assert forget(known, now).changes == 2
    subjects = [change.subject for change in known.changes()][1:]
    assert subjects[-1] == "a forgotten number on the block list"
    assert subjects[1] == f"{LONGER} on the block list"
    rows = raw.execute("SELECT subject, did FROM changes").fetchall()
    assert not any(NUMBER in text.replace(LONGER, "") for row in rows for text in row)
    for change in (1, 2):
        with pytest.raises(CannotUndoError, match="forgotten"):
            known.undo(change, by="ada", now=now).result(10)
    known.undo(3, by="ada", now=now).result(10)
    assert [rule.value for rule in known.rules()] == [NUMBER]


def test_a_number_nobody_knows_is_forgotten_too(store: Store, now: datetime) -> None:
    done = forget(store, now)
    assert replace(done, change=None) == Forgotten(
        calls=0, past_calls=0, complaints=0, changes=0, rules=0, contacts=0, relationships=0
    )
    assert len(store.changes()) == 1


def test_the_number_is_nowhere_in_the_file(known: Store, now: datetime, path: Path) -> None:
    assert NUMBER.encode() in everything(path)
    forget(known, now)
    known.close()
    assert NUMBER.encode() not in everything(path).replace(LONGER.encode(), b"")


def everything(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_what_was_broken_off_is_not_called_forgotten_and_is_done_when_asked_again(
    open_store: Callable[..., Any], make: Make, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retiring, "SLICE", 0.0)
    monkeypatch.setattr(retiring, "FIRST", 1)
    first = open_store().store
    keep(first, *(make(n, number=NUMBER) for n in range(60)))
    forgetting_it = first.forget(NUMBER, secret=SECRET, by="ada", now=now)
    first.close()
    with pytest.raises(NotWritableError, match="left for another time"):
        forgetting_it.result(10)
    second = open_store().store
    assert second.changes() == ()
    left = second.count(Filter(number=NUMBER))
    assert left
    done = forget(second, now)
    assert done.calls == left
    assert second.changes() == (done.change,)
    assert second.count(Filter(number=NUMBER)) == 0


def test_calls_go_in_slices_and_new_ones_are_written_in_between(
    store: Store, make: Make, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retiring, "SLICE", 0.0)
    monkeypatch.setattr(retiring, "FIRST", 1)
    keep(store, *(make(n, number=NUMBER) for n in range(40)))
    forgotten = store.forget(NUMBER, secret=SECRET, by="ada", now=now)
    keep(store, make(50, number=OTHER))
    assert not forgotten.done
    assert forgotten.result(30).calls == 40
    assert store.count() == 1


def test_a_disk_in_trouble_is_said_and_asking_again_does_the_rest(
    on_disk: Callable[..., Store],
    disk: Any,
    make: Make,
    now: datetime,
    eventually: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retiring, "SLICE", 0.0)
    monkeypatch.setattr(retiring, "FIRST", 1)
    store = on_disk()
    keep(store, *(make(n, number=NUMBER) for n in range(5)))
    disk.fails_with, disk.at = sqlite3.SQLITE_FULL, "SELECT seq, number, name"
    with pytest.raises(NotWritableError):
        forget(store, now)
    disk.fails_with = None
    eventually(lambda: store.problems() == ())
    assert forget(store, now).calls == 5
    assert store.count() == 0


def test_a_number_dialled_just_now_is_forgotten_before_the_disk_has_it(
    on_disk: Callable[..., Store], disk: Any, now: datetime
) -> None:
    store = on_disk()
    disk.running.clear()
    dialled = store.note_dialled(NUMBER, now)
    receipt = store.forget(NUMBER, secret=SECRET, by="ada", now=now)
    disk.running.set()
    dialled.result(10)
    receipt.result(10)
    assert store.acquaintance(NUMBER) is None
