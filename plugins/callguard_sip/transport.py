"""Sockets and connections of one line: bytes in, bytes out, nothing understood.

Everything is bounded: a peer that does not read loses its connection, a datagram that the kernel has no room for is
dropped (SIP repeats it), and nothing waits.
"""

import asyncio
import contextlib
import errno
import socket
import ssl
from typing import NamedTuple, Protocol, cast

from callguard_sip.core.events import Trouble
from callguard_sip.core.flow import Flow, Packet, Transport
from callguard_sip.core.parse import DATAGRAM_LIMIT
from callguard_sip.sockets import enlarge, local_address_towards, udp_socket

CONNECT_WITHIN = 8.0
_BATCH = 64
"Datagrams read at one go before timers and other lines get their turn."
_MOST_FLOWS = 256
_MOST_UNSENT = 64 * 1024
_UNACKNOWLEDGED_MS = 10_000
_MOST_CALLERS = 32
"Connections that trunks may have open to us."
_ANYWHERE = ("0.0.0.0", "::")


class LinkError(Exception):
    """A way to the registrar that could not be opened; the text is for people."""

    def __init__(self, trouble: Trouble, detail: str) -> None:
        super().__init__(detail)
        self.trouble = trouble
        self.detail = detail


class Wiring(NamedTuple):
    """How one line reaches the world."""

    transport: Transport
    host: str
    "Local address; empty: by the route."
    port: int
    "Local port; 0: a free one."
    tls_ca: str = ""
    "PEM file; empty: the system's authorities."
    tls_name: str = ""
    "Name that the registrar's certificate must bear."
    towards: str = ""
    "An address of a trunk, by which ours is chosen where we listen on all."


class Hearer(Protocol):
    """Who learns what comes in."""

    def received(self, data: bytes, flow: Flow) -> None:
        """Take a datagram, or some bytes of a stream."""

    def caught_up(self) -> None:
        """Everything that was there has been handed over."""

    def accepts(self, flow: Flow) -> bool:
        """Tell whether a connection that somebody opens to us is welcome."""

    def lost(self, flow: Flow, detail: str) -> None:
        """Learn that a connection is closed."""


class Datagrams:
    """One UDP socket, read in batches."""

    def __init__(self, sock: socket.socket, hearer: Hearer) -> None:
        self.address: tuple[str, int] = sock.getsockname()[:2]
        self._socket = sock
        self._hearer = hearer
        self._flows: dict[tuple[str, int], Flow] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._readable)

    def send(self, packet: Packet) -> None:
        """Send a datagram if the kernel takes it."""
        with contextlib.suppress(OSError):
            self._socket.sendto(packet.data, (packet.to.host, packet.to.port))

    def close(self) -> None:
        """Hear and say nothing more."""
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _readable(self) -> None:
        receive, hearer = self._socket.recvfrom, self._hearer
        for _ in range(_BATCH):
            try:
                data, address = receive(DATAGRAM_LIMIT + 1)
            except OSError:
                break
            hearer.received(data, self._flows.get(address) or self._flow(address))
        hearer.caught_up()

    def _flow(self, address: tuple[str, int]) -> Flow:
        """Remember a sender, so that a thousand messages of one peer share one address in memory."""
        if len(self._flows) >= _MOST_FLOWS:
            self._flows.clear()
        flow = self._flows[address] = Flow(Transport.UDP, address[0], address[1])
        return flow


class Connection(asyncio.Protocol):
    """One TCP or TLS connection."""

    def __init__(self, hearer: Hearer, flow: Flow | None = None) -> None:
        self.flow = flow
        self._hearer = hearer
        self._transport: asyncio.Transport | None = None
        self._let_go = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Prepare the socket: a peer that acknowledges nothing for ten seconds is gone."""
        self._transport = cast(asyncio.Transport, transport)
        sock = transport.get_extra_info("socket")
        with contextlib.suppress(OSError, AttributeError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)

    def data_received(self, data: bytes) -> None:
        """Hand over what came."""
        if self.flow is not None and not self._let_go:
            self._hearer.received(data, self.flow)
            self._hearer.caught_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that it is over, unless that was our own wish."""
        if self.flow is not None and not self._let_go:
            self._let_go = True
            self._hearer.lost(self.flow, str(exc) if exc else "the other side closed the connection")

    def send(self, data: bytes) -> None:
        """Send; a peer that leaves too much unread loses the connection."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(data)
        if transport.get_write_buffer_size() > _MOST_UNSENT:
            transport.abort()

    def close(self) -> None:
        """Close without telling anybody; what is still unsent may go out."""
        self._let_go = True
        if self._transport is not None:
            self._transport.close()

    @property
    def address(self) -> tuple[str, int]:
        """Our end."""
        name = self._transport.get_extra_info("sockname") if self._transport is not None else ("", 0)
        return str(name[0]), int(name[1])


class _Caller(Connection):
    """A connection that a trunk opened to us."""

    def __init__(self, hearer: Hearer, callers: dict[Flow, Connection]) -> None:
        super().__init__(hearer)
        self._callers = callers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it in if it is welcome and there is room."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername") or ("", 0)
        flow = Flow(Transport.TCP, str(peer[0]), int(peer[1]))
        if len(self._callers) >= _MOST_CALLERS or not self._hearer.accepts(flow):
            cast(asyncio.Transport, transport).abort()
            return
        self.flow = flow
        self._callers[flow] = self

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room."""
        if self.flow is not None:
            self._callers.pop(self.flow, None)
        super().connection_lost(exc)


class Wires:
    """All ways in and out of one line."""

    def __init__(self, hearer: Hearer, wiring: Wiring) -> None:
        self._hearer = hearer
        self._wiring = wiring
        self._datagrams: Datagrams | None = None
        self._link: Connection | None = None
        self._callers: dict[Flow, Connection] = {}
        self._server: asyncio.Server | None = None

    async def open(self, target: Flow) -> tuple[str, int]:
        """Open the way to *target*, closing any other, and return our address and port; LinkError if that fails."""
        if target.transport is Transport.UDP:
            return self._open_datagrams(target)
        if self._link is not None:
            self._link.close()
            self._link = None
        self._link = await self._connect(target)
        return self._link.address

    async def listen(self) -> tuple[str, int]:
        """Hear the calls of a trunk, and return our address and port; LinkError if that fails."""
        host = self._wiring.host or ("::" if ":" in self._wiring.towards else "0.0.0.0")
        if self._wiring.transport is Transport.UDP:
            self._rebind((host, self._wiring.port))
        else:
            await self._serve(host)
        port = self._bound_port()
        if host in _ANYWHERE and self._wiring.towards:
            host = _local_address_towards(self._wiring.towards)
        return host, port

    def send(self, packet: Packet) -> None:
        """Send on the way the packet names; without it, or without room, the packet is lost."""
        if packet.to.transport is Transport.UDP:
            if self._datagrams is not None:
                self._datagrams.send(packet)
        elif self._link is not None and self._link.flow == packet.to:
            self._link.send(packet.data)
        elif (caller := self._callers.get(packet.to)) is not None:
            caller.send(packet.data)

    def drop(self, flow: Flow) -> None:
        """Close one connection."""
        if self._link is not None and self._link.flow == flow:
            self._link.close()
            self._link = None
        elif (caller := self._callers.pop(flow, None)) is not None:
            caller.close()

    def close(self) -> None:
        """Close everything."""
        for caller in list(self._callers.values()):
            caller.close()
        if self._server is not None:
            self._server.close()
        if self._link is not None:
            self._link.close()
        if self._datagrams is not None:
            self._datagrams.close()
        self._datagrams = self._link = self._server = None

    def _open_datagrams(self, target: Flow) -> tuple[str, int]:
        here = _local_address_towards(target.host)
        host = self._wiring.host or here
        if host in _ANYWHERE:
            host = _ANYWHERE[":" in here]
        if self._datagrams is None or not self._fits(host):
            self._rebind((host, self._wiring.port))
        return (here if host in _ANYWHERE else host), self._bound_port()

    def _fits(self, host: str) -> bool:
        return self._datagrams is not None and self._datagrams.address[0] == host

    def _rebind(self, place: tuple[str, int]) -> None:
        if self._datagrams is not None:
            self._datagrams.close()
            self._datagrams = None
        self._datagrams = Datagrams(_datagram_socket(place), self._hearer)

    def _bound_port(self) -> int:
        if self._datagrams is not None:
            return self._datagrams.address[1]
        return int(self._server.sockets[0].getsockname()[1]) if self._server is not None else 0

    async def _serve(self, host: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: _Caller(self._hearer, self._callers), host, self._wiring.port, backlog=_MOST_CALLERS
            )
        except OSError as error:
            raise _no_socket((host, self._wiring.port), error) from error

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self._wiring.tls_ca or None)
        except OSError as error:
            raise LinkError(Trouble.CERTIFICATE, f"cannot read {self._wiring.tls_ca}: {_reason(error)}") from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    async def _connect(self, target: Flow) -> Connection:
        loop = asyncio.get_running_loop()
        secure = self._tls() if target.transport is Transport.TLS else None
        own = None if self._wiring.host in ("", *_ANYWHERE) else (self._wiring.host, self._wiring.port)
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                _, link = await loop.create_connection(
                    lambda: Connection(self._hearer, target),
                    target.host,
                    target.port,
                    ssl=secure,
                    server_hostname=self._wiring.tls_name if secure else None,
                    local_addr=own,
                )
        except TimeoutError as error:
            raise LinkError(Trouble.SILENT, "no answer to the connection") from error
        except ssl.SSLCertVerificationError as error:
            raise LinkError(Trouble.CERTIFICATE, _tls_reason(error)) from error
        except ssl.SSLError as error:
            raise LinkError(Trouble.REFUSED, f"TLS failed: {_tls_reason(error)}") from error
        except OSError as error:
            raise LinkError(Trouble.REFUSED, _reason(error)) from error
        return link


def _datagram_socket(place: tuple[str, int]) -> socket.socket:
    try:
        sock = udp_socket(*place)
    except OSError as error:
        raise _no_socket(place, error) from error
    enlarge(sock)
    return sock


def _local_address_towards(host: str) -> str:
    try:
        return local_address_towards(host)
    except OSError as error:
        raise LinkError(Trouble.REFUSED, _reason(error)) from error


def _no_socket(place: tuple[str, int], error: OSError) -> LinkError:
    host, port = place
    if error.errno == errno.EADDRINUSE:
        return LinkError(Trouble.SOCKET, f"port {port} of {host} is taken by another program")
    return LinkError(Trouble.SOCKET, f"cannot listen on {host}, port {port}: {_reason(error)}")


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _tls_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return error.reason or str(error)
