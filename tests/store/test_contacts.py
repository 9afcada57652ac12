"""Address books, whom the household dialled and answered, and settings made outside config.yaml."""

import asyncio
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callguard import Acquaintance, CallRecord, Contact, Disposition, Household, Outcome
from callguard.store import CannotUndoError, Store, UnreadableError, UnstorableError, stored_settings
from callguard.store.database import on_disk as uri
from callguard.store.database import sqlite_connect
from callguard.store.migrate import latest

Make = Callable[..., CallRecord]
Open = Callable[..., Any]
GRACE = Contact(book="family", uid="u1", name="Grace", numbers=("+13035550177",))
ALAN = Contact(book="family", uid="u2", name="Alan", numbers=("+13035550166", "+442079460958"))
NUMBER = "+13035550188"


def put(store: Store, *people: Contact, book: str = "family") -> Any:
    return store.replace_contacts(book, people, by="contacts").result(10)


# --- contacts ------------------------------------------------------------------------------------


async def test_a_book_is_replaced_as_a_whole_and_known_at_once(store: Store) -> None:
    household: Household = store
    before = household.revision()
    change = await household.replace_contacts("family", [GRACE, ALAN], by="contacts")
    assert change is not None
    assert (change.what, change.by, change.subject) == ("contacts-replaced", "contacts", "family: 2 new")
    assert household.contacts() == (GRACE, ALAN)
    assert household.revision() != before
    await household.replace_contacts(
        "family",
        [
            replace(GRACE, name="Grace H."),
        ],
        by="contacts",
    )
    assert household.contacts() == (replace(GRACE, name="Grace H."),)
    assert store.changes()[0].subject == "family: 1 changed, 1 gone"


def test_a_book_that_did_not_change_is_no_change(store: Store) -> None:
    put(store, GRACE, ALAN)
    revision = store.revision()
    assert put(store, ALAN, GRACE) is None
    assert put(store, GRACE, replace(ALAN, numbers=(*ALAN.numbers, ALAN.numbers[0]))) is None, (
        "a number twice is once"
    )
    assert (len(store.changes()), store.revision()) == (1, revision)


def test_books_do_not_touch_each_other_and_an_emptied_one_is_gone(store: Store) -> None:
    put(store, GRACE)
    put(store, replace(ALAN, book="carddav:work"), book="carddav:work")
    assert dict(store.books()) == {"carddav:work": 1, "family": 1}
    put(store)
    assert store.contacts() == (replace(ALAN, book="carddav:work"),)
    assert dict(store.books()) == {"carddav:work": 1}


def test_contacts_belong_to_the_book_they_are_put_in(store: Store) -> None:
    put(store, replace(GRACE, book="elsewhere"))
    assert store.contacts() == (GRACE,)


def test_contacts_survive_a_restart(open_store: Open) -> None:
    store = open_store().store
    put(store, GRACE, ALAN)
    store.close()
    assert open_store().store.contacts() == (GRACE, ALAN)


def test_what_plugins_write_is_dated_by_the_clock(open_store: Open, now: datetime) -> None:
    later = now + timedelta(days=3)
    store = open_store(clock=lambda: later).store
    assert put(store, GRACE).at == later


def test_undoing_brings_the_book_back_as_it_was_and_undoing_that_the_new_one(store: Store, now: datetime) -> None:
    put(store, GRACE, ALAN)
    change = put(store, replace(GRACE, numbers=()), replace(GRACE, uid="u3"))
    after = store.contacts()
    undone = store.undo(change.id, by="ada", now=now).result(10)
    assert store.contacts() == (GRACE, ALAN)
    assert (undone.what, undone.subject) == ("undone", "family: 1 new, 1 changed, 1 gone")
    store.undo(undone.id, by="ada", now=now).result(10)
    assert store.contacts() == after


def test_a_book_that_was_replaced_since_is_not_brought_back(store: Store, now: datetime) -> None:
    first = put(store, GRACE)
    second = put(store, GRACE, ALAN)
    put(store, replace(GRACE, book="b"), book="b")
    with pytest.raises(CannotUndoError, match="family has been replaced since"):
        store.undo(first.id, by="ada", now=now).result(10)
    store.undo(second.id, by="ada", now=now).result(10)
    store.undo(first.id, by="ada", now=now).result(10)
    assert dict(store.books()) == {"b": 1}


@pytest.mark.parametrize(
    ("book", "people"),
    [
        pytest.param("", [GRACE], id="no book"),
        pytest.param("a\x1bb", [GRACE], id="a book that a terminal might obey"),
        pytest.param("x" * 201, [GRACE], id="an endless book"),
        pytest.param("family", [replace(GRACE, uid="")], id="no uid"),
        pytest.param("family", [GRACE, GRACE], id="the same uid twice"),
        pytest.param("family", [replace(GRACE, numbers=("303 555 0177",))], id="no E.164"),
        pytest.param(
            "family", [replace(GRACE, numbers=tuple(f"+1303555{n:04}" for n in range(101)))], id="101 numbers"
        ),
    ],
)
def test_contacts_that_cannot_be_kept_leave_the_book_as_it_is(store: Store, book: str, people: list[Contact]) -> None:
    put(store, ALAN)
    with pytest.raises(UnstorableError):
        store.replace_contacts(book, people, by="contacts").result(10)
    assert store.contacts() == (ALAN,)
    assert len(store.changes()) == 1


def test_names_are_kept_clean(store: Store) -> None:
    put(store, replace(GRACE, name="Gra\x1b[31mce\n" + "x" * 300))
    (grace,) = store.contacts()
    assert grace.name.startswith("Gra[31mce ")
    assert len(grace.name) == 200


def test_a_book_on_a_disk_that_is_full_stays_as_it_is(on_disk: Callable[..., Store], disk: Any) -> None:
    store = on_disk()
    put(store, GRACE)
    disk.fails_with, disk.at = sqlite3.SQLITE_FULL, "COMMIT"
    receipt = store.replace_contacts("family", [ALAN], by="contacts")
    disk.await_failures(1)
    with pytest.raises(Exception, match="the disk is full"):
        receipt.result(10)
    assert store.contacts() == (GRACE,)
    disk.fails_with = None


# --- dialled and answered ------------------------------------------------------------------------


def test_a_number_is_known_from_the_moment_it_is_dialled(
    on_disk: Callable[..., Store], disk: Any, now: datetime
) -> None:
    store = on_disk()
    disk.running.clear()  # the disk hangs
    receipt = store.note_dialled("+1911", now)
    just_dialled = Acquaintance(number="+1911", dialled_at=now)
    assert not receipt.done
    assert store.acquaintance("+1911") == just_dialled
    assert store.dialled_since(now) == (just_dialled,)
    disk.running.set()
    receipt.result(10)
    assert store.acquaintance("+1911") == just_dialled
    assert store.dialled_since(now) == (just_dialled,)
    assert store.dialled_since(now + timedelta(milliseconds=1)) == ()


def test_whom_the_house_dialled_and_answered_survives_a_restart(open_store: Open, now: datetime) -> None:
    store, hour = open_store().store, timedelta(hours=1)
    for receipt in (store.note_dialled(NUMBER, now), store.note_answered(NUMBER, now + hour)):
        receipt.result(10)
    store.close()
    again = open_store().store
    both = Acquaintance(number=NUMBER, dialled_at=now, answered_at=now + hour)
    assert again.acquaintance(NUMBER) == both
    assert again.dialled_since(now) == (both,)
    assert again.acquaintance("+13035550199") is None


@pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=["in order", "out of order"])
def test_the_last_time_counts_in_whatever_order_it_is_told(
    store: Store, now: datetime, order: tuple[int, int]
) -> None:
    for hours in order:
        store.note_dialled(NUMBER, now + timedelta(hours=hours)).result(10)
        store.note_answered(NUMBER, now + timedelta(hours=hours + 2)).result(10)
    latest_times = now + timedelta(hours=2), now + timedelta(hours=4)
    assert store.acquaintance(NUMBER) == Acquaintance(
        number=NUMBER, dialled_at=latest_times[0], answered_at=latest_times[1]
    )


def test_the_newest_thousand_dialled_numbers_are_listed_newest_first(store: Store, now: datetime) -> None:
    receipts = [store.note_dialled(f"+1303555{n:04}", now + timedelta(seconds=n)) for n in range(1200)]
    waiting = store.dialled_since(now)
    receipts[-1].result(10)
    listed = store.dialled_since(now)
    assert len(listed) == 1000
    assert [known.number for known in listed[:2]] == ["+13035551199", "+13035551198"]
    assert waiting == listed
    assert len(store.dialled_since(now + timedelta(seconds=1199))) == 1


def test_a_dialled_number_waits_for_a_full_disk_and_is_no_lost_call(
    on_disk: Callable[..., Store], disk: Any, now: datetime, make: Make
) -> None:
    store = on_disk(waiting=1)
    disk.fails_with = sqlite3.SQLITE_FULL
    receipts = [store.note_dialled(f"+1303555{n:04}", now) for n in range(5)]
    disk.await_failures()
    assert len(store.dialled_since(now)) == 5
    disk.fails_with = None
    receipts[-1].result(10)
    assert "calls-lost" not in {problem.code for problem in store.problems()}


@pytest.mark.parametrize(
    ("answered", "number", "known"),
    [(True, NUMBER, True), (False, NUMBER, False), (None, NUMBER, False), (True, None, False)],
    ids=["answered", "not answered", "nobody can tell", "answered, but no number"],
)
@pytest.mark.parametrize("way", ["append", "finish"])
def test_a_caller_whose_call_was_taken_is_an_acquaintance(
    store: Store, make: Make, answered: bool | None, number: str | None, known: bool, way: str
) -> None:
    record = make(number=number, outcome=None)
    end = Disposition(
        outcome=Outcome.RANG, ended_at=record.call.received_at + timedelta(minutes=9), answered=answered
    )
    if way == "append":
        store.append(replace(record, disposition=end)).result(10)
    else:
        store.append(record).result(10)
        store.finish(record.call.id, end).result(10)
    expected = Acquaintance(number=NUMBER, answered_at=record.call.received_at) if known else None
    assert store.acquaintance(NUMBER) == expected


# --- settings ------------------------------------------------------------------------------------


def set_to(store: Store, key: str, value: Any, now: datetime) -> Any:
    return store.set_setting(key, value, by="ada", now=now).result(10)


def test_a_setting_is_in_force_once_acknowledged_and_survives_a_restart(open_store: Open, now: datetime) -> None:
    store = open_store().store
    change = set_to(store, "policy.profile", "strict", now)
    set_to(store, "lists.ftc", {"mode": "log-only", "days": [1, 2.5, None, True], "é": "\x1b\udc80"}, now)
    expected = {
        "policy.profile": "strict",
        "lists.ftc": {"mode": "log-only", "days": [1, 2.5, None, True], "é": "\x1b\udc80"},
    }
    assert store.settings() == expected
    assert (change.what, change.subject) == ("setting-changed", 'policy.profile = "strict"')
    store.close()
    assert open_store().store.settings() == expected


def test_setting_what_is_set_already_is_no_change(store: Store, now: datetime) -> None:
    assert set_to(store, "a.b", None, now) is None
    set_to(store, "a.b", {"x": 1, "y": 2}, now)
    assert set_to(store, "a.b", {"y": 2, "x": 1}, now) is None
    assert len(store.changes()) == 1


def test_a_setting_can_be_removed_and_each_step_undone_in_turn(store: Store, now: datetime) -> None:
    steps = [set_to(store, "policy.profile", value, now) for value in ("strict", "gentle", None, "gentle", "strict")]
    seen = ["strict", "gentle", None, "gentle", "strict"]
    for step, value in zip(reversed(steps), reversed(seen), strict=True):
        assert store.settings().get("policy.profile") == value
        store.undo(step.id, by="ada", now=now).result(10)
    assert store.settings() == {}


def test_a_setting_that_was_changed_since_is_left_alone_even_if_it_is_the_same_again(
    store: Store, now: datetime
) -> None:
    first = set_to(store, "policy.profile", "strict", now)
    set_to(store, "policy.profile", "gentle", now)
    set_to(store, "policy.profile", "strict", now)
    with pytest.raises(CannotUndoError, match=r"policy\.profile has been changed since"):
        store.undo(first.id, by="ada", now=now).result(10)


def test_a_setting_changes_no_revision_of_the_rules(store: Store, now: datetime) -> None:
    before = store.revision()
    set_to(store, "policy.profile", "strict", now)
    assert store.revision() == before


@pytest.mark.parametrize("key", ["", "a..b", ".a", "a b", "a\n", "é", "x" * 41, ".".join("a" * 8)])
def test_what_is_no_key_is_refused(store: Store, now: datetime, key: str) -> None:
    with pytest.raises(UnstorableError):
        set_to(store, key, 1, now)


DEEP: Any = 1
for _ in range(100_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "value", [float("nan"), object(), "x" * 70_000, DEEP], ids=["not a number", "no JSON", "too long", "too deep"]
)
def test_what_is_no_value_is_refused(store: Store, now: datetime, value: Any) -> None:
    with pytest.raises(UnstorableError):
        set_to(store, "a.b", value, now)
    assert store.settings() == {}


# --- settings without a store --------------------------------------------------------------------


def test_no_file_means_no_settings(path: Path) -> None:
    assert stored_settings(path) == {}


def test_settings_are_read_while_a_store_is_open_and_after_a_crash(store: Store, path: Path, now: datetime) -> None:
    set_to(store, "policy.profile", "strict", now)
    assert stored_settings(path) == {"policy.profile": "strict"}


def test_reading_settings_leaves_the_file_and_its_folder_as_they_are(
    open_store: Open, path: Path, now: datetime
) -> None:
    store = open_store().store
    set_to(store, "policy.profile", "strict", now)
    store.close()
    before = path.read_bytes()
    assert stored_settings(path) == {"policy.profile": "strict"}
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_settings_can_be_read_in_a_folder_that_may_not_be_written(
    open_store: Open, path: Path, now: datetime
) -> None:
    store = open_store().store
    set_to(store, "policy.profile", "strict", now)
    store.close()
    path.parent.chmod(0o500)
    try:
        assert stored_settings(path) == {"policy.profile": "strict"}
    finally:
        path.parent.chmod(0o700)


def test_a_file_from_before_there_were_settings_has_none(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite_connect(uri(path))) as connection:
        connection.execute("PRAGMA user_version=3")
    assert stored_settings(path) == {}


@pytest.mark.parametrize(
    "content", [b"my notes\n" * 1000, b"SQLite format 3\x00" + b"\xa5" * 5000], ids=["text", "damaged"]
)
def test_a_file_that_cannot_be_read_says_so(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match=r"the settings in .* cannot be read"):
        stored_settings(path)


@pytest.mark.parametrize("value", ["{", "NaN?", "[" * 100_000])
def test_a_stored_value_that_is_no_json_is_no_crash(path: Path, open_store: Open, value: str) -> None:
    open_store().store.close()
    with closing(sqlite_connect(uri(path))) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (latest(),)
        connection.execute("INSERT INTO settings VALUES ('a.b', ?, 1), ('c.d', '1', 2)", (value,))
        connection.execute("INSERT INTO contacts VALUES ('family', 'u1', 'Grace', ?)", (value,))
        connection.execute("INSERT INTO books VALUES ('family', 3)")
    assert stored_settings(path) == {"c.d": 1}
    store = open_store().store
    assert (store.settings(), store.contacts()) == ({"c.d": 1}, ())
    assert [problem.code for problem in store.problems()] == ["rules-not-understood"]
    put(store, GRACE)
    assert store.contacts() == (GRACE,)


def test_what_is_stored_can_be_read_by_other_programs(store: Store, now: datetime, raw: sqlite3.Connection) -> None:
    put(store, ALAN)
    set_to(store, "a.b", {"x": "\x1b"}, now)
    (numbers,) = raw.execute("SELECT numbers FROM contacts").fetchone()
    assert json.loads(numbers) == list(ALAN.numbers)
    (value,) = raw.execute("SELECT value FROM settings").fetchone()
    assert value == '{"x":"\\u001b"}'


async def test_reads_never_see_half_a_book(store: Store) -> None:
    many = [replace(GRACE, uid=f"u{n:03}") for n in range(300)]
    sizes = set()
    for people in (many, [], many[:100], many):
        receipt = store.replace_contacts("family", people, by="contacts")
        while not receipt.done:
            sizes.add(len(store.contacts()))
            await asyncio.sleep(0)
        await receipt
    assert sizes <= {0, 100, 300}
