"""Client transactions for REGISTER, OPTIONS and BYE (RFC 3261 §17.1.2)."""

from collections.abc import Callable
from enum import Enum

from callguard_sip.core.flow import Flow, Packet
from callguard_sip.core.message import Response
from callguard_sip.core.timers import Timed, Timers
from callguard_sip.core.transactions import GIVE_UP, T1, T2, T4, Send

Answered = Callable[[Response | None, float], None]
"""Called once with the final response, or None where there was none, and the time."""


class State(Enum):
    """Where a client transaction stands (RFC 3261 figure 6)."""

    TRYING = "trying"
    PROCEEDING = "proceeding"
    COMPLETED = "completed"
    TERMINATED = "terminated"


class ClientTransaction(Timed):
    """One request of ours on its way."""

    __slots__ = ("_answered", "branch", "data", "gives_up", "interval", "method", "state", "table", "to")

    def __init__(self, table: "ClientTransactions", branch: str, method: str, packet: Packet, then: Answered) -> None:
        super().__init__()
        self.table = table
        self.branch = branch
        self.method = method
        self.data, self.to = packet
        self.state = State.TRYING
        self.interval = T1
        self.gives_up = 0.0
        self._answered: Answered | None = then

    def on_timer(self, now: float) -> None:
        """Repeat the request (Timer E), give up (F), or forget the answered one (K)."""
        if self.state is State.COMPLETED:
            self.table.end(self)
        elif now >= self.gives_up:
            self.finish(None, now)
        elif self.state is not State.TERMINATED:
            self.table.send(Packet(self.data, self.to))
            self.interval = T2 if self.state is State.PROCEEDING else min(2 * self.interval, T2)
            self.table.timers.set(self, min(now + self.interval, self.gives_up))

    def forget_who_asked(self) -> None:
        """Tell nobody what comes of it."""
        self._answered = None

    def finish(self, response: Response | None, now: float) -> None:
        """Hand the outcome over, once."""
        then, self._answered = self._answered, None
        if response is None or self.to.transport.reliable:
            self.table.end(self)
        else:
            self.state = State.COMPLETED
            self.table.timers.set(self, now + T4)
        if then is not None:
            then(response, now)


class ClientTransactions:
    """All requests of ours that are on their way."""

    def __init__(self, timers: Timers, send: Send) -> None:
        self.timers = timers
        self.send = send
        self._by_branch: dict[str, ClientTransaction] = {}

    def __len__(self) -> int:
        return len(self._by_branch)

    def start(self, branch: str, method: str, packet: Packet, then: Answered, now: float) -> ClientTransaction:
        """Send a request and keep at it; *then* learns what came of it."""
        transaction = ClientTransaction(self, branch, method, packet, then)
        self._by_branch[branch] = transaction
        transaction.gives_up = now + GIVE_UP
        reliable = packet.to.transport.reliable
        self.timers.set(transaction, transaction.gives_up if reliable else now + T1)
        self.send(packet)
        return transaction

    def receive(self, response: Response, now: float) -> bool:
        """Take a response; False if it answers nothing that we asked."""
        transaction = self._by_branch.get(response.via.branch or "")
        if transaction is None or response.cseq.method != transaction.method:
            return False
        if transaction.state is State.COMPLETED:
            return True
        if response.status >= 200:
            transaction.finish(response, now)
        elif transaction.state is State.TRYING:
            transaction.state = State.PROCEEDING
        return True

    def abandon(self, transaction: ClientTransaction) -> None:
        """Stop repeating a request whose outcome no longer matters."""
        transaction.forget_who_asked()
        self.end(transaction)

    def lost(self, to: Flow, now: float) -> None:
        """Fail every request that is on its way to a peer that is gone."""
        gone = [each for each in self._by_branch.values() if each.to == to and each.state is not State.COMPLETED]
        for transaction in gone:
            transaction.finish(None, now)

    def end(self, transaction: ClientTransaction) -> None:
        """Forget a transaction."""
        transaction.state = State.TERMINATED
        self._by_branch.pop(transaction.branch, None)
        self.timers.clear(transaction)
