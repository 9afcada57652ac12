"""Where a message came from, and where the answer goes."""

from enum import StrEnum
from typing import NamedTuple


class Transport(StrEnum):
    """How messages travel (RFC 3261 §18)."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"

    @property
    def reliable(self) -> bool:
        """Whether the transport itself repeats what gets lost."""
        return self is not Transport.UDP

    @property
    def default_port(self) -> int:
        """The port used where none is written."""
        return 5061 if self is Transport.TLS else 5060


class Flow(NamedTuple):
    """One peer, as seen from our socket or connection."""

    transport: Transport
    host: str
    "Numeric address, IPv6 without brackets."
    port: int


class Packet(NamedTuple):
    """Bytes that want to be sent."""

    data: bytes
    to: Flow


def in_uri(host: str) -> str:
    """Return *host* as it is written in a URI or Via: IPv6 in brackets (RFC 3261 §25.1), no zone."""
    return f"[{host.partition('%')[0]}]" if ":" in host else host


def host_port(host: str, port: int) -> str:
    """Return ``host:port`` with the brackets IPv6 needs."""
    return f"{in_uri(host)}:{port}"
