"""Via: the way back of a response (RFC 3261 §20.42, RFC 3581)."""

from typing import NamedTuple, Self

from callguard_sip.core.errors import BadMessage
from callguard_sip.core.scan import NO_PARAMS, Params, format_params, is_token, number, parse_params
from callguard_sip.core.uri import host_port


class Via(NamedTuple):
    """One hop of a request."""

    transport: str
    "`UDP`, `TCP`, `TLS` …, upper case."
    host: str
    port: int | None = None
    params: Params = NO_PARAMS

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one Via value; BadMessage (400) if it is none."""
        place, _, tail = text.partition(";")
        words = place.split()
        if len(words) == 2 and words[0][:8] == "SIP/2.0/":
            transport, sent_by = words[0][8:], words[1]
        else:
            transport, sent_by = _spaced(place)
        if not is_token(transport):
            raise BadMessage(400, "Bad Via")
        host, port = host_port(sent_by)
        tail = tail.rstrip()
        # One semicolon too many at the end is a common slip; more of them is no Via (RFC 4475 §3.1.2.1).
        if ";;" in tail or tail[:1] == ";":
            raise BadMessage(400, "Bad Via")
        return cls(transport.upper(), host, port, parse_params(tail) if tail else NO_PARAMS)

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
        return f"SIP/2.0/{self.transport} {place}{format_params(self.params)}"


def _spaced(place: str) -> tuple[str, str]:
    """Split ``SIP / 2.0 / UDP host : port`` into transport and place; the version is the start line's affair."""
    name, _, rest = place.partition("/")
    version, slash, rest = rest.partition("/")
    transport, *sent_by = rest.split(None, 1) or [""]
    if not slash or not sent_by or name.strip().upper() != "SIP" or not is_token(version.strip()):
        raise BadMessage(400, "Bad Via")
    host, colon, port = sent_by[0].rpartition(":")
    return transport, f"{host.strip()}:{port.strip()}" if colon and "]" not in port else sent_by[0].strip()
