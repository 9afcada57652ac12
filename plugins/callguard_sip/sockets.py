"""UDP sockets, and which of our addresses leads where."""

import contextlib
import socket

_BUFFER = 4 << 20
_ANY_PORT = 9


def udp_socket(host: str, port: int) -> socket.socket:
    """Return a UDP socket that waits for nothing; OSError if the address is not ours or the port is taken."""
    sock = socket.socket(_family(host), socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def enlarge(sock: socket.socket) -> None:
    """Ask for room for some thousand messages; only root may go beyond the system's limit."""
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        sock.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
    forced = getattr(socket, "SO_RCVBUFFORCE", 33)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, forced, _BUFFER)


def local_address_towards(host: str) -> str:
    """Return the address from which packets to *host* leave, as the routing table has it; nothing is sent."""
    with socket.socket(_family(host), socket.SOCK_DGRAM) as probe:
        probe.connect((host, _ANY_PORT))
        return str(probe.getsockname()[0])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
