"""Everything that is not a call (RFC 3261 §8.2, §9.2, §11.2)."""

import pytest

from callguard_sip.core.events import Rings
from callguard_sip.core.flow import Flow, Transport
from callguard_sip.core.message import Response
from tests.plugins.sip.helpers.transcript import REGISTRAR, Caller, Scene, statuses, the_response


def test_an_unknown_requirement_gets_420_that_names_it(scene: Scene) -> None:
    answer = the_response(scene.hears(Caller().invite("Require: 100rel, timer")))
    assert answer.status == 420
    assert answer.headers.values("unsupported") == ["100rel", "timer"]
    assert scene.all(Rings) == []


@pytest.mark.parametrize(
    "method", ["REGISTER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "REFER", "PUBLISH", "PRACK", "DANCE"]
)
def test_other_methods_get_405_with_what_is_allowed(scene: Scene, method: str) -> None:
    answer = the_response(scene.hears(Caller().say(method)))
    assert answer.status == 405
    assert set(answer.headers.values("allow")) == {"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "UPDATE", "INFO"}


def test_options_tells_what_we_can_do(scene: Scene) -> None:
    answer = the_response(scene.hears(Caller().say("OPTIONS")))
    assert answer.status == 200
    assert "INVITE" in (answer.headers.get("allow") or "")
    assert answer.headers.get("accept") == "application/sdp"
    assert answer.to.tag


@pytest.mark.parametrize("method", ["BYE", "INFO", "UPDATE", "INVITE", "OPTIONS"])
def test_an_unknown_dialog_gets_481(scene: Scene, method: str) -> None:
    assert statuses(scene.hears(Caller(to_tag="never-given").say(method))) == [481]


@pytest.mark.parametrize("method", ["BYE", "CANCEL"])
def test_what_belongs_to_no_call_gets_481(scene: Scene, method: str) -> None:
    assert statuses(scene.hears(Caller().say(method))) == [481]


@pytest.mark.parametrize(
    ("replaced", "by", "status"),
    [
        (b"CSeq: 1 INVITE", b"CSeq: 1 BYE", 400),
        (b"CSeq: 1 INVITE", b"CSeq: one INVITE", 400),
        (b"CSeq: 1 INVITE\r\n", b"", 400),
        (b"Call-ID: call-1@192.168.178.1\r\n", b"", 400),
        (b"To: <sip:callguard@fritz.box>", b'To: "open <sip:callguard@fritz.box>', 400),
        (b"Content-Length:", b"Content-Length: 9", 400),
        (b" SIP/2.0\r\n", b" SIP/7.0\r\n", 505),
    ],
    ids=["cseq method", "cseq number", "no cseq", "no call-id", "quotes", "length", "version"],
)
def test_a_malformed_invite_gets_one_lean_answer(scene: Scene, replaced: bytes, by: bytes, status: int) -> None:
    invite = Caller().invite()
    bad = invite.replace(replaced, by, 1)
    assert bad != invite
    assert statuses(scene.hears(bad)) == [status]
    assert len(scene.wire[0].data) <= len(bad)
    assert scene.passes(60) == []
    assert scene.all(Rings) == []


def test_a_malformed_ack_is_never_answered(scene: Scene) -> None:
    assert scene.hears(Caller().say("ACK").replace(b"CSeq: 1 ACK\r\n", b"")) == []


def test_the_same_invite_by_another_path_gets_482(scene: Scene) -> None:
    scene.rings(Caller(branch="z9hG4bK-one").invite())
    assert statuses(scene.hears(Caller(branch="z9hG4bK-two").invite())) == [482]
    assert len(scene.all(Rings)) == 1


def test_a_call_is_ours_even_if_it_may_not_be_forwarded_any_further(scene: Scene) -> None:
    scene.rings(Caller().invite(max_forwards="0"))


@pytest.mark.parametrize(
    ("via", "port"),
    [
        ("SIP/2.0/UDP 10.9.9.9:4711;branch=z9hG4bK1", 4711),
        ("SIP/2.0/UDP 10.9.9.9;branch=z9hG4bK1", 5060),
        ("SIP/2.0/UDP 10.9.9.9:4711;branch=z9hG4bK1;rport", 5090),
        ("SIP/2.0/UDP 10.9.9.9:4711;branch=z9hG4bK1;rport=1;received=203.0.113.9", 5090),
        ("SIP/2.0/UDP 10.9.9.9:4711;branch=z9hG4bK1;received=203.0.113.9;maddr=203.0.113.9", 4711),
    ],
    ids=["via port", "default port", "rport", "forged rport", "forged received"],
)
def test_an_answer_goes_only_to_where_the_packet_came_from(scene: Scene, via: str, port: int) -> None:
    answer = the_response(scene.hears(Caller().say("OPTIONS", via=via), REGISTRAR._replace(port=5090)))
    assert scene.wire[0].to == Flow(Transport.UDP, REGISTRAR.host, port)
    assert answer.via.received == REGISTRAR.host
    assert answer.via.host == "10.9.9.9"


def test_all_vias_come_back_in_order(scene: Scene) -> None:
    via = "SIP/2.0/UDP 192.168.178.1;branch=z9hG4bK2, SIP/2.0/TCP first.test;branch=z9hG4bK1"
    answer = the_response(
        scene.hears(Caller().say("OPTIONS", "Via: SIP/2.0/UDP zeroth.test;branch=z9hG4bK0", via=via))
    )
    assert [v.split(";")[0] for v in answer.headers.values("via")] == [
        "SIP/2.0/UDP 192.168.178.1",
        "SIP/2.0/TCP first.test",
        "SIP/2.0/UDP zeroth.test",
    ]


def test_a_quoted_comma_in_a_via_is_no_separator(scene: Scene) -> None:
    via = 'SIP/2.0/UDP 192.168.178.1;branch=z9hG4bK2;x="a,b", SIP/2.0/TCP first.test;branch=z9hG4bK1'
    answer = the_response(scene.hears(Caller().say("OPTIONS", via=via)))
    assert [v.split(";")[0] for v in answer.headers.values("via")] == [
        "SIP/2.0/UDP 192.168.178.1",
        "SIP/2.0/TCP first.test",
    ]
    assert answer.via.params["x"] == "a,b"


def test_nothing_a_caller_writes_can_begin_a_header_of_its_own(scene: Scene) -> None:
    invite = Caller().invite().replace(b'"03035550001"', b'"a\rEvil: yes"')
    for message in scene.hears(invite):
        assert "evil" not in message.headers
    for event in scene.all(Rings):
        event.session.decline(603, scene.now)
    assert b"\rEvil" not in b"".join(packet.data for packet in scene.wire)
    assert all(isinstance(message, Response) and "evil" not in message.headers for message in scene.sent())


def test_a_blank_datagram_is_silently_taken(scene: Scene) -> None:
    assert scene.hears(b"\r\n\r\n") == []
    assert scene.drops == []


def test_a_response_that_nobody_asked_for_is_dropped(scene: Scene) -> None:
    lines = ["SIP/2.0 200 OK", "Via: SIP/2.0/UDP x;branch=z9hG4bKnone", "CSeq: 1 BYE", "Content-Length: 0", "", ""]
    assert scene.hears("\r\n".join(lines).encode()) == []
    assert scene.endpoint.gate.counts["unasked-response"] == 1
