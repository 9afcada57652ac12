"""SIP messages as bytes and back (RFC 3261 §7), as much of it as a small telephone company needs.

Written without looking at CallGuard's own SIP code, so that each is a real peer for the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Header = tuple[str, str]
_VERSION = "SIP/2.0"
_LONGEST = 65_535
_MOST_LINES = 200
_COMPACT = {
    "v": "Via",
    "f": "From",
    "t": "To",
    "m": "Contact",
    "i": "Call-ID",
    "l": "Content-Length",
    "c": "Content-Type",
    "s": "Subject",
    "k": "Supported",
}
_BREAKS = str.maketrans("\r\n\0", "   ")
_USER_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()&=+$,;?/")


class WireError(ValueError):
    """Bytes that are no SIP message."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request (it has a method) or a response (it has a status)."""

    method: str
    "Empty in a response."
    uri: str
    status: int
    "0 in a request."
    reason: str
    headers: tuple[Header, ...]
    body: bytes = b""

    def first(self, name: str) -> str:
        """Return the first header called *name*, or an empty text."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """Return every header called *name*, one for each header line."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def branch(self) -> str:
        """The branch of the topmost Via: it names the transaction (RFC 3261 §8.1.1.7)."""
        return parameter(self.first("Via").partition(",")[0], "branch")

    @property
    def answered_method(self) -> str:
        """The method in CSeq: in a response, what is being answered."""
        return self.first("CSeq").rpartition(" ")[2]

    def to_bytes(self) -> bytes:
        """Return the message as it goes over the wire; a line break in a header becomes a space."""
        start = f"{self.method} {self.uri} {_VERSION}" if self.method else f"{_VERSION} {self.status} {self.reason}"
        lines = [start, *(f"{name}: {value}" for name, value in self.headers), f"Content-Length: {len(self.body)}"]
        head = "\r\n".join(line.translate(_BREAKS) for line in lines)
        return head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + self.body


def request(method: str, uri: str, headers: Sequence[Header], body: bytes = b"") -> Message:
    """Return a request."""
    return Message(method, uri, 0, "", tuple(headers), body)


def response(to: Message, status: int, reason: str, extra: Sequence[Header] = (), *, tag: str = "") -> Message:
    """Return the response to a request, with what RFC 3261 §8.2.6.2 says must be copied; *tag* marks our To."""
    copied = [(name, value) for name, value in to.headers if name.lower() in ("via", "from", "call-id", "cseq")]
    theirs = to.first("To")
    ours = theirs if not tag or parameter(theirs, "tag") else f"{theirs};tag={tag}"
    return Message("", "", status, reason, (*copied, ("To", ours), *extra))


def parse(data: bytes) -> Message:
    """Return the message in one datagram; WireError says why there is none."""
    if len(data) > _LONGEST:
        raise WireError("longer than a datagram")
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        raise WireError("no empty line after the headers")
    if head.count(b"\r\n") > _MOST_LINES:
        raise WireError("too many headers")
    start, *lines = _unfolded(head.decode("utf-8", "surrogateescape").split("\r\n"))
    headers = tuple(_header(line) for line in lines)
    first, _, rest = start.partition(" ")
    if first == _VERSION:
        return _as_response(rest, headers, _cut(headers, body))
    return _as_request(first, rest, headers, _cut(headers, body))


def uri_of(address: str) -> str:
    """Return the URI inside a From, To or Contact value, with or without display name and angle brackets."""
    rest = _after_display_name(address)
    opened, bracket, inside = rest.partition("<")
    return inside.partition(">")[0] if bracket else opened.partition(";")[0].strip()


def parameter(value: str, name: str) -> str:
    """Return the parameter *name* of a header value, or an empty text; what is inside <> is not looked at."""
    rest = _after_display_name(value)
    outside = rest.rpartition(">")[2] if "<" in rest else rest
    for part in outside.split(";")[1:]:
        key, _, given = part.partition("=")
        if key.strip().lower() == name:
            return given.strip()
    return ""


def user_of(uri: str) -> str:
    """Return the user part of a SIP URI, or an empty text."""
    return uri.partition(":")[2].partition("@")[0] if "@" in uri else ""


def quoted(text: str) -> str:
    """Return *text* as a quoted string (RFC 3261 §25.1); control characters are sent as quoted pairs."""
    safe = text.translate(_BREAKS)
    return '"' + "".join("\\" + c if c in '"\\' or (not c.isprintable() and ord(c) < 128) else c for c in safe) + '"'


def user_part(text: str) -> str:
    """Return *text* as the user part of a URI; what may not stand there is percent-encoded."""
    encoded = text.encode("utf-8", "surrogateescape")
    return "".join(chr(b) if chr(b) in _USER_CHARACTERS else f"%{b:02X}" for b in encoded)


def _unfolded(lines: list[str]) -> list[str]:
    whole: list[str] = []
    for line in lines:
        if line[:1] in (" ", "\t") and whole:
            whole[-1] += " " + line.strip()
        else:
            whole.append(line)
    return whole


def _header(line: str) -> Header:
    name, colon, value = line.partition(":")
    name = name.strip()
    if not colon or not name:
        raise WireError("a header line without a name")
    return _COMPACT.get(name.lower(), name), value.strip()


def _as_response(rest: str, headers: tuple[Header, ...], body: bytes) -> Message:
    code, _, reason = rest.partition(" ")
    if not (len(code) == 3 and code.isascii() and code.isdecimal() and "100" <= code < "700"):
        raise WireError("a response without a status")
    readable = "".join(c for c in reason if c.isprintable())
    return Message("", "", int(code), readable, headers, body)


def _as_request(method: str, rest: str, headers: tuple[Header, ...], body: bytes) -> Message:
    uri, _, version = rest.rpartition(" ")
    if not (method.isascii() and method.isalpha()) or version != _VERSION or not uri or " " in uri:
        raise WireError("neither a request nor a response")
    return Message(method, uri, 0, "", headers, body)


def _cut(headers: tuple[Header, ...], body: bytes) -> bytes:
    length = next((value for name, value in headers if name.lower() == "content-length"), str(len(body)))
    if not (length.isascii() and length.isdecimal() and len(length) < 6) or int(length) > len(body):
        raise WireError("Content-Length is not the length of the body")
    return body[: int(length)]


def _after_display_name(address: str) -> str:
    address = address.strip()
    if not address.startswith('"'):
        return address
    place = 1
    while place < len(address) and address[place] != '"':
        place += 2 if address[place] == "\\" else 1
    return address[place + 1 :]
