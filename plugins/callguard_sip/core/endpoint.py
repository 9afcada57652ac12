"""One account's SIP endpoint: bytes and time in, packets and events out; it never waits and never raises.

The shell feeds `receive` and `on_timer`, sends what `packets` holds and acts on `events`.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from callguard import Randomness
from callguard_sip.core.account import Account
from callguard_sip.core.callee import Arrival, Callee
from callguard_sip.core.client import ClientTransactions
from callguard_sip.core.dialog import Local
from callguard_sip.core.events import Disconnect, Event, Rings, Trouble
from callguard_sip.core.flow import Flow, Packet, Transport, host_port
from callguard_sip.core.gate import Gate, Network, Reason
from callguard_sip.core.keepalive import PONG, KeepAlive
from callguard_sip.core.message import BadMessage, Request, Response
from callguard_sip.core.parse import Keepalive, StreamParser, parse
from callguard_sip.core.registration import Phase, Registration, Standing
from callguard_sip.core.timers import Timers
from callguard_sip.core.transactions import ServerTransactions
from callguard_sip.core.uas import Means
from callguard_sip.upstream import Treatment


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How an endpoint behaves."""

    contact_user: str
    "The unguessable name by which the registrar knows us."
    treatment: Treatment = field(default_factory=Treatment)
    trusted: tuple[Network, ...] = ()
    "Addresses besides the registrar's whose calls count."
    within: float = 1.0
    "Seconds until a verdict counts as late."
    keepalive: float = 30.0
    "Seconds between blank lines on the way to the registrar."


class Endpoint:
    """Everything one account says and hears."""

    def __init__(self, account: Account, setup: Setup, chance: Randomness) -> None:
        self.packets: deque[Packet] = deque()
        self.events: deque[Event] = deque()
        self._timers = Timers()
        send = self.packets.append
        self._clients = ClientTransactions(self._timers, send)
        self._transactions = ServerTransactions(self._timers, send)
        self.gate = Gate(setup.contact_user, setup.trusted, self.events.append)
        self._registration = Registration(account, self._timers, self._clients, self.events.append, chance)
        self._keepalive = KeepAlive(setup.keepalive, self._timers, send, chance, self._silent)
        self._means = Means(
            treatment=setup.treatment,
            within=setup.within,
            timers=self._timers,
            transactions=self._transactions,
            clients=self._clients,
            emit=self._tell,
            chance=chance,
            local=Local(transport="UDP", host="0.0.0.0", port=0, user=setup.contact_user),
        )
        self._parsers: dict[Flow, StreamParser] = {}
        self._callee = Callee(self._means, self.gate)

    # -- what the shell asks ---------------------------------------------------------------------------------

    @property
    def standing(self) -> Standing:
        """How the account is registered, or why not."""
        return self._registration.standing

    @property
    def contact(self) -> str:
        """The URI by which the registrar reaches us."""
        return self._means.local.contact

    @property
    def local(self) -> str:
        """Our end, as ``host:port``."""
        return host_port(self._means.local.host, self._means.local.port)

    @property
    def idle(self) -> bool:
        """Whether everything that was begun is finished; becomes true soon after `stop`."""
        return not self._means.sessions and self._registration.phase in (Phase.GONE, Phase.IDLE)

    def next_timer(self) -> float | None:
        """Return when `on_timer` wants to be called, monotonic seconds."""
        return self._timers.next()

    # -- what happens to us ----------------------------------------------------------------------------------

    def use(self, targets: Sequence[Flow], now: float) -> None:
        """Register at these addresses, the most wanted first."""
        if targets:
            self.gate.trust_registrars(target.host for target in targets)
            self._registration.use(targets, now)

    def trust(self, hosts: Iterable[str]) -> None:
        """Believe these addresses as the registrar's, without registering there (a trunk)."""
        self.gate.trust_registrars(hosts)

    def unable(self, trouble: Trouble, detail: str) -> None:
        """Learn that there is nowhere to register, or nothing to listen on; addresses known before stay."""
        self._registration.unable(trouble, detail)

    def listening(self, transport: Transport, host: str, port: int) -> None:
        """Learn where we are reached, where nobody is asked to register us (a trunk)."""
        self._means.local = replace(self._means.local, transport=transport.upper(), host=host, port=port)
        self._registration.needless(self.local)

    def link_up(self, flow: Flow, host: str, port: int, now: float) -> None:
        """Learn that the way to *flow* is open and begins at our *host* and *port*."""
        self._means.local = replace(self._means.local, transport=flow.transport.upper(), host=host, port=port)
        if flow.transport.reliable:
            self._parsers[flow] = StreamParser()
            self.gate.trust_connection(flow)
        self._keepalive.follow(flow, now)
        self._registration.link_up(flow, self._means.local, now)

    def link_failed(self, flow: Flow, trouble: Trouble, detail: str, now: float) -> None:
        """Learn that the way to *flow* could not be opened, or is closed."""
        self.closed(flow, now)
        self._registration.link_failed(flow, trouble, detail, now)

    def accepts(self, flow: Flow, now: float) -> bool:
        """Take in a connection that somebody opened to us; False if it is not welcome."""
        if not self.gate.knows(flow):
            return self.gate.drop(Reason.STRANGER, flow, b"", now)
        self._parsers[flow] = StreamParser()
        return True

    def closed(self, flow: Flow, now: float) -> None:
        """Learn that a connection is closed."""
        if self._parsers.pop(flow, None) is not None:
            self._keepalive.left(flow)
            self._clients.lost(flow, now)

    def receive(self, data: bytes, flow: Flow, now: float) -> None:
        """Take a datagram, or bytes of a stream."""
        if flow.transport.reliable:
            self._receive_stream(data, flow, now)
        elif self.gate.admits(data, flow, now) and data.strip(b"\r\n"):
            self._receive_datagram(data, Arrival(flow, len(data), now))

    def on_timer(self, now: float) -> None:
        """Do what is due."""
        self._timers.run(now)

    def stop(self, now: float) -> None:
        """End all calls properly and take our address back; `idle` tells when that is done."""
        self._callee.closing = True
        self._keepalive.stop()
        for session in list(self._means.sessions):
            session.shut_down(now)
        self._registration.stop(now)

    # -- messages --------------------------------------------------------------------------------------------

    def _receive_datagram(self, data: bytes, arrival: Arrival) -> None:
        if data.startswith(b"ACK ") and self._transactions.acknowledge_unread(data, arrival.now):
            return
        try:
            message = parse(data)
        except BadMessage as bad:
            self._callee.refuse(bad, bad.message, arrival)
        else:
            self._message(message, arrival)

    def _receive_stream(self, data: bytes, flow: Flow, now: float) -> None:
        parser = self._parsers.get(flow)
        if parser is None:
            return
        for item in parser.feed(data):
            if item is Keepalive.PING:
                self.packets.append(Packet(PONG, flow))
                self._keepalive.pong(now)  # two answers in a row look like a question, and both are signs of life
            elif item is Keepalive.PONG:
                self._keepalive.pong(now)
            elif isinstance(item, BadMessage):
                self._callee.refuse(item, item.message, Arrival(flow, None, now))
            elif self.gate.slow_enough(flow, b"", now):
                self._message(item, Arrival(flow, None, now))
        if parser.broken:
            self.events.append(Disconnect(flow))

    def _message(self, message: Request | Response, arrival: Arrival) -> None:
        if isinstance(message, Request):
            self._callee.receive(message, arrival)
            return
        try:
            wanted = self._clients.receive(message, arrival.now)
        except BadMessage:
            wanted = False
        if not wanted:
            self.gate.drop(Reason.UNASKED, arrival.source, b"", arrival.now)

    def _silent(self, flow: Flow, now: float) -> None:
        """Give up a connection whose other end no longer answers our pings."""
        self.events.append(Disconnect(flow))
        self.link_failed(flow, Trouble.LOST, "no answer to keep-alive", now)

    def _tell(self, event: Event) -> None:
        if isinstance(event, Rings):
            self._registration.rung(event.source, event.now)
        self.events.append(event)
