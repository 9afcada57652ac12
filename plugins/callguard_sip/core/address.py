"""Addresses: who a call is from and to (RFC 3261 §20.10, name-addr and addr-spec)."""

import re
from typing import NamedTuple, Self

from callguard_sip.core.errors import BadMessage
from callguard_sip.core.scan import NO_PARAMS, Params, end_of_quoted, format_params, parse_params, quote, unquote
from callguard_sip.core.uri import SipUri, never_in_uri

_only_in_brackets = re.compile("[,?]").search  # a URI with these must stand in brackets (RFC 3261 §20)


class Address(NamedTuple):
    """A display name, a URI and the header's own parameters."""

    display: str
    "What a phone would show: unquoted, never to be trusted; may hold control characters and surrogate escapes."
    uri: str
    "As written; `*` in the Contact of a REGISTER that removes all bindings."
    params: Params = NO_PARAMS

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
        if (":" not in uri and uri != "*") or never_in_uri(uri) or _only_in_brackets(uri):
            raise BadMessage(400, "Bad Address")
        return cls("", uri, parse_params(params) if params else NO_PARAMS)

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
        return f"{display}<{self.uri}>{format_params(self.params)}"


def _bracketed(text: str) -> tuple[str, Params]:
    """Read ``<uri>;params``."""
    uri, bracket, rest = text[1:].partition(">")
    if not bracket or ":" not in uri or never_in_uri(uri):
        raise BadMessage(400, "Bad Address")
    if not rest:
        return uri, NO_PARAMS
    params = rest.lstrip(" \t")
    if params[:1] not in ("", ";"):
        raise BadMessage(400, "Bad Address")
    return uri, parse_params(params[1:])
