"""A call that is answered: 200, ACK, announcement, BYE (RFC 3261 §13.3.1.4, §14.2, §15)."""

import pytest

from callguard import Outcome
from callguard_sip.core.events import Ending, Talks
from callguard_sip.core.flow import Transport
from callguard_sip.core.message import BadMessage, Request, Response
from callguard_sip.upstream import BlockBy, Treatment
from tests.plugins.sip.helpers.transcript import (
    REGISTRAR,
    SDP,
    Caller,
    Scene,
    statuses,
    the_request,
    the_response,
    times,
)

ANSWERING = Treatment(block=BlockBy.ANSWER, seconds=4.0)
UNACKNOWLEDGED = [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]


@pytest.fixture
def scene() -> Scene:
    return Scene(ANSWERING)


def answered(scene: Scene, caller: Caller, invite: bytes | None = None) -> Response:
    """Let a call come in and be answered; return the 200."""
    scene.rings(invite or caller.invite()).answer(40_000, scene.now)
    return the_response(scene.sent())


def talking(scene: Scene, caller: Caller, invite: bytes | None = None) -> Response:
    """Let a call come in, be answered and acknowledged; return the 200."""
    answer = answered(scene, caller, invite)
    assert scene.hears(caller.ack(answer)) == []
    return answer


def test_an_answer_names_our_contact_and_one_telephone_codec(scene: Scene) -> None:
    answer = answered(scene, Caller())
    assert answer.status == 200
    assert answer.contacts[0].uri == "sip:k3p9x0q7w2m5n8b1v4c6@192.168.178.20:5060"
    assert answer.content_type == "application/sdp"
    assert b"m=audio 40000 RTP/AVP 8 101" in answer.body
    assert b"c=IN IP4 192.168.178.20" in answer.body


def test_the_announcement_begins_with_the_ack(scene: Scene) -> None:
    caller = Caller()
    answer = answered(scene, caller)
    assert not scene.talking
    scene.hears(caller.ack(answer))
    media = scene.last(Talks).media
    assert (media.address, media.port, media.codec) == ("192.168.178.1", 7078, "PCMA")


def test_when_the_announcement_is_over_the_line_hangs_up(scene: Scene) -> None:
    caller = Caller()
    answer = talking(scene, caller)
    scene.now += 1.4
    scene.last(Talks).session.hang_up(scene.now)
    bye = the_request(scene.sent())
    assert bye.method == "BYE"
    assert bye.uri == "sip:B1@192.168.178.1:5060"
    assert (bye.from_.tag, bye.to.tag) == (answer.to.tag, caller.tag)
    assert scene.wire[0].to == REGISTRAR
    assert scene.endings == [Ending(Outcome.ANNOUNCED, 200)]


def test_a_caller_is_not_kept_longer_than_wanted(scene: Scene) -> None:
    talking(scene, Caller())
    ((at, bye),) = scene.passes(4.1)
    assert isinstance(bye, Request)
    assert (at, bye.method) == (4.0, "BYE")


def test_the_bye_says_that_the_call_was_unwanted(scene: Scene) -> None:
    talking(scene, Caller())
    ((_, bye),) = scene.passes(4.1)
    assert bye.headers.get("reason") == 'SIP;cause=607;text="Unwanted"'


def test_the_bye_goes_to_the_port_that_the_via_names(scene: Scene) -> None:
    caller = Caller()
    talking(scene, caller, caller.invite(via="SIP/2.0/UDP 192.168.178.1:5090;branch=z9hG4bK-invite"))
    scene.last(Talks).session.hang_up(scene.now)
    assert the_request(scene.sent()).method == "BYE"
    assert scene.wire[0].to == REGISTRAR._replace(port=5090)


def test_the_bye_goes_by_the_route_that_the_proxies_recorded(scene: Scene) -> None:
    caller = Caller(extra=["Record-Route: <sip:p2.test;lr>, <sip:p1.test;lr;x=y>", "Record-Route: <sip:p0.test;lr>"])
    answer = talking(scene, caller)
    assert answer.headers.values("record-route") == ["<sip:p2.test;lr>", "<sip:p1.test;lr;x=y>", "<sip:p0.test;lr>"]
    ((_, bye),) = scene.passes(4.1)
    assert isinstance(bye, Request)
    assert bye.uri == "sip:B1@192.168.178.1:5060"
    assert bye.headers.values("route") == ["<sip:p2.test;lr>", "<sip:p1.test;lr;x=y>", "<sip:p0.test;lr>"]


def test_a_strict_router_gets_the_bye_as_it_wants_it(scene: Scene) -> None:
    talking(scene, Caller(extra=["Record-Route: <sip:old.test>", "Record-Route: <sip:p0.test;lr>"]))
    ((_, bye),) = scene.passes(4.1)
    assert isinstance(bye, Request)
    assert bye.uri == "sip:old.test"
    assert bye.headers.values("route") == ["<sip:p0.test;lr>", "<sip:B1@192.168.178.1:5060>"]


def test_the_200_is_repeated_until_its_ack_comes(scene: Scene) -> None:
    caller = Caller()
    answer = answered(scene, caller)
    said = scene.passes(4)
    assert times(said) == [0.5, 1.5, 3.5]
    assert all(isinstance(m, Response) and m.to.tag == answer.to.tag for _, m in said)
    scene.hears(caller.ack(answer))
    assert [m.method for _, m in scene.passes(4.1) if isinstance(m, Request)] == ["BYE"]


def test_the_200_is_repeated_on_a_stream_as_well() -> None:
    scene = Scene(ANSWERING)
    stream = REGISTRAR._replace(transport=REGISTRAR.transport.__class__.TCP)
    scene.endpoint.accepts(stream, scene.now)
    scene.rings(Caller(transport="TCP").invite(), stream).answer(40_000, scene.now)
    scene.sent()
    assert times(scene.passes(2)) == [0.5, 1.5]


def test_a_repeated_invite_is_absorbed_once_the_call_is_answered(scene: Scene) -> None:
    caller = Caller()
    invite = caller.invite()
    answered(scene, caller, invite)
    assert scene.hears(invite) == []


def test_an_answer_that_nobody_acknowledges_ends_with_a_bye_after_32_seconds(scene: Scene) -> None:
    answered(scene, Caller())
    said = scene.passes(33)
    assert times(said)[:10] == UNACKNOWLEDGED
    assert next((at, m.method) for at, m in said if isinstance(m, Request)) == (32.0, "BYE")
    assert scene.endings == [Ending(Outcome.NOT_CARRIED_OUT, 200, "the answer was never acknowledged")]


@pytest.mark.parametrize("challenge", [401, 407])
def test_a_challenge_to_our_bye_is_never_answered(scene: Scene, challenge: int) -> None:
    talking(scene, Caller())
    ((_, bye),) = scene.passes(4.1)
    assert isinstance(bye, Request)
    answer = response_to(bye, challenge, 'WWW-Authenticate: Digest realm="x", nonce="y"')
    assert scene.hears(answer) == []
    assert scene.passes(60) == []


def test_our_bye_is_repeated_until_it_is_answered(scene: Scene) -> None:
    talking(scene, Caller())
    ((_, bye),) = scene.passes(4.1)
    assert isinstance(bye, Request)
    assert times(scene.passes(2)) == [0.4, 1.4]
    scene.hears(response_to(bye, 200))
    assert scene.passes(60) == []
    assert scene.endpoint.idle


@pytest.mark.parametrize(("acknowledged", "outcome"), [(True, Outcome.ANNOUNCED), (False, Outcome.GONE)])
def test_a_caller_who_hangs_up_gets_his_200(scene: Scene, acknowledged: bool, outcome: Outcome) -> None:
    caller = Caller()
    answer = answered(scene, caller)
    if acknowledged:
        scene.hears(caller.ack(answer))
    caller.to_tag = answer.to.tag or ""
    assert statuses(scene.hears(caller.bye())) == [200]
    assert scene.endings == [Ending(outcome, 200, "the caller hung up")]
    assert scene.passes(3) == []


def test_on_a_stream_a_bye_is_answered_once_and_forgotten() -> None:
    scene = Scene(ANSWERING)
    stream = REGISTRAR._replace(transport=Transport.TCP)
    scene.endpoint.accepts(stream, scene.now)
    caller = Caller(transport="TCP")
    scene.rings(caller.invite(), stream).answer(40_000, scene.now)
    scene.hears(caller.ack(the_response(scene.sent())), stream)
    bye = caller.bye()
    assert statuses(scene.hears(bye, stream)) == [200]
    assert statuses(scene.hears(bye, stream)) == [481]


def test_a_bye_on_a_connection_that_breaks_is_given_up() -> None:
    scene = Scene(ANSWERING)
    stream = REGISTRAR._replace(transport=Transport.TCP)
    scene.endpoint.accepts(stream, scene.now)
    caller = Caller(transport="TCP")
    scene.rings(caller.invite(), stream).answer(40_000, scene.now)
    scene.hears(caller.ack(the_response(scene.sent())), stream)
    scene.passes(4.1)
    assert not scene.endpoint.idle
    scene.endpoint.closed(stream, scene.now)
    assert scene.endpoint.idle


def test_a_bye_that_nobody_answers_is_given_up_after_32_seconds(scene: Scene) -> None:
    talking(scene, Caller())
    scene.passes(35)
    assert not scene.endpoint.idle
    scene.passes(1.1)
    assert scene.endpoint.idle


def test_a_repeated_bye_gets_the_same_200_for_32_seconds(scene: Scene) -> None:
    caller = Caller()
    talking(scene, caller)
    bye = caller.bye()
    assert statuses(scene.hears(bye)) == [200]
    scene.passes(20)
    assert statuses(scene.hears(bye)) == [200]
    scene.passes(13)
    assert statuses(scene.hears(bye)) == [481]


def test_byes_that_cross_are_both_answered(scene: Scene) -> None:
    caller = Caller()
    talking(scene, caller)
    ((_, bye),) = scene.passes(4.1)
    assert isinstance(bye, Request)
    assert statuses(scene.hears(caller.bye())) == [200]
    assert scene.hears(response_to(bye, 481)) == []
    assert len(scene.endings) == 1


@pytest.mark.parametrize("method", ["INFO", "OPTIONS"])
def test_requests_within_the_call_that_ask_nothing_get_200(scene: Scene, method: str) -> None:
    caller = Caller()
    talking(scene, caller)
    assert statuses(scene.hears(caller.within(method))) == [200]


def test_a_re_invite_is_answered_with_the_same_audio_and_acknowledged(scene: Scene) -> None:
    caller = Caller()
    talking(scene, caller)
    again = the_response(scene.hears(caller.within("INVITE", body=SDP.replace("7078", "9090"))))
    assert again.status == 200
    assert b"m=audio 40000" in again.body
    assert scene.last(Talks).media.port == 9090
    assert times(scene.passes(0.6)) == [0.5]
    scene.hears(caller.ack(again))
    assert [m.method for _, m in scene.passes(3.5) if isinstance(m, Request)] == ["BYE"]


def test_a_re_invite_moves_the_target_of_our_bye(scene: Scene) -> None:
    caller = Caller()
    talking(scene, caller)
    moved = caller.within("INVITE", body=SDP).replace(b"<sip:B1@192.168.178.1:5060>", b"<sip:B2@192.168.178.9>")
    scene.hears(caller.ack(the_response(scene.hears(moved))))
    ((_, bye),) = scene.passes(4.1)
    assert isinstance(bye, Request)
    assert bye.uri == "sip:B2@192.168.178.9"


@pytest.mark.parametrize("body", [SDP, ""], ids=["with offer", "without"])
def test_an_update_is_answered(scene: Scene, body: str) -> None:
    caller = Caller()
    talking(scene, caller)
    answer = the_response(scene.hears(caller.within("UPDATE", body=body)))
    assert answer.status == 200
    assert bool(answer.body) is bool(body)


def test_a_re_invite_that_wants_the_impossible_is_refused_and_the_call_goes_on(scene: Scene) -> None:
    caller = Caller()
    talking(scene, caller)
    refused = the_response(scene.hears(caller.within("INVITE", body=SDP.replace("RTP/AVP 8 0", "RTP/SAVP 18"))))
    assert refused.status == 488
    scene.hears(caller.ack(refused))
    assert [m.method for _, m in scene.passes(4.1) if isinstance(m, Request)] == ["BYE"]


def test_a_request_out_of_order_gets_500(scene: Scene) -> None:
    caller = Caller()
    talking(scene, caller)
    scene.hears(caller.within("INFO"))
    caller.cseq -= 2
    caller.branch = "z9hG4bK-late"
    assert statuses(scene.hears(caller.within("INFO"))) == [500]


def test_a_second_invite_before_the_ack_has_to_wait(scene: Scene) -> None:
    caller = Caller()
    caller.to_tag = answered(scene, caller).to.tag or ""
    refused = the_response(scene.hears(caller.within("INVITE", body=SDP)))
    assert (refused.status, refused.headers.get("retry-after")) == (500, "1")


def test_a_dialog_that_is_over_is_not_used_again(scene: Scene) -> None:
    caller = Caller()
    talking(scene, caller)
    scene.hears(caller.bye())
    assert statuses(scene.hears(caller.within("INVITE", body=SDP))) == [481]
    assert statuses(scene.hears(caller.within("INFO"))) == [481]


@pytest.mark.parametrize("stolen", ["tag", "call_id"])
def test_a_stranger_to_the_dialog_cannot_end_it(scene: Scene, stolen: str) -> None:
    caller = Caller()
    talking(scene, caller)
    other = Caller(to_tag=caller.to_tag, cseq=7, branch="z9hG4bK-x")
    other.tag, other.number = ("guess", 1) if stolen == "tag" else (caller.tag, 99)
    assert statuses(scene.hears(other.bye())) == [481]
    assert scene.endings == []


def test_an_invite_without_an_offer_gets_ours_and_the_ack_brings_the_answer(scene: Scene) -> None:
    caller = Caller(sdp="")
    answer = answered(scene, caller)
    assert b"m=audio 40000 RTP/AVP 8 0" in answer.body
    scene.hears(caller.ack(answer, body=SDP.replace("8 0 101", "0")))
    assert scene.last(Talks).media.codec == "PCMU"


def test_an_ack_without_the_answer_we_need_ends_the_call(scene: Scene) -> None:
    caller = Caller(sdp="")
    answer = answered(scene, caller)
    bye = the_request(scene.hears(caller.ack(answer)))
    assert bye.method == "BYE"
    assert scene.endings[0].note.startswith("no announcement")


@pytest.mark.parametrize(
    ("invite", "why"),
    [
        (Caller(sdp=SDP.replace("RTP/AVP 8 0 101", "RTP/SAVP 8")).invite(), "No Common Codec"),
        (Caller(sdp="nonsense").invite(), "No Usable Media"),
        (Caller().invite().replace(b"application/sdp", b"text/plain"), "Unsupported Media Type"),
        (Caller().invite().replace(b"Contact: <sip:B1@192.168.178.1:5060>\r\n", b""), "Contact Expected"),
    ],
    ids=["srtp only", "no sdp", "other body", "no contact"],
)
def test_a_call_that_cannot_be_answered_can_still_be_declined(scene: Scene, invite: bytes, why: str) -> None:
    session = scene.rings(invite)
    with pytest.raises(BadMessage, match=why):
        session.answer(40_000, scene.now)
    session.decline(603, scene.now, "declined instead of answered")
    assert statuses(scene.sent()) == [603]


@pytest.mark.parametrize(("acknowledged", "outcome"), [(True, Outcome.ANNOUNCED), (False, Outcome.NOT_CARRIED_OUT)])
def test_on_shutdown_an_answered_call_gets_its_bye(scene: Scene, acknowledged: bool, outcome: Outcome) -> None:
    caller = Caller()
    answer = answered(scene, caller)
    if acknowledged:
        scene.hears(caller.ack(answer))
    scene.endpoint.stop(scene.now)
    bye = the_request(scene.sent())
    assert bye.method == "BYE"
    assert not scene.endpoint.idle
    scene.hears(response_to(bye, 200))
    assert scene.endpoint.idle
    assert scene.endings == [Ending(outcome, 200, "CallGuard was stopped")]


def response_to(request: Request, status: int, *extra: str) -> bytes:
    """The other side's answer to a request of ours."""
    kept = [f"{name}: {request.headers.get(name)}" for name in ("via", "from", "to", "call-id", "cseq")]
    return "\r\n".join([f"SIP/2.0 {status} Whatever", *kept, *extra, "Content-Length: 0", "", ""]).encode()
