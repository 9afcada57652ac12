"""One incoming call, from its INVITE to its end (RFC 3261 §13.3, §14.2, §15).

heard ─┬─ declined, or let ring at once ──────────────────────────► ended
       ├─ holding (180 for a while) ── final response ────────────► ended
       └─ answered (200, until ACK) ── talking ── leaving (BYE) ──► ended
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from callguard import Outcome, Randomness
from callguard_sip.core import reply, sdp
from callguard_sip.core.client import ClientTransactions
from callguard_sip.core.dialog import Dialog, Local
from callguard_sip.core.events import Ending, Ends, Event, Talks
from callguard_sip.core.flow import Flow, Packet
from callguard_sip.core.message import BadMessage, Request, Response, serialise
from callguard_sip.core.timers import Timed, Timers
from callguard_sip.core.transactions import COOKIE, GIVE_UP, T1, T2, ServerTransaction, ServerTransactions
from callguard_sip.upstream import Treatment

TRYING_AFTER = 0.2
"Seconds without a verdict after which the caller's side is told to be patient (RFC 3261 §17.2.1)."
_CALL_REJECTED = ("reason", 'Q.850;cause=21;text="Call rejected"')
_UNWANTED = ("reason", 'SIP;cause=607;text="Unwanted"')
_WHY = {
    607: (_UNWANTED, _CALL_REJECTED),
    603: (_CALL_REJECTED,),
    486: (("reason", 'Q.850;cause=17;text="User busy"'),),
}
"Reason headers of a decline (RFC 3326, RFC 6432, RFC 8197)."


class Phase(Enum):
    """How far a call has come."""

    HEARD = "heard"
    HOLDING = "holding"
    ANSWERED = "answered"
    TALKING = "talking"
    LEAVING = "leaving"
    ENDED = "ended"


@dataclass(slots=True, kw_only=True)
class Means:
    """What every call of an endpoint shares."""

    treatment: Treatment
    within: float
    "Seconds until a verdict counts as late."
    timers: Timers
    transactions: ServerTransactions
    clients: ClientTransactions
    emit: Callable[[Event], None]
    chance: Randomness
    local: Local
    dialogs: "dict[str, Session]" = field(default_factory=dict)
    "Calls by the tag we gave them."
    sessions: "set[Session]" = field(default_factory=set)
    "Calls that are not over."


class Question(NamedTuple):
    """A request that a transaction of its own answers."""

    request: Request
    source: Flow
    transaction: ServerTransaction


@dataclass(slots=True)
class _Unacknowledged:
    """A 200 that is repeated until its ACK comes, whatever the transport (RFC 3261 §13.3.1.4)."""

    packet: Packet
    cseq: int
    repeats_at: float
    gives_up: float
    interval: float = T1


class Session(Timed):
    """One incoming call."""

    __slots__ = (
        "_audio_id", "_dialog", "_invite", "_note", "_ok", "_over_at", "_patience_ends", "_port", "_way_back",
        "call_id", "ending", "means", "media", "phase", "remote_tag", "tag",
    )  # fmt: skip

    def __init__(self, means: Means, invite: Question) -> None:
        super().__init__()
        request = invite.request
        self.means = means
        self.phase = Phase.HEARD
        self.call_id = request.call_id
        self.remote_tag = request.from_.tag or ""
        self.tag = f"{means.chance.bits(64):x}"
        self.ending: Ending | None = None
        self.media: sdp.Media | None = None
        self._invite: Question | None = invite
        self._way_back = invite.transaction.reply_to
        self._dialog: Dialog | None = None
        self._ok: _Unacknowledged | None = None
        self._note = ""
        self._over_at = self._patience_ends = 0.0
        self._port = self._audio_id = 0

    def begin(self, now: float) -> None:
        """Wait for a verdict."""
        self.means.sessions.add(self)
        self._patience_ends = now + self.means.within
        self.means.timers.set(self, now + min(TRYING_AFTER, self.means.within))

    def takes(self, request: Request) -> bool:
        """Tell whether *request*, which bears our tag, belongs to this call."""
        return request.call_id == self.call_id and (request.from_.tag or "") == self.remote_tag

    def on_timer(self, now: float) -> None:
        """Do what the phase has to do by now."""
        if self.phase is Phase.HEARD:
            self._still_undecided(now)
        elif self.phase is Phase.HOLDING:
            self._let_go(now)
        elif self.phase in (Phase.ANSWERED, Phase.TALKING):
            self._stay_connected(now)

    # -- what the verdict asks for ---------------------------------------------------------------------------

    def decline(self, code: int, now: float, note: str = "") -> None:
        """Refuse the call with 607, 603 or 486, and say why; a late verdict may still find it held."""
        if self.phase in (Phase.HEARD, Phase.HOLDING):
            self._refuse(code, Ending(Outcome.REJECTED, code, note), now, _WHY[code])

    def let_ring(self, now: float, note: str = "") -> None:
        """Step aside, so that the phones of the house can have the call."""
        if self.phase is not Phase.HEARD:
            return
        hold = self.means.treatment.hold
        self._note = note
        if hold <= 0:
            self._let_go(now)
            return
        self.phase = Phase.HOLDING
        self._respond(180, now)
        self.means.dialogs[self.tag] = self
        self.means.timers.set(self, now + hold)

    def answer(self, port: int, now: float) -> None:
        """Take the call, with our end of the audio at *port*; BadMessage if there is no common ground."""
        invite = self._invite
        if self.phase not in (Phase.HEARD, Phase.HOLDING) or invite is None:
            return
        self._port = port
        self._audio_id = self.means.chance.bits(31)
        body = self._agree(invite.request)
        self._dialog = Dialog.answered(invite.request, self.tag)
        self.phase = Phase.ANSWERED
        self._accept(invite, body, now)
        self._invite = None
        self.means.dialogs[self.tag] = self

    def hang_up(self, now: float, note: str = "") -> None:
        """End an answered call; nothing happens in any other phase."""
        if self.phase is Phase.TALKING:
            self._leave(Ending(Outcome.ANNOUNCED, 200, note), now)

    def shut_down(self, now: float) -> None:
        """End the call because CallGuard stops: undecided calls go on ringing elsewhere."""
        if self.phase in (Phase.HEARD, Phase.HOLDING):
            self._refuse(480, Ending(Outcome.RANG, 480, "CallGuard was stopped"), now)
        elif self.phase in (Phase.ANSWERED, Phase.TALKING):
            heard = Outcome.ANNOUNCED if self.phase is Phase.TALKING else Outcome.NOT_CARRIED_OUT
            self._leave(Ending(heard, 200, "CallGuard was stopped"), now)

    # -- what the caller's side does -------------------------------------------------------------------------

    def cancelled(self, now: float, *, elsewhere: bool) -> None:
        """Give up because the caller did, or because somebody of the household took the call *elsewhere*."""
        if self.phase not in (Phase.HEARD, Phase.HOLDING):
            return
        if elsewhere:
            ending = Ending(Outcome.RANG, 487, "a phone answered", answered=True)
        else:
            ending = Ending(Outcome.GONE if self.phase is Phase.HEARD else Outcome.RANG, 487)
        self._refuse(487, ending, now)

    def acknowledged(self, request: Request, now: float) -> None:
        """Take the ACK to a 200."""
        if self._ok is None or request.cseq.number != self._ok.cseq:
            return
        self._ok = None
        if self.phase is Phase.ANSWERED:
            self._over_at = now + self.means.treatment.seconds
            self.phase = Phase.TALKING
            self._start(request, now)
        if self.phase is Phase.TALKING:
            self._arm()

    def in_dialog(self, question: Question, now: float) -> None:
        """Answer a request of the caller within the call."""
        dialog, request = self._dialog, question.request
        if dialog is not None and request.cseq.number <= dialog.remote_cseq:
            self._reply(question, 500, now)
            return
        if dialog is not None:
            dialog.remote_cseq = request.cseq.number
        if request.method == "BYE":
            self._reply(question, 200, now)
            self._caller_left(now)
        elif request.method in ("INVITE", "UPDATE"):
            self._renegotiate(question, now)
        else:
            self._reply(question, 200, now)

    # -- inside ----------------------------------------------------------------------------------------------

    def _still_undecided(self, now: float) -> None:
        if now >= self._patience_ends:
            self.let_ring(now, "no verdict in time")
            return
        self._respond(100, now)
        self.means.timers.set(self, self._patience_ends)

    def _let_go(self, now: float) -> None:
        code = self.means.treatment.allow
        where = self._invite.request.to.uri if self._invite is not None else ""
        extra = [("contact", f"<{where}>")] if code == 302 else []
        self._refuse(code, Ending(Outcome.RANG, code, self._note), now, extra)

    def _refuse(self, status: int, ending: Ending, now: float, extra: reply.Extra = ()) -> None:
        self._respond(status, now, extra)
        self._end(ending)
        self._forget()

    def _respond(self, status: int, now: float, extra: reply.Extra = ()) -> None:
        if self._invite is None:
            return
        request, source, transaction = self._invite
        # A To-tag in a 100 would begin a dialog that nobody wants (RFC 3261 §8.2.6.2).
        data = reply.response(request, status, source, tag=self.tag if status > 100 else "", extra=extra)
        self.means.transactions.respond(transaction, status, data, now)

    def _end(self, ending: Ending) -> None:
        self.ending = ending
        self.means.emit(Ends(self))

    def _forget(self) -> None:
        self.phase = Phase.ENDED
        self._invite = self._ok = None
        self.means.dialogs.pop(self.tag, None)
        self.means.sessions.discard(self)
        self.means.timers.clear(self)

    def _agree(self, request: Request) -> bytes:
        """Return our session description, and remember what was agreed; BadMessage if there is no common ground."""
        where = self.means.local.host.partition("%")[0]
        if not request.body:
            no_offer = request.method == "UPDATE"
            return b"" if no_offer else sdp.offer(address=where, port=self._port, session=self._audio_id)
        if request.content_type not in ("application/sdp", ""):
            raise BadMessage(415, "Unsupported Media Type")
        offer = sdp.parse_offer(request.body)
        body, self.media = sdp.answer(offer, address=where, port=self._port, session=self._audio_id)
        return body

    def _accept(self, invite: Question, body: bytes, now: float) -> None:
        """Send the 200 to an INVITE and keep repeating it."""
        request, source, transaction = invite
        extra = [("record-route", value) for value in request.headers.all("record-route")]
        extra += self._session_headers(body)
        data = reply.response(request, 200, source, tag=self.tag, extra=extra, body=body)
        self.means.transactions.respond(transaction, 200, data, now)
        packet = Packet(data, transaction.reply_to)
        self._ok = _Unacknowledged(packet, request.cseq.number, now + T1, now + GIVE_UP)
        self._arm()

    def _arm(self) -> None:
        deadlines = [self._over_at] if self.phase is Phase.TALKING else []
        deadlines += [min(self._ok.repeats_at, self._ok.gives_up)] if self._ok is not None else []
        if deadlines:
            self.means.timers.set(self, min(deadlines))

    def _start(self, ack: Request, now: float) -> None:
        """Have the announcement played; where we made the offer, the ACK brings the answer (RFC 3261 §13.2.2.4)."""
        try:
            self.media = self.media or sdp.accepted(sdp.parse_offer(ack.body))
        except BadMessage as bad:
            self.hang_up(now, f"no announcement: {bad.reason}")
            return
        self.means.emit(Talks(self, self.media))

    def _stay_connected(self, now: float) -> None:
        ok = self._ok
        if self.phase is Phase.TALKING and now >= self._over_at:
            self.hang_up(now)
        elif ok is not None and now >= ok.gives_up:
            self._leave(Ending(Outcome.NOT_CARRIED_OUT, 200, "the answer was never acknowledged"), now)
        elif ok is not None:
            if now >= ok.repeats_at:
                self.means.transactions.send(ok.packet)
                ok.interval = min(2 * ok.interval, T2)
                ok.repeats_at = now + ok.interval
            self._arm()

    def _leave(self, ending: Ending, now: float) -> None:
        """Send BYE where our answers went; a challenge to it is never answered (that would leak our digest)."""
        self.phase = Phase.LEAVING
        self._ok = None
        self.means.timers.clear(self)
        self._end(ending)
        if self._dialog is None:
            self._forget()
            return
        branch = f"{COOKIE}{self.means.chance.bits(80):x}"
        bye = self._dialog.request("BYE", self.means.local.via(branch))
        bye.headers.add(*_UNWANTED)
        self.means.clients.start(branch, "BYE", Packet(serialise(bye), self._way_back), self._left, now)

    def _left(self, _response: Response | None, _now: float) -> None:
        self._forget()

    def _caller_left(self, now: float) -> None:
        if self.phase is Phase.HOLDING:
            self._refuse(487, Ending(Outcome.RANG, 487, "the caller hung up"), now)
        elif self.phase in (Phase.ANSWERED, Phase.TALKING):
            heard = Outcome.ANNOUNCED if self.phase is Phase.TALKING else Outcome.GONE
            self._end(Ending(heard, 200, "the caller hung up"))
            self._forget()

    def _renegotiate(self, question: Question, now: float) -> None:
        """Answer a re-INVITE or UPDATE with the same modest audio as before (RFC 3261 §14.2, RFC 3311)."""
        if self.phase is not Phase.TALKING or self._dialog is None or self._ok is not None:
            self._reply(question, 500, now, [("retry-after", "1")])
            return
        request, media = question.request, self.media
        try:
            body = self._agree(request)
        except BadMessage as bad:
            self._reply(question, bad.status, now)
            return
        self._dialog.retarget(request)
        if request.method == "INVITE":
            self._accept(question, body, now)
        else:
            self._reply(question, 200, now, self._session_headers(body), body)
        if self.media is not None and self.media != media:
            self.means.emit(Talks(self, self.media))

    def _reply(self, question: Question, status: int, now: float, extra: reply.Extra = (), body: bytes = b"") -> None:
        data = reply.response(question.request, status, question.source, extra=extra, body=body)
        self.means.transactions.respond(question.transaction, status, data, now)

    def _session_headers(self, body: bytes) -> list[tuple[str, str]]:
        kind = [("content-type", "application/sdp")] if body else []
        return [("contact", f"<{self.means.local.contact}>"), ("allow", reply.METHODS), *kind]
