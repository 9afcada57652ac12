"""Whatever goes wrong, the call rings and the record says so."""

from callguard import Action, Call, Evidence, Leaning, Rung, hookimpl
from callguard.asking import Plugged
from callguard.model.call import Presentation
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
    return Screening(plugins, policy or Policy(), kept.append, FakeClock(), "1.2.3")


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
    screening.replace(Plugins(FakeClock()), Policy(withheld_callers=Action.BLOCK))
    assert (await screening.screen(withheld, 1)).verdict.action is Action.BLOCK
