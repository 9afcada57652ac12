"""Requests and responses, with typed access to what they say (RFC 3261 §7)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Self, TypeVar, cast

from callguard_sip.core.address import Address
from callguard_sip.core.errors import BadMessage
from callguard_sip.core.headers import Headers, wire_name
from callguard_sip.core.scan import is_token, number, split_outside
from callguard_sip.core.uri import SipUri
from callguard_sip.core.via import Via

__all__ = ["Address", "BadMessage", "CSeq", "Headers", "Message", "Request", "Response", "SipUri", "Via", "serialise"]

_HIGHEST_CSEQ = 2**31 - 1
_HIGHEST_EXPIRES = 2**32 - 1
T = TypeVar("T")


class CSeq(NamedTuple):
    """Number and method of a request, repeated in its responses (RFC 3261 §20.16)."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a CSeq value; BadMessage (400) if it is none or 2**31 or more."""
        words = text.split()
        if len(words) != 2 or not is_token(words[1]):
            raise BadMessage(400, "Bad CSeq")
        return cls(number(words[0], _HIGHEST_CSEQ, "CSeq"), words[1])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


class Reading(Generic[T]):
    """Typed access to headers: read at the first use, remembered until a header changes."""

    def __init__(self, read: Callable[[Headers], T]) -> None:
        self._read = read

    def __get__(self, message: "Message", owner: type) -> T:
        memory = message.headers.memory
        value = memory.get(self)
        if value is None:
            value = memory[self] = self._read(message.headers)
        return value  # type: ignore[return-value]  # a cast would cost as much as the rest


def _required(headers: Headers, name: str) -> str:
    value = headers.get(name)
    if not value:
        raise BadMessage(400, f"Missing {wire_name(name)}")
    return value


def _top_via(headers: Headers) -> Via:
    top = _required(headers, "via")
    return Via.parse(split_outside(top, ",")[0].strip(" \t") if "," in top else top)


def _contacts(headers: Headers) -> list[Address]:
    return [Address.parse(value) for value in headers.values("contact")]


def _expires(headers: Headers) -> int | None:
    value = headers.get("expires")
    return None if value is None else number(value, _HIGHEST_EXPIRES, "Expires")


def _max_forwards(headers: Headers) -> int | None:
    value = headers.get("max-forwards")
    return None if value is None else number(value, 255, "Max-Forwards")


def _content_type(headers: Headers) -> str:
    return (headers.get("content-type") or "").partition(";")[0].strip(" \t").lower()


class Message:
    """What requests and responses have in common; every reading raises BadMessage if the header is bad or missing."""

    __slots__ = ()
    headers: Headers

    via = Reading(_top_via)
    "The topmost Via."
    cseq = Reading(lambda headers: CSeq.parse(_required(headers, "cseq")))
    call_id = Reading(lambda headers: _required(headers, "call-id"))
    from_ = Reading(lambda headers: Address.parse(_required(headers, "from")))
    to = Reading(lambda headers: Address.parse(_required(headers, "to")))
    contacts = Reading(_contacts)
    expires = Reading(_expires)
    "Seconds, None if it does not say."
    max_forwards = Reading(_max_forwards)
    content_type = Reading(_content_type)
    "`application/sdp`: lower case, without parameters; empty if it does not say."


@dataclass(slots=True)
class Request(Message):
    """A request."""

    method: str
    "Case matters (RFC 3261 §7.1)."
    uri: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def target(self) -> SipUri:
        """The Request-URI, read; BadUri if it names no telephone."""
        memory = self.headers.memory
        value = memory.get(self.uri)
        if value is None:
            value = memory[self.uri] = SipUri.parse(self.uri)
        return cast(SipUri, value)


@dataclass(slots=True)
class Response(Message):
    """A response."""

    status: int
    reason: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""


def serialise(message: Request | Response) -> bytes:
    """Write a message as it goes on the wire.

    Content-Length always fits the body, and a line break inside a value becomes a space: nothing that a stranger
    sent can begin a header of its own.
    """
    if isinstance(message, Request):
        lines = [f"{message.method} {message.uri} SIP/2.0"]
    else:
        lines = [f"SIP/2.0 {message.status} {message.reason}"]
    lines += [f"{wire_name(n)}: {value}" for n, value in message.headers.items() if n != "content-length"]
    lines.append(f"Content-Length: {len(message.body)}")
    text = "\r\n".join(lines)
    if text.count("\r") != len(lines) - 1 or text.count("\n") != len(lines) - 1:
        text = "\r\n".join(line.replace("\r", " ").replace("\n", " ") for line in lines)
    return text.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + message.body
