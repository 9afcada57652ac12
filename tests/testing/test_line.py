import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from callguard import Action, CallRecord, LineStatus, Outcome
from callguard.model.policy import Policy
from callguard.plugins import Plugins
from callguard.screening import Screening
from callguard.testing import FakeClock, FakeLine, a_call


@asynccontextmanager
async def open_line(line: FakeLine, kept: list[CallRecord]) -> AsyncIterator[None]:
    policy = Policy(unknown_callers=Action.BLOCK)
    screening = Screening(Plugins(FakeClock()), lambda _: policy, kept.append, FakeClock(), "test")
    async with asyncio.TaskGroup() as group:
        running = group.create_task(line.run(screening.screen))
        await asyncio.sleep(0)
        yield
        running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_fake_line_rings_the_house_and_remembers_what_was_decided() -> None:
    line, kept = FakeLine("Office"), list[CallRecord]()
    async with open_line(line, kept):
        assert line.state().status is LineStatus.PROTECTING
        verdict = await line.ring(a_call())
    assert verdict.action is Action.BLOCK
    assert line.decisions[0].call.line == "Office"
    assert line.decisions[0].disposition.outcome is Outcome.REJECTED
    assert kept[-1].disposition == line.decisions[0].disposition


async def test_a_line_that_is_not_running_cannot_ring() -> None:
    with pytest.raises(RuntimeError, match="not running"):
        await FakeLine().ring()


def test_a_line_can_go_deaf() -> None:
    line = FakeLine()
    assert line.state().status is LineStatus.STARTING
    line.go_deaf()
    assert line.state().status is LineStatus.DEAF
    assert line.state().cure
