"""Transcripts of calls: what the caller sends, what comes back, and when."""

import pytest

from callguard.testing import FakeRandomness
from callguard_simulator.attempt import Attempt, Route
from callguard_simulator.caller import Caller, Ended
from callguard_simulator.wire import Header, Message, parameter, request, response

ROUTE = Route(target="sip:r4nd0m@127.0.0.1:40000", host="127.0.0.1", port=5099, rtp_port=7000, called="r4nd0m")
MAY = Caller(number="+13035550110", name="May", patience=10)
CONTACT: Header = ("Contact", "<sip:there@127.0.0.1:40001>")


def dial(caller: Caller = MAY, route: Route = ROUTE) -> Attempt:
    return Attempt(caller, route, FakeRandomness().token, 0.0)


def methods(attempt: Attempt) -> list[str]:
    return [message.method or str(message.status) for message in attempt.to_send()]


def invite_of(attempt: Attempt) -> Message:
    (invite,) = attempt.to_send()
    return invite


def run_timers(attempt: Attempt, until: float) -> list[tuple[float, str]]:
    sent: list[tuple[float, str]] = []
    while (at := attempt.next_timer()) is not None and at <= until:
        attempt.on_timer(at)
        sent += [(at, method) for method in methods(attempt)]
    return sent


def ended(attempt: Attempt) -> Ended:
    assert attempt.ended is not None
    return attempt.ended


def bye_from(invite: Message, tag: str = "them") -> Message:
    return request(
        "BYE",
        "sip:simulator@127.0.0.1:5099",
        [
            ("Via", "SIP/2.0/UDP 127.0.0.1:40000;branch=z9hG4bKbye"),
            ("From", f"{invite.first('To')};tag={tag}"),
            ("To", invite.first("From")),
            ("Call-ID", invite.first("Call-ID")),
            ("CSeq", "1 BYE"),
        ],
    )


def test_the_invite_goes_to_the_registered_contact_with_an_offer() -> None:
    invite = invite_of(dial())
    assert (invite.method, invite.uri) == ("INVITE", "sip:r4nd0m@127.0.0.1:40000")
    assert invite.first("CSeq") == "1 INVITE"
    assert invite.branch.startswith("z9hG4bK")
    assert b"m=audio 7000 RTP/AVP 0 8 101\r\n" in invite.body
    assert invite.first("Content-Type") == "application/sdp"


def test_an_unanswered_invite_is_sent_again_at_doubling_intervals_until_timer_b() -> None:
    attempt = dial(Caller(number="1", patience=600))
    assert methods(attempt) == ["INVITE"]
    assert run_timers(attempt, 32.0) == [(at, "INVITE") for at in (0.5, 1.5, 3.5, 7.5, 15.5, 31.5)]
    assert (ended(attempt).code, ended(attempt).answered) == (408, False)


def test_a_provisional_response_stops_the_retransmissions() -> None:
    attempt = dial(Caller(number="1", patience=600))
    attempt.receive(response(invite_of(attempt), 100, "Trying"), 0.1)
    assert run_timers(attempt, 60.0) == []
    assert attempt.ended is None


def test_a_refusal_is_acknowledged_in_the_same_transaction_and_each_time_it_comes() -> None:
    attempt = dial()
    invite = invite_of(attempt)
    attempt.receive(response(invite, 180, "Ringing", tag="them"), 0.1)
    refusal = response(invite, 603, "Decline", tag="them")
    attempt.receive(refusal, 2.0)
    (ack,) = attempt.to_send()
    assert (ack.method, ack.branch, ack.uri) == ("ACK", invite.branch, invite.uri)
    assert (ack.first("CSeq"), ack.first("To")) == ("1 ACK", refusal.first("To"))
    attempt.receive(refusal, 2.5)
    assert methods(attempt) == ["ACK"]
    assert ended(attempt) == Ended(code=603, reason="Decline", answered=False, rang=True, seconds=2.0)


def test_a_call_that_is_over_is_forgotten_after_a_while() -> None:
    attempt = dial()
    attempt.receive(response(invite_of(attempt), 486, "Busy", tag="them"), 1.0)
    assert not attempt.forgotten
    attempt.on_timer(33.0)
    assert attempt.forgotten


def test_an_answer_is_acknowledged_at_its_contact_and_the_bye_ends_the_call() -> None:
    attempt = dial()
    invite = invite_of(attempt)
    answer = response(invite, 200, "OK", [CONTACT], tag="them")
    attempt.receive(answer, 1.0)
    (ack,) = attempt.to_send()
    assert (ack.method, ack.uri) == ("ACK", "sip:there@127.0.0.1:40001")
    assert ack.branch != invite.branch
    attempt.receive(answer, 1.5)
    assert methods(attempt) == ["ACK"]
    for _ in range(2):
        attempt.receive(bye_from(invite), 3.0)
        assert methods(attempt) == ["200"]
    assert ended(attempt) == Ended(code=200, reason="OK", answered=True, rang=False, seconds=3.0)


def test_a_bye_of_a_stranger_ends_nothing() -> None:
    attempt = dial()
    invite = invite_of(attempt)
    attempt.receive(bye_from(invite), 0.5)
    assert methods(attempt) == ["481"]
    attempt.receive(response(invite, 200, "OK", [CONTACT], tag="them"), 1.0)
    attempt.to_send()
    attempt.receive(bye_from(invite, tag="other"), 2.0)
    assert methods(attempt) == ["481"]
    assert attempt.ended is None


def test_a_weary_caller_cancels_and_reads_the_487() -> None:
    attempt = dial()
    invite = invite_of(attempt)
    attempt.receive(response(invite, 180, "Ringing", tag="them"), 0.1)
    attempt.on_timer(10.0)
    (cancel,) = attempt.to_send()
    assert (cancel.method, cancel.branch, cancel.first("CSeq")) == ("CANCEL", invite.branch, "1 CANCEL")
    assert cancel.first("To") == invite.first("To")
    attempt.receive(response(cancel, 200, "OK"), 10.1)
    attempt.receive(response(invite, 487, "Request Terminated", tag="them"), 10.2)
    assert methods(attempt) == ["ACK"]
    assert ended(attempt).code == 487
    assert ended(attempt).experience == "gave up after 10.2 s"


def test_an_unanswered_cancel_is_sent_again() -> None:
    attempt = dial(Caller(number="1", patience=0))
    attempt.receive(response(invite_of(attempt), 100, "Trying"), 0.0)
    assert run_timers(attempt, 4.0) == [(0.0, "CANCEL"), (0.5, "CANCEL"), (1.5, "CANCEL"), (3.5, "CANCEL")]
    run_timers(attempt, 32.0)
    assert ended(attempt).code == 408


def test_who_hangs_up_before_anything_was_heard_cancels_with_the_first_provisional_response() -> None:
    attempt = dial()
    invite = invite_of(attempt)
    attempt.hang_up(0.2)
    assert methods(attempt) == []
    attempt.receive(response(invite, 100, "Trying"), 0.3)
    assert methods(attempt) == ["CANCEL"]


def test_an_answer_that_crosses_the_cancel_is_taken_and_left_at_once() -> None:
    attempt = dial(Caller(number="1", patience=0))
    invite = invite_of(attempt)
    attempt.receive(response(invite, 100, "Trying"), 0.0)
    attempt.on_timer(0.0)
    attempt.to_send()
    attempt.receive(response(invite, 200, "OK", [CONTACT], tag="them"), 0.1)
    ack, bye = attempt.to_send()
    assert (ack.method, bye.method, bye.uri) == ("ACK", "BYE", "sip:there@127.0.0.1:40001")
    attempt.receive(response(bye, 200, "OK"), 0.2)
    assert ended(attempt).answered


def test_a_caller_who_was_answered_leaves_when_patience_ends() -> None:
    attempt = dial()
    attempt.receive(response(invite_of(attempt), 200, "OK", [CONTACT], tag="them"), 1.0)
    attempt.to_send()
    attempt.on_timer(11.0)
    (bye,) = attempt.to_send()
    assert (bye.method, bye.first("CSeq")) == ("BYE", "2 BYE")
    assert parameter(bye.first("To"), "tag") == "them"
    assert [at for at, _ in run_timers(attempt, 20.0)] == [11.5, 12.5, 14.5, 18.5]
    run_timers(attempt, 43.0)
    assert ended(attempt).answered


def test_responses_to_somebody_elses_transaction_are_passed_over() -> None:
    attempt = dial()
    foreign = request("INVITE", "sip:x", [("Via", "SIP/2.0/UDP h;branch=other"), ("CSeq", "1 INVITE")])
    attempt.to_send()
    attempt.receive(response(foreign, 603, "Decline"), 1.0)
    assert attempt.ended is None


def test_other_requests_inside_the_call_are_declined() -> None:
    attempt = dial()
    attempt.to_send()
    attempt.receive(request("INFO", "sip:x", bye_from(request("X", "x", [])).headers), 0.1)
    assert methods(attempt) == ["501"]


@pytest.mark.parametrize(
    ("caller", "expected", "absent"),
    [
        pytest.param(
            MAY, {"From": '"May" <sip:+13035550110@127.0.0.1>'}, ["Privacy", "P-Asserted-Identity"], id="shown"
        ),
        pytest.param(
            Caller(number="+13035550122", withheld=True),
            {
                "From": '"Anonymous" <sip:anonymous@anonymous.invalid>',
                "Privacy": "id",
                "P-Asserted-Identity": "<sip:+13035550122@127.0.0.1>",
            },
            [],
            id="withheld",
        ),
        pytest.param(
            Caller(unavailable=True),
            {"From": '"Unavailable" <sip:unavailable@unknown.invalid>'},
            ["Privacy", "P-Asserted-Identity"],
            id="unavailable",
        ),
        pytest.param(
            Caller(number="+13035550132", asserted="+12125550199"),
            {"From": "<sip:+13035550132@127.0.0.1>", "P-Asserted-Identity": "<sip:+12125550199@127.0.0.1>"},
            ["Privacy"],
            id="spoofed",
        ),
        pytest.param(Caller(number="**610"), {"From": "<sip:**610@127.0.0.1>"}, [], id="internal"),
        pytest.param(Caller(number="0#"), {"From": "<sip:0%23@127.0.0.1>"}, [], id="escaped"),
    ],
)
def test_every_kind_of_caller_says_who_it_is(caller: Caller, expected: dict[str, str], absent: list[str]) -> None:
    invite = invite_of(dial(caller))
    assert {name: invite.first(name).partition(";tag=")[0] for name in expected} == expected
    assert not [name for name in absent if invite.first(name)]


def test_over_ipv6_addresses_stand_in_brackets() -> None:
    route = Route(target="sip:x@[::1]:40000", host="::1", port=5099, rtp_port=7000, called="x")
    invite = invite_of(dial(MAY, route))
    assert "[::1]:5099" in invite.first("Via")
    assert invite.first("From").startswith('"May" <sip:+13035550110@[::1]>')
    assert b"c=IN IP6 ::1\r\n" in invite.body


@pytest.mark.parametrize(
    ("code", "answered", "packets", "said"),
    [
        (480, False, 0, "was left to the other phones (480 x)"),
        (302, False, 0, "was left to the other phones (302 x)"),
        (607, False, 0, "was turned away (607 x)"),
        (408, False, 0, "got no answer (408 x)"),
        (200, True, 50, "was answered, heard 1.0 s of sound, and the call ended after 1.0 s"),
        (200, True, 0, "was answered, heard nothing, and the call ended after 1.0 s"),
    ],
)
def test_the_experience_is_told_in_one_sentence(code: int, answered: bool, packets: int, said: str) -> None:
    end = Ended(code=code, reason="x", answered=answered, rang=False, seconds=1.0, rtp_packets=packets)
    assert end.experience == said
