"""A network of one's own: for programs that listen on every address of the computer, whoever runs it."""

import ctypes
import os
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.real.peers.process import Running, Stage, missing, require, wait_until

T = TypeVar("T")
_CLONE_NEWNET = 0x40000000


@dataclass(frozen=True, slots=True)
class Namespace:
    """A network namespace that has nothing but loopback."""

    holder: Running

    def command(self, argv: Sequence[str]) -> list[str]:
        """Return *argv* so that it runs in here; its pid is that of the program itself."""
        return [require("nsenter", "util-linux"), f"--net=/proc/{self.holder.pid}/ns/net", *argv]

    def udp_socket(self, port: int = 0) -> socket.socket:
        """Return a UDP socket on loopback in here; it stays in here whoever uses it."""
        return self._inside(lambda: _bound(port))

    def _inside(self, make: Callable[[], T]) -> T:
        made: list[T] = []
        failed: list[OSError] = []

        def enter() -> None:
            # A thread may stand in another network than its process; this one ends at once.
            try:
                with open(f"/proc/{self.holder.pid}/ns/net", "rb") as there:
                    libc = ctypes.CDLL(None, use_errno=True)
                    if libc.setns(there.fileno(), _CLONE_NEWNET):
                        raise OSError(ctypes.get_errno(), "setns")
                made.append(make())
            except OSError as error:
                failed.append(error)

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        if failed:
            raise failed[0]
        return made[0]


def start(stage: Stage) -> Namespace:
    """Start a namespace; the test is skipped where that is not allowed."""
    if os.geteuid() != 0:
        missing("a network namespace needs root")
    unshare, _ = require("unshare", "util-linux"), require("ip", "iproute2")
    ready = stage.subfolder("network") / "ready"
    holder = stage.start(
        "network", [unshare, "-n", "sh", "-c", f"ip link set lo up && touch '{ready}' && exec sleep 3600"]
    )
    wait_until(lambda: ready.exists() or not holder.alive(), 5, "a network of its own")
    if not Path(ready).exists():
        missing(f"no network namespace can be made here: {holder.said()}")
    return Namespace(holder)


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("127.0.0.1", port))
    return bound
