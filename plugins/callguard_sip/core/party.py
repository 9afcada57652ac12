"""One party of a call: the name, the number as written and as E.164, and what the network said about it."""

from collections.abc import Iterator
from typing import NamedTuple

from callguard_sip.core.address import Address
from callguard_sip.core.errors import BadMessage
from callguard_sip.core.headers import Headers
from callguard_sip.core.plain import plain
from callguard_sip.core.scan import Params, parse_params
from callguard_sip.core.spelling import e164


class Party(NamedTuple):
    """Who an address names; every text is fit for people."""

    name: str
    "The display name."
    text: str
    "The user part without its parameters, as written: a number, an extension, a word; empty if there is none."
    host: str
    "Lower case, empty for tel."
    number: str | None
    "E.164, None if the text is no public number."
    params: Params
    "The header's parameters, such as `privacy` of Remote-Party-ID."
    verstat: tuple[str, ...] = ()
    "Every verstat value, wherever it stood."


def party(address: Address, country: str) -> Party:
    """Read *address* as somebody with a line in *country* means it; never raises."""
    name = plain(address.display)
    try:
        uri = address.sip
    except BadMessage:
        return Party(name, plain(address.uri), "", None, address.params)
    user, context = uri.user, ""
    verstat: tuple[str, ...] = ()
    if ";" in user or uri.params or "verstat" in address.params:
        user, _, tail = user.partition(";")
        own = _user_params(tail)
        context = uri.params.get("phone-context") or own.get("phone-context") or ""
        places = (own.get("verstat"), uri.params.get("verstat"), address.params.get("verstat"))
        verstat = tuple(value for value in places if value)
    return Party(name, plain(user), uri.host.lower(), e164(user, context, country), address.params, verstat)


def addresses(headers: Headers, name: str, most: int) -> Iterator[Address]:
    """Yield the readable ones of the first *most* addresses in the header fields called *name*."""
    try:
        values = headers.values(name)
    except BadMessage:
        return
    for value in values[:most]:
        try:
            yield Address.parse(value)
        except BadMessage:
            continue


def parties(headers: Headers, name: str, most: int, country: str) -> list[Party]:
    """Return the parties in the header fields called *name*, at most *most*."""
    if name not in headers:
        return []
    return [party(address, country) for address in addresses(headers, name, most)]


def _user_params(tail: str) -> Params:
    """Read what follows the number in a user part: ``;npdi;rn=…;verstat=…`` (RFC 3261 §19.1.6, RFC 4694)."""
    try:
        return parse_params(tail)
    except BadMessage:
        return {}
