"""One party of a call: the name, the number as written and as E.164, and what the network said about it."""

from collections.abc import Iterator
from dataclasses import dataclass

from callguard_sip.core.address import Address
from callguard_sip.core.errors import BadMessage
from callguard_sip.core.headers import Headers
from callguard_sip.core.plain import plain
from callguard_sip.core.scan import Params, parse_params
from callguard_sip.core.spelling import e164
from callguard_sip.core.uri import SipUri


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who an address names; every text is fit for people."""

    name: str
    "The display name."
    text: str
    "The user part without its parameters, as written: a number, an extension, a word; empty if there is none."
    host: str
    "Lower case, empty for tel."
    number: str | None
    "E.164, None if the text is no public number."
    verstat: tuple[str, ...] = ()
    "Every verstat value, wherever it stood."
    params: Params
    "The header's parameters, such as `privacy` of Remote-Party-ID."


def party(address: Address, country: str) -> Party:
    """Read *address* as somebody with a line in *country* means it; never raises."""
    params = dict(address.params)
    try:
        uri = address.sip
    except BadMessage:
        return Party(name=plain(address.display), text=plain(address.uri), host="", number=None, params=params)
    user, _, tail = uri.user.partition(";")
    own = _user_params(tail) if tail else {}
    context = uri.params.get("phone-context") or own.get("phone-context") or ""
    return Party(
        name=plain(address.display),
        text=plain(user),
        host=uri.host.lower(),
        number=e164(user, context, country),
        verstat=_verstats(uri, own, params),
        params=params,
    )


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
    return [party(address, country) for address in addresses(headers, name, most)]


def _user_params(tail: str) -> Params:
    """Read what follows the number in a user part: ``;npdi;rn=…;verstat=…`` (RFC 3261 §19.1.6, RFC 4694)."""
    try:
        return parse_params(tail)
    except BadMessage:
        return {}


def _verstats(uri: SipUri, own: Params, params: Params) -> tuple[str, ...]:
    places = (own.get("verstat"), uri.params.get("verstat"), params.get("verstat"))
    return tuple(value for value in places if value)
