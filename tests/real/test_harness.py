"""The peers work with one another before CallGuard joins them: otherwise no other test here means anything."""

from collections.abc import Callable

import pytest

from tests.real.peers.baresip import Extension, Phone, house_phone, outside_caller
from tests.real.peers.kamailio import Kamailio, Setup, Topology
from tests.real.peers.process import wait_until
from tests.real.peers.sipp import Calls, Sipp


@pytest.mark.parametrize("topology", [Topology.FORK, Topology.SCREEN_FIRST])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"], ids=["ipv4", "ipv6"])
def test_without_callguard_a_caller_and_a_phone_hear_each_other(
    pbx: Callable[[Setup], Kamailio], phone: Callable[[Extension], Phone], topology: Topology, host: str
) -> None:
    exchange = pbx(Setup(topology=topology, hosts=(host,)))
    proxy = f"[{host}]:{exchange.port}" if ":" in host else f"{host}:{exchange.port}"
    house = phone(house_phone(proxy, host=host))
    caller = phone(outside_caller(proxy, "+14165550199", host=host))
    caller.dial("sip:house@pbx.test")
    assert "+14165550199" in house.rings(5).peer
    house.accept()
    caller.established(5)
    house.established(5)
    wait_until(lambda: house.has_heard(1.5) and caller.has_heard(1.5), 8, "both have been talking")
    caller.hang_up()
    house.closed(5)
    assert house.hears().hertz == 1000
    assert caller.hears().hertz == 440


def test_a_pbx_that_rejects_everything_refuses_a_thousand_calls_of_sipp(
    pbx: Callable[[Setup], Kamailio], calls: Callable[[Calls], Sipp]
) -> None:
    yardstick = pbx(Setup(topology=Topology.REJECT))
    address = ("127.0.0.1", yardstick.port)
    load = Calls(scenario="reject", target=address, uri=f"sip:x@127.0.0.1:{yardstick.port}", count=1000, rate=1000)
    result = calls(load).result()
    assert (result.status, result.good, result.failed) == (0, 1000, 0)
    assert len(result.milliseconds) == 1000


def test_a_caller_of_sipp_can_give_up(
    pbx: Callable[[Setup], Kamailio],
    phone: Callable[[Extension], Phone],
    calls: Callable[[Calls], Sipp],
) -> None:
    exchange = pbx(Setup())
    house = phone(house_phone(f"127.0.0.1:{exchange.port}"))
    giving_up = calls(Calls(scenario="cancel", target=("127.0.0.1", exchange.port), uri="sip:house@pbx.test"))
    house.rings(5)
    result = giving_up.result()
    house.closed(5)
    assert (result.good, result.failed) == (1, 0)
    assert any(code.startswith("SIP/2.0 487") for code in result.codes)
