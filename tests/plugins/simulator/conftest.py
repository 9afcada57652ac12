"""A telephone that registers at the simulator and does with a call what the test says."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from hashlib import sha256

import pytest

from callguard_simulator.digest import fields
from callguard_simulator.registrar import Address
from callguard_simulator.wire import Header, Message, parse, request, response, uri_of

Answers = Callable[[Message], Sequence[Message]]
PhoneAt = Callable[[Address], AbstractAsyncContextManager["Phone"]]
USER, PASSWORD = "callguard", "simulator"


class Phone(asyncio.DatagramProtocol):
    """A SIP telephone of the simplest kind."""

    def __init__(self, exchange: Address) -> None:
        self.heard: list[Message] = []
        self.answers: Answers = lambda invite: [response(invite, 480, "Temporarily Unavailable", tag="phone")]
        self._exchange = exchange
        self._arrived = asyncio.Event()
        self._transport: asyncio.DatagramTransport | None = None
        self._sent = 0

    @property
    def transport(self) -> asyncio.DatagramTransport:
        assert self._transport is not None
        return self._transport

    @property
    def contact(self) -> str:
        host, port = self.transport.get_extra_info("sockname")[:2]
        return f"sip:phone@[{host}]:{port}" if ":" in host else f"sip:phone@{host}:{port}"

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        message = parse(data)
        self.heard.append(message)
        self._arrived.set()
        if message.method == "INVITE":
            for answer in self.answers(message):
                self.send(answer)
        elif message.method in ("CANCEL", "BYE"):
            self.send(response(message, 200, "OK"))
            if message.method == "CANCEL":
                invite = next(m for m in self.heard if m.method == "INVITE")
                self.send(response(invite, 487, "Request Terminated", tag="phone"))

    def send(self, message: Message) -> None:
        self.transport.sendto(message.to_bytes(), self._exchange)

    async def hear(self, wanted: Callable[[Message], bool]) -> Message:
        while True:
            for message in self.heard:
                if wanted(message):
                    return message
            self._arrived.clear()
            await self._arrived.wait()

    async def hear_method(self, method: str) -> Message:
        return await self.hear(lambda m: m.method == method)

    async def register(self, password: str = PASSWORD, expires: int = 60) -> Message:
        challenge = await self._register(expires)
        return await self._register(expires, self._authorization(challenge.first("WWW-Authenticate"), password))

    def say_goodbye(self, invite: Message) -> None:
        dialog = [
            ("Via", f"SIP/2.0/UDP h;branch=z9hG4bK{self._next()}"),
            ("From", f"{invite.first('To')};tag=phone"),
            ("To", invite.first("From")),
            ("Call-ID", invite.first("Call-ID")),
            ("CSeq", "1 BYE"),
        ]
        self.send(request("BYE", uri_of(invite.first("Contact")), dialog))

    async def _register(self, expires: int, *extra: Header) -> Message:
        number = self._next()
        address = f"<sip:{USER}@simulator>"
        self.send(
            request(
                "REGISTER",
                "sip:simulator",
                [
                    ("Via", f"SIP/2.0/UDP h;branch=z9hG4bK{number}"),
                    ("From", f"{address};tag=p"),
                    ("To", address),
                    ("Call-ID", "registration"),
                    ("CSeq", f"{number} REGISTER"),
                    ("Contact", f"<{self.contact}>;expires={expires}"),
                    *extra,
                ],
            )
        )
        return await self.hear(lambda m: m.first("CSeq") == f"{number} REGISTER")

    def _authorization(self, challenge: str, password: str) -> Header:
        asked = fields(challenge)
        ha1 = sha256(f"{USER}:{asked['realm']}:{password}".encode()).hexdigest()
        ha2 = sha256(b"REGISTER:sip:simulator").hexdigest()
        proof = sha256(f"{ha1}:{asked['nonce']}:00000001:c:auth:{ha2}".encode()).hexdigest()
        return (
            "Authorization",
            f'Digest username="{USER}", realm="{asked["realm"]}", nonce="{asked["nonce"]}", uri="sip:simulator", '
            f'algorithm=SHA-256, response="{proof}", qop=auth, cnonce="c", nc=00000001',
        )

    def _next(self) -> int:
        self._sent += 1
        return self._sent


@pytest.fixture
def phone_at() -> PhoneAt:
    """Return `async with phone_at(address) as phone`: a telephone on the same loopback as the exchange."""

    @asynccontextmanager
    async def plugged_in(exchange: Address) -> AsyncIterator[Phone]:
        loop = asyncio.get_running_loop()
        phone = Phone(exchange)
        transport, _ = await loop.create_datagram_endpoint(lambda: phone, local_addr=(exchange[0], 0))
        try:
            yield phone
        finally:
            transport.close()

    return plugged_in
