"""Via: the way back of a response (RFC 3261 §20.42, RFC 3581)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from callguard_sip.core.errors import BadMessage
from callguard_sip.core.scan import format_params, is_token, number, parse_params
from callguard_sip.core.uri import host_port


@dataclass(frozen=True, slots=True)
class Via:
    """One hop of a request."""

    transport: str
    "`UDP`, `TCP`, `TLS` …, upper case."
    host: str
    port: int | None = None
    params: Mapping[str, str | None] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one Via value; BadMessage (400) if it is none."""
        place, _, tail = text.partition(";")
        transport, sent_by = _protocol(place)
        host, port = host_port(sent_by if sent_by.isalnum() else "".join(sent_by.split()))
        tail = tail.rstrip(" \t")
        # One semicolon too many at the end is a common slip; more of them is no Via (RFC 4475 §3.1.2.1).
        if ";;" in tail or tail[:1] == ";":
            raise BadMessage(400, "Bad Via")
        return cls(transport, host, port, parse_params(tail) if tail else {})

    @property
    def branch(self) -> str | None:
        """The transaction's name (RFC 3261 §8.1.1.7)."""
        return self.params.get("branch")

    @property
    def received(self) -> str | None:
        """The address the request really came from."""
        return self.params.get("received")

    @property
    def rport(self) -> int | None:
        """The port the request really came from; whether it was asked for is ``"rport" in via.params`` (RFC 3581)."""
        value = self.params.get("rport")
        return number(value, 65535, "Via") if value else None

    def __str__(self) -> str:
        """Write the Via as it goes on the wire."""
        place = self.host if self.port is None else f"{self.host}:{self.port}"
        return f"SIP/2.0/{self.transport} {place}{format_params(dict(self.params))}"


def _protocol(place: str) -> tuple[str, str]:
    """Split ``SIP / 2.0 / UDP host:port`` into transport and place; the version is the start line's affair."""
    name, _, rest = place.partition("/")
    version, slash, rest = rest.partition("/")
    words = rest.split(None, 1)
    if len(words) != 2 or not slash or name.strip().upper() != "SIP" or not is_token(version.strip()):
        raise BadMessage(400, "Bad Via")
    if not is_token(words[0]):
        raise BadMessage(400, "Bad Via")
    return words[0].upper(), words[1].strip()
