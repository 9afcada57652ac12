"""The sockets themselves: bounded, honest about what goes wrong, and deaf to the dead."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from callguard_sip.core.events import Trouble
from callguard_sip.core.flow import Flow, Packet, Transport
from callguard_sip.transport import CONNECT_WITHIN, Connection, LinkError, Wires, Wiring
from tests.plugins.sip.helpers.house import until


class Ear:
    """Writes down what comes in."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, Flow]] = []
        self.breaths = 0
        self.losses: list[str] = []
        self.welcome = True

    def received(self, data: bytes, flow: Flow) -> None:
        self.heard.append((data, flow))

    def caught_up(self) -> None:
        self.breaths += 1

    def accepts(self, flow: Flow) -> bool:
        return self.welcome

    def lost(self, flow: Flow, detail: str) -> None:
        self.losses.append(detail)


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
async def wires(ear: Ear) -> AsyncIterator[Wires]:
    wires = Wires(ear, Wiring(Transport.UDP, "", 0))
    yield wires
    wires.close()
    await asyncio.sleep(0)


def udp(sock: socket.socket) -> Flow:
    return Flow(Transport.UDP, *sock.getsockname())


async def test_a_burst_is_read_at_one_go_and_the_sender_is_one_object(ear: Ear, wires: Wires) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        place = await wires.open(udp(peer))
        for number in range(40):
            peer.sendto(b"%d" % number, place)
        await until(lambda: len(ear.heard) == 40)
    assert [data for data, _ in ear.heard] == [b"%d" % number for number in range(40)]
    assert len({id(flow) for _, flow in ear.heard}) == 1
    assert ear.breaths < 10


async def test_the_same_socket_serves_the_next_target_of_the_same_route(wires: Wires) -> None:
    first = await wires.open(Flow(Transport.UDP, "127.0.0.1", 5060))
    assert await wires.open(Flow(Transport.UDP, "127.0.0.2", 5060)) == first


async def test_another_route_gets_another_socket(wires: Wires) -> None:
    host, _ = await wires.open(Flow(Transport.UDP, "127.0.0.1", 5060))
    assert host == "127.0.0.1"
    assert (await wires.open(Flow(Transport.UDP, "::1", 5060)))[0] == "::1"


@pytest.mark.parametrize(("target", "here"), [("127.0.0.1", "127.0.0.1"), ("::1", "::1")])
async def test_a_line_that_listens_everywhere_names_the_address_by_the_route(
    ear: Ear, target: str, here: str
) -> None:
    wires = Wires(ear, Wiring(Transport.UDP, "0.0.0.0", 0))
    assert (await wires.open(Flow(Transport.UDP, target, 5060)))[0] == here
    wires.close()


async def test_a_datagram_that_cannot_be_sent_is_lost_in_silence(wires: Wires) -> None:
    wires.send(Packet(b"x", Flow(Transport.UDP, "127.0.0.1", 9)))
    await wires.open(Flow(Transport.UDP, "127.0.0.1", 5060))
    wires.send(Packet(b"x", Flow(Transport.UDP, "::1", 9)))
    wires.send(Packet(b"x" * 100_000, Flow(Transport.UDP, "127.0.0.1", 9)))
    wires.send(Packet(b"x", Flow(Transport.TCP, "127.0.0.1", 9)))


async def test_nobody_there_is_told_from_silence(wires: Wires) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind(("127.0.0.1", 0))
        with pytest.raises(LinkError) as refused:
            await wires.open(Flow(Transport.TCP, *sock.getsockname()))
    assert refused.value.trouble is Trouble.REFUSED


async def test_a_connection_that_takes_too_long_is_given_up(wires: Wires, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callguard_sip.transport.CONNECT_WITHIN", 0.05)
    assert CONNECT_WITHIN < 10
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        with pytest.raises(LinkError) as silent:
            await wires.open(Flow(Transport.TCP, *full.getsockname()))
        for sock in waiting:
            sock.close()
    assert silent.value.trouble is Trouble.SILENT


async def test_an_unreachable_network_is_said(wires: Wires, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_route(host: str) -> str:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("callguard_sip.transport.local_address_towards", no_route)
    with pytest.raises(LinkError, match="Network is unreachable"):
        await wires.open(Flow(Transport.UDP, "192.0.2.1", 5060))


async def test_a_peer_that_does_not_read_loses_its_connection(ear: Ear) -> None:
    wires = Wires(ear, Wiring(Transport.TCP, "", 0))
    stuck: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: stuck.append(writer), "127.0.0.1", 0, limit=1024)
    target = Flow(Transport.TCP, *server.sockets[0].getsockname())
    await wires.open(target)
    for _ in range(400):
        wires.send(Packet(b"x" * 64_000, target))
    await until(lambda: ear.losses)
    for writer in stuck:
        writer.transport.abort()
    server.close()
    wires.close()
    await asyncio.sleep(0.01)


async def test_only_so_many_may_be_connected_to_a_trunk_at_once(ear: Ear) -> None:
    wires = Wires(ear, Wiring(Transport.TCP, "127.0.0.1", 0))
    place = await wires.listen()
    opened = [await asyncio.open_connection(*place) for _ in range(33)]
    assert await opened[-1][0].read() == b""
    await until(lambda: len(wires._callers) == 32)
    opened[0][1].write(b"hello")
    await until(lambda: ear.heard)
    for _, writer in opened:
        writer.close()
    await until(lambda: not wires._callers)
    wires.close()
    await asyncio.sleep(0.01)


def test_a_connection_that_was_never_made_takes_and_says_nothing(ear: Ear) -> None:
    connection = Connection(ear)
    connection.send(b"x")
    connection.data_received(b"x")
    connection.connection_lost(None)
    connection.close()
    assert connection.address == ("", 0)
    assert (ear.heard, ear.losses) == ([], [])
