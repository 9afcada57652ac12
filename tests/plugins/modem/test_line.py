"""A modem line as the house sees it: calls, states, problems, and what happens when the device comes and goes."""

import asyncio
import os
import pty
import re
import tty
from collections.abc import AsyncIterator, Coroutine
from importlib.resources import files
from pathlib import Path

import pytest

from callguard import Action, LineStatus, Outcome, Presentation
from callguard.testing import HookRunner, a_home
from callguard_modem.calls import Calls
from callguard_modem.core.callerid import CallerId
from callguard_modem.core.events import CallEnded, CallHeard, Problem, Trouble
from callguard_modem.plugin import Modem
from callguard_modem.profiles import shipped
from callguard_modem.words import TROUBLES
from tests.plugins.modem.helpers.house import House, a_line, deaf, protecting, running, until

CALL = b"\r\nRING\r\n\r\nDATE = 0117\r\nTIME = 1452\r\nNMBR = 3035550188\r\nNAME = SPAM CO\r\n"


class Bench:
    """A modem that answers everything with OK, on a pty."""

    def __init__(self, folder: Path) -> None:
        self.device = folder / "tty"
        self.said: list[bytes] = []
        self.far = self.near = -1
        self.silent = False

    def plug_in(self) -> None:
        self.far, self.near = pty.openpty()
        tty.setraw(self.far)
        tty.setraw(self.near)
        os.set_blocking(self.far, False)
        self.device.symlink_to(os.ttyname(self.near))
        asyncio.get_running_loop().add_reader(self.far, self._answer)

    def unplug(self) -> None:
        if self.far >= 0:
            asyncio.get_running_loop().remove_reader(self.far)
            self.device.unlink()
            os.close(self.near)
            os.close(self.far)
            self.far = -1

    def prints(self, data: bytes) -> None:
        os.write(self.far, data)

    def _answer(self) -> None:
        for command in os.read(self.far, 4096).split(b"\r")[:-1]:
            self.said.append(command)
            if not self.silent:
                self.prints(b"\r\n0,1\r\n\r\nOK\r\n" if command == b"AT+FCLASS=?" else b"\r\nOK\r\n")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    made.plug_in()
    try:
        yield made
    finally:
        made.unplug()


async def test_a_blocked_call_is_answered_and_its_record_says_how(bench: Bench, tmp_path: Path) -> None:
    house = House()
    async with running(a_line(tmp_path, bench.device, block={"hold": 0.5}), house) as line:
        await protecting(line)
        bench.prints(CALL)
        await until(lambda: b"ATH0" in bench.said[bench.said.index(b"ATH1") :] if b"ATH1" in bench.said else False)
        disposition = await house.ended()
    assert disposition.outcome is Outcome.ANNOUNCED
    assert disposition.note == "hung up on by hook, and it stayed silent"
    assert bench.said[bench.said.index(b"ATH1") + 1] == b"ATH0"
    (judged,) = house.calls
    caller = judged.call.caller
    assert (caller.number, caller.text, caller.name) == ("+13035550188", "3035550188", "SPAM CO")
    assert judged.call.details["rings"] == "1"
    assert "NMBR = 3035550188" in judged.call.details["raw"]


async def test_a_call_that_cannot_be_judged_rings(bench: Bench, tmp_path: Path) -> None:
    house = House()
    house.raises = RuntimeError("the store melted")
    async with running(a_line(tmp_path, bench.device), house) as line:
        await protecting(line)
        bench.prints(CALL)
        await until(lambda: house.calls)
        await asyncio.sleep(0.1)
    assert b"ATH1" not in bench.said


async def test_when_it_is_stopped_the_line_is_down_and_the_call_recorded(bench: Bench, tmp_path: Path) -> None:
    house = House()
    async with running(a_line(tmp_path, bench.device, block={"hold": 10}), house) as line:
        await protecting(line)
        bench.prints(CALL)
        await until(lambda: b"ATH1" in bench.said)
        assert bench.said[-1] == b"ATH1"
    assert bench.said[bench.said.index(b"ATH1") + 1] == b"ATH0"
    assert (await house.ended()).outcome is Outcome.ANNOUNCED


async def test_a_stop_ends_although_the_modem_says_nothing_any_more(bench: Bench, tmp_path: Path) -> None:
    house = House()
    async with running(a_line(tmp_path, bench.device, block={"hold": 10}), house) as line:
        await protecting(line)
        bench.prints(CALL)
        await until(lambda: b"ATH1" in bench.said)
        bench.silent = True
        begun = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - begun < 6


async def test_a_modem_that_comes_and_goes_is_opened_as_soon_as_it_is_there(bench: Bench, tmp_path: Path) -> None:
    bench.unplug()
    async with running(a_line(tmp_path, bench.device), House()) as line:
        await deaf(line)
        assert "is not there" in line.state().detail
        assert "Plug the modem in" in line.state().cure
        await asyncio.sleep(2.0)  # the pause between two tries is longer than a second by now
        begun = asyncio.get_running_loop().time()
        bench.plug_in()
        await protecting(line)
        assert asyncio.get_running_loop().time() - begun < 1.0
        assert line.state().cure == ""
        assert line.adapter == "modem tty"
        bench.unplug()
        await deaf(line, 1.0)
        assert "is gone" in line.state().detail


async def test_a_modem_that_answers_nothing_makes_the_line_deaf(bench: Bench, tmp_path: Path) -> None:
    bench.silent = True
    async with running(a_line(tmp_path, bench.device), House()) as line:
        await deaf(line)
        assert line.state().detail == "the modem does not answer"
        assert "Unplug the modem" in line.state().cure
        bench.silent = False
        await protecting(line)


async def test_a_greeting_that_cannot_be_played_is_a_problem_and_callers_are_blocked_all_the_same(
    bench: Bench, tmp_path: Path
) -> None:
    (tmp_path / "sorry.wav").write_bytes(b"this is no sound")
    block = {"greeting": str(tmp_path / "sorry.wav")}
    async with running(a_line(tmp_path, bench.device, block=block), House()) as line:
        await protecting(line)
        (problem,) = line.problems()
        assert problem.code == "modem-greeting-file"
        assert "WAV" in problem.what
        bench.prints(CALL)
        await until(lambda: b"ATH1" in bench.said)


@pytest.mark.parametrize("trouble", [trouble for trouble in Trouble if trouble is not Trouble.SILENT])
def test_every_trouble_is_a_problem_with_a_cure_until_it_is_over(trouble: Trouble, tmp_path: Path) -> None:
    line = a_line(tmp_path, "/dev/null")
    line.troubled(Problem(trouble, True, "what the\x1b modem said"))
    (problem,) = line.problems()
    assert (problem.code, problem.where) == (trouble.value, "Home")
    assert "what the modem said" in problem.what
    assert problem.cure == TROUBLES[trouble].cure
    line.troubled(Problem(trouble, False))
    assert line.problems() == []


# -- verdicts that come late ----------------------------------------------------------------------------------------


class Told:
    """What the machine was told."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self.group = group
        self.verdicts: list[tuple[int, bool]] = []

    def verdict(self, serial: int, *, block: bool) -> None:
        self.verdicts.append((serial, block))

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        self.tasks = self.group.create_task(work)


@pytest.mark.parametrize(
    ("action", "rings", "outcome"),
    [
        pytest.param(Action.RING, 3, Outcome.RANG, id="an allowed one has rung"),
        pytest.param(Action.BLOCK, 1, Outcome.GONE, id="an unwanted one quit at once"),
        pytest.param(Action.BLOCK, 4, Outcome.NOT_CARRIED_OUT, id="an unwanted one rang on"),
    ],
)
async def test_a_call_that_ends_before_its_verdict_is_recorded_as_it_was(
    tmp_path: Path, action: Action, rings: int, outcome: Outcome
) -> None:
    house = House(action)
    house.takes = 0.05
    caller = CallerId(presentation=Presentation.MISSING)
    async with asyncio.TaskGroup() as group:
        told = Told(group)
        calls = Calls(a_home(tmp_path, name="modem"), "US", house.screen, told)
        calls.heard(CallHeard(serial=1, line="Home", ring="", caller=caller, rings=1, within=1.0, lines=()))
        calls.ended(CallEnded(serial=1, outcome=Outcome.GONE, rings=rings))
    assert (await house.ended()).outcome is outcome
    assert told.verdicts == []


# -- the plugin -----------------------------------------------------------------------------------------------------


def test_a_distinctive_ring_with_a_name_is_a_line_as_deaf_as_its_modem(tmp_path: Path) -> None:
    config = {"lines": [{"line": "Home", "device": "/dev/none", "rings": {"A": "Home", "B": "Office"}}]}
    home, office = HookRunner(Modem, tmp_path, config).lines()
    assert (home.name, office.name) == ("Home", "Office")
    assert office.state() == home.state()
    assert home.state().status is LineStatus.STARTING


def test_without_lines_nobody_is_asked_for_a_library_or_a_modem(tmp_path: Path) -> None:
    runner = HookRunner(Modem, tmp_path)
    assert (runner.lines(), runner.problems()) == ([], [])
    assert list(runner.command("modem-list")) == ["ports"]


@pytest.mark.parametrize(
    ("lines", "asked", "says"),
    [
        pytest.param([], {}, "no modem line", id="none"),
        pytest.param([{"line": "Home"}], {"line": "Shed"}, "no modem line 'Shed'", id="another"),
        pytest.param(
            [{"line": "Home", "device": "/dev/a"}, {"line": "Shed", "device": "/dev/b"}], {}, "say which", id="two"
        ),
    ],
)
def test_who_waits_for_a_call_says_on_which_line(
    tmp_path: Path, lines: list[object], asked: dict[str, object], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        HookRunner(Modem, tmp_path, {"lines": lines}).command("modem-wait", **asked)


def test_waiting_in_vain_says_so_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    runner = HookRunner(Modem, tmp_path, {"lines": [{"line": "Home"}]})
    answer = runner.command("modem-wait", within=0.01)
    assert (answer["call"], answer["count"], answer["line"]) == (None, 0, "Home")
    assert runner.command("modem-transcripts", last=3) == {"transcripts": []}


def test_a_device_that_cannot_be_probed_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ttyACM9 is not there"):
        HookRunner(Modem, tmp_path).command("modem-probe", device=str(tmp_path / "ttyACM9"))


def test_the_udev_rule_knows_the_modems_that_the_profiles_know() -> None:
    rule = files("callguard_modem").joinpath("70-callguard-modem.rules").read_text("utf-8")
    found = re.findall(r'ATTRS\{idVendor\}=="(\w+)", ATTRS\{idProduct\}=="([\w|]+)"', rule)
    assert {f"{vendor}:{product}" for vendor, many in found for product in many.split("|")} == shipped().usb_ids
