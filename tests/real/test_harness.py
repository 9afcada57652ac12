"""The peers work with one another before CallGuard joins them: otherwise no other test here means anything."""

from collections.abc import Callable

import pytest

from tests.real.peers.baresip import Extension, Phone, house_phone, outside_caller
from tests.real.peers.kamailio import Kamailio, Setup, Topology
from tests.real.peers.process import Stage, require, wait_until
from tests.real.peers.relay import Relay
from tests.real.peers.scanners import scan
from tests.real.peers.sipp import Calls, Sipp
from tests.real.peers.wire import Peer, Request


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


def test_the_scanners_find_a_pbx_that_answers_everybody(pbx: Callable[[Setup], Kamailio], stage: Stage) -> None:
    exchange = pbx(Setup())
    assert str(exchange.port) in scan(stage, "svmap", exchange.address)
    heard = scan(stage, "svwar", exchange.address, "-e", "100-101", "-m", "REGISTER", "--force")
    assert "Bad user = SIP/2.0 401" in heard


def test_a_relay_loses_what_it_is_told_to_lose(pbx: Callable[[Setup], Kamailio]) -> None:
    exchange = pbx(Setup())
    with Relay(exchange.address, loses=lambda number, _: number == 0) as relay, Peer() as peer:
        first, second = (
            Request(method="OPTIONS", uri="sip:pbx.test", source=peer.address, branch=f"z9hG4bK{n}") for n in range(2)
        )
        peer.send(first, relay.address)
        peer.send(second, relay.address)
        assert peer.final(second).status == 200
        assert peer.of(first.call_id) == []
        assert relay.lost == [bytes(first)]


@pytest.mark.parametrize(("required", "outcome"), [("0", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_a_missing_peer_skips_and_names_its_package_unless_peers_are_required(
    monkeypatch: pytest.MonkeyPatch, required: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CALLGUARD_REQUIRE_PEERS", required)
    with pytest.raises(outcome, match="apt-get install sip-tester"):
        require("no-such-sipp", "sip-tester")
