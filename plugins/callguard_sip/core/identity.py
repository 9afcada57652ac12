"""Who is calling: presented, asserted, withheld, diverted (RFC 3261, 3323, 3325, 5806, 7044, 7090, 8224)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from callguard import Attestation, Caller, Presentation
from callguard_sip.core.address import Address
from callguard_sip.core.attestation import statement_of
from callguard_sip.core.diversion import diverters
from callguard_sip.core.headers import Headers
from callguard_sip.core.message import Request
from callguard_sip.core.party import Party, parties, party
from callguard_sip.core.plain import plain

_MOST_ASSERTED = 2  # RFC 3325 §9.1; each number costs time to read
_MOST_IDENTITIES = 8
_LONGEST_IDENTITY = 4096
_LONGEST_DETAIL = 256
_WITHHELD = frozenset(
    {"anonymous", "anonym", "anonyme", "anonimo", "restricted", "private", "withheld", "blocked", "hidden", "clir"}
)
_WITHHELD_NAMES = _WITHHELD | {"private number", "private caller", "number withheld", "caller id withheld"}
_UNAVAILABLE = frozenset({"unavailable", "unknown", "out-of-area", "outofarea", "not-available", "unbekannt"})
_UNAVAILABLE_NAMES = _UNAVAILABLE | {"out of area", "not available", "unknown caller"}
# Twilio spells such words on the keypad, as numbers that cannot exist.
_KEYPAD = {
    "+266696687": Presentation.WITHHELD,  # anonymous
    "+7378742833": Presentation.WITHHELD,  # restricted
    "+2562533": Presentation.WITHHELD,  # blocked
    "+8656696": Presentation.UNAVAILABLE,  # unknown
    "+86282452253": Presentation.UNAVAILABLE,  # unavailable
}
_HIDES_NUMBER = frozenset({"id", "user", "header"})  # RFC 3323 §4.2, RFC 3325 §9.3
_RPID_HIDES_NUMBER = frozenset({"full", "uri"})  # draft-ietf-sip-privacy-04 §5.1
_DETAILS = {
    "user-agent": "user_agent",
    "to": "to",
    "privacy": "privacy",
    "p-called-party-id": "p_called_party_id",
    "diversion": "diversion",
    "history-info": "history_info",
}
_TELLING_DETAILS = {  # not kept where the caller withheld the number
    "from": "from",
    "p-asserted-identity": "p_asserted_identity",
    "p-preferred-identity": "p_preferred_identity",
    "remote-party-id": "remote_party_id",
}
_ALL_DETAILS = _DETAILS | _TELLING_DETAILS


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """All that an INVITE says about a call; the fields are those of `callguard.Call`."""

    caller: Caller
    called: str
    diverted_by: tuple[str, ...]
    attestation: Attestation | None
    identity: tuple[str, ...]
    internal: bool
    emergency_callback: bool
    details: Mapping[str, str]


class _Parties(NamedTuple):
    """Everybody an INVITE names as its caller."""

    presented: Party
    asserted: list[Party]
    preferred: list[Party]
    remote: list[Party]


def caller_of(
    request: Request,
    *,
    country: str,
    trusted: bool,
    domain: str,
    internal_prefix: str = "",
    internal: Collection[str] = (),
) -> Heard:
    """Return who calls, as *request* tells it.

    *country* (ISO 3166) and *domain* are those of the line. Only if the request came from a *trusted* address are
    asserted numbers, attestation, emergency call-backs and internal callers believed. A caller is internal whose
    user part begins with *internal_prefix* or is one of *internal*. BadMessage if From or To cannot be read.
    """
    headers = request.headers
    who = _Parties(
        presented=party(request.from_, country),
        asserted=parties(headers, "p-asserted-identity", _MOST_ASSERTED, country),
        preferred=parties(headers, "p-preferred-identity", 1, country),
        remote=_remote(headers, country),
    )
    caller = _caller(who, _presentation(who, _privacy(headers)), trusted, domain)
    return Heard(
        caller=caller,
        called=_called(request, country),
        diverted_by=diverters(headers, country),
        attestation=_attestation(who, headers) if trusted else None,
        identity=tuple(plain(v, _LONGEST_IDENTITY) for v in headers.all("identity")[:_MOST_IDENTITIES]),
        internal=trusted and _is_internal(who, internal_prefix, internal),
        emergency_callback=trusted and (headers.get("priority") or "").strip().lower() == "psap-callback",
        details=_details(headers, caller.presentation),
    )


def _remote(headers: Headers, country: str) -> list[Party]:
    found = parties(headers, "remote-party-id", _MOST_ASSERTED, country)
    return [who for who in found if (who.params.get("party") or "calling").lower() == "calling"]


def _privacy(headers: Headers) -> bool:
    """Tell whether the caller asked the network to hide the number."""
    lines = headers.all("privacy")
    if not lines:
        return False
    tokens = ";".join(lines).replace(",", ";").lower().split(";", 64)
    return not _HIDES_NUMBER.isdisjoint(token.strip() for token in tokens)


def _presentation(who: _Parties, private: bool) -> Presentation:
    presented = who.presented
    user, name = presented.text.casefold(), presented.name.casefold()
    if private or any((remote.params.get("privacy") or "").lower() in _RPID_HIDES_NUMBER for remote in who.remote):
        return Presentation.WITHHELD
    if presented.host == "anonymous.invalid" or user in _WITHHELD or name in _WITHHELD_NAMES:
        return Presentation.WITHHELD
    if user in _KEYPAD:
        return _KEYPAD[user]
    if presented.host == "unknown.invalid" or user in _UNAVAILABLE or (user and not user.strip("0")):
        return Presentation.UNAVAILABLE
    if user:
        return Presentation.SHOWN
    return Presentation.UNAVAILABLE if name in _UNAVAILABLE_NAMES else Presentation.MISSING


def _caller(who: _Parties, presentation: Presentation, trusted: bool, domain: str) -> Caller:
    asserted = _asserted(who, presentation) if trusted else ()
    if presentation in (Presentation.WITHHELD, Presentation.UNAVAILABLE):
        return _faceless(who.presented, presentation, asserted)
    shown = who.presented
    if shown.number is None and trusted:
        # Some trunks put the account's name into From and the number where the network vouches for it.
        shown = next((p for p in (*who.asserted, *who.preferred, *who.remote) if p.number), shown)
    return Caller(
        presentation=Presentation.SHOWN if shown.text else presentation,
        number=shown.number,
        text=_text(shown, domain),
        name=who.presented.name or shown.name or (_asserted_name(who, shown.number) if trusted else ""),
        asserted=asserted,
    )


def _asserted(who: _Parties, presentation: Presentation) -> tuple[str, ...]:
    """Return the numbers the network vouches for; a withheld one it left in From counts, for the verdict alone."""
    screened = [remote for remote in who.remote if (remote.params.get("screen") or "").lower() == "yes"]
    hidden = [who.presented] if presentation is Presentation.WITHHELD else []
    found = (p.number for p in (*who.asserted, *screened, *hidden))
    return tuple(dict.fromkeys(number for number in found if number))


def _faceless(presented: Party, presentation: Presentation, asserted: tuple[str, ...]) -> Caller:
    """Build a caller of whom people must not, or cannot, see more than a word such as `anonymous`."""
    said = _WITHHELD_NAMES | _UNAVAILABLE_NAMES
    return Caller(
        presentation=presentation,
        text=presented.text if presented.text.casefold() in said else "",
        name=presented.name if presented.name.casefold() in said else "",
        asserted=asserted,
    )


def _asserted_name(who: _Parties, number: str | None) -> str:
    """Return the name that the network gives to *number*, empty if it gives none."""
    return next((p.name for p in (*who.asserted, *who.remote) if p.name and p.number == number), "")


def _text(shown: Party, domain: str) -> str:
    """Return the number, extension or word as written; a stranger's name with the place it is from."""
    foreign = shown.host and shown.host != domain.lower() and shown.text.strip("+*#0123456789")
    return f"{shown.text}@{shown.host}" if foreign and shown.number is None and shown.text else shown.text


def _called(request: Request, country: str) -> str:
    """Return who was called: P-Called-Party-ID (RFC 7315 §4.2), else a number in To or, of a trunk, Request-URI."""
    for dialled in parties(request.headers, "p-called-party-id", 1, country):
        if dialled.text:
            return dialled.number or dialled.text
    to = party(request.to, country)
    if to.number:
        return to.number
    requested = party(Address("", request.uri), country)
    return requested.number or to.text or requested.text


def _attestation(who: _Parties, headers: Headers) -> Attestation | None:
    said = [text for p in (*who.asserted, who.presented) for text in p.verstat]
    return statement_of([*said, *headers.all("stirverstat")[:1]])


def _is_internal(who: _Parties, prefix: str, internal: Collection[str]) -> bool:
    user = who.presented.text
    if user in internal:
        return True
    # A call that the network vouches for with a public number is from outside, whatever its From pretends.
    return bool(prefix) and user.startswith(prefix) and not any(p.number for p in who.asserted)


def _details(headers: Headers, presentation: Presentation) -> dict[str, str]:
    wanted = _DETAILS if presentation is Presentation.WITHHELD else _ALL_DETAILS
    return {key: plain(value, _LONGEST_DETAIL) for name, key in wanted.items() if (value := headers.get(name))}
