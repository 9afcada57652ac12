"""An endpoint, a clock and the other side's words, so that a test reads like the transcript of a call."""

from dataclasses import dataclass, field
from typing import TypeVar

from callguard.testing import FakeRandomness
from callguard_sip.core.account import Account
from callguard_sip.core.endpoint import Endpoint, Setup
from callguard_sip.core.events import Dropped, Ending, Ends, Event, Rings, Talks
from callguard_sip.core.flow import Flow, Packet, Transport
from callguard_sip.core.message import Request, Response
from callguard_sip.core.parse import parse
from callguard_sip.core.uas import Session
from callguard_sip.upstream import Treatment

USER = "k3p9x0q7w2m5n8b1v4c6"
"The user of our Contact."
HERE = "192.168.178.20"
REGISTRAR = Flow(Transport.UDP, "192.168.178.1", 5060)
STRANGER = Flow(Transport.UDP, "203.0.113.66", 5060)
ACCOUNT = Account(user="callguard", domain="fritz.box", auth_user="callguard", password="tr0ub4dor and 3")
SDP = """v=0
o=- 1 1 IN IP4 192.168.178.1
s=-
c=IN IP4 192.168.178.1
t=0 0
m=audio 7078 RTP/AVP 8 0 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
"""
M = TypeVar("M", Request, Response)
E = TypeVar("E", bound=Event)


@dataclass(kw_only=True)
class Caller:
    """Somebody who calls through the registrar, and the words of his side."""

    number: int = 1
    branch: str = "z9hG4bK-invite"
    tag: str = "caller-tag"
    cseq: int = 1
    to_tag: str = ""
    sdp: str = SDP
    extra: list[str] = field(default_factory=list)
    transport: str = "UDP"

    @property
    def call_id(self) -> str:
        return f"call-{self.number}@192.168.178.1"

    def invite(self, *extra: str, **changes: str) -> bytes:
        return self.say("INVITE", *extra, body=changes.pop("body", self.sdp), **changes)

    def ack(self, answer: Response, body: str = "") -> bytes:
        """ACK *answer*: in the INVITE's own transaction if it refused, in a new one if it was a 200."""
        self.to_tag = answer.to.tag or ""
        branch = self.branch if answer.status >= 300 else f"{self.branch}-ack"
        return self.say("ACK", branch=branch, body=body, cseq=str(answer.cseq.number))

    def cancel(self, *extra: str) -> bytes:
        return self.say("CANCEL", *extra)

    def bye(self) -> bytes:
        self.cseq += 1
        return self.say("BYE", branch=f"{self.branch}-bye")

    def within(self, method: str, *extra: str, body: str = "") -> bytes:
        """A further request within the dialog."""
        self.cseq += 1
        return self.say(method, *extra, branch=f"{self.branch}-{self.cseq}", body=body)

    def say(self, method: str, *extra: str, body: str = "", **changes: str) -> bytes:
        """A request of this caller; *changes* replace its parts."""
        said = {
            "uri": f"sip:{USER}@{HERE}:5060",
            "via": f"SIP/2.0/{self.transport} 192.168.178.1:5060;rport;branch={changes.get('branch', self.branch)}",
            "cseq": str(self.cseq),
            "to": f"<sip:callguard@fritz.box>{';tag=' + self.to_tag if self.to_tag else ''}",
            "from": f'"0303555{self.number:04}" <sip:0303555{self.number:04}@fritz.box>;tag={self.tag}',
            "call_id": self.call_id,
            "max_forwards": "70",
        } | changes
        octets = body.replace("\n", "\r\n")
        lines = [
            f"{method} {said['uri']} SIP/2.0",
            f"Via: {said['via']}",
            f"Max-Forwards: {said['max_forwards']}",
            f"From: {said['from']}",
            f"To: {said['to']}",
            f"Call-ID: {said['call_id']}",
            f"CSeq: {said['cseq']} {method}",
            "Contact: <sip:B1@192.168.178.1:5060>",
            *self.extra,
            *extra,
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(octets)}",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n" + octets).encode()


class Scene:
    """One endpoint under the eyes of a test."""

    def __init__(self, treatment: Treatment | None = None, *, account: Account = ACCOUNT, trunk: bool = True) -> None:
        self.now = 1000.0
        self.endpoint = Endpoint(
            account, Setup(contact_user=USER, treatment=treatment or Treatment()), FakeRandomness(1)
        )
        self.happened: list[Event] = []
        self.wire: list[Packet] = []
        self.blank_lines = 0
        if trunk:
            self.endpoint.trust([REGISTRAR.host])
            self.endpoint.listening(Transport.UDP, HERE, 5060)
            self.sent()
            self.happened.clear()

    def hears(self, data: bytes, source: Flow = REGISTRAR) -> list[Request | Response]:
        """Let a packet arrive, and return what was sent because of it."""
        self.endpoint.receive(data, source, self.now)
        return self.sent()

    def sent(self) -> list[Request | Response]:
        """Return what was sent since the last look."""
        self.happened += self.endpoint.events
        self.endpoint.events.clear()
        self.wire = list(self.endpoint.packets)
        self.blank_lines += sum(packet.data == b"\r\n\r\n" for packet in self.wire)
        self.endpoint.packets.clear()
        return [parse(packet.data) for packet in self.wire if packet.data.strip()]

    def passes(self, seconds: float) -> list[tuple[float, Request | Response]]:
        """Let time pass; return what was sent, with the seconds after which it was."""
        begun, end = self.now, self.now + seconds
        said: list[tuple[float, Request | Response]] = []
        while (due := self.endpoint.next_timer()) is not None and due <= end:
            self.now = max(due, self.now)
            self.endpoint.on_timer(self.now)
            said += [(round(self.now - begun, 3), message) for message in self.sent()]
        self.now = end
        return said

    def rings(self, data: bytes, source: Flow = REGISTRAR) -> Session:
        """Let an INVITE arrive that must become a call."""
        assert self.hears(data, source) == []
        return self.last(Rings).session

    def last(self, kind: type[E]) -> E:
        """Return the last event of a kind."""
        return next(event for event in reversed(self.happened) if isinstance(event, kind))

    def all(self, kind: type[E]) -> list[E]:
        """Return all events of a kind so far."""
        return [event for event in self.happened if isinstance(event, kind)]

    @property
    def endings(self) -> list[Ending]:
        """How the calls so far ended."""
        return [event.session.ending for event in self.all(Ends) if event.session.ending is not None]

    @property
    def drops(self) -> list[str]:
        """Why packets were dropped, as far as it was reported."""
        return [event.reason for event in self.all(Dropped)]

    @property
    def talking(self) -> bool:
        """Whether an announcement was asked for."""
        return bool(self.all(Talks))


def statuses(messages: list[Request | Response]) -> list[int]:
    """Return the status codes of responses."""
    return [message.status for message in messages if isinstance(message, Response)]


def the_response(messages: list[Request | Response]) -> Response:
    """Return the one response."""
    (message,) = messages
    assert isinstance(message, Response)
    return message


def the_request(messages: list[Request | Response]) -> Request:
    """Return the one request."""
    (message,) = messages
    assert isinstance(message, Request)
    return message


def times(said: list[tuple[float, Request | Response]]) -> list[float]:
    """Return when things were said."""
    return [at for at, _ in said]
