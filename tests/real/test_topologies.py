"""A household with a real PBX, a real phone and real callers: what the family and the caller experience."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import pytest

from tests.real.peers import baresip, kamailio, sipp
from tests.real.peers import guard as guards
from tests.real.peers.baresip import Phone, house_phone, outside_caller
from tests.real.peers.guard import BLOCKED, WANTED, Guard, account, household
from tests.real.peers.kamailio import Kamailio, Setup, Topology
from tests.real.peers.process import Stage, wait_until
from tests.real.peers.sipp import Calls, Result
from tests.real.peers.wire import hostport

_HOUSE = "sip:house@pbx.test"
_SPAM_CALLS = 5
_CUT_WITHIN = 0.100


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A kind of household."""

    setup: Setup
    treatment: dict[str, object]
    code: int
    "The final response that a refused caller sees."
    rings_first: bool = True


_UPSTREAMS = {
    "fork-607": Upstream(setup=Setup(), treatment={"block": "decline", "code": 607}, code=607),
    "fork-603": Upstream(setup=Setup(), treatment={"block": "decline", "code": 603}, code=603),
    "ignores-6xx-answer": Upstream(
        setup=Setup(ignores_6xx=True), treatment={"block": "answer", "seconds": 1}, code=200
    ),
    "screen-first-607": Upstream(
        setup=Setup(topology=Topology.SCREEN_FIRST), treatment={"block": "decline", "code": 607}, code=607,
        rings_first=False,
    ),
}  # fmt: skip


@dataclass(slots=True)
class House:
    """A household with its PBX, its phone, its guard, and somebody who calls."""

    upstream: Upstream
    stage: Stage
    pbx: Kamailio
    phone: Phone
    caller: Phone
    guard: Guard

    def spam(self) -> Result:
        """Let a blocked number call once."""
        more = {"pai": BLOCKED, "verstat": "TN-Validation-Failed"}
        call = Calls(scenario="call", target=self.pbx.address, uri=_HOUSE, number=BLOCKED, more=more)
        return sipp.start(self.stage, call).result()


@pytest.fixture(scope="module", params=list(_UPSTREAMS.values()), ids=list(_UPSTREAMS))
def house(request: pytest.FixtureRequest, module_stage: Stage) -> House:
    upstream: Upstream = request.param
    pbx = kamailio.start(module_stage, upstream.setup)
    proxy = hostport(pbx.address)
    phone = baresip.start(module_stage, house_phone(proxy))
    caller = baresip.start(module_stage, outside_caller(proxy, WANTED))
    guard = guards.protecting(module_stage, household(account(pbx.address, treatment=upstream.treatment)))
    return House(upstream, module_stage, pbx, phone, caller, guard)


def test_a_blocked_caller_is_cut_within_100_ms_of_the_first_ring_or_never_rings(house: House) -> None:
    before = len(house.guard.calls())
    rung = [_seconds_of_ringing(house) for _ in range(_SPAM_CALLS)]
    assert median(rung) <= _CUT_WITHIN, rung
    if not house.upstream.rings_first:
        assert rung == [0] * _SPAM_CALLS
    reported = house.guard.wait_for_calls(before + _SPAM_CALLS)[before:]
    assert {(call["number"], call["action"]) for call in reported} == {(BLOCKED, "block")}


def _seconds_of_ringing(house: House) -> float:
    """Return how long the phone rang for one blocked call; 0 if it never did."""
    mark = house.phone.control.mark()
    result = house.spam()
    assert (result.good, result.failed) == (1, 0), result
    assert f"SIP/2.0 {house.upstream.code}" in {code[:11] for code in result.codes}
    if house.phone.never_rang(mark):
        return 0
    first = house.phone.rings(1, mark)
    return house.phone.closed(2, mark).at - first.at


def test_a_wanted_caller_rings_and_both_hear_each_other(house: House) -> None:
    mark = house.phone.control.mark()
    placed = house.caller.dial(_HOUSE)
    assert WANTED in house.phone.rings(3, mark).peer
    house.phone.accept()
    house.phone.established(5, mark)
    house.caller.established(5, placed)
    wait_until(lambda: house.phone.has_heard(1.5) and house.caller.has_heard(1.5), 8, "both have been talking")
    house.caller.hang_up()
    house.phone.closed(5, mark)
    house.caller.closed(5, placed)
    assert (house.phone.hears().hertz, house.caller.hears().hertz) == (1000, 440)


@pytest.fixture
def killed(house: House) -> Iterator[House]:
    """The same household after a kill -9 of its guard, which comes back afterwards."""
    house.guard.kill()
    yield house
    house.guard.start()
    house.guard.protecting()


def test_the_phone_still_rings_when_callguard_is_killed(killed: House) -> None:
    mark = killed.phone.control.mark()
    placed = killed.caller.dial(_HOUSE)
    killed.phone.rings(5, mark)
    killed.caller.hang_up()
    killed.phone.closed(5, mark)
    killed.caller.closed(5, placed)
