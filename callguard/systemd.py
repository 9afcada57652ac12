"""Tells systemd how the daemon is (sd_notify(3)); a datagram to a socket, nothing more."""

import socket


def notify(address: str, message: str) -> None:
    """Send *message*, such as ``READY=1``, to the NOTIFY_SOCKET *address*; empty address: nobody listens.

    Raises OSError if systemd cannot be reached.
    """
    if not address:
        return
    target = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.connect(target)
        sock.sendall(message.encode())


def watchdog_interval(environment_usec: str) -> float | None:
    """Return how often to feed the watchdog, in seconds: a third of WATCHDOG_USEC, or None if there is none."""
    return int(environment_usec) / 3e6 if environment_usec.isdecimal() and int(environment_usec) else None
