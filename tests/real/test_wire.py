"""What RFC 3261 asks of a server, seen from the wire: requests by hand from the registrar's address."""

import time

import pytest

from tests.real.peers import guard as guards
from tests.real.peers.guard import BLOCKED, WANTED, Guard, account, household
from tests.real.peers.process import Stage, wait_until
from tests.real.peers.wire import Packet, Peer, Request, offer


class Line:
    """A guard's line and the registrar that calls it."""

    def __init__(self, stage: Stage, **treatment: object) -> None:
        self.registrar = Peer(registrar=True)
        stage.on_close(self.registrar.close)
        self.guard: Guard = guards.protecting(stage, household(account(self.registrar.address, treatment=treatment)))
        self.uri, self.address = self.guard.contact()

    def invite(self, number: str = BLOCKED, **more: object) -> Request:
        body = offer(self.registrar.address[0], 40_000)
        keys = {"number": number, "body": body, **more}
        return Request(method="INVITE", uri=self.uri, source=self.registrar.address, **keys)  # type: ignore[arg-type]

    def send(self, request: Request) -> None:
        self.registrar.send(request, self.address)

    def final(self, request: Request) -> Packet:
        return self.registrar.final(request)

    def acknowledge(self, request: Request, response: Packet) -> None:
        self.send(request.like("ACK", to=response.get("To")))

    def finals(self, request: Request) -> list[Packet]:
        return [packet for packet in self.registrar.of(request.call_id) if packet.status >= 200]

    def refuses(self, request: Request) -> None:
        """Prove that the line still hears calls and refuses a blocked one."""
        self.send(request)
        self.acknowledge(request, self.final(request))


@pytest.fixture(scope="module")
def line(module_stage: Stage) -> Line:
    """A line that declines."""
    return Line(module_stage, block="decline", code=607)


@pytest.fixture(scope="module")
def answering(module_stage: Stage) -> Line:
    """A line that answers blocked callers, and holds the others ringing for three seconds."""
    return Line(module_stage, block="answer", seconds=4, hold=3)


def _tags(packets: list[Packet]) -> set[str]:
    return {packet.get("To").partition(";tag=")[2] for packet in packets if packet.status > 100}


def test_a_retransmitted_invite_is_one_call_with_one_tag(line: Line) -> None:
    invite = line.invite()
    reported = len(line.guard.calls())
    for _ in range(4):
        line.send(invite)
    final = line.final(invite)
    for _ in range(2):
        line.send(invite)
    line.acknowledge(invite, final)
    line.guard.wait_for_calls(reported + 1)
    line.refuses(line.invite(number="+13035550199"))
    calls = line.guard.wait_for_calls(reported + 2)[reported:]
    assert [call["number"] for call in calls] == [BLOCKED, "+13035550199"]
    assert len(_tags(line.registrar.of(invite.call_id))) == 1


def test_the_final_response_is_repeated_until_the_ack(line: Line) -> None:
    invite = line.invite()
    line.send(invite)
    wait_until(lambda: len(line.finals(invite)) >= 3, 5, "the final response three times")
    first, second, third = line.finals(invite)[:3]
    assert first.data == second.data == third.data
    assert 0.4 < second.at - first.at < 0.9
    assert 0.8 < third.at - second.at < 1.7
    line.acknowledge(invite, third)
    said = len(line.finals(invite))
    time.sleep(2.5)  # the next one would have come after two seconds
    assert len(line.finals(invite)) == said


def test_an_answer_is_repeated_until_the_ack_and_then_hung_up_with_bye(answering: Line) -> None:
    invite = answering.invite()
    answering.send(invite)
    wait_until(lambda: len(answering.finals(invite)) >= 2, 5, "200 twice")
    answers = answering.finals(invite)
    assert {packet.status for packet in answers} == {200}
    assert len(_tags(answers)) == 1
    ack = answering.invite().like("ACK", call_id=invite.call_id, from_tag=invite.from_tag, to=answers[0].get("To"))
    answering.send(ack)
    bye = answering.registrar.wait_for(
        lambda packet: packet.method == "BYE" and packet.get("Call-ID") == invite.call_id, 10, "BYE"
    )
    assert bye.get("To").endswith(invite.from_tag)


def test_a_cancelled_call_ends_with_200_and_487(answering: Line) -> None:
    invite = answering.invite(WANTED)
    answering.send(invite)
    answering.registrar.wait_for(lambda p: p.status == 180 and p.get("Call-ID") == invite.call_id, 2, "180")
    cancel = invite.like("CANCEL")
    answering.send(cancel)
    assert answering.final(cancel).status == 200
    final = answering.final(invite)
    assert final.status == 487
    answering.acknowledge(invite, final)
    call = answering.guard.wait_for(lambda event: event.get("number") == WANTED, 5, "the call is reported")
    assert call["action"] == "ring"


def test_an_unknown_extension_that_is_required_is_refused_with_420(line: Line) -> None:
    invite = line.invite(extra=("Require: nobody-knows-this",))
    line.send(invite)
    final = line.final(invite)
    assert final.status == 420
    assert final.get("Unsupported") == "nobody-knows-this"
    line.acknowledge(invite, final)


def test_a_cseq_that_names_another_method_is_refused_with_400(line: Line) -> None:
    request = line.invite(cseq_method="OPTIONS")
    line.send(request)
    assert line.final(request).status == 400


@pytest.mark.parametrize("method", ["BYE", "CANCEL", "INVITE"])
def test_a_request_of_an_unknown_dialog_is_refused_with_481(line: Line, method: str) -> None:
    to = f"<{line.uri}>;tag=neverheard" if method != "CANCEL" else ""
    request = Request(method=method, uri=line.uri, source=line.registrar.address, to=to, cseq=7)
    line.send(request)
    assert line.final(request).status == 481


def test_an_ack_out_of_the_blue_is_not_answered(line: Line) -> None:
    ack = Request(method="ACK", uri=line.uri, source=line.registrar.address, to=f"<{line.uri}>;tag=neverheard")
    line.send(ack)
    line.refuses(line.invite())
    assert line.registrar.of(ack.call_id) == []


def test_an_unknown_method_is_refused_with_405_or_501(line: Line) -> None:
    request = Request(method="FROBNICATE", uri=line.uri, source=line.registrar.address)
    line.send(request)
    assert line.final(request).status in {405, 501}


def test_a_call_to_another_user_than_our_contact_gets_nowhere(line: Line) -> None:
    host, port = line.address
    request = Request(method="INVITE", uri=f"sip:100@{host}:{port}", source=line.registrar.address)
    reported = len(line.guard.calls())
    line.send(request)
    line.refuses(line.invite())
    assert [call["number"] for call in line.guard.wait_for_calls(reported + 1)[reported:]] == [BLOCKED]
    assert {packet.status for packet in line.registrar.of(request.call_id)} <= {404}
