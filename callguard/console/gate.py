"""Who may reach the console at all: peers, host names, origins; pure, decided before anything is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from callguard.console.launch import Web

Address = IPv4Address | IPv6Address
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HOME_NAMES = (".local", ".lan", ".home.arpa", ".internal", ".home")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request is not answered."""

    status: int
    why: str
    cure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """What is known of a request before anything is read of it."""

    method: str
    peer: str
    "Address of the immediate peer."
    host: str
    "The Host header."
    secure: bool
    headers: Mapping[str, str]
    has_token: bool = False
    "It carries a bearer token, which no browser adds by itself."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """Where a request really comes from and goes to."""

    address: str
    prefix: str
    scheme: str
    host: str


class Gate:
    """The household's wishes about who may reach the console."""

    def __init__(self, web: Web, machine: str) -> None:
        self._web = web
        self._proxies: Sequence[IPv4Network | IPv6Network] = [
            ip_network(one, strict=False) for one in web.trusted_proxies
        ]
        self._names = {"localhost", machine.lower(), *(host.lower() for host in web.hosts)}

    def enter(self, knock: Knock) -> Entrance | Refusal:
        """Let a request in, or say why not."""
        raise NotImplementedError


def same_origin(method: str, headers: Mapping[str, str], entrance: Entrance) -> bool:
    """Tell whether a request that changes something comes from our own pages."""
    if method in _SAFE:
        return True
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = urlsplit(headers.get("Origin", ""))
    return (origin.scheme, origin.netloc) == (entrance.scheme, entrance.host)


def _address(text: str) -> Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None
