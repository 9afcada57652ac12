"""Whoever holds up the house is named, and rests."""

import asyncio
import logging
import time

import pytest

from callguard import Call, hookimpl
from callguard.ambient import SystemClock
from callguard.asking import Plugged
from callguard.model.evidence import FailureKind
from callguard.plugins import Plugins
from callguard.stall import StallWatch
from callguard.testing import a_call


class Blocks:
    @hookimpl
    async def check_call(self, call: Call) -> None:
        time.sleep(0.5)  # noqa: ASYNC251  (that is the mistake)


async def test_an_async_hook_that_blocks_is_named_and_rests_at_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = SystemClock()
    plugins = Plugins(clock)
    plugins.add(Plugged("blocks", Blocks(), shipped=False))
    watch = StallWatch(clock, plugins.blame, longest=0.2)
    with caplog.at_level(logging.WARNING):
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(watch.run())
            await asyncio.sleep(0)
            await plugins.check_call(a_call(), 5)
            await asyncio.sleep(0.2)
            watching.cancel()
    assert "the house stood still for" in caplog.text
    assert "because of blocks" in caplog.text
    assert "time.sleep" in caplog.text
    (failure,) = (await plugins.check_call(a_call(), 1)).failures
    assert failure.kind is FailureKind.RESTING
    assert "must await" in failure.error


async def test_a_house_that_keeps_turning_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    blamed: list[str] = []
    watch = StallWatch(SystemClock(), lambda name, _: blamed.append(name), longest=0.2)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch.run())
        await asyncio.sleep(0.3)
        watching.cancel()
    assert (blamed, caplog.text) == ([], "")
