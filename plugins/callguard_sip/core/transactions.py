"""Server transactions (RFC 3261 §17.2 with the Accepted state of RFC 6026 §7.1).

One request that arrives five times is one request; what was answered is answered again in the same bytes.
"""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from callguard_sip.core.flow import Flow, Packet
from callguard_sip.core.message import Request
from callguard_sip.core.timers import Timed, Timers

T1 = 0.5
"Round-trip time estimate, seconds (RFC 3261 §17.1.1.1)."
T2 = 4.0
"Longest interval between repetitions."
T4 = 5.0
"How long a message may wander in the network."
GIVE_UP = 64 * T1
"Timers B, F, H, J and L."
COOKIE = "z9hG4bK"
_VIA_LINE = b"\r\nVia: "
Send = Callable[[Packet], None]


class State(Enum):
    """Where a server transaction stands; the name of its figures 7 and 8 (and RFC 6026 figure 5)."""

    PROCEEDING = "proceeding"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"
    TERMINATED = "terminated"


def server_key(request: Request, method: str) -> str:
    """Return the name under which *request* belongs to a transaction of *method* (RFC 3261 §17.2.3)."""
    via = request.via
    branch = via.branch or ""
    if branch.startswith(COOKIE) and len(branch) > len(COOKIE):
        return f"{method} {via.host}:{via.port} {branch}"
    # RFC 2543 clients name no transaction; what identifies it then has to be collected.
    return f"{method} {via} {request.uri} {request.from_.tag} {request.call_id} {request.cseq.number}"


class Names(NamedTuple):
    """How a transaction is found again."""

    key: str
    "By its own repetitions, its ACK and its CANCEL; see `server_key`."
    merge_key: str = ""
    "By the same request on another path; empty where that does not matter."
    via_line: bytes = b""
    "By an ACK that is not read; empty where the line would not be unique."


def via_line_of(request: Request) -> bytes:
    """Return the first line of Vias as octets, empty if it names no transaction (RFC 2543)."""
    line = request.headers.get("via") or ""
    return line.encode("utf-8", "surrogateescape") if COOKIE in line else b""


class ServerTransaction(Timed):
    """One request that was heard, and what was answered to it."""

    __slots__ = ("gives_up", "interval", "invite", "last", "names", "owner", "reply_to", "state", "table")

    def __init__(self, table: "ServerTransactions", names: Names, reply_to: Flow, invite: bool) -> None:
        super().__init__()
        self.table = table
        self.names = names
        self.reply_to = reply_to
        self.invite = invite
        self.state = State.PROCEEDING
        self.last = b""
        self.interval = T1
        self.gives_up = 0.0
        self.owner: object = None
        "The session that answers, as long as a CANCEL can reach it."

    def on_timer(self, now: float) -> None:
        """Repeat the final response of an INVITE (Timer G), or end (H, I, J, L)."""
        if self.state is State.COMPLETED and self.invite and now < self.gives_up:
            self.table.send(Packet(self.last, self.reply_to))
            self.interval = min(2 * self.interval, T2)
            self.table.timers.set(self, min(now + self.interval, self.gives_up))
        elif self.state is not State.TERMINATED:
            self.table.end(self)


class ServerTransactions:
    """All transactions that others opened with us, by name; a full table drops what is new and keeps what it has."""

    def __init__(self, timers: Timers, send: Send, *, most: int = 20_000, most_unanswered: int = 4_096) -> None:
        self.timers = timers
        self.send = send
        self._most = most
        self._most_unanswered = most_unanswered
        self._unanswered = 0
        self._by_key: dict[str, ServerTransaction] = {}
        self._merge_keys: set[str] = set()
        self._by_via: dict[bytes, ServerTransaction] = {}
        "Refused calls that wait for their ACK, by the top line of their Vias."

    def __len__(self) -> int:
        return len(self._by_key)

    def get(self, key: str) -> ServerTransaction | None:
        """Return the transaction of that name."""
        return self._by_key.get(key)

    def knows_merged(self, merge_key: str) -> bool:
        """Tell whether the same request is here already by another path (RFC 3261 §8.2.2.2)."""
        return merge_key in self._merge_keys

    @property
    def full(self) -> bool:
        """Whether there is no room for another one."""
        return len(self._by_key) >= self._most or self._unanswered >= self._most_unanswered

    def open(self, names: Names, reply_to: Flow, *, invite: bool) -> ServerTransaction:
        """Begin a transaction; ask `full` before."""
        transaction = ServerTransaction(self, names, reply_to, invite)
        self._by_key[names.key] = transaction
        if names.merge_key:
            self._merge_keys.add(names.merge_key)
        self._unanswered += 1
        return transaction

    def respond(self, transaction: ServerTransaction, status: int, data: bytes, now: float) -> None:
        """Send a response and remember it; after the final one only repetitions follow."""
        if transaction.state is not State.PROCEEDING:
            return
        transaction.last = data
        self.send(Packet(data, transaction.reply_to))
        if status >= 200:
            self._unanswered -= 1
            transaction.owner = None
            self._answered(transaction, status, now)

    def repeat(self, transaction: ServerTransaction) -> None:
        """Answer a repeated request as before; an accepted INVITE is its session's affair (RFC 6026 §7.1)."""
        if transaction.last and transaction.state in (State.PROCEEDING, State.COMPLETED):
            self.send(Packet(transaction.last, transaction.reply_to))

    def acknowledge_unread(self, data: bytes, now: float) -> bool:
        """Take the ACK to a refusal by the first line of its Vias alone; False if it has to be read properly.

        Its only Via is that of the INVITE it belongs to (RFC 3261 §17.1.1.3), mostly octet for octet.
        """
        start = data.find(_VIA_LINE)
        transaction = self._by_via.get(data[start + len(_VIA_LINE) : data.find(b"\r\n", start + 2)])
        if transaction is None:
            return False
        self.acknowledge(transaction, now)
        return True

    def acknowledge(self, transaction: ServerTransaction, now: float) -> None:
        """Take the ACK to a response that refused: from now on only late repetitions are absorbed (Timer I)."""
        if transaction.state is not State.COMPLETED or not transaction.invite:
            return
        if transaction.reply_to.transport.reliable:
            self.end(transaction)
            return
        transaction.state = State.CONFIRMED
        transaction.last = b""
        self._by_via.pop(transaction.names.via_line, None)
        self.timers.set(transaction, now + T4)

    def end(self, transaction: ServerTransaction) -> None:
        """Forget a transaction and give its memory back."""
        if transaction.state is State.PROCEEDING:
            self._unanswered -= 1
        transaction.state = State.TERMINATED
        transaction.owner = None
        transaction.last = b""
        self._by_key.pop(transaction.names.key, None)
        self._merge_keys.discard(transaction.names.merge_key)
        self._by_via.pop(transaction.names.via_line, None)
        self.timers.clear(transaction)

    def _answered(self, transaction: ServerTransaction, status: int, now: float) -> None:
        reliable = transaction.reply_to.transport.reliable
        transaction.gives_up = now + GIVE_UP
        if not transaction.invite:
            if reliable:  # Timer J is zero
                self.end(transaction)
                return
            transaction.state = State.COMPLETED
            self.timers.set(transaction, transaction.gives_up)
        elif status < 300:
            transaction.state = State.ACCEPTED
            transaction.last = b""
            self.timers.set(transaction, transaction.gives_up)
        else:
            transaction.state = State.COMPLETED
            if transaction.names.via_line:
                self._by_via[transaction.names.via_line] = transaction
            self.timers.set(transaction, transaction.gives_up if reliable else now + T1)
