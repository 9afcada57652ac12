"""What several tests stand on: a furnished house in a temporary folder, with a line that rings on command."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import pytest
from hypothesis import HealthCheck, settings

from callguard.ambient import SystemClock, SystemRandomness
from callguard.blueprint import Surroundings, draw
from callguard.daemon import Daemon
from callguard.place import Place
from callguard.store import DataDir, Store
from callguard.testing import apart_here

# How long an example takes says something of the machine, nothing of the code: what is timed is timed on purpose.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

A_LINE = '''
"""A line that rings when `pretend` asks it to."""
import asyncio
from datetime import UTC, datetime
from callguard import Call, Caller, Disposition, LineState, LineStatus, Outcome, Presentation, hookimpl, new_id


class Pretend:
    name = "Home"
    adapter = "pretend"
    broken = False

    def __init__(self, config, home):
        self.home = home
        self.screen = None

    @hookimpl
    def open_lines(self):
        return [self]

    @hookimpl
    def register_commands(self):
        return {"pretend": self.pretend}

    async def run(self, screen):
        self.screen = screen
        if (self.home.data_dir.parent / "crash").exists():
            raise RuntimeError("the cable melted")
        await asyncio.Event().wait()

    def state(self):
        status = LineStatus.PROTECTING if self.screen else LineStatus.STARTING
        return LineState(status=status, since=datetime(2026, 1, 2, tzinfo=UTC), detail="hears calls")

    async def pretend(self, arguments):
        number = arguments.get("number")
        if not number:
            raise ValueError("who shall call?")
        name = arguments.get("name", "\\x1b[2J<b>")
        call = Call(
            id=new_id(self.home.clock.now(), self.home.randomness.bits(35)),
            line=self.name,
            received_at=self.home.clock.now(),
            caller=Caller(presentation=Presentation.SHOWN, number=number, text=number, name=name),
        )
        decision = await self.screen(call, 1)
        answered = arguments.get("answered")
        ended_at = self.home.clock.now()
        decision.finish(Disposition(outcome=Outcome.RANG, ended_at=ended_at, code=480, answered=answered))
        return decision.verdict.action.value
'''


def shared_data() -> Path:
    """The folder of real data for tests, which is not part of the product."""
    return Path(os.environ.get("CALLGUARD_SHARED", Path(__file__).parents[2] / "shared")) / "data"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A house with one pretend line and the shipped rules plugin; SIP, the simulator and the console stay outside."""
    folder = tmp_path / "config"
    (folder / "plugins").mkdir(parents=True)
    (folder / "plugins" / "pretend.py").write_text(A_LINE)
    settings = "country: US\ntimezone: UTC\ndisabled_plugins: [sip, simulator]\nweb: {enabled: no}\n"
    (folder / "config.yaml").write_text(settings)
    return Place(data_dir=tmp_path / "data", config=folder / "config.yaml")


class OpenHouse(Protocol):
    """Opens a running house, its lines up, and closes it properly."""

    def __call__(
        self, place: Place, environment: Mapping[str, str] = MappingProxyType({})
    ) -> AbstractAsyncContextManager[Daemon]: ...


@pytest.fixture
def open_house() -> OpenHouse:
    return opened


@asynccontextmanager
async def opened(place: Place, environment: Mapping[str, str] = MappingProxyType({})) -> AsyncIterator[Daemon]:
    around = Surroundings(
        clock=SystemClock(), randomness=SystemRandomness(), environment=environment, apart=apart_here
    )
    ready = asyncio.Event()
    with DataDir.lock(place.data_dir):
        store = Store.open(place.database, now=around.clock.now()).store
        try:
            daemon = Daemon(draw(place, around), around, store)
            daemon.on_ready = ready.set
            async with asyncio.TaskGroup() as group:
                running = group.create_task(daemon.run())
                await ready.wait()
                try:
                    yield daemon
                finally:
                    daemon.stop()
                    await running
        finally:
            store.close()
