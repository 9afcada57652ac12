import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from callguard import CallRecord, Rule, RuleKind, RuleList
from callguard.store import Archive, NotWritableError, Store, UnreadableError, copying

Make = Callable[..., CallRecord]


def keep(store: Store, *records: CallRecord) -> None:
    for receipt in [store.append(record) for record in records]:
        receipt.result(10)


def test_a_copy_holds_everything_and_is_a_store_again(
    store: Store, open_store: Callable[..., Any], make: Make, now: datetime, tmp_path: Path
) -> None:
    keep(store, *(make(n) for n in range(50)))
    store.add_rule(Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value="+1911"), by="ada", now=now).result(10)
    copy = tmp_path / "copy.db"
    store.backup(copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in tmp_path.iterdir() if file.is_file()) == ["copy.db"]
    again = open_store(copy)
    assert again.problems == ()
    assert (again.store.rules(), again.store.newest(100)) == (store.rules(), store.newest(100))
    assert again.store.check() == ()


def test_a_copy_is_as_it_stood_at_one_moment_though_calls_are_written_meanwhile(
    store: Store, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, *(make(n, name="x" * 300) for n in range(300)))
    rests: list[float] = []

    def write_instead_of_resting(seconds: float) -> None:
        rests.append(seconds)
        keep(store, make(1000 + len(rests)))

    monkeypatch.setattr(copying, "_PAGES", 4)
    monkeypatch.setattr(copying, "sleep", write_instead_of_resting)
    store.backup(tmp_path / "copy.db")
    copy = Archive.open(tmp_path / "copy.db")
    assert (copy.count(), copy.newest_id()) == (300, make(299).call.id)
    copy.close()
    assert len(rests) > 10
    assert store.count() == 300 + len(rests)


def test_writing_goes_on_while_a_copy_is_made(store: Store, make: Make, tmp_path: Path) -> None:
    keep(store, *(make(n, name="x" * 300) for n in range(500)))
    made = threading.Thread(target=store.backup, args=(tmp_path / "copy.db",))
    made.start()
    keep(store, *(make(n) for n in range(1000, 1100)))
    made.join(30)
    copy = Archive.open(tmp_path / "copy.db")
    assert 500 <= copy.count() <= 600
    copy.close()


def test_a_store_in_memory_can_be_copied(open_store: Callable[..., Any], make: Make, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = open_store(tmp_path / "file" / "callguard.db").store
    keep(store, make(0))
    store.backup(tmp_path / "copy.db")
    keep(store, make(1))
    copy = Archive.open(tmp_path / "copy.db")
    assert copy.newest_id() == make(0).call.id
    copy.close()


def test_no_file_is_written_over(store: Store, tmp_path: Path) -> None:
    there = tmp_path / "copy.db"
    there.write_text("mine")
    with pytest.raises(NotWritableError, match=r"copy.db cannot be made: File exists"):
        store.backup(there)
    assert there.read_text() == "mine"


def test_a_folder_that_is_not_there_is_said(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NotWritableError, match="No such file"):
        store.backup(tmp_path / "nowhere" / "copy.db")


@pytest.mark.parametrize(
    "error",
    [OSError(28, "No space left on device"), sqlite3.OperationalError("database or disk is full")],
    ids=["the disk", "SQLite"],
)
def test_a_copy_that_fails_leaves_nothing_behind(
    store: Store, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    keep(store, *(make(n) for n in range(50)))

    def fail(_: float) -> None:
        raise error

    monkeypatch.setattr(copying, "sleep", fail)
    with pytest.raises(NotWritableError, match=r"cannot be made: .*(full|No space)"):
        store.backup(tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
    monkeypatch.undo()
    store.backup(tmp_path / "copy.db")
    keep(store, make(60))


def test_a_closed_store_copies_nothing(store: Store, make: Make, path: Path, tmp_path: Path) -> None:
    keep(store, *(make(n) for n in range(50)))
    store.close()
    with pytest.raises(UnreadableError, match="closed"):
        store.backup(tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM calls").fetchone() == (50,)
