"""What the console remembers of the house, and for how long."""

import asyncio
from typing import Any, cast

import pytest

from callguard.console import knowledge
from callguard.console.knowledge import Knowledge
from callguard.control.asking import AsyncAsker
from callguard.control.client import NoDaemonError


class House:
    """Answers with the number of the question, or as it is told."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False
        self.is_asked = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def ask(self, command: str, arguments: dict[str, Any], within: float) -> int:
        self.asked += 1
        self.is_asked.set()
        number = self.asked
        await self.goes_on.wait()
        if self.away:
            raise NoDaemonError("away")
        return number


@pytest.fixture
async def house() -> House:
    return House()


@pytest.fixture
def known(house: House) -> Knowledge:
    return Knowledge(cast("AsyncAsker", house))


async def test_an_answer_is_kept_until_it_changes(known: Knowledge) -> None:
    assert [await known.of("rules"), await known.of("rules")] == [1, 1]
    known.forget("rules")
    assert await known.of("rules") == 2


async def test_what_has_nothing_to_do_with_a_change_is_kept(known: Knowledge) -> None:
    await known.of("rules")
    known.forget("health")
    assert await known.of("rules") == 1


async def test_a_change_makes_everything_stale_that_shows_it(known: Knowledge) -> None:
    await known.of("house")
    known.forget("rules")
    assert await known.of("house") == 2


async def test_an_answer_is_not_kept_for_ever(known: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge, "_LONGEST", 0.0)
    assert [await known.of("rules"), await known.of("rules")] == [1, 2]


async def test_pages_that_ask_at_once_ask_once(known: Knowledge, house: House) -> None:
    assert await asyncio.gather(*(known.of("rules") for _ in range(5))) == [1] * 5
    assert house.asked == 1


async def test_an_answer_from_before_a_change_is_not_kept(known: Knowledge, house: House) -> None:
    house.goes_on.clear()
    async with asyncio.TaskGroup() as group:
        before = group.create_task(known.of("rules"))
        await house.is_asked.wait()
        known.forget("rules")
        house.goes_on.set()
    assert before.result() == 1
    assert await known.of("rules") == 2


async def test_a_daemon_that_is_away_is_not_asked_by_every_page(known: Knowledge, house: House) -> None:
    house.away = True
    for _ in range(3):
        with pytest.raises(NoDaemonError):
            await known.of("rules")
    assert house.asked == 1
    house.away = False
    known.forget()
    assert await known.of("rules") == 2
