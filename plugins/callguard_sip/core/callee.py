"""What we answer to requests (RFC 3261 §8.2, §9.2, §11.2, §12.2.2).

Only calls, and what happens within them, are remembered. Everything else is answered on the spot and forgotten, and
where the sender's address may be forged the answer has no more octets than the question.
"""

from typing import NamedTuple

from callguard_sip.core import reply
from callguard_sip.core.events import Rings
from callguard_sip.core.flow import Flow, Packet
from callguard_sip.core.gate import Gate, Reason
from callguard_sip.core.message import BadMessage, Request
from callguard_sip.core.parse import check_mandatory
from callguard_sip.core.reason import answered_elsewhere
from callguard_sip.core.transactions import Names, server_key, via_line_of
from callguard_sip.core.uas import Means, Question, Session

_METHODS = frozenset(reply.METHODS.split(", "))
_ABILITIES = (("allow", reply.METHODS), ("accept", "application/sdp"))
_MOST_UNSUPPORTED = 8


class Arrival(NamedTuple):
    """Where a message came from, and when."""

    source: Flow
    size: int | None
    "The most octets an answer may have; None where the sender cannot be forged."
    now: float


class Callee:
    """Answers requests."""

    def __init__(self, means: Means, gate: Gate) -> None:
        self.closing = False
        "Whether new calls are sent on their way at once, because CallGuard stops."
        self._means = means
        self._transactions = means.transactions
        self._gate = gate
        self._tag = f"{means.chance.bits(64):x}"

    def receive(self, request: Request, arrival: Arrival) -> None:
        """Deal with a request; one that makes no sense is answered with 400."""
        try:
            if request.method == "ACK":
                self._ack(request, arrival.now)
            else:
                self._request(request, arrival)
        except BadMessage as bad:
            self.refuse(bad, bad.message or request, arrival)

    def refuse(self, bad: BadMessage, request: Request | None, arrival: Arrival) -> None:
        """Answer what could not be read, if that much is clear; *request* is what could be read of it."""
        self._drop(Reason.MALFORMED, arrival)
        if request is None or request.method == "ACK":
            return
        try:
            data = reply.stateless(request, bad.status, bad.reason, arrival.source)
            self._send(data, request, arrival)
        except BadMessage:
            return

    def _request(self, request: Request, arrival: Arrival) -> None:
        key = server_key(request, request.method)
        transaction = self._transactions.get(key)
        if transaction is not None:
            self._transactions.repeat(transaction)
            return
        check_mandatory(request)
        if self._gate.is_for_us(request.uri.encode("utf-8", "surrogateescape")):
            arrival = arrival._replace(size=None)  # who knows our Contact is the registrar
        elif request.method == "INVITE":
            self._drop(Reason.NOT_OURS, arrival)
            return
        refusal = _refusal(request)
        if refusal is not None:
            self._answer(request, arrival, *refusal)
        elif request.method == "CANCEL":
            self._cancel(request, arrival)
        elif request.to.tag:
            self._in_dialog(request, key, arrival)
        elif request.method == "INVITE":
            self._invite(request, key, arrival)
        elif request.method == "OPTIONS":
            self._answer(request, arrival, 200, _ABILITIES)
        else:
            self._answer(request, arrival, 481)

    def _ack(self, request: Request, now: float) -> None:
        transaction = self._transactions.get(server_key(request, "INVITE"))
        if transaction is not None:
            self._transactions.acknowledge(transaction, now)
        session = self._means.dialogs.get(request.to.tag or "") if self._means.dialogs else None
        if session is not None and session.takes(request):
            session.acknowledged(request, now)

    def _cancel(self, request: Request, arrival: Arrival) -> None:
        transaction = self._transactions.get(server_key(request, "INVITE"))
        if transaction is None:
            self._answer(request, arrival, 481)
            return
        self._answer(request, arrival, 200)
        if isinstance(transaction.owner, Session):
            transaction.owner.cancelled(arrival.now, elsewhere=answered_elsewhere(request.headers))

    def _in_dialog(self, request: Request, key: str, arrival: Arrival) -> None:
        session = self._means.dialogs.get(request.to.tag or "")
        if session is None or not session.takes(request):
            self._answer(request, arrival, 481)
        elif self._transactions.full:
            self._drop(Reason.FULL, arrival)
        else:
            way_back = reply.reply_flow(request.via, arrival.source)
            transaction = self._transactions.open(Names(key), way_back, invite=request.method == "INVITE")
            session.in_dialog(Question(request, arrival.source, transaction), arrival.now)

    def _invite(self, request: Request, key: str, arrival: Arrival) -> None:
        merge_key = f"{request.call_id} {request.from_.tag} {request.cseq.number}"
        if self._transactions.knows_merged(merge_key):
            self._answer(request, arrival, 482)
        elif self.closing:
            self._answer(request, arrival, 480)
        elif self._transactions.full:
            self._drop(Reason.FULL, arrival)
        else:
            way_back = reply.reply_flow(request.via, arrival.source)
            names = Names(key, merge_key, via_line_of(request))
            transaction = self._transactions.open(names, way_back, invite=True)
            session = Session(self._means, Question(request, arrival.source, transaction))
            transaction.owner = session
            session.begin(arrival.now)
            self._means.emit(Rings(session, request, arrival.source, arrival.now))

    def _answer(self, request: Request, arrival: Arrival, status: int, extra: reply.Extra = ()) -> None:
        """Answer without memory (RFC 3261 §8.2.7)."""
        source, size, _ = arrival
        data = reply.response(request, status, source, tag=self._tag, extra=extra)
        if size is not None and len(data) > size and status == 200:
            data = reply.response(request, status, source, tag=self._tag)
        self._send(data, request, arrival)

    def _send(self, data: bytes, request: Request, arrival: Arrival) -> None:
        if arrival.size is not None and len(data) > arrival.size:
            self._drop(Reason.TOO_SMALL, arrival)
            return
        self._transactions.send(Packet(data, reply.reply_flow(request.via, arrival.source)))

    def _drop(self, reason: Reason, arrival: Arrival) -> None:
        self._gate.drop(reason, arrival.source, b"", arrival.now)


def _refusal(request: Request) -> tuple[int, reply.Extra] | None:
    """Return how to refuse what we cannot do (RFC 3261 §8.2.1, §8.2.2.3), None if we can."""
    if request.method not in _METHODS:
        return 405, [("allow", reply.METHODS)]
    if "require" in request.headers and request.method != "CANCEL":
        return 420, [("unsupported", option) for option in request.headers.values("require")[:_MOST_UNSUPPORTED]]
    return None
