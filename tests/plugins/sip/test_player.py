"""RTP on loopback: paced, symmetric, bounded."""

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest

from callguard_sip.core.rtp import Start, packets
from callguard_sip.player import Player
from tests.plugins.sip.helpers.house import until

START = Start(ssrc=1, sequence=1, timestamp=1)


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        yield sock


def place(ear: socket.socket) -> tuple[str, int]:
    host, port = ear.getsockname()
    return host, port


def sound(frames: int) -> Iterator[bytes]:
    return packets(bytes(160 * frames), "PCMA", 8, START)


async def test_a_packet_leaves_every_20_ms(ear: socket.socket) -> None:
    player = Player("127.0.0.1")
    over: list[float] = []
    player.aim(*place(ear), frozenset())
    begun = time.monotonic()
    player.play(sound(10), lambda: over.append(time.monotonic() - begun))
    await until(lambda: over)
    player.close()
    assert 0.19 <= over[0] < 1
    assert [ear.recv(400)[3] for _ in range(10)] == list(range(1, 11))


@pytest.mark.parametrize("believed", [True, False], ids=["at the peer", "elsewhere"])
async def test_audio_follows_the_peer_through_its_nat(ear: socket.socket, believed: bool) -> None:
    player = Player("127.0.0.1")
    player.aim("127.0.0.1" if believed else "127.0.0.7", 9, also=frozenset())
    ear.sendto(b"\x80\x08" + bytes(170), ("127.0.0.1", player.port))
    await asyncio.sleep(0.02)
    over: list[bool] = []
    player.play(sound(2), lambda: over.append(True))
    await until(lambda: over)
    player.close()
    if believed:
        assert len(ear.recv(400)) == 172
    else:
        with pytest.raises(BlockingIOError):
            ear.recv(400)


async def test_a_caller_on_hold_is_not_sent_anything_and_the_time_runs_all_the_same(ear: socket.socket) -> None:
    player = Player("127.0.0.1")
    player.aim("", 0, also=frozenset())
    over: list[bool] = []
    player.play(sound(3), lambda: over.append(True))
    assert player.playing
    await until(lambda: over)
    assert not player.playing
    player.close()


async def test_a_closed_player_is_silent_at_once(ear: socket.socket) -> None:
    player = Player("127.0.0.1")
    player.aim(*place(ear), frozenset())
    over: list[bool] = []
    player.play(sound(50), lambda: over.append(True))
    player.close()
    await asyncio.sleep(0.06)
    assert len(ear.recv(400)) == 172
    with pytest.raises(BlockingIOError):
        ear.recv(400)
    assert over == []


async def test_an_address_that_cannot_be_reached_stops_nothing() -> None:
    player = Player("127.0.0.1")
    player.aim("::1", 9, also=frozenset())
    over: list[bool] = []
    player.play(sound(2), lambda: over.append(True))
    await until(lambda: over)
    player.close()


async def test_an_address_that_is_not_ours_is_an_error() -> None:
    with pytest.raises(OSError, match="assign"):
        Player("192.0.2.1")
