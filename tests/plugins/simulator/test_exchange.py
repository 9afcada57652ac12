"""The exchange on real sockets, with a telephone that is not CallGuard."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from callguard.testing import FakeClock, FakeRandomness
from callguard_simulator.caller import Caller
from callguard_simulator.digest import Doorman
from callguard_simulator.exchange import Exchange, NobodyThereError, parse_address
from callguard_simulator.registrar import Registrar
from callguard_simulator.wire import response

PhoneAt = Callable[[tuple[str, int]], AbstractAsyncContextManager[Any]]
MAY = Caller(number="+13035550110", name="May")


class RunningClock(FakeClock):
    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


@asynccontextmanager
async def an_exchange(host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Exchange]:
    token = FakeRandomness().token
    doorman = Doorman(host, "callguard", "simulator", token)
    registrar = Registrar("callguard", doorman, token)
    exchange = Exchange(registrar, RunningClock(), token, logging.getLogger("test"), "callguard")
    await exchange.open(host, port)
    try:
        yield exchange
    finally:
        exchange.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_registered_line_is_rung_and_its_answer_is_told(phone_at: PhoneAt, host: str) -> None:
    async with an_exchange(host) as exchange, phone_at(exchange.address) as phone:
        assert (await phone.register()).status == 200
        await exchange.wait_for_line()
        ended = await exchange.ring(MAY)
        await phone.hear_method("ACK")
    assert (ended.code, ended.answered) == (480, False)


async def test_the_wrong_password_leaves_nobody_there(phone_at: PhoneAt) -> None:
    async with an_exchange() as exchange, phone_at(exchange.address) as phone:
        assert (await phone.register("wrong")).status == 403
        with pytest.raises(NobodyThereError, match=r"no line is registered as callguard at 127\.0\.0\.1"):
            await exchange.ring(MAY)


async def test_a_line_that_took_itself_off_is_not_there(phone_at: PhoneAt) -> None:
    async with an_exchange() as exchange, phone_at(exchange.address) as phone:
        await phone.register()
        await phone.register(expires=0)
        with pytest.raises(NobodyThereError):
            await exchange.ring(MAY)


async def test_an_answered_caller_counts_the_sound_it_hears(phone_at: PhoneAt) -> None:
    async with an_exchange() as exchange, phone_at(exchange.address) as phone:
        await phone.register()
        phone.answers = lambda invite: [
            response(invite, 180, "Ringing", tag="phone"),
            response(invite, 200, "OK", [("Contact", f"<{phone.contact}>")], tag="phone"),
        ]

        async def talk() -> None:
            await phone.hear_method("ACK")
            invite = await phone.hear_method("INVITE")
            port = int(invite.body.split(b"m=audio ")[1].split()[0])
            for packet in (b"\x80\x00" + bytes(170),) * 3 + (b"short", b"\x00" * 172):
                phone.transport.sendto(packet, ("127.0.0.1", port))
            await asyncio.sleep(0.05)
            phone.say_goodbye(invite)

        async with asyncio.TaskGroup() as group:
            group.create_task(talk())
            ended = await exchange.ring(MAY)
    assert (ended.code, ended.answered, ended.rang, ended.rtp_packets) == (200, True, True, 3)


async def test_a_caller_whose_ring_is_called_off_cancels(phone_at: PhoneAt) -> None:
    async with an_exchange() as exchange, phone_at(exchange.address) as phone:
        await phone.register()
        phone.answers = lambda invite: [response(invite, 180, "Ringing", tag="phone")]
        async with asyncio.TaskGroup() as group:
            ringing = group.create_task(exchange.ring(MAY))
            await phone.hear_method("INVITE")
            await asyncio.sleep(0.05)
            ringing.cancel()
            await phone.hear_method("CANCEL")
    assert ringing.cancelled()


async def test_a_closing_exchange_hangs_up_and_says_so(phone_at: PhoneAt) -> None:
    async with an_exchange() as exchange, phone_at(exchange.address) as phone:
        await phone.register()
        phone.answers = lambda invite: [response(invite, 180, "Ringing", tag="phone")]

        async def ring() -> None:
            with pytest.raises(NobodyThereError, match="closed during the call"):
                await exchange.ring(MAY)

        async with asyncio.TaskGroup() as group:
            group.create_task(ring())
            await phone.hear_method("INVITE")
            await asyncio.sleep(0.05)
            exchange.close()
            await phone.hear_method("CANCEL")


async def test_several_callers_ring_at_once(phone_at: PhoneAt) -> None:
    async with an_exchange() as exchange, phone_at(exchange.address) as phone:
        await phone.register()
        ends = await asyncio.gather(*(exchange.ring(Caller(number=f"+130355501{n:02}")) for n in range(20)))
    assert [end.code for end in ends] == [480] * 20


async def test_rubbish_and_other_requests_do_no_harm(phone_at: PhoneAt) -> None:
    async with an_exchange() as exchange, phone_at(exchange.address) as phone:
        for rubbish in (b"", b"\r\n\r\n", b"\xff" * 50, b"SIP/2.0 200 OK\r\n\r\n", b"ACK sip:x SIP/2.0\r\n\r\n"):
            phone.transport.sendto(rubbish, exchange.address)
        assert (await phone.register()).status == 200


async def test_a_port_that_is_taken_is_refused_in_words() -> None:
    async with an_exchange() as first:
        with pytest.raises(OSError, match=r"cannot listen on 127\.0\.0\.1 port \d+ .* is another CallGuard running"):
            async with an_exchange(port=first.address[1]):
                pass


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:5099", ("127.0.0.1", 5099)), ("[::1]:0", ("::1", 0)), (" h:65535 ", ("h", 65535))],
)
def test_an_address_is_host_and_port(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "127.0.0.1", "h:", "h:x", "h:65536", "h:-1", "h:123456", "5099"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        parse_address(text)
