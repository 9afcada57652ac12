"""Who forwarded a call: Diversion (RFC 5806) and History-Info (RFC 7044, RFC 4244)."""

from callguard_sip.core.address import Address
from callguard_sip.core.errors import BadMessage
from callguard_sip.core.headers import Headers
from callguard_sip.core.party import addresses, party

_MOST_DIVERTERS = 4  # each costs time to read
_MOST_HISTORY = 16


def diverters(headers: Headers, country: str) -> tuple[str, ...]:
    """Return who forwarded the call, nearest first, in E.164 where possible, each once, at most four."""
    if "diversion" not in headers and "history-info" not in headers:
        return ()
    found = [*addresses(headers, "diversion", _MOST_DIVERTERS), *_from_history(headers)]
    names = (party(address, country) for address in found[:_MOST_DIVERTERS])
    return tuple(dict.fromkeys(text for who in names if (text := who.number or who.text)))


def _from_history(headers: Headers) -> list[Address]:
    """Return the entries that sent the call on, the latest first; others only tell its way through the network."""
    entries = {entry.params.get("index") or "": entry for entry in addresses(headers, "history-info", _MOST_HISTORY)}
    moved = [index for at, entry in entries.items() for index in _sent_on(at, entry)]
    return [entries[index] for index in reversed(dict.fromkeys(moved)) if index in entries]


def _sent_on(index: str, entry: Address) -> list[str]:
    """Return the indexes of entries that *entry* shows to have forwarded the call."""
    found = []
    mapped_from = entry.params.get("mp")
    if mapped_from:
        found.append(mapped_from)
    try:
        uri = entry.sip
    except BadMessage:
        return found
    if "cause" in uri.params:  # RFC 4458: why the call came to this target
        found.append(index.rpartition(".")[0])
    if "reason=" in uri.headers.lower():  # RFC 4244 §4.1: why it left this one
        found.append(index)
    return found
