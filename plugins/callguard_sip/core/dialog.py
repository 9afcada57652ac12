"""A dialog that a caller opened and we answered (RFC 3261 §12)."""

from dataclasses import dataclass
from typing import Self

from callguard_sip.core.flow import host_port
from callguard_sip.core.message import Address, BadMessage, Headers, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """How the other side reaches us at the moment."""

    transport: str
    "`UDP`, `TCP` or `TLS`, as in a Via."
    host: str
    port: int
    user: str
    "The unguessable user of our Contact."

    @property
    def contact(self) -> str:
        """Our Contact URI."""
        way = "" if self.transport == "UDP" else f";transport={self.transport.lower()}"
        return f"sip:{self.user}@{host_port(self.host, self.port)}{way}"

    def via(self, branch: str) -> str:
        """Return a Via for a request of ours; the answer shall come back to the port it left from (RFC 3581)."""
        return f"SIP/2.0/{self.transport} {host_port(self.host, self.port)};branch={branch};rport"


@dataclass(slots=True, kw_only=True)
class Dialog:
    """What both sides have agreed on."""

    call_id: str
    local: str
    "Our address with our tag: the To of the INVITE."
    remote: str
    "The caller's address: the From of the INVITE."
    local_tag: str
    remote_tag: str
    target: str
    "The caller's Contact URI, where requests of ours are meant for."
    route: tuple[str, ...]
    remote_cseq: int
    local_cseq: int = 0

    @classmethod
    def answered(cls, invite: Request, tag: str) -> Self:
        """Return the dialog that a 2xx with *tag* opens (RFC 3261 §12.1.1); BadMessage if *invite* has no Contact."""
        if len(invite.contacts) != 1:
            raise BadMessage(400, "Contact Expected")
        return cls(
            call_id=invite.call_id,
            local=f"{invite.headers.get('to')};tag={tag}",
            remote=invite.headers.get("from") or "",
            local_tag=tag,
            remote_tag=invite.from_.tag or "",
            target=invite.contacts[0].uri,
            route=tuple(invite.headers.values("record-route")),
            remote_cseq=invite.cseq.number,
        )

    def retarget(self, request: Request) -> None:
        """Follow the caller to a new Contact (RFC 3261 §12.2.2)."""
        if len(request.contacts) == 1:
            self.target = request.contacts[0].uri

    def request(self, method: str, via: str) -> Request:
        """Return a request of ours within the dialog (RFC 3261 §12.2.1.1)."""
        self.local_cseq += 1
        uri, routes = self._way()
        headers = Headers([("via", via), ("max-forwards", "70")])
        for route in routes:
            headers.add("route", route)
        headers.add("from", self.local)
        headers.add("to", self.remote)
        headers.add("call-id", self.call_id)
        headers.add("cseq", f"{self.local_cseq} {method}")
        return Request(method, uri, headers)

    def _way(self) -> tuple[str, tuple[str, ...]]:
        """Return Request-URI and routes; a first hop without ``lr`` is a strict router of old."""
        if not self.route or _is_loose(self.route[0]):
            return self.target, self.route
        return Address.parse(self.route[0]).uri, (*self.route[1:], f"<{self.target}>")


def _is_loose(route: str) -> bool:
    try:
        return "lr" in Address.parse(route).sip.params
    except BadMessage:
        return True
