"""Addresses: who a call is from and to (RFC 3261 §20.10, name-addr and addr-spec)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from callguard_sip.core.errors import BadMessage
from callguard_sip.core.scan import end_of_quoted, format_params, parse_params, quote, unquote
from callguard_sip.core.uri import SipUri

_NOT_IN_URI = frozenset(map(chr, range(33))) | frozenset('<>"\x7f')
_NOT_IN_BARE_URI = _NOT_IN_URI | frozenset(",?")  # such a URI must stand in brackets (RFC 3261 §20)


@dataclass(frozen=True, slots=True)
class Address:
    """A display name, a URI and the header's own parameters."""

    display: str
    "What a phone would show: unquoted, never to be trusted; may hold control characters and surrogate escapes."
    uri: str
    "As written; `*` in the Contact of a REGISTER that removes all bindings."
    params: Mapping[str, str | None] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one address; BadMessage (400) if it is none. A name may hold commas though nobody quoted it."""
        if text[:1] == '"':
            end = end_of_quoted(text, 0)
            display, rest = unquote(text[:end]), text[end:].lstrip(" \t")
            if rest[:1] != "<":
                raise BadMessage(400, "Bad Address")
            return cls(display, *_bracketed(rest))
        before, bracket, after = text.partition("<")
        if bracket and '"' not in before:
            return cls(before.strip(" \t"), *_bracketed(bracket + after))
        uri, _, params = text.partition(";")
        uri = uri.strip(" \t")
        if (":" not in uri and uri != "*") or not _NOT_IN_BARE_URI.isdisjoint(uri):
            raise BadMessage(400, "Bad Address")
        return cls("", uri, parse_params(params) if params else {})

    @property
    def tag(self) -> str | None:
        """The dialog tag of a From or To (RFC 3261 §19.3)."""
        return self.params.get("tag")

    @property
    def sip(self) -> SipUri:
        """The URI, read; BadUri if it names no telephone."""
        return SipUri.parse(self.uri)

    def __str__(self) -> str:
        """Write the address as it goes on the wire, always in brackets."""
        display = quote(self.display) + " " if self.display else ""
        return f"{display}<{self.uri}>{format_params(dict(self.params))}"


def _bracketed(text: str) -> tuple[str, dict[str, str | None]]:
    """Read ``<uri>;params``."""
    uri, bracket, rest = text[1:].partition(">")
    if not bracket or ":" not in uri or not _NOT_IN_URI.isdisjoint(uri):
        raise BadMessage(400, "Bad Address")
    separator, params = rest[:1], rest
    if not separator:
        return uri, {}
    params = rest.lstrip(" \t")
    if params[:1] not in ("", ";"):
        raise BadMessage(400, "Bad Address")
    return uri, parse_params(params[1:])
