import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callguard import CallRecord
from callguard.store import Archive, Filter, NoSuchCallError, Store, UnreadableError
from callguard.store.database import on_disk, sqlite_connect
from callguard.store.migrate import migrate

Make = Callable[..., CallRecord]


def keep(store: Store, *records: CallRecord) -> None:
    for receipt in [store.append(record) for record in records]:
        receipt.result(10)


@pytest.fixture
def archive(store: Store, path: Path) -> Iterator[Archive]:
    opened = Archive.open(path)
    yield opened
    opened.close()


def test_what_the_store_has_the_archive_tells(store: Store, archive: Archive, make: Make, now: datetime) -> None:
    keep(store, *(make(n, name=f"Caller {n}") for n in range(12)))
    store.remember_phrases({("rules", "blocked-number"): "blocked"}, now=now).result(10)
    assert archive.page(5) == store.newest(5)
    assert archive.page(5, archive.page(5).next, Filter(text="Caller")) == store.newest(
        5, before=store.newest(5).next, wanted=Filter(text="Caller")
    )
    wanted = make(3, name="Caller 3")
    assert (archive.record(wanted.call.id), archive.find(wanted.call.id[-5:])) == (wanted, wanted)
    assert (archive.count(), archive.to_review(), archive.gone()) == (12, 0, None)
    assert archive.phrases() == {("rules", "blocked-number"): "blocked"}
    assert archive.oldest() == now
    assert archive.newest_id() == make(11).call.id
    with pytest.raises(NoSuchCallError):
        archive.find("zzzzz")


def test_an_empty_log_has_nothing_to_tell(archive: Archive, now: datetime) -> None:
    assert (archive.page().records, archive.newest_id(), archive.oldest()) == ((), None, None)
    assert (archive.count(), archive.to_review(), archive.caller("+13035550188")) == (0, 0, None)


def test_a_call_is_seen_as_soon_as_it_is_acknowledged(store: Store, archive: Archive, make: Make) -> None:
    for n in range(20):
        store.append(make(n)).result(10)
        assert archive.newest_id() == make(n).call.id


def test_the_calls_after_one_are_told_oldest_first(store: Store, archive: Archive, make: Make) -> None:
    keep(store, *(make(n) for n in (3, 1, 2, 0)))
    assert archive.after(make(3).call.id, 2) == (make(1), make(2))
    assert archive.after(make(0).call.id, 5) == ()
    assert archive.after("1m8296y0k0000000", 5) is None


def test_nothing_can_be_written_through_an_archive(store: Store, archive: Archive, make: Make) -> None:
    keep(store, make())
    with pytest.raises(UnreadableError, match="read-only"):
        archive._read(lambda c: c.execute("DELETE FROM calls").fetchall())
    assert archive.count() == 1


# --- files that come and go -----------------------------------------------------------------------


def test_a_missing_file_is_said_in_words(path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"there is no call log at .*callguard.db: No such file"):
        Archive.open(path)
    assert not path.exists()


def test_what_is_no_database_is_said_in_words(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("these are my notes, not a database\n" * 100)
    with pytest.raises(UnreadableError, match="the file is no database"):
        Archive.open(path)


@pytest.mark.parametrize(
    ("version", "words"), [(99, r"newer CallGuard \(version 99"), (5, "starting the daemon"), (0, "older CallGuard")]
)
def test_a_file_of_another_version_is_not_read(path: Path, version: int, words: str) -> None:
    path.parent.mkdir()
    with closing(sqlite_connect(on_disk(path))) as connection:
        migrate(connection)
        connection.execute(f"PRAGMA user_version={version}")
    with pytest.raises(UnreadableError, match=words):
        Archive.open(path)


def test_a_record_that_nobody_understands_is_said_in_words(
    store: Store, archive: Archive, make: Make, raw: sqlite3.Connection
) -> None:
    keep(store, make(0), make(1))
    raw.execute("UPDATE calls SET body = '{}' WHERE id = ?", (make(0).call.id,))
    assert (archive.page().records, archive.page().unreadable) == ((make(1),), 1)
    with pytest.raises(UnreadableError, match="call is missing"):
        archive.record(make(0).call.id)


def test_the_archive_follows_when_the_daemon_moves_the_file_and_begins_another(
    open_store: Callable[..., Any], path: Path, make: Make
) -> None:
    first = open_store().store
    keep(first, make(0))
    archive = Archive.open(path)
    assert archive.count() == 1
    first.close()
    path.rename(path.with_name("callguard.db.corrupt-20261122"))
    with pytest.raises(UnreadableError, match="there is no call log"):
        archive.count()
    second = open_store().store
    assert archive.newest_id() is None
    keep(second, make(5))
    assert archive.newest_id() == make(5).call.id
    archive.close()


def test_a_file_damaged_and_mended_under_the_archive_is_read_again(store: Store, path: Path, make: Make) -> None:
    keep(store, *(make(n) for n in range(50)))
    store.close()
    archive = Archive.open(path)
    assert archive.count() == 50
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    path.write_bytes(b"\xa5" * 4096)
    with pytest.raises(UnreadableError):
        archive.count()
    shutil.copy(copy, path)
    assert archive.count() == 50
    archive.close()


def test_a_closed_archive_says_so(store: Store, path: Path) -> None:
    archive = Archive.open(path)
    archive.close()
    with pytest.raises(UnreadableError, match="closed"):
        archive.count()


# --- beside the daemon ----------------------------------------------------------------------------


def test_several_threads_read_while_the_store_writes(store: Store, archive: Archive, make: Make) -> None:
    keep(store, make(0))
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            records = archive.page(50).records
            if [record.call.id for record in records] != sorted((r.call.id for r in records), reverse=True):
                wrong.append(records)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    keep(store, *(make(n) for n in range(1, 150)))
    done.set()
    for thread in threads:
        thread.join(10)
    assert wrong == []
    assert len(archive._idle) <= 4
    assert archive.count() == 150


READ = """
import sys
from pathlib import Path
from callguard.store import Archive
archive = Archive.open(Path(sys.argv[1]))
for line in sys.stdin:
    print(archive.count(), archive.newest_id(), flush=True)
"""


def test_another_process_reads_what_this_one_writes(store: Store, path: Path, make: Make) -> None:
    keep(store, make(0))
    command = [sys.executable, "-c", READ, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin
        assert child.stdout
        for n in range(1, 4):
            keep(store, make(n))
            child.stdin.write("?\n")
            child.stdin.flush()
            assert child.stdout.readline().split() == [str(n + 1), make(n).call.id]
        child.stdin.close()


def test_a_log_that_nobody_writes_to_is_read_all_the_same(store: Store, path: Path, make: Make) -> None:
    keep(store, make(0))
    store.close()
    archive = Archive.open(path)
    assert archive.page().records == (make(0),)
    archive.close()


def test_a_store_that_closes_while_others_read_needs_no_check_at_the_next_start(
    store: Store, archive: Archive, path: Path, make: Make
) -> None:
    keep(store, make(0))
    assert archive.count() == 1
    store.close()
    assert path.with_name("callguard.db-wal").stat().st_size == 0
    assert archive.count() == 1


def test_reading_delays_no_checkpoint_for_ever(store: Store, archive: Archive, make: Make, path: Path) -> None:
    for n in range(30):
        keep(store, make(n))
        archive.page()
    (busy, _, _) = store._database.writing.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert busy == 0


def test_a_caller_is_known_with_thirty_days(store: Store, archive: Archive, make: Make, now: datetime) -> None:
    keep(store, *(make(at=now - timedelta(days=n), name=f"{n}") for n in (0, 0, 5, 29, 30, 400)))
    history = archive.caller("+13035550188", now=now, zone=UTC)
    assert history
    assert (history.calls, history.first_at, history.last_at) == (5, now - timedelta(days=400), now)
    assert [sum(day.calls.values()) for day in history.days if sum(day.calls.values())] == [1, 1, 1]
    assert (len(history.days), history.days[-1].day) == (30, now.date())
