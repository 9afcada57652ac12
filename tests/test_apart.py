"""Heavy work is done in a process of its own, which tells how far it is, and never outlives the daemon."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from asyncio.subprocess import Process
from pathlib import Path

import pytest

from callguard import Apart, Progress
from callguard.apart import aside
from callguard.apart.aside import Aside
from callguard.apart.work import Throttled
from callguard.testing import apart_here

WORK = """
import json, os, signal, sys, time
from pathlib import Path
from callguard import Progress

def echo(arguments, report):
    return arguments

def refuses(arguments, report):
    raise ValueError("line 3:\\x1b[2J no number")

def breaks(arguments, report):
    raise KeyError("colour")

def leaves(arguments, report):
    sys.exit(3)

def answers_nonsense(arguments, report):
    return {1, 2}

def dies(arguments, report):
    os.kill(os.getpid(), getattr(signal, arguments["by"]))
    time.sleep(20)

def vanishes(arguments, report):
    os._exit(9)

def counts(arguments, report):
    for done in range(arguments["to"]):
        report(Progress(step="reading", done=done + 1, total=arguments["to"], unit="rows"))
    return "counted"

def chats(arguments, report):
    print("hello")
    print("\\x1b[2J", file=sys.stderr)
    os.write(1, b"not for you\\n")
    return "quiet"

def around(arguments, report):
    return {"environment": dict(os.environ), "nice": os.nice(0), "cwd_in_path": "" in sys.path, "pid": os.getpid()}

def huge(arguments, report):
    return "x" * 9_000_000

def builds(arguments, report):
    half = Path(arguments["half"])
    half.write_text(str(os.getpid()))
    try:
        report(Progress(step="building"))
        time.sleep(50)
    finally:
        half.unlink()

def is_stubborn(arguments, report):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(arguments["pid"]).write_text(str(os.getpid()))
    report(Progress(step="resisting"))
    time.sleep(50)

def is_interrupted(arguments, report):
    os.kill(os.getpid(), signal.SIGINT)
    return "still here"
"""


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "callguard_work.py").write_text(WORK)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "callguard_work", raising=False)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def gone_within(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not is_alive(pid):
            return True
        time.sleep(0.02)
    return False


EVERYWHERE = pytest.mark.parametrize("apart", [Aside(), apart_here], ids=["second process", "stand-in"])


@EVERYWHERE
async def test_arguments_and_result_go_there_and_back(apart: Apart) -> None:
    assert await apart("callguard_work:echo", {"a": [1, None, "ü"]}) == {"a": [1, None, "ü"]}


@EVERYWHERE
async def test_a_value_error_over_there_is_one_here(apart: Apart) -> None:
    with pytest.raises(ValueError, match="line 3:"):
        await apart("callguard_work:refuses", {})


async def test_what_is_said_of_an_error_is_harmless_on_a_terminal() -> None:
    with pytest.raises(ValueError, match=r"^line 3:\[2J no number$"):
        await Aside()("callguard_work:refuses", {})


@EVERYWHERE
@pytest.mark.parametrize(
    ("function", "said"),
    [
        pytest.param("breaks", "KeyError", id="raises"),
        pytest.param("leaves", "SystemExit", id="exits"),
        pytest.param("answers_nonsense", "TypeError", id="result is no JSON"),
        pytest.param("missing", "has no function missing", id="no such function"),
    ],
)
async def test_any_other_error_over_there_is_a_runtime_error_that_names_it(
    apart: Apart, function: str, said: str
) -> None:
    with pytest.raises(RuntimeError, match=said):
        await apart(f"callguard_work:{function}", {})


@EVERYWHERE
@pytest.mark.parametrize(
    "function",
    [
        "os:system",
        "callguardian:run",
        "callguard_work.counts",
        "callguard_work:a.b",
        "",
        "callguard_../x:y",
        "callguard:",
    ],
)
async def test_only_functions_of_callguard_and_its_plugins_are_run(apart: Apart, function: str) -> None:
    with pytest.raises(RuntimeError, match="not run apart"):
        await apart(function, {})


@pytest.mark.parametrize("imported", ["Path", "json"])
async def test_what_a_module_has_only_imported_is_not_run(imported: str) -> None:
    with pytest.raises(RuntimeError, match=f"has no function {imported}"):
        await Aside()(f"callguard_work:{imported}", {})


@pytest.mark.parametrize("by", ["SIGKILL", "SIGSEGV", "SIGTERM"])
async def test_an_end_by_a_signal_is_named(by: str) -> None:
    with pytest.raises(RuntimeError, match=f"ended by {by} without a result"):
        await Aside()("callguard_work:dies", {"by": by})


async def test_an_end_without_a_word_is_noticed() -> None:
    with pytest.raises(RuntimeError, match="ended with status 9 without a result"):
        await Aside()("callguard_work:vanishes", {})


async def test_ctrl_c_in_the_terminal_is_left_to_the_daemon() -> None:
    assert await Aside()("callguard_work:is_interrupted", {}) == "still here"


async def test_what_a_library_prints_does_not_disturb_the_answer() -> None:
    assert await Aside()("callguard_work:chats", {}) == "quiet"


async def test_a_huge_result_is_refused() -> None:
    with pytest.raises(RuntimeError, match="more than 8000000 bytes"):
        await Aside()("callguard_work:huge", {})


async def test_a_process_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "callguard.py").write_text("raise ImportError('half an upgrade')")
    monkeypatch.syspath_prepend(folder)
    with pytest.raises(RuntimeError, match="half an upgrade"):
        await Aside()("callguard_work:echo", {})


async def test_it_is_patient_and_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLGUARD__SIP__PASSWORD", "hunter2")
    aside = Aside({"PATH": "/bin", "CALLGUARD__SIP__PASSWORD": "hunter2", "TZ": "UTC"})
    around = await aside("callguard_work:around", {})
    assert isinstance(around, dict)
    assert set(around["environment"]) <= {"PATH", "TZ", "PYTHONPATH", "LC_CTYPE"}
    assert around["nice"] >= 10
    assert not around["cwd_in_path"]
    assert around["pid"] != os.getpid()


async def test_progress_arrives_first_and_last_and_not_too_often() -> None:
    told: list[Progress] = []
    started = time.monotonic()
    await Aside()("callguard_work:counts", {"to": 20_000}, told.append)
    assert told[0] == Progress(step="reading", done=1, total=20_000, unit="rows")
    assert told[-1].done == 20_000
    assert len(told) <= 3 + 10 * (time.monotonic() - started)


def test_a_new_step_is_told_at_once_and_the_last_word_is_not_lost() -> None:
    told: list[Progress] = []
    now = 5.0
    throttled = Throttled(told.append, lambda: now)
    for step, done in (("reading", 1), ("reading", 2), ("sorting", 1), ("sorting", 2), ("sorting", 3)):
        throttled(Progress(step=step, done=done))
    assert [(p.step, p.done) for p in told] == [("reading", 1), ("sorting", 1)]
    throttled.flush()
    throttled.flush()
    assert [(p.step, p.done) for p in told[2:]] == [("sorting", 3)]


async def test_being_cancelled_ends_the_process_and_leaves_nothing_half_built(tmp_path: Path) -> None:
    half, begun = tmp_path / "half", asyncio.Event()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(Aside()("callguard_work:builds", {"half": str(half)}, lambda _: begun.set()))
        await begun.wait()
        pid = int(half.read_text())
        task.cancel()
    assert not is_alive(pid)
    assert not half.exists()


async def test_a_process_that_does_not_want_to_end_is_killed(tmp_path: Path) -> None:
    pid, begun = tmp_path / "pid", asyncio.Event()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(Aside()("callguard_work:is_stubborn", {"pid": str(pid)}, lambda _: begun.set()))
        await begun.wait()
        started = time.monotonic()
        task.cancel()
    assert not is_alive(int(pid.read_text()))
    assert time.monotonic() - started < 4.5  # by itself it would have ended after five seconds


async def test_a_process_that_even_a_kill_does_not_end_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if it hung in a read of a dead disk, where no signal reaches it."""
    pid, begun = tmp_path / "pid", asyncio.Event()
    kill = aside._kill
    spared: list[Process] = []
    monkeypatch.setattr(aside, "_kill", spared.append)
    monkeypatch.setattr(aside, "_GRACE", 0.1)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(Aside()("callguard_work:is_stubborn", {"pid": str(pid)}, lambda _: begun.set()))
        await begun.wait()
        os.kill(int(pid.read_text()), signal.SIGSTOP)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=5)
        (process,) = spared
        kill(process)
        await process.wait()
    assert done == {task}


async def test_progress_nobody_can_take_ends_the_process(tmp_path: Path) -> None:
    pids: list[int] = []

    def refuse(_: Progress) -> None:
        pids.append(int((tmp_path / "half").read_text()))
        raise LookupError("no screen")

    with pytest.raises(LookupError):
        await Aside()("callguard_work:builds", {"half": str(tmp_path / "half")}, refuse)
    assert not is_alive(pids[0])


DAEMON = """
import asyncio, sys
from callguard.apart.aside import Aside
asyncio.run(Aside()("callguard_work:builds", {"half": sys.argv[1]}, lambda _: print("begun", flush=True)))
"""


def test_it_ends_when_the_daemon_is_killed(tmp_path: Path) -> None:
    half = tmp_path / "half"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", DAEMON, str(half)], stdout=subprocess.PIPE, text=True, env=environment
    ) as daemon:
        assert daemon.stdout is not None
        assert daemon.stdout.readline() == "begun\n"
        pid = int(half.read_text())
        daemon.send_signal(signal.SIGKILL)
        daemon.wait(5)
    assert gone_within(pid, 5)
    assert not half.exists()


@pytest.mark.parametrize("request_", [b"", b'{"function": "callguard_work:echo"'], ids=["nothing", "half a request"])
def test_it_ends_when_the_daemon_dies_before_it_has_asked(request_: bytes) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "callguard.apart"], input=request_, capture_output=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, b"")


def test_it_needs_neither_the_event_loop_nor_the_settings() -> None:
    code = "import callguard.apart.__main__, sys, json; print(json.dumps(list(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=20)
    assert not set(json.loads(shown.stdout)) & {"asyncio", "pydantic", "aiohttp", "phonenumbers"}
