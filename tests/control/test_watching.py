"""Who watches the house is told of calls and changes at once, and costs no call anything."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from callguard.control import watching
from callguard.control.asking import AsyncAsker
from callguard.control.client import NoDaemonError
from callguard.control.watching import MOST_WATCHERS, WAITING
from callguard.control.wire import RefusedError

STRANGER = "+13035550164"


async def until(events: AsyncIterator[dict[str, Any]], wanted: str, what: str = "") -> dict[str, Any]:
    """Return the next event that is *wanted*."""
    async with asyncio.timeout(10):
        async for event in events:
            if event["event"] == wanted and event.get("what", "") == what:
                return event
    raise AssertionError(f"{wanted} {what} never came")


async def test_a_watcher_is_greeted_and_told_of_a_call_that_is_on_disk(enter: Any) -> None:
    async with enter() as house, aclosing(AsyncAsker(house.socket).watch()) as events:
        hello = await until(events, "hello")
        assert hello["newest"] is None
        await house.ring(STRANGER)
        told = await until(events, "call")
        assert (told["experience"], told["call"]["number"]) == ("rang", STRANGER)
        assert house.daemon.house.store.record(told["id"]) is not None
        async with aclosing(AsyncAsker(house.socket).watch()) as later:
            assert (await until(later, "hello"))["newest"] == told["id"]


@pytest.mark.parametrize(
    ("command", "arguments", "what"),
    [
        pytest.param("add-rule", {"list": "block", "number": STRANGER}, "rules", id="a rule"),
        pytest.param("set-setting", {"key": "policy.profile", "value": "strict"}, "settings", id="a setting"),
        pytest.param("lists-update", {"name": "gossip"}, "lists", id="a list"),
        pytest.param(
            "relationship-save", {"party": "Acme", "numbers": [STRANGER]}, "complaints", id="a relationship"
        ),
    ],
)
async def test_a_watcher_is_told_what_has_changed(
    enter: Any, gossip: Path, command: str, arguments: dict[str, Any], what: str
) -> None:
    async with enter() as house, aclosing(AsyncAsker(house.socket).watch()) as events:
        await until(events, "hello")
        await house.ask(command, **arguments)
        await until(events, "changed", what)


async def test_a_problem_that_comes_up_is_told(enter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_HEALTH_EVERY", 1)
    async with enter() as house, aclosing(AsyncAsker(house.socket).watch()) as events:
        await until(events, "hello")
        await house.ask("set-setting", key="policy.log_only", value="yes")
        await until(events, "changed", "health")


async def test_a_watcher_hears_that_the_house_is_alive(enter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "ALIVE_EVERY", 0.01)
    async with enter() as house, aclosing(AsyncAsker(house.socket).watch()) as events:
        await until(events, "alive")


async def test_watchers_are_sent_home_when_the_house_closes(enter: Any) -> None:
    async with enter() as house:
        events = AsyncAsker(house.socket).watch()
        await until(events, "hello")
    with pytest.raises(NoDaemonError, match="went away"):
        await until(events, "call")


async def test_a_watcher_that_goes_is_forgotten_and_one_too_many_is_refused(enter: Any) -> None:
    async with enter() as house:
        watchers = [AsyncAsker(house.socket).watch() for _ in range(MOST_WATCHERS)]
        for events in watchers:
            await until(events, "hello")
        with pytest.raises(RefusedError, match="16 watch already"):
            await until(AsyncAsker(house.socket).watch(), "hello")
        assert (await house.ask("status"))["running"], "who watches takes no place from who asks"
        for events in watchers[1:]:
            await events.aclose()
        await house.ring(STRANGER)
        await until(watchers[0], "call")
        await watchers[0].aclose()
        async with aclosing(AsyncAsker(house.socket).watch()) as events:
            await until(events, "hello")


async def test_who_is_too_slow_is_told_to_begin_anew(enter: Any) -> None:
    async with enter() as house:
        watcher = await house.daemon._watching.watch({})
        for _ in range(2 * WAITING + 1):
            house.daemon._watching.answered("opinion")
        waiting = [json.loads(await anext(watcher))["event"] for _ in range(watcher._lines.qsize())]
        assert waiting[0] == "resync"
        assert len(waiting) <= WAITING


async def test_without_a_daemon_nothing_can_be_watched_or_asked(tmp_path: Path) -> None:
    asker = AsyncAsker(tmp_path / "control.sock")
    with pytest.raises(NoDaemonError, match="no CallGuard runs"):
        await until(asker.watch(), "hello")
    with pytest.raises(NoDaemonError, match="no CallGuard runs"):
        await asker.ask("status", {})


async def test_questions_from_an_event_loop_are_answered_as_any_other(enter: Any) -> None:
    async with enter() as house:
        asker = AsyncAsker(house.socket)
        answers = await asyncio.gather(*(asker.ask("status", {}) for _ in range(40)))
        assert all(answer["running"] for answer in answers)
        with pytest.raises(RefusedError, match="no command 'dance'"):
            await asker.ask("dance", {})
