"""A call that is declined or let ring: INVITE, final response, ACK (RFC 3261 §17.2.1)."""

import pytest

from callguard import Outcome
from callguard_sip.core.events import Ending, Rings
from callguard_sip.core.message import Response
from callguard_sip.upstream import BlockBy, Treatment
from tests.plugins.sip.helpers.transcript import REGISTRAR, Caller, Scene, statuses, the_response, times

LOST_ACK = [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
"Timer G doubles from T1 to T2 until H stops it after 32 seconds."


@pytest.mark.parametrize("code", [607, 603, 486])
def test_a_blocked_call_is_declined_with_the_code_and_a_reason(scene: Scene, code: int) -> None:
    session = scene.rings(Caller().invite())
    session.decline(code, scene.now)
    answer = the_response(scene.sent())
    assert answer.status == code
    assert answer.to.tag
    assert "Q.850" in ",".join(answer.headers.all("reason"))
    assert scene.endings == [Ending(Outcome.REJECTED, code)]


def test_607_says_unwanted_in_its_reason(scene: Scene) -> None:
    scene.rings(Caller().invite()).decline(607, scene.now)
    assert 'SIP;cause=607;text="Unwanted"' in the_response(scene.sent()).headers.all("reason")


def test_a_call_let_ring_gets_480_so_that_other_phones_ring_on(scene: Scene) -> None:
    scene.rings(Caller().invite()).let_ring(scene.now)
    assert the_response(scene.sent()).status == 480
    assert scene.endings == [Ending(Outcome.RANG, 480)]


def test_302_leads_back_to_the_number_that_was_called() -> None:
    scene = Scene(Treatment(allow=302))
    scene.rings(Caller().invite()).let_ring(scene.now)
    answer = the_response(scene.sent())
    assert answer.status == 302
    assert [contact.uri for contact in answer.contacts] == ["sip:callguard@fritz.box"]


def test_one_invite_heard_three_times_is_one_call_with_one_tag(scene: Scene) -> None:
    invite = Caller().invite()
    session = scene.rings(invite)
    assert scene.hears(invite) == []
    session.decline(603, scene.now)
    first = the_response(scene.sent())
    again = the_response(scene.hears(invite))
    assert len(scene.all(Rings)) == 1
    assert again.to.tag == first.to.tag


def test_a_refusal_is_repeated_until_its_ack_comes(scene: Scene) -> None:
    caller = Caller()
    scene.rings(caller.invite()).decline(603, scene.now)
    answer = the_response(scene.sent())
    assert times(scene.passes(4)) == [0.5, 1.5, 3.5]
    assert scene.hears(caller.ack(answer)) == []
    assert scene.passes(60) == []


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (b"Via: ", b"v:"),
        (b"Via: SIP/2.0/UDP ", b"VIA :  SIP / 2.0 / UDP  "),
        (b";rport;", b";x=y;rport=9;"),
        (b"", b""),
    ],
    ids=["compact", "loose", "other parameters", "as it came"],
)
def test_an_ack_is_recognised_in_every_spelling_of_its_via(scene: Scene, written: bytes, instead: bytes) -> None:
    caller = Caller()
    scene.rings(caller.invite()).decline(603, scene.now)
    ack = caller.ack(the_response(scene.sent()))
    assert scene.hears(ack.replace(written, instead, 1)) == []
    assert scene.passes(60) == []


@pytest.mark.parametrize(
    ("written", "instead"),
    [(b"z9hG4bK-invite", b"z9hG4bK-other"), (b"192.168.178.1:5060;rport", b"192.168.178.7:5060;rport")],
    ids=["other branch", "other sender"],
)
def test_an_ack_of_another_call_acknowledges_nothing(scene: Scene, written: bytes, instead: bytes) -> None:
    caller = Caller()
    scene.rings(caller.invite()).decline(603, scene.now)
    ack = caller.ack(the_response(scene.sent()))
    scene.hears(ack.replace(written, instead, 1))
    assert times(scene.passes(2)) == [0.5, 1.5]


def test_a_refusal_that_nobody_acknowledges_is_given_up_after_32_seconds(scene: Scene) -> None:
    scene.rings(Caller().invite()).decline(603, scene.now)
    scene.sent()
    assert times(scene.passes(100)) == LOST_ACK
    assert scene.endpoint.next_timer() is None


def test_on_a_stream_a_refusal_is_sent_once() -> None:
    scene = Scene()
    stream = REGISTRAR._replace(transport=REGISTRAR.transport.__class__.TCP)
    assert scene.endpoint.accepts(stream, scene.now)
    caller = Caller(transport="TCP")
    scene.rings(caller.invite(), stream).decline(603, scene.now)
    answer = the_response(scene.sent())
    assert scene.passes(10) == []
    assert scene.hears(caller.ack(answer), stream) == []
    assert scene.endpoint.next_timer() is None


def test_late_repetitions_are_absorbed_for_five_seconds_after_the_ack(scene: Scene) -> None:
    caller = Caller()
    invite = caller.invite()
    scene.rings(invite).decline(603, scene.now)
    ack = caller.ack(the_response(scene.sent()))
    scene.hears(ack)
    scene.passes(4.9)
    assert scene.hears(invite) == []
    assert scene.hears(ack) == []
    assert len(scene.all(Rings)) == 1
    scene.passes(0.2)
    assert scene.endpoint.next_timer() is None


@pytest.mark.parametrize(("wait", "expected"), [(0.19, []), (0.21, [100])], ids=["quick", "slow"])
def test_100_is_sent_only_where_the_verdict_takes_more_than_200_ms(
    scene: Scene, wait: float, expected: list[int]
) -> None:
    scene.rings(Caller().invite())
    said = [message for _, message in scene.passes(wait)]
    assert statuses(said) == expected


def test_a_100_bears_no_tag(scene: Scene) -> None:
    scene.rings(Caller().invite())
    ((_, trying),) = scene.passes(0.3)
    assert trying.to.tag is None


def test_a_repeated_invite_gets_the_100_again(scene: Scene) -> None:
    invite = Caller().invite()
    scene.rings(invite)
    scene.passes(0.3)
    assert statuses(scene.hears(invite)) == [100]


def test_without_a_verdict_in_time_the_phones_ring(scene: Scene) -> None:
    session = scene.rings(Caller().invite())
    said = scene.passes(5)
    assert [(at, m.status) for at, m in said if isinstance(m, Response)][:2] == [(0.2, 100), (1.0, 480)]
    assert scene.endings == [Ending(Outcome.RANG, 480, "no verdict in time")]
    session.decline(603, scene.now)
    assert scene.sent() == []


def test_an_allowed_call_is_held_with_180_before_480() -> None:
    scene = Scene(Treatment(hold=3.0))
    scene.rings(Caller().invite()).let_ring(scene.now)
    ringing = the_response(scene.sent())
    assert ringing.status == 180
    ((at, final),) = scene.passes(3.2)
    assert isinstance(final, Response)
    assert (at, final.status) == (3.0, 480)
    assert final.to.tag == ringing.to.tag
    assert scene.endings == [Ending(Outcome.RANG, 480)]


def test_a_block_that_comes_while_the_call_is_held_is_still_carried_out() -> None:
    scene = Scene(Treatment(hold=3.0))
    session = scene.rings(Caller().invite())
    said = [message for _, message in scene.passes(1.5)]
    assert statuses(said) == [100, 180]
    session.decline(603, scene.now)
    assert statuses(scene.sent()) == [603]
    assert scene.endings == [Ending(Outcome.REJECTED, 603)]


def test_a_held_call_that_was_not_judged_in_time_says_so_at_its_end() -> None:
    scene = Scene(Treatment(hold=3.0))
    scene.rings(Caller().invite())
    scene.passes(5)
    assert scene.endings == [Ending(Outcome.RANG, 480, "no verdict in time")]


ELSEWHERE = {
    "as RFC 3326 has it": 'SIP;cause=200;text="Call completed elsewhere"',
    "with blanks": 'SIP ; cause = 200 ; text = "completed elsewhere"',
    "without words": "sip;cause=200",
    "as an ISDN cause": 'Q.850;cause=26;text="Answered elsewhere"',
    "second of two": 'Q.850;cause=16;text="Normal call clearing", SIP;cause=200',
    "in words only": 'SIP;text="Call Answered Elsewhere"',
}
NOT_ELSEWHERE = {
    "no reason": None,
    "the caller hung up": 'Q.850;cause=16;text="Normal call clearing"',
    "declined by another phone": 'SIP;cause=603;text="Declined elsewhere"',
    "another cause that begins so": "SIP;cause=2000",
    "an ISDN 200": "Q.850;cause=200",
    "hidden in another word": 'SIP;cause=487;text="cause=200"',
    "never ending": 'SIP;cause=200;text="Call completed',
    "too much of it": ",".join(["Q.850;cause=16"] * 9) + ",SIP;cause=200",
    "too many parameters": "SIP;" + ";" * 200 + "cause=200",
}


def _reason(value: str | None) -> list[str]:
    return [] if value is None else [f"Reason: {value}"]


@pytest.mark.parametrize("reason", NOT_ELSEWHERE.values(), ids=NOT_ELSEWHERE.keys())
def test_a_cancelled_call_ends_with_200_and_487(scene: Scene, reason: str | None) -> None:
    caller = Caller()
    scene.rings(caller.invite())
    said = scene.hears(caller.cancel(*_reason(reason)))
    assert [(m.status, m.cseq.method) for m in said if isinstance(m, Response)] == [(200, "CANCEL"), (487, "INVITE")]
    assert scene.endings == [Ending(Outcome.GONE, 487)]


@pytest.mark.parametrize("reason", NOT_ELSEWHERE.values(), ids=NOT_ELSEWHERE.keys())
def test_a_call_cancelled_while_held_rang(reason: str | None) -> None:
    scene = Scene(Treatment(hold=3.0))
    caller = Caller()
    scene.rings(caller.invite()).let_ring(scene.now)
    assert statuses(scene.sent()) == [180]
    assert statuses(scene.hears(caller.cancel(*_reason(reason)))) == [200, 487]
    assert scene.endings == [Ending(Outcome.RANG, 487, answered=None)]


@pytest.mark.parametrize("reason", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_a_held_call_that_a_phone_took_was_answered(reason: str) -> None:
    scene = Scene(Treatment(hold=3.0))
    caller = Caller()
    scene.rings(caller.invite()).let_ring(scene.now)
    assert statuses(scene.sent()) == [180]
    assert statuses(scene.hears(caller.cancel(*_reason(reason)))) == [200, 487]
    assert scene.endings == [Ending(Outcome.RANG, 487, "a phone answered", answered=True)]
    assert scene.passes(40) != []
    assert len(scene.endings) == 1


def test_a_call_that_a_phone_took_before_the_verdict_rang_and_was_answered(scene: Scene) -> None:
    caller = Caller()
    session = scene.rings(caller.invite())
    assert statuses(scene.hears(caller.cancel(*_reason("SIP;cause=200")))) == [200, 487]
    assert scene.endings == [Ending(Outcome.RANG, 487, "a phone answered", answered=True)]
    session.decline(603, scene.now)
    assert len(scene.endings) == 1


def test_whether_a_held_call_was_answered_after_we_let_go_nobody_knows() -> None:
    scene = Scene(Treatment(hold=3.0))
    caller = Caller()
    scene.rings(caller.invite()).let_ring(scene.now)
    scene.passes(3.2)
    scene.hears(caller.cancel(*_reason("SIP;cause=200")))
    assert scene.endings == [Ending(Outcome.RANG, 480, answered=None)]


def test_the_487_is_repeated_until_its_ack_comes(scene: Scene) -> None:
    caller = Caller()
    scene.rings(caller.invite())
    final = scene.hears(caller.cancel())[1]
    assert isinstance(final, Response)
    assert times(scene.passes(1)) == [0.5]
    scene.hears(caller.ack(final))
    assert scene.passes(40) == []


def test_a_cancel_that_comes_after_the_final_response_changes_nothing(scene: Scene) -> None:
    caller = Caller()
    scene.rings(caller.invite()).decline(603, scene.now)
    scene.sent()
    assert statuses(scene.hears(caller.cancel())) == [200]
    assert scene.endings == [Ending(Outcome.REJECTED, 603)]


def test_a_verdict_that_comes_after_the_cancel_changes_nothing(scene: Scene) -> None:
    caller = Caller()
    session = scene.rings(caller.invite())
    scene.hears(caller.cancel())
    session.decline(603, scene.now)
    session.let_ring(scene.now)
    assert scene.sent() == []
    assert len(scene.endings) == 1


def test_a_caller_may_hang_up_by_bye_while_held() -> None:
    scene = Scene(Treatment(hold=3.0))
    caller = Caller()
    scene.rings(caller.invite()).let_ring(scene.now)
    caller.to_tag = the_response(scene.sent()).to.tag or ""
    assert statuses(scene.hears(caller.bye())) == [200, 487]
    assert scene.endings == [Ending(Outcome.RANG, 487, "the caller hung up")]


def test_on_shutdown_undecided_and_held_calls_ring_on() -> None:
    scene = Scene(Treatment(block=BlockBy.ANSWER, hold=3.0))
    scene.rings(Caller(number=1).invite())
    scene.rings(Caller(number=2, branch="z9hG4bK-2").invite()).let_ring(scene.now)
    scene.sent()
    scene.endpoint.stop(scene.now)
    assert statuses(scene.sent()) == [480, 480]
    assert [ending.outcome for ending in scene.endings] == [Outcome.RANG, Outcome.RANG]
    assert scene.endpoint.idle


def test_a_call_that_comes_during_shutdown_is_sent_on_at_once(scene: Scene) -> None:
    scene.endpoint.stop(scene.now)
    assert statuses(scene.hears(Caller().invite())) == [480]
    assert scene.all(Rings) == []


def test_two_calls_at_once_do_not_touch_each_other(scene: Scene) -> None:
    first, second = Caller(number=1), Caller(number=2, branch="z9hG4bK-other")
    one, two = scene.rings(first.invite()), scene.rings(second.invite())
    two.let_ring(scene.now)
    one.decline(603, scene.now)
    answers = {m.call_id: m.status for m in scene.sent() if isinstance(m, Response)}
    assert answers == {first.call_id: 603, second.call_id: 480}


def test_a_caller_of_rfc_2543_is_understood_without_a_branch(scene: Scene) -> None:
    caller = Caller()
    old = {"via": "SIP/2.0/UDP 192.168.178.1:5060"}
    invite = caller.invite(**old)
    scene.rings(invite).decline(603, scene.now)
    answer = the_response(scene.sent())
    assert statuses(scene.hears(invite)) == [603]
    caller.to_tag = answer.to.tag or ""
    scene.hears(caller.say("ACK", **old))
    assert scene.passes(40) == []
    assert len(scene.all(Rings)) == 1
