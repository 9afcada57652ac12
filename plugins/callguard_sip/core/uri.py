"""SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966)."""

import re
import string
from typing import NamedTuple, Self
from urllib.parse import quote, unquote

from callguard_sip.core.errors import BadMessage, BadUri
from callguard_sip.core.scan import NO_PARAMS, Params, number, parse_params

_USER_SAFE = "-_.!~*'()&=+$,;?/"  # user-unreserved and mark
_PARAM_SAFE = "-_.!~*'()[]/:&+$"
_HOST = string.ascii_letters + string.digits + "-._"
_ADDRESS = string.hexdigits + ":."
never_in_uri = re.compile('[\x00-\x20<>"\x7f]').search
"""Finds what no URI holds unescaped: blanks, controls, brackets, quotes."""


class SipUri(NamedTuple):
    """Where a call comes from or goes to; for ``tel`` the number stands in *user* and *host* is empty."""

    scheme: str
    "`sip`, `sips` or `tel`, lower case."
    user: str
    "Percent escapes resolved; empty if there is none. Parameters of a telephone number stay in it (`+1…;npdi`)."
    password: str
    host: str
    "As written; an IPv6 address keeps its brackets."
    port: int | None = None
    params: Params = NO_PARAMS
    headers: str = ""
    "What follows `?`, as written: we never act on it."

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URI; BadUri if it is none (status 400), or of another scheme (416)."""
        scheme, colon, rest = text.partition(":")
        scheme = scheme.lower()
        if not colon or never_in_uri(text):
            raise BadUri("Bad URI")
        if scheme == "tel":
            subscriber, _, tail = rest.partition(";")
            if not subscriber:
                raise BadUri("Bad tel URI")
            return cls(scheme, _unescape(subscriber), "", "", None, _params(tail) if tail else NO_PARAMS)
        if scheme not in ("sip", "sips"):
            raise BadUri("Unsupported URI Scheme", 416)
        userinfo, at, place = rest.partition("@")
        if not at:
            userinfo, place = "", rest
        user, _, password = userinfo.partition(":")
        place, _, headers = place.partition("?")
        place, _, tail = place.partition(";")
        host, port = host_port(place)
        return cls(scheme, _unescape(user), password, host, port, _params(tail) if tail else NO_PARAMS, headers)

    def __str__(self) -> str:
        """Write the URI as it goes on the wire."""
        user = quote(self.user, safe=_USER_SAFE, errors="surrogateescape")
        if self.scheme == "tel":
            return f"tel:{user}{self._tail()}"
        secret = f":{self.password}" if self.password else ""
        userinfo = f"{user}{secret}@" if user else ""
        place = self.host if self.port is None else f"{self.host}:{self.port}"
        return f"{self.scheme}:{userinfo}{place}{self._tail()}" + (f"?{self.headers}" if self.headers else "")

    def _tail(self) -> str:
        return "".join(
            f";{name}" if value is None else f";{name}={quote(value, safe=_PARAM_SAFE, errors='surrogateescape')}"
            for name, value in self.params.items()
        )


def host_port(text: str) -> tuple[str, int | None]:
    """Read ``host``, ``host:port`` or ``[IPv6]:port``; BadUri if it is none of them."""
    if text[:1] == "[":
        host, bracket, tail = text.partition("]")
        host += bracket
        separator, port = tail[:1], tail[1:]
        good = bool(bracket) and separator in ("", ":") and not host[1:-1].strip(_ADDRESS)
    else:
        host, separator, port = text.partition(":")
        good = bool(host) and not host.strip(_HOST)
    if not good or bool(separator) != bool(port):
        raise BadUri("Bad Host")
    return host, _port(port) if port else None


def _port(text: str) -> int:
    try:
        port = number(text, 65535, "Port")
    except BadMessage as bad:
        raise BadUri("Bad Port") from bad
    if not port:
        raise BadUri("Bad Port")
    return port


def _unescape(text: str) -> str:
    return unquote(text, errors="surrogateescape") if "%" in text else text


def _params(text: str) -> Params:
    try:
        params = parse_params(text)
    except BadMessage as bad:
        raise BadUri(bad.reason) from bad
    if "%" not in text:
        return params
    return {_unescape(name).lower(): value and _unescape(value) for name, value in params.items()}
