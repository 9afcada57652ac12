import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from callguard.testing import FakeClock, a_call, a_home, a_record
from callguard_simulator.plugin import Simulator, SimulatorConfig
from callguard_simulator.registrar import Address

PhoneAt = Callable[[Address], AbstractAsyncContextManager[Any]]


class RunningClock(FakeClock):
    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


def a_simulator(tmp_path: Path, **config: Any) -> Simulator:
    settings = {"enabled": True, "listen": "127.0.0.1:0", "pause": 0} | config
    return Simulator(SimulatorConfig.model_validate(settings), a_home(tmp_path, clock=RunningClock()))


@asynccontextmanager
async def running(simulator: Simulator) -> AsyncIterator[Simulator]:
    (service,) = simulator.services()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(service.run())
        while True:
            await asyncio.sleep(0)
            with suppress(ValueError):
                assert simulator.exchange.address
                break
        try:
            yield simulator
        finally:
            task.cancel()


def test_it_does_nothing_unless_it_is_enabled(tmp_path: Path) -> None:
    assert SimulatorConfig().enabled is False
    assert a_simulator(tmp_path, enabled=False).services() == []


async def test_ringing_a_simulator_that_is_off_says_how_to_turn_it_on(tmp_path: Path) -> None:
    ring = a_simulator(tmp_path, enabled=False).register_commands()["ring"]
    with pytest.raises(ValueError, match="run --demo"):
        await ring({"number": "+13035550110"})


async def test_ringing_before_a_line_is_registered_says_so(tmp_path: Path) -> None:
    async with running(a_simulator(tmp_path)) as simulator:
        with pytest.raises(ValueError, match="no line is registered"):
            await simulator.register_commands()["ring"]({"number": "+13035550110"})


async def test_ring_tells_what_the_caller_experienced(
    tmp_path: Path, phone_at: PhoneAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callguard_simulator.plugin._RECORDED_WITHIN", 0.05)
    async with running(a_simulator(tmp_path)) as simulator, phone_at(simulator.exchange.address) as phone:
        await phone.register()
        told = await simulator.register_commands()["ring"](
            {"number": "+13035550110", "name": "May", "withheld": False, "asserted": None, "hold": 3, "by": "Ana"}
        )
    assert told["code"] == 480
    assert "left to the other phones" in told["experience"]
    assert told["id"] == ""


async def test_ring_names_the_record_of_its_own_call_and_no_other(tmp_path: Path, phone_at: PhoneAt) -> None:
    async with running(a_simulator(tmp_path)) as simulator, phone_at(simulator.exchange.address) as phone:
        await phone.register()

        async def record_calls() -> None:
            invite = await phone.hear_method("INVITE")
            simulator.call_finished(a_record(a_call(id="0" * 16)))
            agent = invite.first("User-Agent")
            simulator.call_finished(a_record(a_call(id="1" * 16, details={"user_agent": agent})))

        async with asyncio.TaskGroup() as group:
            group.create_task(record_calls())
            told = await simulator.register_commands()["ring"]({"number": "+13035550110"})
    assert told["id"] == "1" * 16


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "needs a number"),
        ({"number": ""}, "needs a number"),
        ({"number": ["x"]}, "number"),
        ({"number": "1", "hold": -1}, "patience"),
        ({"number": "1", "colour": "red"}, "colour"),
    ],
)
async def test_nonsense_from_the_command_line_is_refused(
    tmp_path: Path, arguments: dict[str, object], said: str
) -> None:
    async with running(a_simulator(tmp_path)) as simulator:
        with pytest.raises(ValueError, match=said):
            await simulator.register_commands()["ring"](arguments)


async def test_the_script_is_rung_in_order_once_the_line_is_there(tmp_path: Path, phone_at: PhoneAt) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("callers:\n  - number: '1'\n  - number: '2'\n  - withheld: true\n")
    async with (
        running(a_simulator(tmp_path, script=str(script))) as simulator,
        phone_at(simulator.exchange.address) as phone,
    ):
        await phone.register()
        await phone.hear(lambda m: m.method == "ACK" and "anonymous" in m.first("From"))
    invited = [m.first("From").partition("@")[0] for m in phone.heard if m.method == "INVITE"]
    assert invited == ["<sip:1", "<sip:2", '"Anonymous" <sip:anonymous']


@pytest.mark.parametrize(
    "config",
    [
        {"listen": "0.0.0.0:5099"},
        {"listen": "192.0.2.1:5099"},
        {"listen": "localhost:5099"},
        {"listen": "127.0.0.1"},
        {"script": "/nowhere.yaml"},
        {"user": ""},
        {"pause": -1},
        {"unknown": 1},
    ],
    ids=str,
)
def test_a_configuration_that_cannot_work_or_is_open_to_the_world_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SimulatorConfig.model_validate(config)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in SimulatorConfig.model_fields.values())
