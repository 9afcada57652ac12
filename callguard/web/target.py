"""Where a URL leads, read once and strictly, so that what was checked is what is visited."""

import base64
import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import SplitResult, quote, unquote, urlsplit

from callguard.model.web import ForbiddenAddressError, shown_url

_PORTS = {"https": 443, "http": 80}
_LONGEST = 8000
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_LONGEST_NAME = 253
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_ODD = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_KEPT_IN_PATH = "/%!$&'()*+,;=:@~"
_KEPT_IN_QUERY = _KEPT_IN_PATH + "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One address to fetch from, in its one proper spelling."""

    scheme: str
    host: str
    "A name in ASCII and lower case, or an IP address without brackets."
    port: int
    path: str
    query: str
    is_literal: bool
    "Whether the host is an IP address."
    authorization: str = ""
    "The user name and password of the URL as a header; the URL itself is without them."

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what passwords may be sent to (RFC 6454)."""
        return self.scheme, self.host, self.port

    @property
    def netloc(self) -> str:
        """Host and port as in the URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address, without user name and password."""
        return f"{self.scheme}://{self.netloc}{self.path}{'?' + self.query if self.query else ''}"

    @property
    def shown(self) -> str:
        """The address as people may see it."""
        return shown_url(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedHost:
    """A host that may be private and plain http, because the household says so."""

    host: str
    port: int | None = None
    "None: every port."

    def covers(self, target: Target) -> bool:
        """Return whether *target* is at this host."""
        return target.host == self.host and self.port in (None, target.port)


def target_of(url: str) -> Target:
    """Return where *url* leads; ForbiddenAddressError if it is not http(s), or written to deceive."""
    parts = _split(url)
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        raise ForbiddenAddressError(f"{shown_url(url)} is not fetched: it is no https address")
    host, is_literal = _host_of(parts.hostname or "", shown_url(url))
    return Target(
        scheme=scheme,
        host=host,
        port=_port_of(parts, shown_url(url)) or _PORTS[scheme],
        path=quote(parts.path or "/", safe=_KEPT_IN_PATH),
        query=quote(parts.query, safe=_KEPT_IN_QUERY),
        is_literal=is_literal,
        authorization=_authorization(parts),
    )


def trusted_host(text: str) -> TrustedHost:
    """Return the host that the household means by `nas.lan`, `192.168.1.5:8080` or `[fd00::1]`.

    ValueError says what is wrong with it.
    """
    try:
        parts = urlsplit(f"//{text.strip()}")
        if parts.path or parts.query or parts.fragment or "@" in parts.netloc or not parts.hostname:
            raise ValueError
        host, _ = _host_of(parts.hostname, text)
        return TrustedHost(host=host, port=parts.port)
    except (ValueError, ForbiddenAddressError):
        raise ValueError(f"{text!r} is no host, such as nas.lan, 192.168.1.5:8080 or [fd00::1]") from None


def _split(url: str) -> SplitResult:
    # Such characters are read differently by different programs: one would check what another does not visit.
    if len(url) > _LONGEST or _ODD.search(url):
        raise ForbiddenAddressError(f"{shown_url(url)} is not fetched: it is written in a way no address should be")
    try:
        return urlsplit(url.strip())
    except ValueError:
        raise ForbiddenAddressError(f"{shown_url(url)} is not fetched: it is no address") from None


def _port_of(parts: SplitResult, shown: str) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ForbiddenAddressError(f"{shown} is not fetched: its port is no number up to 65535") from None


def _host_of(host: str, shown: str) -> tuple[str, bool]:
    """Return the host in its one spelling, and whether it is an IP address."""
    refused = ForbiddenAddressError(f"{shown} is not fetched: its host is not written as it should be")
    try:
        if ":" in host:
            address = IPv6Address(host)
            if address.scope_id is not None:
                raise refused
            return str(address), True
        name = _ascii(host).removesuffix(".").lower()
        if _NUMERIC.fullmatch(name.rpartition(".")[2]):
            return str(IPv4Address(name)), True
    except (AddressValueError, UnicodeError):
        raise refused from None
    if len(name) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise refused
    return name, False


def _ascii(host: str) -> str:
    # Python's own codec folds look-alikes such as full-width digits, so that they are judged as what they mean.
    return host if host.isascii() else host[:_LONGEST_NAME].encode("idna").decode("ascii")


def _authorization(parts: SplitResult) -> str:
    if not parts.username and not parts.password:
        return ""
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode("ascii")
