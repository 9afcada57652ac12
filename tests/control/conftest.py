"""A running house, and the way to ask it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from callguard.control.client import ask_daemon
from callguard.daemon import Daemon
from callguard.model.record import CallRecord
from callguard.place import Place

A_LIST = '''
"""A number list that is updated when the test says so."""
from datetime import UTC, date, datetime
from callguard import Evidence, FetchError, Leaning, ListInfo, ListMode, ListState, Progress, Updated, hookimpl
from pydantic import BaseModel


class Config(BaseModel):
    mode: ListMode = ListMode.OFF


class Gossip:
    """Everybody is on it."""

    name = "gossip"
    Config = Config

    def __init__(self, config, home):
        self.mode = config.mode
        self.updates = 0
        self.home = home

    @hookimpl
    def number_lists(self):
        return [self]

    @hookimpl
    def check_call(self, call):
        if self.mode is ListMode.OFF:
            return None
        logged = self.mode is ListMode.LOG_ONLY
        return [
            Evidence(code="said", leaning=Leaning.UNWANTED, weight=60, log_only=logged, basis="complaints",
                     facts={"list": "gossip", "number": call.caller.number}),
            Evidence(code="odd", leaning=Leaning.UNWANTED, weight=50, basis="manners"),
        ]

    def state(self):
        info = ListInfo(name="gossip", version=str(self.updates), as_of=date(2026, 1, 2), numbers=self.updates,
                        retrieved_at=datetime(2026, 1, 2, tzinfo=UTC))
        return ListState(name="gossip", title="What people say", mode=self.mode, info=info if self.updates else None)

    async def update(self, report, *, force=False):
        report(Progress(step="fetching", done=1, total=2))
        if (self.home.data_dir.parent / "offline").exists():
            raise FetchError("gossip.example did not answer")
        self.updates += 1
        return Updated(changed=True, before=self.updates - 1, after=self.updates)

    def problems(self, now):
        return []
'''


@dataclass(frozen=True)
class Running:
    """A running house: asked as the command line asks it, rung by a pretend caller."""

    daemon: Daemon
    socket: Path

    async def ask(self, command: str, **arguments: Any) -> Any:
        return await asyncio.to_thread(ask_daemon, self.socket, command, arguments)

    async def ring(self, number: str, **arguments: Any) -> str:
        """Ring, and come back when the call's record is safely on disk; return what became of it."""
        told: asyncio.Queue[CallRecord] = asyncio.Queue()
        self.daemon.on_call = told.put_nowait
        action = await self.ask("pretend", number=number, **arguments)
        await told.get()
        return str(action)


Enter = Callable[[], AbstractAsyncContextManager[Running]]


@pytest.fixture
def enter(place: Place, open_house: Any) -> Enter:
    @asynccontextmanager
    async def entered() -> AsyncIterator[Running]:
        async with open_house(place) as daemon:
            yield Running(daemon, place.socket)

    return entered


@pytest.fixture
def gossip(place: Place) -> Path:
    """The house with a list of its own; returns the file that makes its server go away."""
    assert place.plugins_folder
    (place.plugins_folder / "gossip.py").write_text(A_LIST)
    offline = place.data_dir / "plugins" / "offline"
    offline.parent.mkdir(parents=True, mode=0o700)
    place.data_dir.chmod(0o700)
    return offline
