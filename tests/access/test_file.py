"""The file of people, shared by several processes, whatever becomes of it."""

import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from callguard.access import Access, AccessUnreadableError, Role
from callguard.ambient import SystemRandomness
from callguard.testing.fakes import FakeRandomness

KILLS = int(os.environ.get("CALLGUARD_KILLS", "5"))
NOW = datetime(2026, 11, 22, 18, 45, 3, tzinfo=UTC)


def test_the_file_is_for_this_user_only(path: Path) -> None:
    path.parent.mkdir()
    path.touch(mode=0o644)
    with closing(Access.open(path, FakeRandomness())) as access:
        access.add_person("Ana", Role.ADMIN, "h", NOW)
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {"access.db": 0o600, "access.db-wal": 0o600, "access.db-shm": 0o600}


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda path: path.write_bytes(b"\xff" * 8192), id="other bytes"),
        pytest.param(lambda path: os.truncate(path, path.stat().st_size - 5000), id="cut short"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:100] + b"\xff" * 40000), id="half"),
    ],
)
def test_a_damaged_file_says_how_to_start_afresh(path: Path, harm: object) -> None:
    with closing(Access.open(path, FakeRandomness())) as access:
        access.add_person("Ana", Role.ADMIN, "h", NOW)
    assert callable(harm)
    harm(path)
    with pytest.raises(AccessUnreadableError, match=r"damaged.*`callguard user add NAME --role admin`"):
        look_at(path)
    path.rename(path.with_name("away"))
    look_at(path)


def look_at(path: Path) -> None:
    with closing(Access.open(path, FakeRandomness())) as access:
        access.people()
        access.sessions(NOW)
        access.sign_ins()
        access.tokens()
        access.check()


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    Access.open(path, FakeRandomness()).close()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA user_version=99")
    before = path.read_bytes()
    with pytest.raises(AccessUnreadableError, match="newer CallGuard"):
        Access.open(path, FakeRandomness())
    assert path.read_bytes() == before


def test_a_file_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    (tmp_path / "access.db").mkdir()
    with pytest.raises(AccessUnreadableError, match="Is a directory"):
        Access.open(tmp_path / "access.db", FakeRandomness())


def test_a_copy_is_not_written_over_another_file(path: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("mine")
    with closing(Access.open(path, FakeRandomness())) as access, pytest.raises(FileExistsError):
        access.backup(tmp_path / "copy", with_secrets=False)
    assert (tmp_path / "copy").read_text() == "mine"


def test_two_processes_write_at_the_same_time_and_nothing_is_lost(path: Path) -> None:
    children = [child(path, name) for name in "ab"]  # the file is new to both of them
    names = {line for running in children for line in first_lines(running, 40)}
    for running in children:
        running.kill()
        running.communicate()
    with closing(Access.open(path, FakeRandomness())) as access:
        assert names <= {person.name for person in access.people()}
    assert len(names) == 80


def test_nothing_acknowledged_is_lost_by_kill_9(path: Path) -> None:
    chance = random.Random(KILLS)
    acknowledged: set[str] = set()
    for turn in range(KILLS):
        running = child(path, f"turn {turn} ")
        first = first_lines(running, 1)
        time.sleep(chance.uniform(0.01, 0.2))
        running.kill()
        rest, _ = running.communicate()
        acknowledged |= {*first, *rest.split("\n")[:-1]}
        with closing(Access.open(path, FakeRandomness())) as access:
            assert acknowledged <= {person.name for person in access.people()}
            assert access._rows("PRAGMA integrity_check") == [("ok",)]
    assert len(acknowledged) > 5 * KILLS, "the load was real"


def first_lines(running: "subprocess.Popen[str]", how_many: int) -> list[str]:
    assert running.stdout
    return [running.stdout.readline().rstrip("\n") for _ in range(how_many)]


def child(path: Path, name: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, __file__, str(path), name], stdout=subprocess.PIPE, text=True)


def write_for_ever(path: Path, name: str) -> None:
    access = Access.open(path, SystemRandomness())
    for n in count():
        person = access.add_person(f"{name}{n}", Role.VIEWER, "h", NOW)
        access.begin_session(person.id, client="", address="", stay=False, now=NOW)
        print(person.name, flush=True)


if __name__ == "__main__":
    write_for_ever(Path(sys.argv[1]), sys.argv[2])
