"""Standings and troubles in words for people, each with its cure."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from callguard import LineStatus
from callguard_sip.core.events import Trouble
from callguard_sip.core.flow import Flow, host_port
from callguard_sip.core.registration import Standing


class Words(NamedTuple):
    """What is wrong, and what to do; both may speak of {registrar}, {user}, {detail} and {address}."""

    what: str
    cure: str


TROUBLES: Mapping[Trouble, Words] = {
    Trouble.NAME: Words(
        "the registrar's name leads nowhere: {detail}",
        "Check `registrar` in config.yaml, or write its address in digits.",
    ),
    Trouble.SILENT: Words(
        "{registrar} does not answer",
        "See that it is switched on, that SIP is enabled there, and that transport and port are right.",
    ),
    Trouble.REFUSED: Words(
        "{registrar} cannot be reached: {detail}",
        "See that it is switched on, and that transport and port are right.",
    ),
    Trouble.LOST: Words(
        "the connection to {registrar} broke: {detail}",
        "Nothing, if it lasts only seconds: CallGuard is connecting again.",
    ),
    Trouble.CERTIFICATE: Words(
        "the certificate of {registrar} is not accepted: {detail}",
        "Set tls_ca to the file of the authority that signed it, and tls_server_name to the name in it.",
    ),
    Trouble.PASSWORD: Words(
        "{registrar} refuses user {user} with this password ({detail})",
        "Compare user, auth_user and password with what the registrar shows; a PBX may also allow too few contacts.",
    ),
    Trouble.DOWNGRADE: Words(
        "{registrar} suddenly asks for the password in a weaker form than before",
        "Find out why; if you changed it yourself, restart CallGuard.",
    ),
    Trouble.DIGEST: Words(
        "{registrar} asks for the password in a form that CallGuard does not know",
        "Allow MD5, SHA-256 or SHA-512-256 digest there.",
    ),
    Trouble.REJECTED: Words(
        "{registrar} refuses the registration ({detail})",
        "Check user and domain, and look into the registrar's own log.",
    ),
    Trouble.STRANGE: Words(
        "{registrar} accepted the registration and forgot it: {detail}",
        "See how many contacts a user may have there, and whether another device uses the same account.",
    ),
    Trouble.SOCKET: Words("{detail}", "Choose another `listen` address or port, or stop the other program."),
}
_MANY_BINDINGS = 10
_SHORTEST_PASSWORD = 8


def in_words(standing: Standing, registrar: str, user: str) -> Words:
    """Return what is wrong with a line and its cure, in the words of this account."""
    words = TROUBLES.get(standing.trouble, Words("{detail}", ""))
    at = address(standing.target)
    where = f"{registrar} ({at})" if at and at != registrar else registrar
    return Words(
        words.what.format(registrar=where, user=user, detail=standing.detail or "no answer"),
        words.cure.format(registrar=where, user=user, detail=standing.detail),
    )


def well(standing: Standing, until: datetime | None) -> str:
    """Return how well a line is."""
    if standing.target is None:
        return f"listening on {standing.detail}"
    limit = f" until {until:%H:%M}" if until else ""
    return f"registered at {address(standing.target)}{limit}"


def weak_password(password: str, user: str) -> str:
    """Return why a password is weak, empty if it is not (or if there is none)."""
    if not password:
        return ""
    if len(password) < _SHORTEST_PASSWORD:
        return f"the SIP password has fewer than {_SHORTEST_PASSWORD} characters"
    if password.lower() == user.lower():
        return "the SIP password is the user's name"
    return ""


def many_bindings(standing: Standing) -> str:
    """Return that a registrar lists suspiciously many addresses of our user, empty if it does not."""
    if standing.status is not LineStatus.PROTECTING or standing.bindings <= _MANY_BINDINGS:
        return ""
    return f"the registrar lists {standing.bindings} addresses of this user"


def address(flow: Flow | None) -> str:
    """Return a registrar's address, with the port where it is not the usual one."""
    if flow is None:
        return ""
    port = "" if flow.port == flow.transport.default_port else flow.port
    return host_port(flow.host, flow.port) if port else flow.host
