"""Online look-ups: only if wanted, only what must be said, remembered, and a silent PhoneBlock left alone."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import pytest

from callguard import Evidence, Fetched, Leaning
from callguard.testing import FakeClock, Fault, Page, a_call
from callguard_phoneblock.plugin import PhoneBlock
from callguard_phoneblock.wire import digest

Build = Callable[..., PhoneBlock]
LISTED, OTHER = "+13035550110", "+13035550199"
HARMLESS = (Fault.WRONG_TYPE, Fault.SLOW)
"""Whatever it is called and however slowly it comes, it is the answer."""


class Fake(Protocol):
    """What conftest calls FakePhoneBlock."""

    server: Any
    numbers: dict[str, Any]
    ranges: dict[str, tuple[int, int]]
    extra: dict[str, dict[str, Any]]

    def asked(self) -> list[tuple[str, dict[str, str]]]: ...


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


async def ask(plugin: PhoneBlock, number: str | None) -> Sequence[Evidence]:
    return await plugin.look_up_caller(a_call(number)) or ()


async def code(plugin: PhoneBlock, number: str | None) -> str:
    return " ".join(evidence.code for evidence in await ask(plugin, number))


def test_the_hash_is_the_one_of_the_description() -> None:
    assert digest("+4917650642602").upper() == "3D1D76F0C3664E1E818C6ECCFD8843AD1F4091CC"


async def test_nothing_is_asked_unless_the_household_wants_it(phoneblock: Fake, build: Build) -> None:
    assert await code(build(), LISTED) == ""
    assert await code(build(mode="off", online=True), LISTED) == ""
    assert await code(build(online=True), None) == ""
    assert phoneblock.asked() == []


async def test_a_look_up_says_four_characters_of_a_hash_and_nothing_else(phoneblock: Fake, build: Build) -> None:
    (evidence,) = await ask(build(online=True), LISTED)
    assert phoneblock.asked() == [("/api/check-prefix", {"sha1": sha1(LISTED)[:4]})]
    (request,) = phoneblock.server.asked
    assert request.method == "GET"
    assert request.body == b""
    assert LISTED[1:] not in str(request)
    assert sha1(LISTED)[:5] not in str(request)
    assert (evidence.code, evidence.leaning, evidence.weight, evidence.basis) == (
        "reported-online", Leaning.UNWANTED, 35, "complaints",
    )  # fmt: skip
    assert (evidence.facts["list"], evidence.facts["category"]) == ("phoneblock", "fraud")
    assert "first 4 of the 40 characters" in str(evidence.facts["sent"])


def test_thousands_share_a_prefix_but_hardly_anybody_three() -> None:
    numbers = [f"+1303555{n:04}" for n in range(10_000)] + [f"+4930{n:06}" for n in range(190_000)]
    mine = numbers[123_456]

    def told(number: str, *cuts: int) -> tuple[str, ...]:
        return tuple(digest(number[: len(number) - cut])[:4] for cut in cuts)

    alike = [number for number in numbers if told(number, 0) == told(mine, 0)]
    assert len(alike) > 1  # 200,000 numbers in 65,536 buckets; a country has a thousand times as many
    assert [number for number in alike if told(number, 0, 1, 2) == told(mine, 0, 1, 2)] == [mine]


async def test_neighbours_are_asked_for_only_if_wanted(phoneblock: Fake, build: Build) -> None:
    phoneblock.ranges = {OTHER[:-1]: (24, 5), OTHER[:-2]: (78, 12)}
    assert await code(build(online=True), OTHER) == "not-reported-online"
    (evidence,) = await ask(build(online="ranges"), OTHER)
    hashes = {"sha1": sha1(OTHER)[:4], "prefix10": sha1(OTHER[:-1])[:4], "prefix100": sha1(OTHER[:-2])[:4]}
    assert phoneblock.asked()[-1] == ("/api/check-prefix", hashes)
    assert (evidence.code, evidence.weight, evidence.basis) == ("range-reported-online", 20, "complaints")
    assert evidence.facts["beginning"] == OTHER[1:-1]
    assert (evidence.facts["reports"], evidence.facts["numbers"]) == (24, 5)


async def test_the_whole_hash_is_sent_only_if_the_household_says_so(phoneblock: Fake, build: Build) -> None:
    plugin = build(online="full")
    assert await code(plugin, LISTED) == "reported-online"
    hashes = {"sha1": sha1(LISTED), "prefix10": sha1(LISTED[:-1]), "prefix100": sha1(LISTED[:-2])}
    assert phoneblock.asked() == [("/api/check", hashes)]
    assert await code(plugin, OTHER) == "range-reported-online"
    assert LISTED[1:] not in str(phoneblock.server.asked)


async def test_who_shares_the_prefix_is_not_the_caller(phoneblock: Fake, build: Build) -> None:
    twin = next(n for n in (f"+4930{k:07}" for k in range(2_000_000)) if sha1(n)[:4] == sha1(OTHER)[:4])
    phoneblock.numbers[twin] = phoneblock.numbers[LISTED]
    assert await code(build(online=True), OTHER) == "not-reported-online"


async def test_who_is_on_the_list_at_home_is_not_asked_for(phoneblock: Fake, build: Build, update: Any) -> None:
    plugin = build(online=True)
    await update(plugin)
    phoneblock.server.asked.clear()
    assert await code(plugin, LISTED) == ""
    assert phoneblock.asked() == []
    assert await code(plugin, OTHER) == "not-reported-online"


GOOD_WORDS = {
    "rated as legitimate": ({"rating": "A_LEGITIMATE"}, "legitimate-online", Leaning.WANTED, 15),
    "on the global allow list": ({"whiteListed": True}, "legitimate-online", Leaning.WANTED, 15),
    "on the household's own block list there": ({"blackListed": True}, "reported-online", Leaning.UNWANTED, 60),
    "blocked by the household, wanted by others": (
        {"blackListed": True, "whiteListed": True}, "reported-online", Leaning.UNWANTED, 60,
    ),
    "without votes": ({"votes": 0}, "not-reported-online", Leaning.NEUTRAL, 0),
    "with votes that are none": ({"votes": "many"}, "not-reported-online", Leaning.NEUTRAL, 0),
}  # fmt: skip


@pytest.mark.parametrize(("said", "expected", "leaning", "weight"), GOOD_WORDS.values(), ids=GOOD_WORDS.keys())
async def test_what_people_said_is_weighed(
    said: dict[str, Any], expected: str, leaning: Leaning, weight: int, phoneblock: Fake, build: Build
) -> None:
    phoneblock.extra[LISTED] = said
    (evidence,) = await ask(build(online=True), LISTED)
    assert (evidence.code, evidence.leaning, evidence.weight) == (expected, leaning, weight)


async def test_a_log_only_look_up_changes_nothing(build: Build) -> None:
    assert all(evidence.log_only for evidence in await ask(build(mode="log-only", online=True), LISTED))


async def test_answers_are_remembered_good_ones_longer(phoneblock: Fake, build: Build, clock: FakeClock) -> None:
    plugin = build(online=True)
    asked = []
    for _ in range(5):
        await ask(plugin, LISTED)
        await ask(plugin, OTHER)
        asked.append(len(phoneblock.asked()))
        clock.advance(5 * 3600)
    assert asked == [2, 2, 3, 3, 4]  # OTHER again after 6 h; LISTED again after 24 h
    await ask(plugin, LISTED)
    assert len(phoneblock.asked()) == 5


async def test_memory_is_bounded(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callguard_phoneblock.lookup._MOST", 3)
    plugin = build(online=True)
    for n in range(10):
        await ask(plugin, f"+1303555020{n}")
    assert len(plugin._online._answers) == 3


class SlowWeb:
    """A network that answers when the test lets it."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.came = asyncio.Event()
        self.asked = 0

    async def fetch(self, url: str, **_: Any) -> Fetched:
        self.asked += 1
        self.came.set()
        await self.go.wait()
        return Fetched(status=200, url=url, body=b'{"numbers": []}')


async def test_two_calls_of_one_number_are_one_question(build: Build) -> None:
    web = SlowWeb()
    plugin = build(online=True, web=web)
    async with asyncio.TaskGroup() as group:
        both = [group.create_task(code(plugin, OTHER)) for _ in range(3)]
        other = group.create_task(code(plugin, "+13035550198"))
        await web.came.wait()
        web.go.set()
    assert {task.result() for task in (*both, other)} == {"not-reported-online"}
    assert web.asked == 2


async def test_a_look_up_that_was_given_up_leaves_the_next_one_free(build: Build, clock: FakeClock) -> None:
    web = SlowWeb()
    plugin = build(online=True, web=web)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ask(plugin, OTHER), 0.01)
    web.go.set()
    assert await code(plugin, OTHER) == "not-reported-online"
    assert plugin.health() == []  # 10 ms were no fair chance


async def test_a_server_that_stays_silent_is_left_alone_for_a_while(build: Build, clock: FakeClock) -> None:
    web = SlowWeb()
    plugin = build(online=True, web=web)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(ask(plugin, OTHER))
        await web.came.wait()
        clock.advance(0.5)
        waiting.cancel()
    assert [problem.code for problem in plugin.health()] == ["phoneblock-unreachable"]
    assert await code(plugin, LISTED) == "online-resting"
    assert web.asked == 1


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in HARMLESS])
async def test_a_fault_is_no_finding_and_opens_a_pause(
    fault: Fault, phoneblock: Fake, build: Build, clock: FakeClock
) -> None:
    plugin = build(online=True)
    phoneblock.server.faults["/api/check-prefix"] = fault
    assert await code(plugin, LISTED) == "online-resting"
    assert len(plugin.health()) == 1
    before = len(phoneblock.asked())
    assert await code(plugin, OTHER) == "online-resting"
    assert len(phoneblock.asked()) == before
    phoneblock.server.faults.clear()
    clock.advance(3601)
    assert await code(plugin, LISTED) == "reported-online"
    assert plugin.health() == []


async def test_pauses_grow_to_an_hour(phoneblock: Fake, build: Build, clock: FakeClock) -> None:
    plugin = build(online=True)
    phoneblock.server.faults["/api/check-prefix"] = Fault.BROKEN
    asked_at = []
    for minute in range(300):
        before = len(phoneblock.asked())
        assert await code(plugin, OTHER) == "online-resting"
        asked_at += [minute] * (len(phoneblock.asked()) - before)
        clock.advance(60)
    assert asked_at == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]


async def test_a_refused_key_is_its_own_problem(phoneblock: Fake, build: Build) -> None:
    plugin = build(online=True, token="wrong")
    (evidence,) = await ask(plugin, LISTED)
    assert evidence.code == "online-resting"
    assert "does not take the API key" in str(evidence.facts["why"])
    (problem,) = plugin.health()
    assert problem.code == "phoneblock-token"


async def test_too_many_questions_are_followed_by_silence(phoneblock: Fake, build: Build, clock: FakeClock) -> None:
    plugin = build(online=True)
    phoneblock.server.faults["/api/check-prefix"] = Fault.TOO_MANY
    await ask(plugin, LISTED)
    clock.advance(3500)
    assert await code(plugin, LISTED) == "online-resting"
    assert len(phoneblock.asked()) == 1


async def test_an_answer_that_is_none_opens_a_pause(phoneblock: Fake, build: Build) -> None:
    phoneblock.server.pages["/api/check-prefix"] = Page(body=b"[1, 2]")
    plugin = build(online=True)
    assert await code(plugin, LISTED) == "online-resting"
    (problem,) = plugin.health()
    assert "no answer of PhoneBlock" in problem.what


SENDS = {
    "off": ({"mode": "off"}, "nothing", "nothing"),
    "list only": ({}, "your API key and internet address, once a day; nothing about calls", "nothing"),
    "prefix": ({"online": True}, "your API key", "first 4 of the 40"),
    "ranges": ({"online": "ranges"}, "your API key", "hardly more than one number"),
    "full": ({"online": "full"}, "your API key", "whole hash"),
}


@pytest.mark.parametrize(("section", "daily", "per_call"), SENDS.values(), ids=SENDS.keys())
async def test_the_household_can_see_what_is_sent(
    section: dict[str, Any], daily: str, per_call: str, build: Build
) -> None:
    answer: Any = await build(**section).register_commands()["phoneblock-sends"]({})
    assert daily in answer["for_the_list"]
    assert per_call in answer["for_a_caller"]
    assert answer["to"].startswith("http://127.0.0.1:")
