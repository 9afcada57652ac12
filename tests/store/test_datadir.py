import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from callguard.store import DataDir, InUseError

HOLDER = """
import sys
from pathlib import Path
from callguard.store import DataDir
with DataDir.lock(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def hold(path: Path) -> "subprocess.Popen[str]":
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout
    assert holder.stdout.readline() == "locked\n"
    return holder


def test_the_folder_is_created_for_this_user_only(tmp_path: Path) -> None:
    with DataDir.lock(tmp_path / "new" / "data") as data:
        assert data.path.stat().st_mode & 0o777 == 0o700
        assert (data.path / "callguard.lock").stat().st_mode & 0o777 == 0o600


def test_a_second_owner_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    with hold(tmp_path) as holder:
        with pytest.raises(
            InUseError, match=f"already running with {tmp_path} \\(process {holder.pid}\\)"
        ) as refusal:
            DataDir.lock(tmp_path)
        assert refusal.value.pid == holder.pid
        holder.kill()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_the_folder_is_free_when_its_owner_dies_however_it_dies(tmp_path: Path, end: signal.Signals) -> None:
    with hold(tmp_path) as holder:
        holder.send_signal(end)
    with DataDir.lock(tmp_path):
        assert (tmp_path / "callguard.lock").read_text() == f"{os.getpid()}\n"


def test_a_released_folder_can_be_locked_again(tmp_path: Path) -> None:
    DataDir.lock(tmp_path).release()
    data = DataDir.lock(tmp_path)
    data.release()
    data.release()


def test_a_child_process_does_not_inherit_the_lock(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False) as child:
        DataDir.lock(tmp_path).release()
        DataDir.lock(tmp_path).release()
        child.kill()


def test_an_owner_that_left_no_name_is_another_process(tmp_path: Path) -> None:
    with hold(tmp_path) as holder:
        (tmp_path / "callguard.lock").write_text("")
        with pytest.raises(InUseError, match="another process"):
            DataDir.lock(tmp_path)
        holder.kill()


def test_a_folder_where_no_lock_file_can_be_is_locked_itself(tmp_path: Path) -> None:
    (tmp_path / "callguard.lock").mkdir()  # cannot be opened for writing, not even by root
    with DataDir.lock(tmp_path), pytest.raises(InUseError):
        DataDir.lock(tmp_path)


def test_a_folder_that_cannot_be_created_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with DataDir.lock(tmp_path / "file" / "data") as data:
        assert not data.path.exists()
