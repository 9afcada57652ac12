"""One call as the caller's telephone makes it: an RFC 3261 §17.1 client without sockets, time as an argument."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from callguard_simulator.caller import Caller, Ended, identity, offer
from callguard_simulator.wire import Header, Message, parameter, request, response, uri_of

T1 = 0.5
_T2 = 4.0
_LIMIT = 64 * T1  # timers B, D and F


class _Stage(Enum):
    CALLING = "calling"
    "INVITE sent, nothing heard yet."
    PROCEEDING = "proceeding"
    CANCELLING = "cancelling"
    TALKING = "talking"
    LEAVING = "leaving"
    "Our BYE is on its way."
    OVER = "over"
    "Kept for a while, to acknowledge what is retransmitted."


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where the call goes and where we can be reached."""

    target: str
    "Contact URI of the registered line."
    host: str
    "Our own address."
    port: int
    rtp_port: int
    called: str
    "The user that is called."
    mark: str = ""
    "Goes into User-Agent, so that the call can be told from all others afterwards."

    @property
    def at(self) -> str:
        """Our address as it stands in Via and Contact."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Attempt:
    """A call from dialling to its end: give it what arrives and the time, send what it says."""

    def __init__(self, caller: Caller, route: Route, token: Callable[[], str], now: float) -> None:
        self.call_id = f"{token()}@{route.at}"
        self.ended: Ended | None = None
        self._caller = caller
        self._route = route
        self._token = token
        self._began = now
        self._stage = _Stage.CALLING
        self._rang = False
        self._weary = False
        self._timers: dict[str, float] = {}
        self._interval = 0.0
        self._to = f"<sip:{route.called}@{_bracketed(route.host)}>"
        self._who = identity(caller, _bracketed(route.host), token())
        self._invite = self._compose_invite()
        self._acknowledgement: Message | None = None
        self._answer: Message | None = None
        self._outstanding: Message | None = None
        self._outbox: list[Message] = []
        self._send_again_and_again(self._invite, now)
        self._timers["patience"] = now + caller.patience

    @property
    def forgotten(self) -> bool:
        """Whether nothing more can come of this call."""
        return self._stage is _Stage.OVER and not self._timers

    def to_send(self) -> list[Message]:
        """Return the messages to send now, each once."""
        sending, self._outbox = self._outbox, []
        return sending

    def next_timer(self) -> float | None:
        """Return when `on_timer` wants to be called, or None."""
        return min(self._timers.values(), default=None)

    def on_timer(self, now: float) -> None:
        """Do what is due at *now*."""
        due = [name for name, at in self._timers.items() if at <= now]
        for name in due:
            if self._timers.pop(name, None) is not None:
                self._on(name, now)

    def receive(self, message: Message, now: float) -> None:
        """Take a response to one of our requests, or the BYE of the other side."""
        if message.method:
            self._on_request(message, now)
        elif message.answered_method == "INVITE" and message.branch == self._invite.branch:
            self._on_invite_response(message, now)
        elif self._outstanding is not None and message.branch == self._outstanding.branch and message.status >= 200:
            self._stop_sending()
            if message.answered_method == "BYE":
                self._end(200, "OK", now, answered=True)

    def hang_up(self, now: float) -> None:
        """Give up, or leave the line: CANCEL, or BYE once answered (RFC 3261 §9.1, §15)."""
        self._weary = True
        if self._stage is _Stage.PROCEEDING:
            self._stage = _Stage.CANCELLING
            self._send_again_and_again(self._compose_cancel(), now)
        elif self._stage is _Stage.TALKING:
            self._leave(now)

    def _on(self, timer: str, now: float) -> None:
        if timer == "again" and self._outstanding is not None:
            self._outbox.append(self._outstanding)
            longest = _LIMIT if self._outstanding.method == "INVITE" else _T2
            self._interval = min(2 * self._interval, longest)
            self._timers["again"] = now + self._interval
        elif timer == "patience":
            self.hang_up(now)
        elif timer == "limit":
            answered = self._stage is _Stage.LEAVING
            self._end(200 if answered else 408, "OK" if answered else "Request Timeout", now, answered=answered)

    def _on_request(self, message: Message, now: float) -> None:
        if message.method != "BYE":
            self._outbox.append(response(message, 501, "Not Implemented"))
            return
        known = self._answer is not None and parameter(message.first("From"), "tag") == self._their_tag
        self._outbox.append(response(message, 200, "OK") if known else response(message, 481, "Call Does Not Exist"))
        if known and self._stage in (_Stage.TALKING, _Stage.LEAVING):
            self._end(200, "OK", now, answered=True)

    def _on_invite_response(self, message: Message, now: float) -> None:
        if self._stage in (_Stage.CALLING, _Stage.PROCEEDING, _Stage.CANCELLING):
            if message.status < 200:
                self._on_provisional(message, now)
            elif message.status < 300:
                self._on_answer(message, now)
            else:
                self._outbox.append(self._compose_ack(message))
                self._end(message.status, message.reason, now)
        elif message.status >= 200 and self._acknowledgement is not None:
            self._outbox.append(self._acknowledgement)

    def _on_provisional(self, message: Message, now: float) -> None:
        self._rang = self._rang or message.status == 180
        if self._stage is _Stage.CALLING:
            self._stage = _Stage.PROCEEDING
            self._stop_sending()
            if self._weary:
                self.hang_up(now)

    def _on_answer(self, message: Message, now: float) -> None:
        self._answer = message
        self._stop_sending()
        self._timers.pop("patience", None)
        self._outbox.append(self._compose_ack(message))
        self._stage = _Stage.TALKING
        if self._weary:
            self._leave(now)
        else:
            self._timers["patience"] = now + self._caller.patience

    def _leave(self, now: float) -> None:
        self._stage = _Stage.LEAVING
        self._send_again_and_again(self._compose_bye(), now)

    def _end(self, code: int, reason: str, now: float, *, answered: bool = False) -> None:
        self._stage = _Stage.OVER
        self._outstanding = None
        self._timers = {"forget": now + _LIMIT}
        self.ended = Ended(
            code=code, reason=reason, answered=answered, rang=self._rang, seconds=round(now - self._began, 3)
        )

    def _send_again_and_again(self, message: Message, now: float) -> None:
        self._outstanding = message
        self._interval = T1
        self._outbox.append(message)
        self._timers |= {"again": now + T1, "limit": now + _LIMIT}

    def _stop_sending(self) -> None:
        # A CANCEL that was answered still waits for the INVITE's own end, so its limit stays.
        self._outstanding = None
        self._timers.pop("again", None)
        if self._stage is not _Stage.CANCELLING:
            self._timers.pop("limit", None)

    @property
    def _their_tag(self) -> str:
        return parameter(self._answer.first("To"), "tag") if self._answer else ""

    def _common(self, branch: str, to: str, cseq: str) -> list[Header]:
        return [
            ("Via", f"SIP/2.0/UDP {self._route.at};branch={branch};rport"),
            ("Max-Forwards", "70"),
            ("From", self._who[0][1]),
            ("To", to),
            ("Call-ID", self.call_id),
            ("CSeq", cseq),
        ]

    def _fresh_branch(self) -> str:
        return "z9hG4bK" + self._token()

    def _compose_invite(self) -> Message:
        headers = [
            *self._common(self._fresh_branch(), self._to, "1 INVITE"),
            *self._who[1:],
            ("Contact", f"<sip:simulator@{self._route.at}>"),
            ("Allow", "INVITE, ACK, CANCEL, BYE"),
            ("User-Agent", f"CallGuard simulator {self._route.mark}".rstrip()),
            ("Content-Type", "application/sdp"),
        ]
        return request("INVITE", self._route.target, headers, offer(self._route.host, self._route.rtp_port))

    def _compose_cancel(self) -> Message:
        return request("CANCEL", self._route.target, self._common(self._invite.branch, self._to, "1 CANCEL"))

    def _compose_ack(self, answer: Message) -> Message:
        """Return the ACK: of the INVITE's transaction for a refusal, of its own for an answer (§13.2.2.4)."""
        answered = answer.status < 300
        branch = self._fresh_branch() if answered else self._invite.branch
        target = self._remote_target(answer) if answered else self._route.target
        ack = request("ACK", target, self._common(branch, answer.first("To"), "1 ACK"))
        self._acknowledgement = ack
        return ack

    def _compose_bye(self) -> Message:
        answer = self._answer
        if answer is None:
            raise ValueError("nobody answered, so there is nobody to say goodbye to")
        common = self._common(self._fresh_branch(), answer.first("To"), "2 BYE")
        return request("BYE", self._remote_target(answer), common)

    def _remote_target(self, answer: Message) -> str:
        return uri_of(answer.first("Contact")) or self._route.target


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
