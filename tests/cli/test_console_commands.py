"""What the console can do, the command line can do too: watch, review, forget, look at lines, let people in."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import pytest
from click.testing import CliRunner, Result

from callguard.access import Access, Role
from callguard.ambient import SystemRandomness
from callguard.cli.client import NO_DAEMON, REFUSED
from callguard.cli.main import cli
from callguard.control.client import ask_daemon
from callguard.daemon import Daemon
from callguard.model.health import Problem, Severity
from callguard.place import Place
from callguard.testing import NOON

STRANGER = "+13035550164"


class House:
    """A running house, asked by the command line."""

    def __init__(self, daemon: Daemon, place: Place) -> None:
        self.daemon, self._place = daemon, place

    async def run(self, *words: str, typed: str = "") -> Result:
        where = ["--config", str(self._place.config), "--data-dir", str(self._place.data_dir)]
        return await asyncio.to_thread(CliRunner().invoke, cli, [*where, *words], input=typed)

    async def json(self, *words: str) -> Any:
        result = await self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    async def ask(self, command: str, **arguments: Any) -> Any:
        return await asyncio.to_thread(ask_daemon, self._place.socket, command, arguments)

    async def ring(self, number: str) -> None:
        told: asyncio.Queue[object] = asyncio.Queue()
        self.daemon.on_call = told.put_nowait
        await self.ask("pretend", number=number)
        await told.get()


class Enter(Protocol):
    def __call__(self) -> Any: ...


@pytest.fixture
def enter(place: Place, open_house: Any) -> Enter:
    @asynccontextmanager
    async def entered() -> AsyncIterator[House]:
        async with open_house(place) as daemon:
            yield House(daemon, place)

    return entered


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param([], ["Watching", "RANG", "(303) 555-0164"], id="words"),
        pytest.param(["--json"], ['"event": "hello"', '"event": "call"', '"number": "+13035550164"'], id="json"),
    ],
)
async def test_who_watches_sees_each_call_until_the_house_closes(
    enter: Enter, words: list[str], says: list[str]
) -> None:
    async with asyncio.TaskGroup() as group, enter() as house:
        watching = group.create_task(house.run("watch", *words))
        for _ in range(2000):
            if house.daemon._watching.watchers:
                break
            await asyncio.sleep(0.01)
        await house.ring(STRANGER)
    result = watching.result()
    assert result.exit_code == NO_DAEMON
    assert all(part in result.stdout for part in says), result.stdout
    assert "the daemon went away" in result.stderr
    assert "\x1b[2J" not in result.stdout


async def test_a_hunch_is_listed_for_review_until_somebody_says_what_it_was(enter: Enter) -> None:
    async with enter() as house:
        assert (await house.run("review")).stdout == "Nothing to review.\n"
        await house.ask("set-setting", key="policy.unknown_callers", value="block")
        await house.ring(STRANGER)
        (call,) = await house.json("review")
        assert call["id"][-6:] in (await house.run("review")).stdout
        assert (
            "Noted: that was wrong.  Undo: callguard undo" in (await house.run("review", "wrong", call["id"])).stdout
        )
        assert (await house.run("review", "wrong", call["id"])).stdout == "You said so already.\n"
        assert (await house.json("review", "right", call["id"]))["opinion"] == "right"
        assert await house.json("review") == []
        assert (await house.run("review", "right", "nope")).exit_code == REFUSED


async def test_a_number_is_forgotten_only_when_somebody_says_yes(enter: Enter) -> None:
    async with enter() as house:
        await house.ring(STRANGER)
        await house.ask("add-rule", list="block", number=STRANGER)
        asked = await house.run("forget", "303 555 0164", typed="n\n")
        assert asked.exit_code == 1
        assert "(303) 555-0164: 1 call would be forgotten. Still naming it" in asked.stderr
        assert len(await house.json("calls")) == 1
        done = await house.run("forget", "303 555 0164", typed="y\n")
        assert "1 call from (303) 555-0164 forgotten." in done.stdout
        assert "1 rule." in done.stdout
        assert (await house.json("forget", STRANGER, "--yes"))["calls"] == 0


async def test_a_line_is_shown_with_its_day_and_what_is_set_for_it_alone(enter: Enter) -> None:
    async with enter() as house:
        assert "today: no calls" in (await house.run("lines")).stdout
        await house.ask("set-setting", key="lines.Home.policy.profile", value="strict")
        await house.ring(STRANGER)
        shown = (await house.run("lines")).stdout
        assert "● Home  pretend" in shown
        assert "protecting: hears calls" in shown
        assert "today: 1 rang" in shown
        assert "only here: policy.profile = strict" in shown
        assert (await house.json("lines"))[0]["name"] == "Home"


class Front:
    """A console, as far as the house sees it."""

    def __init__(self, *listening: str) -> None:
        self.listening = listening

    def problems(self) -> list[Problem]:
        what = "the console cannot be reached: port 8350 is taken"
        down = Problem(code="console-down", severity=Severity.PROBLEM, what=what, since=NOON, cure="Choose another.")
        return [] if self.listening else [down]


async def test_the_first_person_is_let_in_and_everybody_after_is_told_how(enter: Enter, place: Place) -> None:
    async with enter() as house:
        house.daemon.house.front = Front("http://127.0.0.1:8350/")
        shown = await house.run("setup")
        code = (await house.json("setup"))["setup_code"]
        assert shown.exit_code == 0
        assert shown.stdout.startswith("Open http://127.0.0.1:8350/ and enter the set-up code ")
        assert code not in shown.stdout, "each time another one"
        access = Access.open(place.access, SystemRandomness())
        access.create_first_admin(code, "Ana", "hash", house.daemon.house.surroundings.clock.now())
        access.close()
        shown = await house.run("setup")
        assert "sign in: Ana (admin)." in shown.stdout
        assert "callguard user add" in shown.stdout
        assert (await house.json("setup"))["people"] == [{"name": "Ana", "role": Role.ADMIN.value}]


@pytest.mark.parametrize(
    ("front", "says"),
    [
        pytest.param(lambda: None, "because web.enabled is no. Say yes in config.yaml", id="none"),
        pytest.param(Front, "port 8350 is taken", id="down"),
    ],
)
async def test_without_a_console_setup_says_why(enter: Enter, front: Callable[[], Front | None], says: str) -> None:
    async with enter() as house:
        house.daemon.house.front = front()
        shown = await house.run("setup")
        assert shown.exit_code == 1
        assert says in shown.stdout


async def test_a_damaged_file_of_people_is_said_and_the_house_goes_on(enter: Enter, place: Place) -> None:
    async with enter() as house:
        place.access.write_bytes(b"no database at all" * 100)
        shown = await house.run("setup")
        assert shown.exit_code == REFUSED
        assert "access.db" in shown.stderr
        assert (await house.run("status")).exit_code == 0


@pytest.mark.parametrize("command", ["watch", "setup", "lines"])
def test_without_a_daemon_they_say_so(place: Place, command: str) -> None:
    place.data_dir.mkdir()
    where = ["--config", str(place.config), "--data-dir", str(place.data_dir)]
    result = CliRunner().invoke(cli, [*where, command])
    assert result.exit_code == NO_DAEMON
    assert "start it with `callguard run`" in result.stderr
