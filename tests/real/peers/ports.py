"""Free ports, several in a row where a peer wants neighbours."""

import random
import socket
from contextlib import ExitStack

# Below the range from which the kernel takes ephemeral ports, so that nobody gets them by chance.
_LOW, _HIGH = 10_000, 32_000
_given: set[int] = set()


def free_ports(count: int = 1) -> int:
    """Return the first of *count* ports in a row that are free for UDP and TCP on both loopbacks."""
    for _ in range(200):
        first = random.randrange(_LOW, _HIGH - count, 2)
        row = range(first, first + count)
        if _given.isdisjoint(row) and all(_is_free(port) for port in row):
            _given.update(row)
            return first
    raise RuntimeError(f"no {count} free ports in a row")


def _is_free(port: int) -> bool:
    with ExitStack() as stack:
        try:
            for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    stack.enter_context(socket.socket(family, kind)).bind((host, port))
        except OSError:
            return False
    return True
