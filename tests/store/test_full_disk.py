"""A disk that is really full or read-only: by a limit on file sizes, and by mounts where the tests may mount."""

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from callguard import CallRecord, Contact, Rule, RuleKind, RuleList
from callguard.model.wire import decode_record
from callguard.store import Limits, NotWritableError, Store, stored_settings

Make = Callable[..., CallRecord]
BLOCK = Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value="+13035550188")
QUICK = Limits(retry=0.01, come_back=0.01)
KIB = 1 << 10


@contextmanager
def mounted(at: Path, *arguments: str) -> Iterator[None]:
    at.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *arguments, str(at)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)


def fill(folder: Path) -> Path:
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4 * KIB)):
                continue
        except OSError:
            return ballast
    raise RuntimeError("that disk is endless")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=2m", "tmpfs"):
        yield tmp_path / "disk"


def test_a_disk_that_fills_up_and_is_cleared_loses_no_call(
    small_disk: Path, open_store: Callable[..., Any], make: Make, eventually: Callable[..., None]
) -> None:
    store = open_store(small_disk / "callguard.db", limits=QUICK).store
    store.append(make(0)).result(10)
    ballast = fill(small_disk)
    receipts = [store.append(make(n)) for n in range(1, 300)]
    eventually(lambda: bool(store.problems()))
    (problem,) = store.problems()
    assert problem.code == "store-not-writing"
    assert "full" in problem.what
    assert store.newest().records, "what is stored can be read"
    ballast.unlink()
    for receipt in receipts:
        receipt.result(10)
    assert store.problems() == ()
    assert store.counts().total == 300
    assert store.check() == ()


def test_a_household_on_a_disk_that_fills_up_is_told_and_uses_of_rules_wait(
    small_disk: Path, open_store: Callable[..., Any], make: Make, eventually: Callable[..., None]
) -> None:
    now = make().call.received_at
    store = open_store(small_disk / "callguard.db", limits=QUICK).store
    only = store.add_rule(replace(BLOCK, uses_left=1), by="ada", now=now).result(10).rule
    people = [Contact(book="b", uid=f"u{n}", name="x" * 100) for n in range(2000)]
    ballast = fill(small_disk)
    for receipt in (
        store.replace_contacts("b", people, by="contacts"),
        store.set_setting("policy.profile", "x" * 60_000, by="ada", now=now),
        store.add_rules([replace(BLOCK, value=f"+1303555{n:04}") for n in range(3000)], by="a", now=now, subject="s"),
    ):
        with pytest.raises(NotWritableError, match="cannot be saved now"):
            receipt.result(10)
    assert (store.contacts(), store.settings(), len(store.rules())) == ((), {}, 1)
    used = store.spend_rule(only.id, "call-1", by="a call", now=now)
    dialled = store.note_dialled("+1911", now)
    eventually(lambda: bool(store.problems()))
    assert (store.rules(), [known.number for known in store.dialled_since(now)]) == ((), ["+1911"])
    ballast.unlink()
    assert used.result(10).what == "rule-used-up"
    dialled.result(10)
    store.replace_contacts("b", people, by="contacts").result(10)
    assert (len(store.contacts()), store.rules(), store.problems()) == (2000, (), ())
    assert store.check() == ()


def test_a_start_on_a_full_disk_keeps_the_rules_and_loses_no_call(
    small_disk: Path, open_store: Callable[..., Any], make: Make, eventually: Callable[..., None]
) -> None:
    first = open_store(small_disk / "callguard.db").store
    now = make().call.received_at
    first.add_rule(BLOCK, by="ada", now=now).result(10)
    first.replace_contacts("b", [Contact(book="b", uid="u1", name="Grace")], by="contacts").result(10)
    first.set_setting("policy.profile", "strict", by="ada", now=now).result(10)
    first.append(make(0)).result(10)
    first.close()
    ballast = fill(small_disk)
    assert stored_settings(small_disk / "callguard.db") == {"policy.profile": "strict"}
    second = open_store(small_disk / "callguard.db", limits=QUICK).store
    assert [rule.value for rule in second.rules()] == [BLOCK.value]
    assert (len(second.contacts()), second.settings()) == (1, {"policy.profile": "strict"})
    receipt = second.append(make(1))
    (problem,) = second.problems()
    assert "the disk is full" in problem.what
    assert problem.cure.startswith("Make room on the disk")
    ballast.unlink()
    eventually(lambda: second.problems() == ())
    receipt.result(10)
    assert second.newest().records == (make(1), make(0))
    second.close()
    assert open_store(small_disk / "callguard.db").store.newest().records == (make(1), make(0))


def test_a_first_start_on_a_full_disk_screens_all_the_same(
    small_disk: Path, open_store: Callable[..., Any], make: Make
) -> None:
    fill(small_disk)
    opened = open_store(small_disk / "callguard.db")
    (problem,) = opened.problems
    assert problem.code == "store-not-writable"
    assert problem.cure.startswith("Make room on the disk")
    opened.store.append(make()).result(10)
    assert opened.store.newest().records == (make(),)


def test_a_read_only_disk_keeps_its_rules_in_force(
    tmp_path: Path, open_store: Callable[..., Any], make: Make
) -> None:
    disk = tmp_path / "disk"
    with mounted(disk, "-t", "tmpfs", "-o", "size=4m", "tmpfs"):
        store = open_store(disk / "callguard.db").store
        store.add_rule(BLOCK, by="ada", now=make().call.received_at).result(10)
        store.set_setting("policy.profile", "strict", by="ada", now=make().call.received_at).result(10)
        store.close()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        assert stored_settings(disk / "callguard.db") == {"policy.profile": "strict"}
        opened = open_store(disk / "callguard.db")
        (problem,) = opened.problems
        assert problem.code == "store-not-writable"
        assert "Read-only file system" in problem.what
        assert [rule.value for rule in opened.store.rules()] == [BLOCK.value]
        opened.store.append(make()).result(10)
        assert opened.store.newest().records == (make(),)


# --- without mounts: a child process that may not write beyond a size ------------------------------


def test_a_file_that_may_not_grow_heals_when_it_may(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, __file__, str(tmp_path)], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0, done.stderr
    before, during, after = done.stdout.splitlines()
    assert before == "50 recorded, problems: []"
    assert during.startswith("50 recorded, problems: ['store-not-writing'] ")
    assert after == "350 recorded, problems: []"


RECORD = """{"call": {"id": "x", "line": "Home", "received_at": "2026-11-22T18:45:03Z", "caller": {"presentation":
"missing"}}, "policy": {}, "verdict": {"action": "ring", "rung": 7}}"""


def child(folder: Path) -> None:
    record = decode_record(RECORD)
    store = Store.open(folder / "callguard.db", now=record.call.received_at, limits=QUICK).store

    def say() -> None:
        found = store.problems()
        codes = [problem.code for problem in found]
        print(f"{store.counts().total} recorded, problems: {codes}", *(problem.what for problem in found))

    def append(numbers: range) -> list[Any]:
        return [store.append(replace(record, call=replace(record.call, id=f"{n:016}"))) for n in numbers]

    for receipt in append(range(50)):
        receipt.result(10)
    say()
    resource.setrlimit(resource.RLIMIT_FSIZE, (150 * KIB, resource.RLIM_INFINITY))
    receipts = append(range(50, 350))
    while not store.problems():
        Event().wait(0.01)
    say()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    for receipt in receipts:
        receipt.result(10)
    say()
    store.close()


if __name__ == "__main__":
    child(Path(sys.argv[1]))
