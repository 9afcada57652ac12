"""The open network: scanners, floods and forged packets reach the line's socket, and nothing comes of it."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.real.peers import sipp
from tests.real.peers.guard import BLOCKED, Guard, Json, account, household
from tests.real.peers.process import Stage
from tests.real.peers.scanners import scan
from tests.real.peers.sipp import Calls
from tests.real.peers.wire import Address, Packet, Peer, Request, offer

_FOREIGN = "127.0.0.2"
_SCREENED_WITHIN = 0.150
_SHARED = Path(os.environ.get("CALLGUARD_SHARED", Path(__file__).parents[2].parent / "shared"))
_TORTURE = sorted((_SHARED / "data" / "sip" / "rfc4475").glob("*.dat"))
_ECHOES_FOR = 4.0
"Seconds: long enough for three repetitions of a final response (RFC 3261 §17.2.1, Timer G)."


@pytest.fixture
def registrar(stage: Stage) -> Peer:
    """The registrar has an address of its own here, so that everybody else on loopback is a stranger."""
    peer = Peer("127.0.0.5", registrar=True)
    stage.on_close(peer.close)
    return peer


@pytest.fixture
def attacked(guard: Callable[[Json | str], Guard], registrar: Peer) -> Guard:
    return guard(household(account(registrar.address, listen="127.0.0.1")))


def _screened_in(registrar: Peer, uri: str, address: Address) -> float:
    """Return the seconds from a real call's INVITE to its final response."""
    invite = Request(
        method="INVITE", uri=uri, source=registrar.address, number=BLOCKED, body=offer("127.0.0.5", 4000)
    )
    sent = time.monotonic()
    registrar.send(invite, address)
    final = registrar.final(invite)
    registrar.send(invite.like("ACK", to=final.get("To")), address)
    assert final.status == 607
    return final.at - sent


@pytest.mark.timeout(120)
def test_a_real_call_is_screened_within_150_ms_while_strangers_call_200_times_a_second(
    stage: Stage, attacked: Guard, registrar: Peer, load_seconds: int
) -> None:
    uri, address = attacked.contact()
    dropped = int(attacked.line()["facts"]["dropped"])
    flood = Calls(scenario="strangers", target=address, uri=uri, count=200 * load_seconds, rate=200, host=_FOREIGN)
    flooding = sipp.start(stage, flood)
    until = time.monotonic() + load_seconds
    times: list[float] = []
    while time.monotonic() < until:
        times.append(_screened_in(registrar, uri, address))
        time.sleep(0.2)
    result = flooding.result(load_seconds + 30)
    assert (result.failed, result.codes) == (0, ())
    assert median(times) < _SCREENED_WITHIN, sorted(times)
    assert sorted(times)[int(len(times) * 0.9)] < _SCREENED_WITHIN, sorted(times)
    assert len(attacked.wait_for_calls(len(times))) == len(times)
    assert int(attacked.line()["facts"]["dropped"]) >= dropped + 200 * load_seconds


@pytest.mark.parametrize("method", ["OPTIONS", "INVITE", "REGISTER"])
def test_svmap_finds_nothing(attacked: Guard, stage: Stage, method: str) -> None:
    _, address = attacked.contact()
    found = scan(stage, "svmap", address, "-m", method)
    assert str(address[1]) not in found, found
    assert attacked.calls() == []


@pytest.mark.parametrize("method", ["OPTIONS", "INVITE", "REGISTER"])
def test_svwar_finds_nothing(attacked: Guard, stage: Stage, method: str) -> None:
    _, address = attacked.contact()
    found = scan(stage, "svwar", address, "-m", method, "-e", "100-110", "--force")
    assert "timed out" in found, found
    assert "SIP/2.0" not in found, found
    assert attacked.calls() == []


def _malformed(uri: str) -> Iterator[tuple[str, bytes]]:
    """Packets that somebody may send under a false address, each with a name."""
    for file in _TORTURE:
        yield file.stem, file.read_bytes()
    source = ("127.0.0.1", 5060)
    whole = bytes(Request(method="INVITE", uri=uri, source=source, body=offer("127.0.0.1", 4000)))
    yield "guessed-user", whole.replace(uri.encode(), uri.partition("@")[0].encode()[:5] + b"100@127.0.0.1")
    yield "half", whole[: len(whole) // 2]
    yield "no-call-id", whole.replace(b"Call-ID", b"X-Other")
    yield "two-cseq", whole.replace(b"\r\nMax-Forwards", b"\r\nCSeq: 2 INVITE\r\nMax-Forwards")
    yield "tiny", b"INVITE sip:a SIP/2.0\r\n\r\n"
    yield (
        "tiny-options",
        b"OPTIONS sip:a SIP/2.0\r\nVia:SIP/2.0/UDP a\r\nFrom:<a:b>\r\nTo:<a:b>\r\ni:a\r\nCSeq:1 OPTIONS\r\n\r\n",
    )
    yield "unknown-method", whole.replace(b"INVITE", b"X")
    yield "response", b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\nCSeq: 1 REGISTER\r\n\r\n"
    yield "nothing", b""
    yield "ping", b"\r\n\r\n"
    yield "zeros", bytes(1400)


@pytest.mark.parametrize("host", [_FOREIGN, "127.0.0.5"], ids=["stranger", "registrars-address"])
@pytest.mark.skipif(not _TORTURE, reason="the RFC 4475 messages are not here (shared data)")
def test_a_forged_packet_never_brings_back_more_bytes_than_it_cost(attacked: Guard, host: str) -> None:
    uri, address = attacked.contact()
    returned = _answers([(name, host, data) for name, data in _malformed(uri)], address)
    assert {name: (sent, back) for name, (sent, back) in returned.items() if back > sent} == {}
    if host == _FOREIGN:
        assert {name for name, (_, back) in returned.items() if back} == set()


def test_a_well_formed_call_from_a_stranger_is_not_answered_at_all(attacked: Guard) -> None:
    uri, address = attacked.contact()
    invite = Request(method="INVITE", uri=uri, source=(_FOREIGN, 5060), body=offer(_FOREIGN, 4000))
    returned = _answers([("invite", _FOREIGN, bytes(invite))], address)
    assert returned["invite"][1] == 0
    assert attacked.calls() == []


def _answers(packets: list[tuple[str, str, bytes]], address: Address) -> dict[str, tuple[int, int]]:
    """Send each packet from a socket of its own; return the bytes that each cost and brought back."""
    peers: dict[str, tuple[int, Peer]] = {}
    try:
        for name, host, data in packets:
            peers[name] = (len(data), Peer(host))
            peers[name][1].send(data, address)
            time.sleep(0.02)  # below the rate at which a single source is slowed down
        time.sleep(_ECHOES_FOR)
        return {name: (sent, sum(map(_size, peer.heard))) for name, (sent, peer) in peers.items()}
    finally:
        for _, peer in peers.values():
            peer.close()


def _size(packet: Packet) -> int:
    return len(packet.data)
