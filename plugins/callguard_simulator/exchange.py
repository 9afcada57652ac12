"""The telephone exchange: the sockets around registrar and calls. Everything SIP is decided elsewhere."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from callguard_simulator.attempt import Attempt, Route
from callguard_simulator.caller import Caller, Ended
from callguard_simulator.registrar import Address, Registrar
from callguard_simulator.wire import Message, WireError, parse, user_of

_RTP_HEADER = 12
_RTP_VERSION = 2


class Clock(Protocol):
    """Where the exchange reads the time."""

    def monotonic(self) -> float:
        """Return seconds that never jump."""


class NobodyThereError(ValueError):
    """A call to a line that is not registered."""


class _Ear(asyncio.DatagramProtocol):
    """Counts the RTP packets that reach the caller (RFC 3550 §5.1)."""

    def __init__(self) -> None:
        self.packets = 0

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Count one packet."""
        self.packets += len(data) >= _RTP_HEADER and data[0] >> 6 == _RTP_VERSION


class _Ringing:
    """A call in progress: the attempt, its timer, and who waits for its end."""

    def __init__(self, attempt: Attempt, line: Address) -> None:
        self.attempt = attempt
        self.line = line
        self.ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self.timer: asyncio.TimerHandle | None = None


class Exchange(asyncio.DatagramProtocol):
    """One UDP socket that the line registers at and is called from."""

    def __init__(
        self, registrar: Registrar, clock: Clock, token: Callable[[], str], log: logging.Logger, user: str
    ) -> None:
        self._registrar = registrar
        self._clock = clock
        self._token = token
        self._log = log
        self._user = user
        self._calls: dict[str, _Ringing] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._someone_came = asyncio.Event()

    async def open(self, host: str, port: int) -> None:
        """Take the port; an OSError says in words what stands in the way."""
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        except OSError as error:
            raise OSError(
                f"the simulator cannot listen on {host} port {port} ({error.strerror or error}): is another "
                "CallGuard running? Set `listen` in the simulator's section to a free port"
            ) from error
        self._transport = transport

    def close(self) -> None:
        """Hang up all calls and give the port back."""
        for call in list(self._calls.values()):
            call.attempt.hang_up(self._clock.monotonic())
            self._send_all(call)
            self._forget(call)
            if not call.ended.done():
                call.ended.set_exception(NobodyThereError("the simulator was closed during the call"))
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    @property
    def address(self) -> Address:
        """Where the exchange listens; its port is a free one if port 0 was asked for."""
        if self._transport is None:
            raise NobodyThereError("the simulator is not running yet")
        name = self._transport.get_extra_info("sockname")
        return name[0], name[1]

    async def wait_for_line(self) -> None:
        """Wait until the line is registered."""
        while self._registrar.binding(self._clock.monotonic()) is None:
            self._someone_came.clear()
            await self._someone_came.wait()

    async def ring(self, caller: Caller, mark: str = "") -> Ended:
        """Let *caller* call the line and return what the caller experienced; NobodyThereError if it is not there.

        *mark* is sent along in User-Agent.
        """
        host, port = self.address
        now = self._clock.monotonic()
        binding = self._registrar.binding(now)
        if binding is None:
            raise NobodyThereError(
                f"no line is registered as {self._user} at {host}:{port}: look at `callguard status`"
            )
        loop = asyncio.get_running_loop()
        ear_transport, ear = await loop.create_datagram_endpoint(_Ear, local_addr=(host, 0))
        try:
            rtp_port = ear_transport.get_extra_info("sockname")[1]
            called = user_of(binding.contact) or self._user
            route = Route(target=binding.contact, host=host, port=port, rtp_port=rtp_port, called=called, mark=mark)
            attempt = Attempt(caller, route, self._token, now)
            ended = await self._see_through(attempt, binding.source)
        finally:
            ear_transport.close()
        return replace(ended, rtp_packets=ear.packets)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Nothing to do: `open` keeps the transport."""

    def error_received(self, exc: Exception) -> None:
        """Note that the line's port is closed; its retransmissions or the caller's patience decide."""
        self._log.debug("simulator: %s", exc)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Hand a message to the call it belongs to, or to the registrar."""
        try:
            message = parse(data)
        except WireError as error:
            if data.strip():
                self._log.debug("simulator: dropped %d bytes: %s", len(data), error)
            return
        call = self._calls.get(message.first("Call-ID"))
        if call is not None:
            call.attempt.receive(message, self._clock.monotonic())
            self._step(call)
        elif message.method not in ("", "ACK"):
            self._answer(message, addr)

    async def _see_through(self, attempt: Attempt, line: Address) -> Ended:
        call = _Ringing(attempt, line)
        self._calls[attempt.call_id] = call
        self._step(call)
        try:
            return await call.ended
        except asyncio.CancelledError:
            attempt.hang_up(self._clock.monotonic())
            self._step(call)
            raise

    def _step(self, call: _Ringing) -> None:
        self._send_all(call)
        if call.timer is not None:
            call.timer.cancel()
            call.timer = None
        ended = call.attempt.ended
        if ended is not None and not call.ended.done():
            call.ended.set_result(ended)
        at = call.attempt.next_timer()
        if self._transport is None or call.attempt.forgotten or at is None:
            self._forget(call)
            return
        wait = max(0.0, at - self._clock.monotonic())
        call.timer = asyncio.get_running_loop().call_later(wait, self._on_timer, call)

    def _on_timer(self, call: _Ringing) -> None:
        call.attempt.on_timer(self._clock.monotonic())
        self._step(call)

    def _send_all(self, call: _Ringing) -> None:
        for message in call.attempt.to_send():
            self._send(message, call.line)

    def _forget(self, call: _Ringing) -> None:
        if call.timer is not None:
            call.timer.cancel()
        self._calls.pop(call.attempt.call_id, None)

    def _answer(self, message: Message, addr: Address) -> None:
        now = self._clock.monotonic()
        self._send(self._registrar.answer(message, addr, now), addr)
        if self._registrar.binding(now) is not None:
            self._someone_came.set()

    def _send(self, message: Message, to: Address) -> None:
        if self._transport is not None:
            with suppress(OSError):
                self._transport.sendto(message.to_bytes(), to)


def parse_address(text: str) -> Address:
    """Return `127.0.0.1:5099` or `[::1]:5099` as host and port; ValueError if it is none."""
    host, colon, port = text.strip().rpartition(":")
    if not colon or not (port.isascii() and port.isdecimal() and len(port) < 6 and int(port) < 65536):
        raise ValueError(f"{text!r} is no address with a port, such as 127.0.0.1:5099")
    return host.removeprefix("[").removesuffix("]"), int(port)
