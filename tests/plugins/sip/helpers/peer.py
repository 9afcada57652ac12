"""A small registrar on loopback: UDP, TCP or TLS, digest, and every misbehaviour a test asks for."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from callguard_sip.core.flow import Transport, host_port
from callguard_sip.core.message import Request, Response
from callguard_sip.core.parse import BadMessage, StreamParser, parse
from tests.plugins.sip.helpers.registry import answer, challenge, is_right
from tests.plugins.sip.helpers.transcript import SDP

Send = Callable[[bytes], None]
WITHIN = 8.0


@dataclass(kw_only=True)
class Peer:
    """What the registrar does and has seen."""

    password: str = "correct horse battery"
    algorithm: str | None = "MD5"
    "None: no password asked."
    min_expires: int = 0
    lose: int = 0
    "So many packets are lost before one is heard."
    silent: bool = False
    pongs: bool = True
    transport: Transport = Transport.UDP
    host: str = "127.0.0.1"
    port: int = 0
    contact: str = ""
    "Where our line is registered; empty if it is not."
    requests: list[Request] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    _send: Send = print
    _nonce: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def address(self) -> str:
        return host_port(self.host, self.port)

    def restart(self) -> None:
        """Forget everything, as a registrar without a database does."""
        self.contact = ""
        self._nonce += 1000

    async def until(self, true: Callable[[], object], within: float = WITHIN) -> None:
        """Wait until something became true because of a message."""
        async with asyncio.timeout(within):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    async def registered(self, within: float = WITHIN) -> None:
        await self.until(lambda: self.contact, within)

    def say(self, data: bytes) -> None:
        """Send to our line, by the way its last message came."""
        self._send(data)

    def hear(self, data: bytes, send: Send) -> None:
        """Take a datagram."""
        if data.strip():
            self.hear_message(parse(data), send)

    def hear_message(self, message: Request | Response | BadMessage, send: Send) -> None:
        if self.lose or self.silent or isinstance(message, BadMessage):
            self.lose = max(self.lose - 1, 0)
            return
        self._send = send
        if isinstance(message, Response):
            self.responses.append(message)
        else:
            self.requests.append(message)
            self._answer(message, send)
        self._changed.set()

    def methods(self) -> list[str]:
        return [request.method for request in self.requests]

    # -- calls ----------------------------------------------------------------------------------------------

    def invite(self, number: int = 1, caller: str = "+13035550100", sdp: str = SDP) -> None:
        self.say(self._request("INVITE", number, caller, sdp))

    def cancel(self, number: int = 1, caller: str = "+13035550100", reason: str = "") -> None:
        self.say(self._request("CANCEL", number, caller, "", extra=[f"Reason: {reason}"] if reason else []))

    def ack(self, response: Response, number: int = 1, caller: str = "+13035550100") -> None:
        again = "" if response.status >= 300 else "-ack"
        self.say(self._request("ACK", number, caller, "", branch=again, tag=response.to.tag or ""))

    async def final(self, number: int = 1) -> Response:
        """Wait for the final response to a call, and acknowledge it."""

        def found() -> list[Response]:
            call = f"call-{number}@"
            return [r for r in self.responses if r.cseq.method == "INVITE" and r.status >= 200 and call in r.call_id]

        await self.until(found)
        response = found()[0]
        self.ack(response, number)
        return response

    def _request(
        self,
        method: str,
        number: int,
        caller: str,
        body: str,
        *,
        branch: str = "",
        tag: str = "",
        extra: Sequence[str] = (),
    ) -> bytes:
        octets = body.replace("\n", "\r\n")
        way = self.transport.upper()
        lines = [
            f"{method} {self.contact} SIP/2.0",
            f"Via: SIP/2.0/{way} {self.address};rport;branch=z9hG4bK-call-{number}{branch}",
            "Max-Forwards: 70",
            f'From: "Somebody" <sip:{caller}@pbx.test>;tag=caller-{number}',
            f"To: <sip:house@pbx.test>{';tag=' + tag if tag else ''}",
            f"Call-ID: call-{number}@pbx.test",
            f"CSeq: 1 {method}",
            f"Contact: <sip:caller@{self.address}>",
            "User-Agent: test",
            *extra,
            "Content-Type: application/sdp",
            f"Content-Length: {len(octets)}",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n" + octets).encode()

    # -- answers --------------------------------------------------------------------------------------------

    def _answer(self, request: Request, send: Send) -> None:
        if request.method == "REGISTER":
            send(answer(request, *self._register(request)))
        elif request.method != "ACK":
            send(answer(request, 200))

    def _register(self, request: Request) -> tuple[int, *tuple[str, ...]]:
        if self.algorithm is not None and not self._knows(request):
            self._nonce += 1
            return 401, challenge(f"nonce-{self._nonce}", self.algorithm)
        wanted = int(request.headers.get("expires") or "0")
        if 0 < wanted < self.min_expires:
            return 423, f"Min-Expires: {self.min_expires}"
        self.contact = request.contacts[0].uri if wanted else ""
        return 200, *([f"Contact: <{self.contact}>;expires={wanted}"] if wanted else [])

    def _knows(self, request: Request) -> bool:
        said = request.headers.get("authorization") or ""
        found = re.search(r'nonce="nonce-(\d+)"', said)
        fresh = found is not None and self._nonce - int(found.group(1)) < 500
        return fresh and is_right(request, self.password, self.algorithm or "MD5")

    # -- sockets --------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def open(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["Peer"]:
        """Be there."""
        opening = self._open_datagrams() if self.transport is Transport.UDP else self._open_streams(tls)
        async with opening:
            yield self

    @asynccontextmanager
    async def _open_datagrams(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), (self.host, self.port))
        self.port = transport.get_extra_info("sockname")[1]
        try:
            yield
        finally:
            transport.close()
            await asyncio.sleep(0)

    @asynccontextmanager
    async def _open_streams(self, tls: ssl.SSLContext | None) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._stream, self.host, self.port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            self.hang_up()
            server.close()
            await asyncio.sleep(0.01)

    def hang_up(self) -> None:
        """Close every connection."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        parser = StreamParser()
        try:
            while data := await reader.read(65_536):
                for item in parser.feed(data):
                    if isinstance(item, Request | Response):
                        self.hear_message(item, writer.write)
                    elif self.pongs and not isinstance(item, BadMessage):
                        writer.write(b"\r\n")
        except OSError:
            pass
        finally:
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._peer.hear(data, lambda octets: self._transport.sendto(octets, addr))
