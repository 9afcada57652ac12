"""The console runs beside the daemon: whatever becomes of it, the household is told and it comes back."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from callguard import beside, lines
from callguard.access import Access, Role
from callguard.ambient import SystemRandomness
from callguard.beside import Console
from callguard.daemon import CONSOLE_STAYS
from callguard.testing import NOON, FakeClock

LAUNCH = b'{"socket": "/run/x"}\n'
STAND_IN = """
import json, os, sys
told = json.loads(sys.stdin.readline())
def say(**words):
    print(json.dumps(words), flush=True)
{does}
"""
LISTENS = "say(listening=['http://127.0.0.1:1']); sys.stdin.read()"


class Stage:
    """Where a stand-in for the console is started, as often as it ends."""

    def __init__(self, folder: Path) -> None:
        self._script = folder / "console.py"
        self.heard: asyncio.Queue[Sequence[str]] = asyncio.Queue()

    @asynccontextmanager
    async def running(self, does: str) -> AsyncIterator[Console]:
        self._script.write_text(STAND_IN.format(does=does))
        command = (sys.executable, "-P", str(self._script))
        console = Console(LAUNCH, FakeClock(), {**os.environ, "PASSWORD": "swordfish"}, self.heard.put, command)
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            run = group.create_task(console.run())
            yield console
            run.cancel()


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(lines, "_FIRST_PAUSE", 0.01)
    return Stage(tmp_path)


async def problem(console: Console) -> str:
    """Return what is wrong and what to do, as soon as something is."""
    for _ in range(2000):
        if console.problems():
            break
        await asyncio.sleep(0.01)
    (found,) = console.problems()
    assert found.code == "console-down"
    return f"{found.what}. {found.cure}"


async def test_it_is_told_where_the_house_is_and_says_where_it_listens(stage: Stage) -> None:
    does = "say(listening=[told['socket'], 'http://127.0.0.1:1']); sys.stdin.read()"
    async with stage.running(does) as console:
        assert await stage.heard.get() == ("/run/x", "http://127.0.0.1:1")
        assert console.listening == ("/run/x", "http://127.0.0.1:1")
        assert console.problems() == []
    assert not console.listening


async def test_it_sees_no_password_of_the_environment_and_gives_way_to_the_telephone(stage: Stage) -> None:
    does = "say(listening=[str('PASSWORD' in os.environ), str(os.getpriority(os.PRIO_PROCESS, 0))]); sys.stdin.read()"
    async with stage.running(does):
        seen, nice = await stage.heard.get()
        assert seen == "False"
        assert int(nice) > os.getpriority(os.PRIO_PROCESS, 0) or int(nice) == 19


async def test_it_is_started_again_when_it_ends_and_all_is_well_when_it_listens(stage: Stage, tmp_path: Path) -> None:
    mark = tmp_path / "once"
    does = f"""
if not os.path.exists({str(mark)!r}):
    open({str(mark)!r}, "w").close()
    sys.exit(3)
{LISTENS}
"""
    async with stage.running(does) as console:
        await stage.heard.get()
        assert console.problems() == []


@pytest.mark.parametrize(
    ("does", "says"),
    [
        pytest.param("sys.exit(3)", "it ended with status 3. It is started again by itself", id="it ends"),
        pytest.param("raise ValueError", "it ended with status 1", id="it crashes"),
        pytest.param(
            "say(cannot='port 8350 is taken', cure='Choose another.')",
            "port 8350 is taken. Choose another.",
            id="it says why and what to do",
        ),
        pytest.param("say(cannot='in use', errno=98)", "set web.port to another port", id="a taken port"),
        pytest.param("say(cannot='no such', errno=99)", "set web.host to one it has", id="a foreign address"),
        pytest.param("say(cannot='denied', errno=13)", "set web.port to 1024 or more", id="a forbidden port"),
        pytest.param(
            "say(cannot='\\x1b[2Jhm')", "reached: [2Jhm. It is started again", id="an attack on the terminal"
        ),
        pytest.param(
            "print('x' * 70000, flush=True); sys.stdin.read()", "said a line of more than", id="a long line"
        ),
    ],
)
async def test_a_console_that_cannot_be_reached_says_why_and_what_to_do(stage: Stage, does: str, says: str) -> None:
    async with stage.running(does) as console:
        assert says in await problem(console)


@pytest.mark.parametrize("line", ["", "x", '{"a": 1}', '{"listening": 5}'], ids=["empty", "junk", "JSON", "no list"])
async def test_a_console_that_pours_out_lines_holds_no_call_up(stage: Stage, line: str) -> None:
    does = f"say(listening=[])\nwhile True: sys.stdout.write({line!r} + chr(10))"
    async with stage.running(does) as console:
        await stage.heard.get()
        turns = 0
        async with asyncio.timeout(5):
            while turns < 100:  # of those who wait for the loop; each would have come after thousands of lines
                await asyncio.sleep(0.001)
                turns += 1
        assert console.problems() == []


async def test_a_console_that_never_listens_is_given_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_LISTENS_WITHIN", 0.05)
    async with stage.running("sys.stdin.read()") as console:
        assert "it did not begin to listen" in await problem(console)


async def test_what_it_says_beside_goes_to_the_log(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    does = "print('\\x1b[2Jodd', file=sys.stderr, flush=True)\nprint('[1]', flush=True)\n" + LISTENS
    async with stage.running(does):
        await stage.heard.get()
    assert [record.getMessage() for record in caplog.records] == ["console: [2Jodd", "console: [1]"]


async def test_one_that_does_not_want_to_end_is_ended(stage: Stage) -> None:
    does = "say(listening=[str(os.getpid())])\nwhile True:\n    import time\n    time.sleep(60)"
    async with stage.running(does):
        (process,) = await stage.heard.get()
    with pytest.raises(ProcessLookupError):
        os.kill(int(process), 0)


async def test_one_that_cannot_even_be_started_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_FIRST_PAUSE", 0.01)
    console = Console(LAUNCH, FakeClock(), {}, _nobody, ("/no/such/program",))
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        run = group.create_task(console.run())
        assert "No such file" in await problem(console)
        run.cancel()


async def _nobody(_: Sequence[str]) -> None:
    """Nobody wants to know."""


async def test_the_house_has_a_console_while_it_is_wanted_and_another_when_it_shall_be_elsewhere(
    place: Any, open_house: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "console.py"
    script.write_text(STAND_IN.format(does="say(listening=[str(told['web']['port'])]); sys.stdin.read()"))
    monkeypatch.setattr(beside, "_COMMAND", (sys.executable, "-P", str(script)))
    place.config.write_text(place.config.read_text().replace("web: {enabled: no}", ""))
    async with asyncio.timeout(30), open_house(place) as daemon:
        told: asyncio.Queue[tuple[Sequence[str], str]] = asyncio.Queue()
        daemon.on_console = lambda *said: told.put_nowait(said)
        house = daemon.house
        await house.set_setting("web.port", 8351, by="Ana")
        ports, code = await told.get()
        while ports != ("8351",):
            ports, code = await told.get()
        assert code, "nobody has an account: somebody must get in"
        changed = asyncio.get_running_loop().time()
        await house.set_setting("web.port", 8352, by="Ana")
        assert await told.get() == (("8352",), code), "whoever wrote the code down can use it"
        assert asyncio.get_running_loop().time() - changed >= CONSOLE_STAYS, "the page that asked is answered first"
        with closing(Access.open(place.access, SystemRandomness())) as access:
            access.add_person("Ana", Role.ADMIN, "hash", NOON)
        await house.set_setting("web.port", 8353, by="Ana")
        assert await told.get() == (("8353",), ""), "the code is of no use any more"
        front = house.front
        await house.set_setting("policy.profile", "strict", by="Ana")
        assert house.front is front, "what is not about the console leaves it alone"
        assert [p.code for p in await house.health.problems()] == []
        await house.set_setting("web.enabled", "no", by="Ana")
        for _ in range(2000):
            if house.front is None:
                break
            await asyncio.sleep(0.01)
        assert house.front is None
