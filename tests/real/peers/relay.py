"""A UDP relay before the registrar that loses chosen packets on the way."""

import selectors
import threading
from collections.abc import Callable
from typing import Self

from tests.real.peers.wire import Address, udp_socket

Loses = Callable[[int, bytes], bool]
"""Tells, by its number (from 0) and bytes, whether a packet towards the registrar is lost."""


class Relay:
    """Stands for the registrar: packets from the guard go to the registrar, answers come back."""

    def __init__(self, registrar: Address, loses: Loses) -> None:
        self.lost: list[bytes] = []
        self._loses = loses
        self._registrar = registrar
        self._guard: Address | None = None
        self._near = udp_socket("127.0.0.1")
        self._far = udp_socket("127.0.0.1")
        self._open = True
        self._count = 0
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    @property
    def address(self) -> Address:
        name: Address = self._near.getsockname()
        return name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._open = False
        self._thread.join()
        self._near.close()
        self._far.close()

    def _carry(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._near, selectors.EVENT_READ, self._outward)
            selector.register(self._far, selectors.EVENT_READ, self._inward)
            while self._open:
                for key, _ in selector.select(0.05):
                    key.data()

    def _outward(self) -> None:
        data, self._guard = self._near.recvfrom(65536)
        if self._loses(self._count, data):
            self.lost.append(data)
        else:
            self._far.sendto(data, self._registrar)
        self._count += 1

    def _inward(self) -> None:
        data, _ = self._far.recvfrom(65536)
        if self._guard is not None:
            self._near.sendto(data, self._guard)
