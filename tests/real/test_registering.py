"""However the registrar is reached, a blocked caller is refused at the house's own line."""

import itertools
from collections.abc import Callable

import pytest

from tests.real.peers import guard as guards
from tests.real.peers.baresip import Extension, Phone, house_phone
from tests.real.peers.guard import BLOCKED, WANTED, Guard, Json, account, household
from tests.real.peers.kamailio import Kamailio, Setup
from tests.real.peers.process import Stage, wait_until
from tests.real.peers.relay import Relay
from tests.real.peers.sipp import Calls, Result, Sipp
from tests.real.peers.wire import hostport

Pbx = Callable[[Setup], Kamailio]
Guarded = Callable[[Json | str], Guard]
Calling = Callable[[Calls], Sipp]
_WAYS = tuple(itertools.product(("udp", "tcp", "tls"), ("md5", "sha256"), ("127.0.0.1", "::1")))


def _spam(exchange: Kamailio, calling: Calling, host: str = "127.0.0.1") -> Result:
    more = {"pai": BLOCKED, "verstat": "TN-Validation-Failed"}
    at = exchange.at(host)
    return calling(
        Calls(scenario="call", target=at, uri="sip:house@pbx.test", number=BLOCKED, host=host, more=more)
    ).result()


def _refused(result: Result) -> bool:
    return result.good == 1 and any(code.startswith("SIP/2.0 607") for code in result.codes)


@pytest.mark.parametrize(("transport", "digest", "host"), _WAYS, ids=["-".join(way) for way in _WAYS])
def test_a_blocked_caller_is_refused_over(
    pbx: Pbx, guard: Guarded, calls: Calling, transport: str, digest: str, host: str
) -> None:
    exchange = pbx(Setup(sha256=digest == "sha256", tls=transport == "tls", hosts=(host,)))
    trust = {"tls_ca": str(exchange.authority)} if transport == "tls" else {}
    guarding = guard(household(account(exchange.at(host, transport), transport=transport, **trust)))
    assert _refused(_spam(exchange, calls, host))
    assert [call["action"] for call in guarding.wait_for_calls(1)] == ["block"]


def test_a_registrar_whose_certificate_nobody_vouches_for_is_not_believed(pbx: Pbx, stage: Stage) -> None:
    exchange = pbx(Setup(tls=True))
    guarding = guards.prepare(stage, household(account(exchange.at(transport="tls"), transport="tls")))
    guarding.start()
    assert guarding.line()["status"] == "deaf"
    assert "certificate" in guarding.line()["detail"]
    assert "tls_ca" in guarding.line()["cure"]
    assert "Address" not in exchange.contacts()


def test_the_first_register_may_be_lost(pbx: Pbx, guard: Guarded, calls: Calling) -> None:
    exchange = pbx(Setup())
    with Relay(exchange.address, loses=lambda number, _: number == 0) as relay:
        guard(household(account(relay.address)))
        assert [packet[:8] for packet in relay.lost] == [b"REGISTER"]
        assert _refused(_spam(exchange, calls))


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_after_a_restart_of_the_registrar_calls_are_screened_again(
    pbx: Pbx, guard: Guarded, calls: Calling, transport: str
) -> None:
    exchange = pbx(Setup(tls=transport == "tls", short=True))
    trust = {"tls_ca": str(exchange.authority)} if transport == "tls" else {}
    line = account(exchange.at(transport=transport), transport=transport, **trust)
    guarding = guard(household(line))
    exchange.running.kill()
    exchange.start_again()
    wait_until(lambda: "Address" in exchange.contacts(), 20, "registered again")
    guarding.protecting()
    assert _refused(_spam(exchange, calls))
    assert len(guarding.wait_for_calls(1)) == 1


@pytest.mark.parametrize("hold", [0, 3], ids=["passed-at-once", "held-ringing"])
def test_a_caller_who_gives_up_stops_the_ringing_and_is_recorded_once(
    pbx: Pbx, guard: Guarded, phone: Callable[[Extension], Phone], calls: Calling, hold: int
) -> None:
    exchange = pbx(Setup())
    house = phone(house_phone(hostport(exchange.address)))
    guarding = guard(household(account(exchange.address, treatment={"hold": hold})))
    giving_up = calls(Calls(scenario="cancel", target=exchange.address, uri="sip:house@pbx.test", number=WANTED))
    house.rings(5)
    result = giving_up.result()
    house.closed(5)
    assert (result.good, result.failed) == (1, 0)
    [call] = guarding.wait_for_calls(1)
    assert (call["number"], call["action"]) == (WANTED, "ring")
    assert call["outcome"] in {"rang", "gone"}
