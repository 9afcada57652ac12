"""One stream from the daemon, told on to every page."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from callguard.console import feed as feeds
from callguard.console.feed import END, RESYNC, Event, Feed, TooManyStreamsError
from callguard.control.asking import AsyncAsker
from callguard.control.client import NoDaemonError

HELLO = {"event": "hello", "newest": None}
CALL = {"event": "call", "id": "x"}


class House:
    """Tells what a test puts into its queue; None: the daemon goes away."""

    def __init__(self) -> None:
        self.tells: asyncio.Queue[Event | None] = asyncio.Queue()

    async def watch(self) -> AsyncGenerator[dict[str, Any], None]:
        while event := await self.tells.get():
            yield event
        raise NoDaemonError("went away")


class Listening:
    def __init__(self) -> None:
        self.house = House()
        self.stale: list[str | None] = []
        self.feed = Feed(cast("AsyncAsker", self.house), self.stale.append)


@pytest.fixture
async def listening(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Listening]:
    monkeypatch.setattr(feeds, "_AGAIN_AFTER", (0.0,))
    found = Listening()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(found.feed.run())
        yield found
        running.cancel()


@asynccontextmanager
async def told(listening: Listening, *events: Event | None) -> AsyncIterator["asyncio.Queue[Event]"]:
    with listening.feed.subscribed() as queue:
        for event in events:
            listening.house.tells.put_nowait(event)
        yield queue


async def names(queue: "asyncio.Queue[Event]", count: int) -> list[str]:
    async with asyncio.timeout(5):
        return [(await queue.get())["event"] for _ in range(count)]


async def test_a_page_is_told_what_the_daemon_tells(listening: Listening) -> None:
    async with told(listening, HELLO, CALL, {"event": "alive"}, {"event": "changed", "what": "rules"}) as queue:
        assert await names(queue, 3) == ["back", "call", "changed"]
    assert listening.stale == [None, "rules"]


async def test_a_daemon_that_restarts_goes_away_and_comes_back(listening: Listening) -> None:
    async with told(listening, HELLO, None, None, HELLO, CALL) as queue:
        assert await names(queue, 4) == ["back", "away", "back", "call"]
    assert listening.stale == [None, None, None], "nothing is known of a house that is away, nor of one that is back"


async def test_a_page_begins_anew_when_the_console_was_too_slow_itself(listening: Listening) -> None:
    async with told(listening, HELLO, RESYNC) as queue:
        assert await names(queue, 2) == ["back", "resync"]
    assert listening.stale == [None, None]


async def test_a_page_that_is_too_slow_begins_anew_and_the_others_go_on(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "_WAITING", 2)
    async with told(listening, HELLO, CALL, CALL, CALL) as slow:
        monkeypatch.setattr(feeds, "_WAITING", 99)
        with listening.feed.subscribed() as quick:
            assert await names(quick, 4) == ["back", "call", "call", "call"]
        assert await names(slow, slow.qsize()) == ["resync", "call"]


async def test_there_is_a_bound_and_places_come_free(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_STREAMS", 1)
    with listening.feed.subscribed(), pytest.raises(TooManyStreamsError), listening.feed.subscribed():
        pass
    with listening.feed.subscribed():
        pass


async def test_everybody_is_sent_home_at_the_end(listening: Listening) -> None:
    with listening.feed.subscribed() as queue:
        listening.feed.close()
        assert queue.get_nowait() is END


async def test_a_page_that_is_far_behind_is_sent_home_too(listening: Listening) -> None:
    with listening.feed.subscribed() as queue:
        while not queue.full():
            queue.put_nowait(CALL)
        listening.feed.close()
        assert queue.get_nowait() is END
