"""Whatever goes wrong, the call rings and the record says so."""

import asyncio
import time
from dataclasses import replace

import pytest

from callguard import Action, Call, Evidence, Leaning, Rung, hookimpl
from callguard.asking import Plugged
from callguard.model.call import Presentation
from callguard.model.evidence import FailureKind
from callguard.model.policy import Policy
from callguard.model.record import CallRecord, Disposition, Outcome
from callguard.plugins import Plugins
from callguard.policy.ladder import judge
from callguard.screening import Screening
from callguard.testing import NOON, FakeClock, a_call, a_caller

BLOCKED = Evidence(code="blocked", leaning=Leaning.UNWANTED, rung=Rung.BLOCK_LIST)


class Blocks:
    speaks_on = frozenset({Rung.BLOCK_LIST})

    @hookimpl
    def check_call(self, call: Call) -> Evidence:
        return BLOCKED


class Explodes(Plugins):
    async def check_call(self, call: Call, within: float) -> None:  # type: ignore[override]
        raise RuntimeError("our own mistake")


def a_screening(plugins: Plugins, kept: list[CallRecord], policy: Policy | None = None) -> Screening:
    given = policy or Policy()
    return Screening(plugins, lambda _: given, kept.append, FakeClock(), "1.2.3")


def with_blocks() -> Plugins:
    plugins = Plugins(FakeClock())
    plugins.add(Plugged("blocks", Blocks(), shipped=True))
    return plugins


async def test_a_call_is_checked_judged_and_kept_before_and_after_its_end() -> None:
    kept: list[CallRecord] = []
    decision = await a_screening(with_blocks(), kept).screen(a_call(), 1)
    assert decision.verdict.action is Action.BLOCK
    end = Disposition(outcome=Outcome.REJECTED, ended_at=NOON, code=607)
    decision.finish(end)
    decision.finish(Disposition(outcome=Outcome.RANG, ended_at=NOON))
    assert [record.disposition for record in kept] == [None, end]
    assert kept[-1].evidence[0].source == "blocks"
    assert kept[-1].software == "1.2.3"


async def test_the_record_alone_reproduces_the_verdict() -> None:
    kept: list[CallRecord] = []
    await a_screening(with_blocks(), kept).screen(a_call(), 1)
    (record,) = kept
    assert judge(record.call, record.evidence, record.failures, record.policy) == record.verdict


async def test_our_own_mistake_lets_the_call_ring_and_is_in_the_record() -> None:
    kept: list[CallRecord] = []
    decision = await a_screening(Explodes(FakeClock()), kept).screen(a_call(), 1)
    assert decision.verdict.action is Action.RING
    assert kept[0].failures[0].error == "RuntimeError: our own mistake"
    assert kept[0].verdict.unanswered == ("callguard",)


async def test_a_handset_of_the_house_rings_and_is_not_even_checked() -> None:
    kept: list[CallRecord] = []
    decision = await a_screening(with_blocks(), kept).screen(a_call("**610", internal=True), 1)
    assert decision.verdict.action is Action.RING
    assert kept[0].evidence == ()


async def test_the_next_call_is_judged_by_the_new_policy() -> None:
    screening = a_screening(Plugins(FakeClock()), [])
    withheld = a_call(caller=a_caller(None, presentation=Presentation.WITHHELD))
    assert (await screening.screen(withheld, 1)).verdict.action is Action.RING
    screening.replace(Plugins(FakeClock()), lambda _: Policy(withheld_callers=Action.BLOCK), online=False)
    assert (await screening.screen(withheld, 1)).verdict.action is Action.BLOCK


class Online:
    def __init__(self, answer: Evidence | None = None, *, hangs: bool = False) -> None:
        self.asked: list[str | None] = []
        self._answer = answer
        self._hangs = hangs

    @hookimpl
    async def look_up_caller(self, call: Call) -> Evidence | None:
        self.asked.append(call.caller.number)
        if self._hangs:
            await asyncio.Event().wait()
        return self._answer


class Says:
    def __init__(self, *evidence: Evidence) -> None:
        self._evidence = evidence
        self.speaks_on = {item.rung for item in evidence}

    @hookimpl
    def check_call(self, call: Call) -> list[Evidence]:
        return list(self._evidence)


class Fails:
    speaks_on = frozenset({Rung.CONTACTS})

    @hookimpl
    def check_call(self, call: Call) -> None:
        raise OSError("the address book is gone")


def screening_with(online: Online, *others: object, opted_in: bool = True) -> tuple[Screening, list[CallRecord]]:
    plugins = Plugins(FakeClock())
    for place, plugin in enumerate(others):
        plugins.add(Plugged(f"other{place}", plugin, shipped=True))
    plugins.add(Plugged("online", online, shipped=True))
    kept: list[CallRecord] = []
    return Screening(plugins, lambda _: Policy(), kept.append, FakeClock(), "1", online=opted_in), kept


SIGNAL = Evidence(code="reported", leaning=Leaning.UNWANTED, weight=60)
CONTACT = Evidence(code="contact", leaning=Leaning.WANTED, rung=Rung.CONTACTS)
PROOF = Evidence(code="impossible", leaning=Leaning.UNWANTED, weight=60, proof=True)


async def test_an_online_answer_counts_and_is_recorded_with_its_time() -> None:
    online = Online(SIGNAL)
    screening, kept = screening_with(online, Says(Evidence(code="odd", leaning=Leaning.UNWANTED, weight=40)))
    decision = await screening.screen(a_call(), 1)
    assert decision.verdict.action is Action.BLOCK
    assert "online online" in kept[0].timings


@pytest.mark.parametrize(
    ("others", "call"),
    [
        pytest.param([Says(CONTACT)], a_call(), id="a contact"),
        pytest.param([Blocks()], a_call(), id="a number on the block list"),
        pytest.param([Says(PROOF)], a_call(), id="blocked by signals already"),
        pytest.param([Fails()], a_call(), id="a caller who might be a contact"),
        pytest.param([], a_call(None), id="a caller without a number"),
        pytest.param([], a_call("**610", internal=True), id="a handset of the house"),
    ],
)
async def test_nobody_outside_is_asked_about(others: list[object], call: Call) -> None:
    online = Online(SIGNAL)
    screening, _ = screening_with(online, *others)
    await screening.screen(call, 1)
    assert online.asked == []


async def test_nobody_outside_is_asked_unless_the_household_opted_in() -> None:
    online = Online(SIGNAL)
    screening, _ = screening_with(online, opted_in=False)
    await screening.screen(a_call(), 1)
    assert online.asked == []


async def test_a_silent_service_costs_half_a_second_and_nothing_else() -> None:
    online = Online(hangs=True)
    screening, kept = screening_with(online, Says(Evidence(code="odd", leaning=Leaning.UNWANTED, weight=60)))
    begun = time.monotonic()
    decision = await screening.screen(a_call(), 5)
    assert time.monotonic() - begun < 2
    assert decision.verdict.action is Action.RING
    assert [failure.source for failure in kept[0].failures] == ["online"]
    assert kept[0].verdict.score == 60


async def test_a_service_that_is_down_does_not_rest_what_its_plugin_knows_at_home() -> None:
    class Both(Online):
        @hookimpl
        def check_call(self, call: Call) -> Evidence:
            return SIGNAL

        @hookimpl
        async def look_up_caller(self, call: Call) -> Evidence:
            raise ConnectionError("unreachable")

    screening, kept = screening_with(Both())
    for _ in range(5):
        await screening.screen(a_call(), 1)
    assert all(record.evidence for record in kept)
    assert kept[-1].failures[0].kind is FailureKind.RESTING


async def test_an_online_answer_may_only_be_a_signal() -> None:
    screening, kept = screening_with(Online(replace(CONTACT, code="friend")))
    await screening.screen(a_call(), 1)
    assert kept[0].failures[0].kind is FailureKind.NONSENSE
