import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callguard import (
    CallRecord,
    Complaint,
    Contact,
    Evidence,
    Leaning,
    Relationship,
    Rule,
    RuleKind,
    RuleList,
    Severity,
)
from callguard.store import Filter, Limits, NotWritableError, Store, UnreadableError
from callguard.store.database import on_disk, sqlite_connect
from callguard.store.opening import KEPT_IN_MEMORY, suspect

Make = Callable[..., CallRecord]
Open = Callable[..., Any]
BLOCK = Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value="+13035550188")
NEXT_CALL = Rule(list=RuleList.EXPECTED, kind=RuleKind.ANYONE, value="*", line="Home", uses_left=2)
GRACE = Contact(book="family", uid="u1", name="Grace", numbers=("+13035550177",))
ALAN = Contact(book="family", uid="u2", name="Alan", numbers=("+13035550166",))
ACME = Relationship(party="Acme", numbers=("+13035550188",), last_purchase=date(2026, 3, 1))
COMPLAINT = Complaint(call_id="1m8296y0k0000000", agency="ftc", answers={"kind": "sales"})
PAGE = 4096


def furnish(store: Store, now: datetime) -> None:
    """Give the household a rule, a contact, a dialled number and a setting."""
    for receipt in (
        store.add_rule(BLOCK, by="ada", now=now),
        store.replace_contacts("family", [GRACE], by="contacts"),
        store.note_dialled("+1911", now),
        store.set_setting("policy.profile", "strict", by="ada", now=now),
        store.save_relationship(ACME, by="ada", now=now),
        store.save_complaint(COMPLAINT, by="ada", now=now),
    ):
        receipt.result(10)


def is_furnished(store: Store, now: datetime) -> bool:
    """Tell whether all of that is in force."""
    return (
        [rule.value for rule in store.rules()] == [BLOCK.value]
        and store.contacts() == (GRACE,)
        and [known.number for known in store.dialled_since(now)] == ["+1911"]
        and store.settings() == {"policy.profile": "strict"}
        and [one.party for one in store.relationships()] == ["Acme"]
        and [one.answers for one in store.complaints()] == [COMPLAINT.answers]
    )


@pytest.fixture
def used(open_store: Open, make: Make, now: datetime, path: Path) -> Path:
    """Leave behind a cleanly closed database with two hundred calls and a rule."""
    store = open_store().store
    furnish(store, now)
    for receipt in [store.append(make(n)) for n in range(200)]:
        receipt.result(10)
    store.close()
    return path


@pytest.fixture
def killed(open_store: Open, make: Make, now: datetime, path: Path, tmp_path: Path) -> Path:
    """Leave behind what is on the disk when the power fails: the file and its log."""
    store = open_store().store
    furnish(store, now)
    for receipt in [store.append(make(n)) for n in range(200)]:
        receipt.result(10)
    folder = tmp_path / "after-the-crash"
    shutil.copytree(path.parent, folder)
    store.close()
    assert (folder / "callguard.db-wal").stat().st_size > 0
    return folder / "callguard.db"


def damage(file: Path, at: int, length: int = PAGE) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(b"\xa5" * length)


def page_of(file: Path, table: str) -> int:
    with closing(sqlite_connect(on_disk(file, "mode=ro"))) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        return int(root)


def still_works(store: Store, make: Make) -> None:
    store.append(make(500)).result(10)
    assert store.record(make(500).call.id) == make(500)
    assert store.newest(1).records == (make(500),)
    assert store.check() == ()


# --- healthy -------------------------------------------------------------------------------------


def test_files_are_for_this_user_only(open_store: Open, path: Path, make: Make) -> None:
    open_store().store.append(make()).result(10)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {
        "callguard.db": 0o600,
        "callguard.db-wal": 0o600,
        "callguard.db-shm": 0o600,
    }


def test_a_file_others_may_read_is_closed_to_them(used: Path, open_store: Open) -> None:
    used.chmod(0o644)
    open_store()
    assert used.stat().st_mode & 0o777 == 0o600


def test_commits_are_as_durable_as_sqlite_can_make_them(store: Store) -> None:
    writing = store._database.writing
    assert writing.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert writing.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_clean_stop_leaves_one_file_and_is_not_checked_again(
    used: Path, open_store: Open, disk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [file.name for file in used.parent.iterdir()] == ["callguard.db"]
    asked: list[str] = []
    monkeypatch.setattr(disk, "ask", asked.append)
    assert open_store(connect=disk.connect).problems == ()
    assert not any("check" in sql for sql in asked)


def test_after_a_crash_the_file_is_checked_and_nothing_is_missing(
    killed: Path, open_store: Open, disk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(disk, "ask", asked.append)
    opened = open_store(killed, connect=disk.connect)
    assert opened.problems == ()
    assert any("quick_check" in sql for sql in asked)
    assert opened.store.counts().total == 200
    assert is_furnished(opened.store, opened.store.newest(1).records[0].call.received_at - timedelta(hours=4))


# --- damaged -------------------------------------------------------------------------------------


def aside(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir() if ".corrupt-" in file.name)


def test_a_file_with_a_damaged_header_is_moved_aside_and_said_so(
    used: Path, open_store: Open, make: Make, now: datetime
) -> None:
    damage(used, 0, 100)
    content = used.read_bytes()
    opened = open_store()
    (problem,) = opened.problems
    assert problem.code == "store-damaged"
    assert problem.severity is Severity.PROBLEM
    assert problem.since == now
    assert "moved to callguard.db.corrupt-20261122T184503" in problem.what
    assert "saved from it: rules of your lists: 0" in problem.what
    assert Path(problem.where).read_bytes() == content
    assert opened.store.problems() == (problem,)
    still_works(opened.store, make)


def test_a_text_file_is_no_database(open_store: Open, path: Path, make: Make) -> None:
    path.parent.mkdir()
    path.write_text("these are my notes, not a database\n" * 100)
    opened = open_store()
    assert [problem.code for problem in opened.problems] == ["store-damaged"]
    still_works(opened.store, make)


def test_everything_of_the_households_is_saved_from_a_file_whose_calls_are_damaged(
    killed: Path, open_store: Open, make: Make, now: datetime
) -> None:
    with closing(sqlite_connect(on_disk(killed))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    damage(killed, (page_of(killed, "calls") - 1) * PAGE)
    suspect(killed).touch()
    opened = open_store(killed)
    (problem,) = opened.problems
    assert (
        "saved from it: rules of your lists: 1, contacts: 1, settings: 1, relationships: 1, complaints: 1."
        in problem.what
    )
    assert is_furnished(opened.store, now)
    done = opened.store.changes()
    assert [change.what for change in done] == [
        *("complaint-changed", "relationship-added", "setting-changed", "contacts-replaced", "rule-added")
    ]
    for change in done:
        opened.store.undo(change.id, by="ada", now=now).result(10)
    assert (opened.store.rules(), opened.store.contacts(), opened.store.settings()) == ((), (), {})
    assert (opened.store.relationships(), opened.store.complaints()) == ((), ())
    assert opened.store.counts().total == 0
    still_works(opened.store, make)


def test_a_page_damaged_by_a_crash_is_found_at_the_start(
    killed: Path, open_store: Open, make: Make, tmp_path: Path
) -> None:
    with closing(sqlite_connect(on_disk(killed))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute("DELETE FROM changes")
        shutil.copytree(killed.parent, tmp_path / "again")
    crashed = tmp_path / "again" / killed.name
    damage(crashed, (page_of(killed, "calls_by_number") - 1) * PAGE)
    opened = open_store(crashed)
    assert [problem.code for problem in opened.problems] == ["store-damaged"]
    still_works(opened.store, make)


@pytest.mark.parametrize("table", ["rules", "contacts", "books", "settings"])
def test_damage_of_what_is_in_force_is_noticed_at_every_start_and_the_rest_saved(
    used: Path, open_store: Open, make: Make, table: str
) -> None:
    damage(used, (page_of(used, table) - 1) * PAGE)
    opened = open_store()
    assert [problem.code for problem in opened.problems] == ["store-damaged"]
    store = opened.store
    assert len(store.rules()) == (0 if table == "rules" else 1)
    assert len(store.contacts()) == (0 if table in ("contacts", "books") else 1)
    assert len(store.settings()) == (0 if table == "settings" else 1)
    store.replace_contacts("family", [GRACE, ALAN], by="contacts").result(10)
    assert store.contacts() == (GRACE, ALAN)
    still_works(store, make)


@pytest.mark.parametrize("table", ["changes", "uses", "acquaintances", "hits"])
def test_damage_of_what_is_read_later_is_met_and_healed_by_a_restart(
    used: Path, open_store: Open, make: Make, now: datetime, table: str
) -> None:
    damage(used, (page_of(used, table) - 1) * PAGE)
    suspect(used).touch()
    opened = open_store()
    assert [problem.code for problem in opened.problems] == ["store-damaged"]
    assert [rule.value for rule in opened.store.rules()] == [BLOCK.value]
    assert opened.store.contacts() == (GRACE,)
    furnish(opened.store, now)
    still_works(opened.store, make)


@pytest.mark.parametrize("what", ["id > 1000", "id = 10", "id = 1"], ids=["words", "structure", "averages"])
def test_a_damaged_full_text_index_is_built_anew_and_costs_no_call(
    used: Path, open_store: Open, make: Make, what: str
) -> None:
    with closing(sqlite_connect(on_disk(used))) as connection:
        connection.execute(f"UPDATE calls_text_data SET block = x'{'a5' * 40}' WHERE {what}")
    first = open_store()
    waiting = first.store.append(make(500, name="Newcomer"))
    with suppress(NotWritableError, UnreadableError):
        first.store.newest(wanted=Filter(text="303555"))
        waiting.result(0.5)
    first.store.close()
    suspect(used).touch()
    second = open_store()
    assert second.problems == ()
    assert second.store.counts().total >= 200
    assert second.store.count(Filter(text="3035550188")) == second.store.count()
    second.store.append(make(501, name="Latecomer")).result(10)
    assert second.store.count(Filter(text="latecomer")) == 1


@pytest.mark.parametrize("at", [0, 40, 30_000])
def test_a_damaged_log_costs_its_last_calls_but_never_the_file(
    killed: Path, open_store: Open, make: Make, at: int
) -> None:
    damage(killed.with_name("callguard.db-wal"), at, 1000)
    opened = open_store(killed)
    assert opened.problems == ()
    assert opened.store.counts().total == len(opened.store.newest(1000).records) < 200
    still_works(opened.store, make)


def test_a_log_cut_short_is_read_as_far_as_it_goes(killed: Path, open_store: Open, make: Make) -> None:
    log = killed.with_name("callguard.db-wal")
    os.truncate(log, log.stat().st_size - 1000)
    opened = open_store(killed)
    assert opened.problems == ()
    still_works(opened.store, make)


def test_a_second_damage_in_the_same_second_does_not_overwrite_the_first(used: Path, open_store: Open) -> None:
    for _ in range(2):
        damage(used, 0, 100)
        open_store().store.close()
    assert aside(used) == ["callguard.db.corrupt-20261122T184503", "callguard.db.corrupt-20261122T184503-2"]


def test_damage_met_while_running_is_said_and_asks_for_a_check_at_the_next_start(
    used: Path, open_store: Open, make: Make
) -> None:
    damage(used, (page_of(used, "calls") - 1) * PAGE)
    first = open_store()
    assert first.problems == ()
    with pytest.raises(UnreadableError, match="damaged"):
        first.store.newest()
    assert [problem.code for problem in first.store.problems()] == ["store-unreadable"]
    assert any("calls" in finding or "page" in finding.lower() for finding in first.store.check())
    first.store.close()
    second = open_store()
    assert [problem.code for problem in second.problems] == ["store-damaged"]
    assert not suspect(used).exists()
    still_works(second.store, make)


def test_a_write_that_meets_damage_waits_for_the_restart_and_says_so(
    used: Path, open_store: Open, make: Make, eventually: Callable[..., None]
) -> None:
    damage(used, (page_of(used, "calls_newest") - 1) * PAGE)
    store = open_store().store
    receipt = store.append(make(300))
    eventually(lambda: bool(store.problems()))
    (problem,) = store.problems()
    assert problem.code == "store-not-writing"
    assert problem.cure.startswith("Restart CallGuard")
    assert not receipt.done
    store.close()
    assert suspect(used).exists()
    assert [problem.code for problem in open_store().problems] == ["store-damaged"]


# --- nowhere to write ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "at"),
    [
        pytest.param(sqlite3.SQLITE_IOERR, "PRAGMA user_version", id="cannot be read"),
        pytest.param(sqlite3.SQLITE_FULL, "PRAGMA journal_mode", id="no room for the log"),
        pytest.param(sqlite3.SQLITE_READONLY, "BEGIN IMMEDIATE", id="read-only"),
    ],
)
def test_where_nothing_can_be_written_calls_are_kept_in_memory_and_rules_apply(
    used: Path, open_store: Open, make: Make, disk: Any, code: int, at: str
) -> None:
    now = make().call.received_at
    disk.fails_with, disk.at = code, at
    before = used.read_bytes()
    opened = open_store(connect=disk.connect)
    store = opened.store
    (problem,) = opened.problems
    assert problem.code == "store-not-writable"
    assert problem.severity is Severity.PROBLEM
    assert problem.what.startswith("Calls are screened but not recorded")
    assert (
        "in force: rules of your lists: 1, contacts: 1, settings: 1, relationships: 1, complaints: 1." in problem.what
    )
    assert is_furnished(store, now)
    assert problem.since == now
    assert "begins by itself" in problem.cure
    assert [rule.value for rule in store.rules()] == [BLOCK.value]
    store.add_rule(replace(BLOCK, value="+13035550199"), by="ada", now=now).result(10)
    assert len(store.rules()) == 2
    store.replace_contacts("family", [GRACE, ALAN], by="contacts").result(10)
    store.set_setting("policy.profile", None, by="ada", now=now).result(10)
    assert (store.contacts(), store.settings()) == ((GRACE, ALAN), {})
    still_works(store, make)
    store.close()
    assert used.read_bytes() == before


def test_a_folder_that_cannot_be_created_is_no_reason_not_to_screen(
    open_store: Open, tmp_path: Path, make: Make
) -> None:
    (tmp_path / "file").touch()
    opened = open_store(tmp_path / "file" / "callguard.db")
    assert [problem.code for problem in opened.problems] == ["store-not-writable"]
    assert str(tmp_path / "file") in opened.problems[0].cure
    still_works(opened.store, make)


def test_memory_does_not_fill_up(open_store: Open, tmp_path: Path, make: Make, now: datetime) -> None:
    (tmp_path / "file").touch()
    store = open_store(tmp_path / "file" / "callguard.db", limits=Limits(waiting_bytes=1 << 30)).store
    calls = [
        replace(make().call, id=f"{n:016}", received_at=now + n * timedelta(seconds=1))
        for n in range(KEPT_IN_MEMORY + 500)
    ]
    receipts = [store.append(replace(make(), call=call)) for call in calls[:-500]]
    receipts[-1].result(30)
    receipts = [store.append(replace(make(), call=call)) for call in calls[-500:]]
    receipts[-1].result(10)
    with store._database.reading() as connection:
        assert connection.execute("SELECT count(*), min(id) FROM calls").fetchone() == (KEPT_IN_MEMORY, f"{500:016}")
    assert store.counts().total == KEPT_IN_MEMORY + 500


# --- back from memory ------------------------------------------------------------------------------

COMES_BACK = Limits(come_back=0.01)


def test_what_was_kept_in_memory_is_written_when_the_disk_can_be_used(
    used: Path, open_store: Open, make: Make, disk: Any, eventually: Callable[..., None]
) -> None:
    now = make().call.received_at
    disk.fails_with = sqlite3.SQLITE_READONLY
    store = open_store(connect=disk.connect, limits=COMES_BACK).store
    old, new = store.rules()[0], replace(BLOCK, value="+13035550199")
    store.append(make(500)).result(10)
    store.remove_rule(old.id, by="ada", now=now).result(10)
    store.add_rule(new, by="ada", now=now).result(10)
    revision, changes = store.revision(), store.changes()
    disk.fails_with = None
    eventually(lambda: store.problems() == ())
    assert store.counts().total == 201
    assert store.newest(1).records == (make(500),)
    assert [rule.value for rule in store.rules()] == [new.value]
    assert (store.revision(), store.changes()) == (revision, changes)
    store.undo(changes[0].id, by="ada", now=now).result(10)
    still_works(store, make)
    store.close()
    again = open_store().store
    assert again.counts().total == 201
    assert again.rules() == ()


def test_what_became_of_the_household_in_memory_is_written_too_removals_as_well(
    open_store: Open, make: Make, now: datetime, disk: Any, eventually: Callable[..., None]
) -> None:
    first = open_store().store
    furnish(first, now)
    only = first.add_rule(NEXT_CALL, by="ada", now=now).result(10).rule
    first.replace_contacts("family", [GRACE, ALAN], by="contacts").result(10)
    first.spend_rule(only.id, "call-1", by="a call", now=now).result(10)
    first.append(heard(make(1))).result(10)
    first.close()
    disk.fails_with = sqlite3.SQLITE_READONLY
    store = open_store(connect=disk.connect, limits=COMES_BACK).store
    assert [rule.uses_left for rule in store.rules()] == [None, 1]
    store.spend_rule(only.id, "call-2", by="a call", now=now).result(10)
    store.replace_contacts("family", [ALAN], by="contacts").result(10)
    store.set_setting("policy.profile", None, by="ada", now=now).result(10)
    store.note_dialled("+1911", now + timedelta(hours=2)).result(10)
    store.append(heard(make(2))).result(10)
    changes = store.changes()
    disk.fails_with = None
    eventually(lambda: store.problems() == ())
    there = store
    for restarted in (False, True):
        there = again_after(store, open_store) if restarted else store
        assert [rule.value for rule in there.rules()] == [BLOCK.value]
        assert (there.contacts(), there.settings()) == ((ALAN,), {})
        assert [known.dialled_at for known in there.dialled_since(now)] == [now + timedelta(hours=2)]
        assert there.changes() == changes
        assert {key: hits.hits for key, hits in there.hits(now).items()} == {("ftc", "ftc"): 2}
    there.undo(changes[1].id, by="ada", now=now).result(10)
    assert there.contacts() == (GRACE, ALAN)


def heard(record: CallRecord) -> CallRecord:
    """Give a record a hit of a list."""
    hit = Evidence(code="listed", leaning=Leaning.UNWANTED, source="ftc", facts={"list": "ftc"})
    return replace(record, evidence=(hit,))


def again_after(store: Store, open_store: Open) -> Store:
    store.close()
    again: Store = open_store().store
    return again


def test_closing_is_the_last_chance_to_leave_memory(used: Path, open_store: Open, make: Make, disk: Any) -> None:
    disk.fails_with = sqlite3.SQLITE_READONLY
    store = open_store(connect=disk.connect).store
    store.append(make(500)).result(10)
    disk.fails_with = None
    store.close()
    assert open_store().store.record(make(500).call.id) == make(500)


def test_rules_of_a_file_that_could_not_be_read_are_added_to_and_not_replaced(
    used: Path, open_store: Open, make: Make, disk: Any, eventually: Callable[..., None]
) -> None:
    now = make().call.received_at
    disk.fails_with, disk.at = sqlite3.SQLITE_IOERR, ""  # whatever is asked of it
    store = open_store(connect=disk.connect, limits=COMES_BACK).store
    assert store.rules() == ()
    new = store.add_rule(replace(BLOCK, value="+13035550199"), by="ada", now=now).result(10).rule
    store.add_rule(BLOCK, by="ada", now=now).result(10)
    assert store.contacts() == ()
    store.replace_contacts("family", [ALAN], by="contacts").result(10)
    store.set_setting("policy.profile", "gentle", by="ada", now=now).result(10)
    store.set_setting("lists.ftc", "active", by="ada", now=now).result(10)
    assert store.relationships() == ()
    store.save_relationship(replace(ACME, party="Bond"), by="ada", now=now).result(10)
    store.save_complaint(replace(COMPLAINT, answers={"kind": "debt"}), by="ada", now=now).result(10)
    store.note_dialled("+13035550199", now).result(10)
    store.append(make(500)).result(10)
    disk.fails_with = None
    eventually(lambda: store.problems() == ())
    assert [rule.value for rule in store.rules()] == [BLOCK.value, new.value]
    assert store.contacts() == (GRACE, ALAN)
    assert store.settings() == {"policy.profile": "gentle", "lists.ftc": "active"}
    assert {known.number for known in store.dialled_since(now)} == {"+1911", "+13035550199"}
    assert store.counts().total == 201
    assert [(one.id, one.party) for one in store.relationships()] == [(1, "Acme"), (2, "Bond")]
    assert [one.answers for one in store.complaints()] == [{"kind": "debt"}]
    changes = store.changes()[:5]
    assert [change.what for change in changes] == [
        *("complaint-changed", "relationship-added", "setting-changed", "setting-changed", "contacts-replaced")
    ]
    for change in changes:
        store.undo(change.id, by="ada", now=now).result(10)
    assert (store.contacts(), store.settings()) == ((GRACE,), {"policy.profile": "strict"})
    assert [one.party for one in store.relationships()] == ["Acme"]
    assert [one.answers for one in store.complaints()] == [COMPLAINT.answers]


def test_a_disk_that_fails_again_while_memory_is_written_back_gets_all_of_it_or_nothing(
    used: Path, open_store: Open, make: Make, disk: Any, eventually: Callable[..., None]
) -> None:
    disk.fails_with = sqlite3.SQLITE_FULL
    store = open_store(connect=disk.connect, limits=COMES_BACK).store
    store.append(make(500)).result(10)
    disk.at = "INSERT OR REPLACE INTO rules"
    disk.await_failures(3)
    assert store.counts().total == 1, "still in memory"
    with closing(sqlite_connect(on_disk(used))) as connection:
        assert connection.execute("SELECT count(*) FROM calls").fetchone() == (200,)
    disk.fails_with = None
    eventually(lambda: store.problems() == ())
    assert store.counts().total == 201


def test_readers_notice_nothing_of_the_move(
    used: Path, open_store: Open, make: Make, disk: Any, eventually: Callable[..., None]
) -> None:
    disk.fails_with = sqlite3.SQLITE_READONLY
    store = open_store(connect=disk.connect, limits=COMES_BACK).store
    store.append(make(500)).result(10)
    stop, seen = threading.Event(), set[bool]()

    def read() -> None:
        while not stop.is_set():
            seen.add(store.record(make(500).call.id) == make(500))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    disk.fails_with = None
    eventually(lambda: store.problems() == ())
    stop.set()
    for thread in threads:
        thread.join(10)
    assert seen == {True}


def test_two_stores_in_memory_are_strangers(open_store: Open, tmp_path: Path, make: Make) -> None:
    (tmp_path / "file").touch()
    one, other = (open_store(tmp_path / "file" / "callguard.db").store for _ in range(2))
    one.append(make()).result(10)
    assert other.counts().total == 0


def test_a_damaged_file_can_be_moved_although_nothing_can_be_written(
    used: Path, open_store: Open, make: Make, disk: Any, eventually: Callable[..., None]
) -> None:
    damage(used, (page_of(used, "calls") - 1) * PAGE)
    suspect(used).touch()
    disk.fails_with = sqlite3.SQLITE_FULL
    store = open_store(connect=disk.connect, limits=Limits(come_back=0.01)).store
    (problem,) = store.problems()
    assert problem.code == "store-not-writable"
    assert "damaged" in problem.what
    assert f"moved to {aside(used)[0]}" in problem.what
    assert [rule.value for rule in store.rules()] == [BLOCK.value]
    disk.fails_with = None
    eventually(lambda: store.problems() == ())
    assert [rule.value for rule in store.rules()] == [BLOCK.value]
    still_works(store, make)


def test_a_damaged_file_that_cannot_be_moved_gives_way_to_memory(
    used: Path, open_store: Open, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(used, 0, 100)

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    opened = open_store()
    (problem,) = opened.problems
    assert problem.code == "store-damaged"
    assert "beginning is damaged" in problem.what
    assert "Permission denied" in problem.what
    still_works(opened.store, make)


def test_an_outage_and_its_end_are_logged_once(
    open_store: Open, disk: Any, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(connect=disk.connect, limits=Limits(retry=0.01)).store
    disk.fails_with = sqlite3.SQLITE_FULL
    with caplog.at_level(logging.WARNING, "callguard.store"):
        receipt = store.append(make())
        disk.await_failures(4)
        disk.fails_with = None
        receipt.result(10)
    assert caplog.messages == ["calls are not recorded: the disk is full", "calls are recorded again"]


def test_a_rule_refused_is_not_in_force(open_store: Open, disk: Any, now: datetime) -> None:
    store = open_store(connect=disk.connect).store
    disk.fails_with, disk.at = sqlite3.SQLITE_FULL, "COMMIT"
    with pytest.raises(NotWritableError):
        store.add_rule(BLOCK, by="ada", now=now).result(10)
    assert store.rules() == ()
