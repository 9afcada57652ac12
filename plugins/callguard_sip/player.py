"""Plays one announcement to one caller over RTP."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

from callguard_sip.core.rtp import FRAME_SECONDS, looks_like_rtp
from callguard_sip.sockets import udp_socket

_MOST_AT_ONCE = 5
"Packets sent in one go after a delay; what is later than that is late for the ear anyway."
_LARGEST = 2048


class Player:
    """One RTP socket: sends paced packets, and learns from what comes in where the caller really is."""

    def __init__(self, host: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = udp_socket(host, 0)
        self._loop.add_reader(self._socket.fileno(), self._hear)
        self._packets: Iterator[bytes] = iter(())
        self._to: tuple[str, int] | None = None
        self._believed: frozenset[str] = frozenset()
        self._done: Callable[[], None] | None = None
        self._next_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def port(self) -> int:
        """Where the caller's audio may come."""
        return int(self._socket.getsockname()[1])

    @property
    def playing(self) -> bool:
        """Whether an announcement is being played."""
        return self._done is not None

    def aim(self, host: str, port: int, also: frozenset[str]) -> None:
        """Send to *host* and *port*, or to wherever audio comes from at that host or one of *also* (NAT)."""
        self._to = (host, port) if host else None
        self._believed = also | {host}

    def play(self, packets: Iterator[bytes], done: Callable[[], None]) -> None:
        """Send *packets*, one every 20 ms, then call *done*."""
        self._packets, self._done = packets, done
        self._next_at = self._loop.time()
        self._tick()

    def close(self) -> None:
        """Fall silent."""
        if self._timer is not None:
            self._timer.cancel()
        self._done = None
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _tick(self) -> None:
        now = self._loop.time()
        self._next_at = max(self._next_at, now - _MOST_AT_ONCE * FRAME_SECONDS)
        while self._next_at <= now:
            packet = next(self._packets, None)
            if packet is None:
                self._finish()
                return
            if self._to is not None:
                with contextlib.suppress(OSError):
                    self._socket.sendto(packet, self._to)
            self._next_at += FRAME_SECONDS
        self._timer = self._loop.call_at(self._next_at, self._tick)

    def _finish(self) -> None:
        done, self._done = self._done, None
        if done is not None:
            done()

    def _hear(self) -> None:
        for _ in range(_MOST_AT_ONCE):
            try:
                data, address = self._socket.recvfrom(_LARGEST)
            except OSError:
                return
            if address[0] in self._believed and looks_like_rtp(data):
                self._to = (address[0], address[1])
