"""Who may reach the console at all: peers, proxies, host names, origins; pure, decided before anything is read."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from multidict import CIMultiDict, CIMultiDictProxy

from callguard.console.launch import Web
from callguard.model.text import plain

Address = IPv4Address | IPv6Address
Headers = CIMultiDict[str] | CIMultiDictProxy[str]
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HOME_NETWORKS = tuple(
    ip_network(one)
    for one in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)
"""Not 100.64.0.0/10: providers share it among strangers, so that a mesh VPN with such addresses counts as remote."""
_HOME_NAMES = (".local", ".lan", ".home", ".home.arpa", ".internal", ".localhost", ".fritz.box")
"""Nobody outside can point a name under these at this house, which is what DNS rebinding needs."""
_NAME = r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?"
_HOST = re.compile(rf"(?P<name>\[[0-9a-f:.]+\]|{_NAME})\.?(?::[0-9]{{1,5}})?", re.IGNORECASE)
_PREFIX = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*){0,8}")
_ON_LINK = 64
"""Bits that the addresses of one home network have in common, where the provider hands out IPv6."""


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
    here: str = ""
    "Our own address, as the peer called it."
    host: str | None
    "The Host header, or who is asked for in an absolute target; None: missing, or given twice."
    secure: bool
    headers: Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """Where a request really comes from and goes to."""

    address: str
    prefix: str
    scheme: str
    host: str


class _RefusedError(Exception):
    def __init__(self, status: int, why: str, cure: str) -> None:
        super().__init__(why)
        self.refusal = Refusal(status=status, why=why, cure=cure)


class Gate:
    """The household's wishes about who may reach the console."""

    def __init__(self, web: Web, machine: str, anyone: Callable[[], bool]) -> None:
        """Keep the wishes; *anyone* tells whether somebody has a password by now."""
        self._web = web
        self._anyone = anyone
        self._proxies: Sequence[IPv4Network | IPv6Network] = [
            ip_network(one, strict=False) for one in web.trusted_proxies
        ]
        self._names = {"localhost", machine.lower(), *(_bare(host) for host in web.hosts)}

    def enter(self, knock: Knock) -> Entrance | Refusal:
        """Let a request in, or say why not."""
        try:
            return self._enter(knock)
        except _RefusedError as error:
            return error.refusal

    def is_proxy(self, address: str) -> bool:
        """Tell whether that is the address of a proxy that the household trusts."""
        try:
            return self._is_proxy(_address(address))
        except ValueError:
            return False

    def _enter(self, knock: Knock) -> Entrance:
        peer = _peer(knock)
        proxied = self._is_proxy(peer)
        headers = knock.headers if proxied else CIMultiDict[str]()
        if not proxied and ("X-Forwarded-For" in knock.headers or "Forwarded" in knock.headers):
            raise _unknown_proxy(peer)
        client = self._client(peer, headers)
        self._refuse_strangers(client, None if proxied else _ours(knock))
        host = _last(headers, "X-Forwarded-Host") or knock.host
        self._refuse_names(host)
        scheme = _last(headers, "X-Forwarded-Proto") or ("https" if knock.secure else "http")
        if scheme.lower() not in ("http", "https"):
            raise _garbled("X-Forwarded-Proto")
        return Entrance(
            address=str(client), prefix=self._prefix(headers), scheme=scheme.lower(), host=(host or "").lower()
        )

    def _is_proxy(self, address: Address) -> bool:
        return any(address in network for network in self._proxies)

    def _client(self, peer: Address, headers: Headers) -> Address:
        """Return the last address on the way here that is none of the trusted proxies."""
        hops = [peer, *(_hop(one) for one in reversed(_all(headers, "X-Forwarded-For")))]
        return next((hop for hop in hops if not self._is_proxy(hop)), hops[-1])

    def _refuse_strangers(self, client: Address, here: Address | None) -> None:
        if _at_home(client, here):
            return
        if not self._web.allow_remote:
            why = f"CallGuard answers only in its own network, and {client} is not in it."
            cure = "To open it from elsewhere, use a VPN into the house, or set web.allow_remote in config.yaml."
            raise _RefusedError(403, why, cure)
        if not self._anyone():
            why = f"Nobody has a password yet, and {client} is not in CallGuard's own network."
            raise _RefusedError(403, why, "Set CallGuard up from inside the house first.")

    def _refuse_names(self, host: str | None) -> None:
        found = _HOST.fullmatch(host or "")
        if found is None:
            raise _RefusedError(400, "The request does not say which host it wants.", "Open CallGuard in a browser.")
        name = found["name"].lower()
        if name in self._names or name.endswith(_HOME_NAMES) or "." not in name or _is_address(name):
            return
        why = f"CallGuard does not know itself by the name {plain(name, 100)}."
        cure = f"Open it by its address, or add {plain(name, 100)} to web.hosts in config.yaml."
        raise _RefusedError(421, why, cure)

    def _prefix(self, headers: Headers) -> str:
        said = _last(headers, "X-Ingress-Path") or _last(headers, "X-Forwarded-Prefix")
        prefix = (said or self._web.base_path).rstrip("/")
        if not _PREFIX.fullmatch(prefix):
            raise _garbled("X-Forwarded-Prefix")
        return prefix


def within(path: str, prefix: str, base_path: str) -> str:
    """Return what of *path* lies within the console: a proxy may have cut the prefix off, or not."""
    for one in (prefix, base_path.rstrip("/")):
        if one and (path == one or path.startswith(f"{one}/")):
            return path.removeprefix(one) or "/"
    return path


def same_origin(method: str, headers: Headers, entrance: Entrance) -> bool:
    """Tell whether a request that changes something comes from our own pages."""
    if method in _SAFE:
        return True
    site = headers.getall("Sec-Fetch-Site", [])
    if site:
        return site in (["same-origin"], ["none"])
    # Chromium sends no Sec-Fetch-Site to plain http addresses; the Origin is there.
    origins = headers.getall("Origin", [])
    return len(origins) == 1 and _origin(origins[0]) == _origin(f"{entrance.scheme}://{entrance.host}")


def _origin(text: str) -> tuple[str, str, int | None] | None:
    try:
        split = urlsplit(text)
        port = split.port or {"http": 80, "https": 443}.get(split.scheme)
    except ValueError:
        return None
    if split.path or split.query or split.fragment or split.username or not split.hostname:
        return None
    return split.scheme, split.hostname, port


def _at_home(client: Address, here: Address | None) -> bool:
    if any(client in network for network in _HOME_NETWORKS) or client == here:
        return True
    neighbours = isinstance(client, IPv6Address) and isinstance(here, IPv6Address)
    return neighbours and here is not None and int(client) >> _ON_LINK == int(here) >> _ON_LINK


def _unknown_proxy(peer: Address) -> _RefusedError:
    why = f"This came through a proxy at {peer} that CallGuard was not told of."
    return _RefusedError(403, why, f"If it is yours, add {peer} to web.trusted_proxies in config.yaml.")


def _garbled(header: str) -> _RefusedError:
    return _RefusedError(400, f"The proxy sent a garbled {header}.", "Look at the proxy's settings.")


def _all(headers: Headers, name: str) -> list[str]:
    return [part.strip() for line in headers.getall(name, []) for part in line.split(",")]


def _last(headers: Headers, name: str) -> str:
    """Return what the proxy nearest to us says."""
    return (_all(headers, name) or [""])[-1]


def _peer(knock: Knock) -> Address:
    try:
        return _address(knock.peer)
    except ValueError:
        raise _RefusedError(400, "The request comes from no address.", "") from None


def _ours(knock: Knock) -> Address | None:
    return _address(knock.here) if knock.here else None


def _hop(text: str) -> Address:
    """Return the address in an entry of X-Forwarded-For, to which some proxies add a port."""
    bare = re.sub(r"^(?:\[([^\]]+)\](?::\d+)?|([0-9.]+):\d+)$", r"\1\2", text)
    try:
        return _address(bare)
    except ValueError:
        raise _garbled("X-Forwarded-For") from None


def _address(text: str) -> Address:
    """Return the address, without the network card it is reached by, and IPv4 as such; ValueError."""
    address = ip_address(text.partition("%")[0])
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _bare(host: str) -> str:
    """Return the name in an entry of `web.hosts`, which may have a port."""
    found = _HOST.fullmatch(host.strip())
    return found["name"].lower() if found else host.lower()
