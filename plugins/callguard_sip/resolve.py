"""Where the registrar is: a literal address, a name, or a service found by SRV (RFC 3263 §4, RFC 2782)."""

import asyncio
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from callguard import Randomness
from callguard_sip.core.flow import Flow, Transport

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver

_WITHIN = 5.0
_MOST_TARGETS = 16
_SERVICES = {Transport.UDP: "_sip._udp", Transport.TCP: "_sip._tcp", Transport.TLS: "_sips._tcp"}
NO_SRV = "SRV records are not looked up: install dnspython (the extra `srv`), or write the registrar's port"


class UnknownNameError(Exception):
    """The registrar's name leads nowhere; the text is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrar:
    """The registrar as the configuration names it."""

    host: str
    port: int | None
    transport: Transport
    nameserver: tuple[str, int] | None = None
    "Address and port of the server to ask for SRV; None asks the system's."


@dataclass(frozen=True, slots=True)
class Found:
    """The registrar's addresses, the most wanted first."""

    targets: tuple[Flow, ...]
    note: str = ""
    "What could be better, one sentence."


@dataclass(frozen=True, slots=True)
class Service:
    """One SRV record."""

    priority: int
    weight: int
    port: int
    host: str


async def find(registrar: Registrar, chance: Randomness) -> Found:
    """Return where *registrar* is; UnknownNameError if its name leads nowhere."""
    port = registrar.port or registrar.transport.default_port
    if _is_literal(registrar.host):
        return Found((Flow(registrar.transport, registrar.host, port),))
    if registrar.port is not None:
        return Found(tuple(await _addresses(registrar, registrar.host, port)))
    services, note = await _services(registrar)
    if not services:
        return Found(tuple(await _addresses(registrar, registrar.host, port)), note)
    targets: list[Flow] = []
    for service in in_order(services, chance):
        try:
            targets += await _addresses(registrar, service.host, service.port)
        except UnknownNameError:
            continue
    if not targets:
        raise UnknownNameError(f"the SRV records of {registrar.host} lead to no address")
    return Found(tuple(dict.fromkeys(targets))[:_MOST_TARGETS])


def in_order(services: Iterable[Service], chance: Randomness) -> list[Service]:
    """Return services by priority, and among equals by chance according to their weight (RFC 2782)."""
    left = sorted(services, key=lambda service: (service.priority, service.weight > 0))
    ordered: list[Service] = []
    while left:
        equals = [service for service in left if service.priority == left[0].priority]
        at = chance.bits(32) % (sum(service.weight for service in equals) + 1)
        for service in equals:
            at -= service.weight
            if at <= 0:
                break
        left.remove(service)
        ordered.append(service)
    return ordered


def _is_literal(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


async def _addresses(registrar: Registrar, host: str, port: int) -> list[Flow]:
    """Return the addresses of a host name (A and AAAA, in the system's order of preference)."""
    kind = socket.SOCK_STREAM if registrar.transport.reliable else socket.SOCK_DGRAM
    try:
        async with asyncio.timeout(_WITHIN):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=kind)
    except (OSError, UnicodeError) as error:
        reason = "no answer" if isinstance(error, TimeoutError) else getattr(error, "strerror", None) or str(error)
        raise UnknownNameError(f"the name {host} has no address: {reason}") from error
    hosts = dict.fromkeys(str(entry[4][0]) for entry in found)
    return [Flow(registrar.transport, each, port) for each in hosts]


async def _services(registrar: Registrar) -> tuple[list[Service], str]:
    """Return the SRV records, and why there may be none."""
    try:
        import dns.asyncresolver  # noqa: PLC0415  (optional, and 100 ms that most lines need not spend)
        import dns.exception  # noqa: PLC0415
    except ImportError:
        return [], NO_SRV
    try:
        resolver = _resolver(registrar)
        name = f"{_SERVICES[registrar.transport]}.{registrar.host.rstrip('.')}."
        answer = await resolver.resolve(name, "SRV", lifetime=_WITHIN)
    except (dns.exception.DNSException, OSError):
        return [], ""
    records = [Service(each.priority, each.weight, each.port, str(each.target).rstrip(".")) for each in answer]
    return [record for record in records if record.host], ""


def _resolver(registrar: Registrar) -> "Resolver":
    from dns.asyncresolver import Resolver  # noqa: PLC0415

    if registrar.nameserver is None:
        return Resolver()
    resolver = Resolver(configure=False)
    host, resolver.port = registrar.nameserver
    resolver.nameservers = [host]
    return resolver
