"""One bad plugin costs only its own answer."""

import asyncio
import gc
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pluggy
import pytest

from callguard import Call, Evidence, Leaning, Rung, hookimpl
from callguard.asking import FAILURES_BEFORE_REST, FIRST_REST, NonsenseError, Plugged
from callguard.model.evidence import FailureKind
from callguard.plugins import Plugins
from callguard.testing import FakeClock, a_call, a_record

WITHIN = 0.05
SAYS = Evidence(code="says", leaning=Leaning.UNWANTED, weight=10)


class Good:
    @hookimpl
    def check_call(self, call: Call) -> Evidence:
        return SAYS


class Waits:
    @hookimpl
    async def check_call(self, call: Call) -> list[Evidence]:
        await asyncio.sleep(0)
        return [SAYS]


class Raises:
    @hookimpl
    def check_call(self, call: Call) -> Evidence:
        raise ValueError("no \x1b[31mdatabase")


class Exits:
    @hookimpl
    async def check_call(self, call: Call) -> Evidence:
        raise SystemExit(3)


class Hangs:
    @hookimpl
    async def check_call(self, call: Call) -> None:
        await asyncio.sleep(60)


class HangsForEver:
    """It swallows its cancellation."""

    def __init__(self) -> None:
        self.end = asyncio.Event()

    @hookimpl
    async def check_call(self, call: Call) -> None:
        while not self.end.is_set():
            try:
                await self.end.wait()
            except asyncio.CancelledError:
                continue


class Sleeps:
    """A plain function that blocks, which a hook must not do."""

    def __init__(self) -> None:
        self.end = threading.Event()

    @hookimpl
    def check_call(self, call: Call) -> None:
        self.end.wait(5)


def answers(value: object) -> type:
    class Odd:
        @hookimpl
        def check_call(self, call: Call) -> Any:
            return value

    return Odd


def the_house(*plugins: object, shipped: bool = True, clock: FakeClock | None = None) -> Plugins:
    house = Plugins(clock or FakeClock())
    for plugin in plugins:
        house.add(Plugged(type(plugin).__name__.lower(), plugin, shipped=shipped))
    return house


class Offers:
    """Offers `spell`, and claims that two commands need no running house."""

    offline_commands = frozenset({"spell", "ring"})

    @hookimpl
    def register_commands(self) -> dict[str, Any]:
        return {"spell": None, "reload": None}


class Rings:
    @hookimpl
    def register_commands(self) -> dict[str, Any]:
        return {"ring": None}


async def test_a_plugin_speaks_only_of_its_own_commands_when_it_names_those_that_need_no_running_house() -> None:
    house = the_house(Offers(), Rings())
    assert set(await house.commands()) == {"spell", "reload", "ring"}
    assert house.offline_commands == {"spell"}


async def test_plain_and_waiting_checks_answer_side_by_side() -> None:
    checked = await the_house(Good(), Waits()).check_call(a_call(), WITHIN)
    assert sorted(e.source for e in checked.evidence) == ["good", "waits"]
    assert checked.failures == []
    assert set(checked.timings) == {"good", "waits"}


@pytest.mark.parametrize(
    ("plugin", "kind", "says"),
    [
        pytest.param(
            Raises, FailureKind.RAISED, "ValueError: no [31mdatabase", id="raises, control characters removed"
        ),
        pytest.param(Exits, FailureKind.RAISED, "tried to end the daemon", id="SystemExit"),
        pytest.param(Hangs, FailureKind.TIMED_OUT, "no answer in time", id="hangs"),
        pytest.param(answers("spam"), FailureKind.NONSENSE, "returned str", id="a word"),
        pytest.param(answers([1]), FailureKind.NONSENSE, "a list with int", id="a list of numbers"),
        pytest.param(answers(True), FailureKind.NONSENSE, "returned bool", id="a truth value"),
        pytest.param(
            answers(Evidence(code="x", leaning=Leaning.WANTED, rung=Rung.ALLOW_LIST)),
            FailureKind.NONSENSE,
            "did not declare ALLOW_LIST",
            id="a rung it did not declare",
        ),
        pytest.param(
            answers(Evidence(code="x", leaning=Leaning.UNWANTED, weight=1000)),
            FailureKind.NONSENSE,
            "weight",
            id="weight",
        ),
        pytest.param(answers(Evidence(code="", leaning=Leaning.WANTED)), FailureKind.NONSENSE, "code", id="no code"),
        pytest.param(
            answers(Evidence(code="x", leaning=Leaning.WANTED, facts={"a": object()})),  # type: ignore[dict-item]
            FailureKind.NONSENSE,
            "fact 'a'",
            id="a fact that is no fact",
        ),
    ],
)
@pytest.mark.parametrize("shipped", [True, False], ids=["shipped", "guest"])
async def test_a_bad_plugin_is_named_and_the_others_still_answer(
    plugin: Callable[[], object], kind: FailureKind, says: str, shipped: bool
) -> None:
    house = the_house(plugin(), Good(), shipped=shipped)
    checked = await house.check_call(a_call(), 0.5 if kind is not FailureKind.TIMED_OUT else WITHIN)
    assert [e.source for e in checked.evidence] == ["good"]
    (failure,) = checked.failures
    assert (failure.source, failure.kind) == (plugin.__name__.lower(), kind)
    assert says in failure.error


async def test_a_plugin_that_swallows_its_cancellation_delays_nobody() -> None:
    stubborn = HangsForEver()
    begun = time.perf_counter()
    try:
        checked = await the_house(stubborn, Good()).check_call(a_call(), WITHIN)
        assert time.perf_counter() - begun < 1
        assert [f.kind for f in checked.failures] == [FailureKind.TIMED_OUT]
    finally:
        stubborn.end.set()
        await asyncio.sleep(0)


async def test_a_guest_whose_plain_function_blocks_holds_up_a_thread_and_not_the_call() -> None:
    sleeper = Sleeps()
    house = the_house(sleeper, Good(), shipped=False)
    begun = time.perf_counter()
    first = await house.check_call(a_call(), WITHIN)
    second = await house.check_call(a_call(), WITHIN)
    assert time.perf_counter() - begun < 1
    assert [f.kind for f in (*first.failures, *second.failures)] == [FailureKind.TIMED_OUT, FailureKind.BUSY]
    assert [e.source for e in (*first.evidence, *second.evidence)] == ["good", "good"]
    sleeper.end.set()


class Lists:
    """The household's lists: they have decided."""

    speaks_on = frozenset({Rung.ALLOW_LIST, Rung.BLOCK_LIST})

    @hookimpl
    def check_call(self, call: Call) -> Evidence:
        return Evidence(code="blocked", leaning=Leaning.UNWANTED, rung=Rung.BLOCK_LIST)


class Contacts(Hangs):
    speaks_on = frozenset({Rung.CONTACTS})


async def test_the_thread_of_a_guest_ends_with_the_guest() -> None:
    plugged = Plugged("guest", Good(), shipped=False)
    plugins = Plugins(FakeClock())
    plugins.add(plugged)
    assert (await plugins.check_call(a_call(), WITHIN)).evidence
    (thread,) = [one for one in threading.enumerate() if one.name == "plugin-guest"]
    del plugins, plugged
    gc.collect()
    await asyncio.to_thread(thread.join, 5)
    assert not thread.is_alive()


async def test_a_verdict_does_not_wait_for_who_could_not_change_it_but_notices_that_it_hangs() -> None:
    house = the_house(Lists(), Hangs())
    begun = time.perf_counter()
    checked = await house.check_call(a_call(), 0.2)
    assert time.perf_counter() - begun < 0.1
    assert ([e.source for e in checked.evidence], checked.failures) == (["lists"], [])
    await asyncio.sleep(0.3)
    assert house.all["hangs"].standing.failed == 1


async def test_a_check_that_fails_after_the_verdict_is_noticed_all_the_same() -> None:
    house = the_house(Lists(), Exits())
    for _ in range(FAILURES_BEFORE_REST):
        assert (await house.check_call(a_call(), 5)).failures == []
        await asyncio.sleep(0.01)
    assert house.all["exits"].standing.failed == FAILURES_BEFORE_REST
    assert (await house.check_call(a_call(), 5)).failures[0].kind is FailureKind.RESTING


async def test_a_verdict_waits_for_who_could_still_change_it() -> None:
    checked = await the_house(Lists(), Contacts()).check_call(a_call(), WITHIN)
    assert [f.source for f in checked.failures] == ["contacts"]


async def test_a_plugin_that_keeps_failing_rests_and_is_tried_again_after_a_while() -> None:
    clock = FakeClock()
    house = the_house(Raises(), clock=clock)
    kinds = [(await house.check_call(a_call(), WITHIN)).failures[0].kind for _ in range(FAILURES_BEFORE_REST + 1)]
    assert kinds == [FailureKind.RAISED] * FAILURES_BEFORE_REST + [FailureKind.RESTING]
    clock.advance(FIRST_REST)
    assert (await house.check_call(a_call(), WITHIN)).failures[0].kind is FailureKind.RAISED
    clock.advance(FIRST_REST)
    assert (await house.check_call(a_call(), WITHIN)).failures[0].kind is FailureKind.RESTING  # twice as long now


async def test_a_failure_says_on_which_rungs_the_plugin_might_have_spoken() -> None:
    class Contacts(Raises):
        speaks_on = frozenset({Rung.CONTACTS})

    checked = await the_house(Contacts()).check_call(a_call(), WITHIN)
    assert checked.failures[0].rungs == (Rung.CONTACTS, Rung.SIGNALS)


class Misspelt:
    @hookimpl
    def chek_call(self, call: Call) -> None:
        """Never called."""


class WrongArgument:
    @hookimpl
    def check_call(self, caller: Call) -> None:
        """Never called."""


@pytest.mark.parametrize("plugin", [Misspelt, WrongArgument])
def test_a_misspelt_hook_or_argument_is_refused_and_leaves_nothing_behind(plugin: Callable[[], object]) -> None:
    house = the_house()
    with pytest.raises(pluggy.PluginValidationError):
        house.add(Plugged("bad", plugin(), shipped=False))
    assert house.all == {}
    assert not house.has("check_call")


def test_a_plugin_cannot_claim_the_rung_of_the_unknown() -> None:
    class Claims(Good):
        speaks_on = frozenset({Rung.UNKNOWN})

    with pytest.raises(NonsenseError):
        the_house(Claims())


async def test_observers_are_all_told_although_one_raises() -> None:
    told: list[str] = []

    class Bad:
        @hookimpl
        def call_finished(self, record: object) -> None:
            raise RuntimeError

    class Listens:
        @hookimpl
        async def call_finished(self, record: object) -> None:
            told.append("listens")

    house = the_house(Listens(), Bad())
    await house.call_finished(a_record())
    assert told == ["listens"]
    assert house.all["bad"].standing.failed == 1


@pytest.mark.parametrize("hook", ["open_lines", "periodic_jobs", "health", "services"])
async def test_a_hook_that_returns_nonsense_at_the_start_is_passed_over(hook: str) -> None:
    def nonsense(self: object) -> str:
        return "nonsense"

    def empty(self: object) -> list[object]:
        return []

    bad = type("Bad", (), {hook: hookimpl(nonsense)})()
    good = type("Fine", (), {hook: hookimpl(empty)})()
    house = the_house(bad, good)
    ask: Callable[[], Awaitable[list[object]]] = getattr(house, hook)
    assert await ask() == []
    assert house.all["bad"].standing.failed == 1
    assert house.all["fine"].standing.failed == 0
