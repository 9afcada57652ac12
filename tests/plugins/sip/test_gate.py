"""What is dropped before it is read, and what the log says about it."""

import re
import time
from ipaddress import ip_network

import pytest

from callguard_sip.core.events import Dropped, Rings
from callguard_sip.core.flow import Flow, Transport
from callguard_sip.core.gate import Bucket, Gate, Reason, agent_of
from tests.plugins.sip.helpers.transcript import REGISTRAR, STRANGER, USER, Caller, Scene, statuses

LOG_WORD = re.compile(r"[A-Za-z0-9._/+()_-]{1,64}")


def a_gate(*networks: str, **limits: float) -> tuple[Gate, list[Dropped]]:
    reports: list[Dropped] = []
    gate = Gate(USER, [ip_network(text) for text in networks], reports.append, **limits)
    gate.trust_registrars(["192.168.178.1", "fd00::1"])
    return gate, reports


def at(host: str) -> Flow:
    return Flow(Transport.UDP, host, 5060)


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("192.168.178.1", True),
        ("fd00::1", True),
        ("192.168.178.2", False),
        ("10.1.2.3", True),
        ("10.2.0.1", False),
        ("2001:db8::7", True),
        ("203.0.113.66", False),
        ("not an address", False),
    ],
)
def test_only_the_registrar_and_trusted_networks_are_known(host: str, known: bool) -> None:
    gate, _ = a_gate("10.1.0.0/16", "2001:db8::/64")
    assert gate.knows(at(host)) is known
    assert gate.knows(at(host)) is known


def test_a_former_address_of_the_registrar_is_a_strangers() -> None:
    gate, _ = a_gate()
    gate.trust_registrars(["192.168.178.9"])
    assert not gate.knows(REGISTRAR)


def test_a_connection_that_we_opened_is_trusted_and_another_port_there_is_not() -> None:
    gate, _ = a_gate()
    ours = Flow(Transport.TCP, "198.51.100.7", 5060)
    gate.trust_connection(ours)
    assert gate.knows(ours)
    assert not gate.knows(ours._replace(port=5061))


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "REGISTER", "BYE", "ACK", "NONSENSE"])
def test_a_stranger_gets_no_answer_to_anything(scene: Scene, method: str) -> None:
    assert scene.hears(Caller().say(method), STRANGER) == []
    assert scene.hears(b"\x00" * 100, STRANGER) == []
    assert scene.all(Rings) == []
    assert scene.endpoint.gate.counts == {"stranger": 2}


@pytest.mark.parametrize(
    "uri",
    [
        "sip:100@192.168.178.20",
        "sip:192.168.178.20",
        f"sip:{USER[:-1]}@192.168.178.20",
        f"sip:x{USER}@192.168.178.20",
        f"sip:{USER.upper()}@192.168.178.20",
        "tel:+13035550100",
        "sip:@192.168.178.20",
    ],
)
def test_an_invite_for_anybody_else_is_dropped_even_from_the_registrar(scene: Scene, uri: str) -> None:
    assert scene.hears(Caller().invite(uri=uri)) == []
    assert scene.all(Rings) == []
    assert scene.drops == [Reason.NOT_OURS]


@pytest.mark.parametrize("prefix", [b"\r\n", b"\r\n\r\n"])
def test_blank_lines_in_front_do_not_open_the_gate(scene: Scene, prefix: bytes) -> None:
    assert scene.hears(prefix + Caller().invite(uri="sip:100@192.168.178.20")) == []
    assert scene.drops == [Reason.NOT_OURS]
    scene.rings(prefix + Caller().invite())


def test_a_user_with_a_password_or_parameters_is_still_ours(scene: Scene) -> None:
    scene.rings(Caller().invite(uri=f"sips:{USER}:secret@192.168.178.20:5061;transport=tls"))


def test_a_datagram_beyond_the_limit_is_dropped(scene: Scene) -> None:
    assert scene.hears(Caller().invite("X: " + "x" * 17_000)) == []
    assert scene.drops == [Reason.TOO_BIG]


def test_a_peer_that_sends_too_fast_is_slowed_down() -> None:
    gate, _ = a_gate(rate=10, burst=5)
    admitted = [gate.admits(b"x", REGISTRAR, 1.0) for _ in range(7)]
    assert admitted == [True] * 5 + [False] * 2
    assert gate.admits(b"x", REGISTRAR, 1.1)
    assert gate.counts[Reason.TOO_FAST] == 2


def test_one_peers_haste_costs_no_other_peer() -> None:
    gate, _ = a_gate(rate=10, burst=1)
    assert gate.admits(b"x", at("192.168.178.1"), 1.0)
    assert not gate.admits(b"x", at("192.168.178.1"), 1.0)
    assert gate.admits(b"x", at("fd00::1"), 1.0)


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    bucket = Bucket(rate=1, burst=2, now=0.0)
    assert [bucket.take(1000.0) for _ in range(3)] == [True, True, False]


def test_when_the_house_is_full_new_calls_are_dropped_and_old_ones_go_on() -> None:
    scene = Scene()
    scene.endpoint._transactions._most_unanswered = 3
    sessions = [scene.rings(Caller(number=n, branch=f"z9hG4bK{n}").invite()) for n in range(3)]
    assert scene.hears(Caller(number=9, branch="z9hG4bK9").invite()) == []
    assert len(scene.all(Rings)) == 3
    assert scene.drops == [Reason.FULL]
    sessions[0].decline(603, scene.now)
    assert statuses(scene.sent()) == [603]
    scene.rings(Caller(number=9, branch="z9hG4bK9").invite())


def test_a_table_of_unacknowledged_calls_is_bounded() -> None:
    scene = Scene()
    scene.endpoint._transactions._most = 2
    for n in range(2):
        scene.rings(Caller(number=n, branch=f"z9hG4bK{n}").invite()).decline(603, scene.now)
        scene.sent()
    assert scene.hears(Caller(number=9, branch="z9hG4bK9").invite()) == []
    scene.passes(33)
    scene.rings(Caller(number=9, branch="z9hG4bK9").invite())


# -- a packet whose sender may be forged ----------------------------------------------------------------------------

SHORT = "v:SIP/2.0/UDP a;branch=z9hG4bK1\r\nf:<sip:a@b>;tag=1\r\nt:<sip:a@b>\r\ni:1\r\n"
FORGED = {
    "options": f"OPTIONS sip:x SIP/2.0\r\n{SHORT}CSeq:1 OPTIONS\r\n\r\n",
    "options, long via": f"OPTIONS sip:x SIP/2.0\r\n{SHORT}Via: SIP/2.0/UDP {'b' * 900}\r\nCSeq:1 OPTIONS\r\n\r\n",
    "invite": f"INVITE sip:x SIP/2.0\r\n{SHORT}CSeq:1 INVITE\r\n\r\n",
    "unknown method": f"DANCE sip:x SIP/2.0\r\n{SHORT}CSeq:1 DANCE\r\n\r\n",
    "bye": f"BYE sip:x SIP/2.0\r\n{SHORT}CSeq:1 BYE\r\n\r\n",
    "cancel": f"CANCEL sip:x SIP/2.0\r\n{SHORT}CSeq:1 CANCEL\r\n\r\n",
    "require": f"OPTIONS sip:x SIP/2.0\r\n{SHORT}Require:a\r\nCSeq:1 OPTIONS\r\n\r\n",
    "malformed": f"OPTIONS sip:x SIP/2.0\r\n{SHORT}CSeq:1 BYE\r\n\r\n",
    "version": f"OPTIONS sip:x SIP/9.0\r\n{SHORT}\r\n",
    "no end": "OPTIONS sip:x SIP/2.0\r\nv:SIP/2.0/UDP a",
    "usual options": Caller().say("OPTIONS", uri="sip:192.168.178.20").decode(),
}


@pytest.mark.parametrize("packet", FORGED.values(), ids=FORGED.keys())
def test_a_forged_packet_never_yields_more_octets_than_it_brought(scene: Scene, packet: str) -> None:
    scene.hears(packet.encode())
    octets = sum(len(each.data) for each in scene.wire)
    octets += sum(len(each.data) for each in scene.wire for _ in scene.passes(120))
    assert octets <= len(packet)


def test_the_registrars_usual_options_are_answered_all_the_same(scene: Scene) -> None:
    assert statuses(scene.hears(FORGED["usual options"].encode())) == [200]


def test_a_stranger_on_a_listening_stream_is_not_let_in() -> None:
    scene = Scene()
    assert not scene.endpoint.accepts(STRANGER._replace(transport=Transport.TCP), scene.now)
    assert scene.hears(Caller().invite(), STRANGER._replace(transport=Transport.TCP)) == []


# -- the log --------------------------------------------------------------------------------------------------------


def test_a_drop_is_reported_with_source_reason_and_agent(scene: Scene) -> None:
    scene.hears(Caller().invite("User-Agent: friendly-scanner"), STRANGER)
    assert scene.last(Dropped) == Dropped("203.0.113.66", "stranger", "friendly-scanner")


@pytest.mark.parametrize(
    ("header", "agent"),
    [
        (b"\r\nUser-Agent: sipcli/v1.8", "sipcli/v1.8"),
        (b"\r\nuser-agent:x", "x"),
        (b"\r\nUser-Agent: a src=1.2.3.4 reason=x", "a_src_1.2.3.4_reason_x"),
        (b"\r\nUser-Agent: \x1b[2J\x07\xff", "__2J__"),
        (b"\r\nUser-Agent: " + b"y" * 900, "y" * 64),
        (b"\r\nUser-Agent:", "-"),
        (b"\r\nSubject: User-Agent: no", "-"),
        (b"", "-"),
    ],
)
def test_what_a_sender_calls_itself_cannot_fool_the_log(header: bytes, agent: str) -> None:
    said = agent_of(b"OPTIONS sip:x SIP/2.0" + header + b"\r\n\r\n")
    assert said == agent
    assert LOG_WORD.fullmatch(said)


def test_a_flood_writes_one_line_a_second_for_each_source_and_ten_in_all() -> None:
    gate, reports = a_gate()
    for tick in range(1000):
        gate.admits(b"x", STRANGER, 1.0 + tick / 1000)
    assert len(reports) == 1
    for number in range(2000):
        gate.admits(b"x", at(f"198.51.100.{number % 250}"), 2.0)
    assert len(reports) <= 1 + 50
    assert gate.dropped == 3000


def test_the_memory_for_sources_is_bounded() -> None:
    gate, _ = a_gate("10.0.0.0/8")
    for number in range(5000):
        host = f"10.0.{number // 250}.{number % 250}"
        gate.admits(b"x", at(host), float(number))
        gate.admits(b"x", STRANGER._replace(host=f"203.{number // 250}.0.{number % 250}"), float(number))
    assert max(len(gate._buckets), len(gate._neighbours), len(gate._logged)) <= 1024


def test_a_strangers_packet_costs_next_to_nothing() -> None:
    gate, _ = a_gate()
    packet = Caller().invite()
    begun = time.process_time()
    for _ in range(20_000):
        gate.admits(packet, STRANGER, 1.0)
    assert (time.process_time() - begun) / 20_000 < 20e-6
