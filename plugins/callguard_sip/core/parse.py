"""Bytes to messages: tolerant in reading, strict in what a transaction needs (RFC 3261 §7, §18.3; RFC 4475)."""

import re
from dataclasses import dataclass
from enum import Enum

from callguard_sip.core.errors import BadMessage
from callguard_sip.core.headers import NAMES, Headers, canonical, wire_name
from callguard_sip.core.message import Request, Response
from callguard_sip.core.scan import is_token, number

__all__ = ["DATAGRAM_LIMIT", "STREAM_LIMIT", "BadMessage", "Keepalive", "StreamParser", "check_mandatory", "parse"]

DATAGRAM_LIMIT = 16 * 1024
STREAM_LIMIT = 64 * 1024
_MOST_LINES = 128
_LONGEST_LINE = 4 * 1024
_MOST_FOLDS = 512
_blank_line = re.compile(rb"\n\r?\n").search
_ONCE = ("from", "to", "call-id", "cseq", "max-forwards")


class Keepalive(Enum):
    """Blank lines between messages on a stream (RFC 5626 §3.5.1)."""

    PING = "ping"
    "The peer asks; answer with one blank line."
    PONG = "pong"
    "The peer answers our ping."


@dataclass(slots=True)
class _Head:
    """Start line and headers of a message, and what was wrong with them."""

    start: str
    headers: Headers
    fault: str = ""


def parse(data: bytes) -> Request | Response:
    """Read the message in one datagram; BadMessage says what to answer, and whether an answer is possible."""
    if len(data) > DATAGRAM_LIMIT:
        head, _ = _split(data[:DATAGRAM_LIMIT])
        raise _rejection(513, "Message Too Large", head)
    head, body = _split(data.lstrip(b"\r\n"))
    message = _message(head)
    length = _content_length(head)
    if length is not None and length > len(body):
        raise _rejection(400, "Content-Length Too Large", head)
    message.body = body if length is None else body[:length]
    return message


def check_mandatory(message: Request | Response) -> None:
    """Refuse a message without what every transaction needs (RFC 3261 §8.1.1, §8.2).

    BadMessage carries 400 or, for a Request-URI of an unknown scheme, 416. A missing Max-Forwards is forgiven: RFC
    2543 did not know it.
    """
    try:
        _check(message)
    except BadMessage as bad:
        raise BadMessage(bad.status, bad.reason, _answerable(message)) from bad


def _check(message: Request | Response) -> None:
    headers = message.headers
    conflict = headers.conflicting(_ONCE)
    if conflict is not None:
        raise BadMessage(400, f"Conflicting {wire_name(conflict)}")
    _ = message.via, message.from_, message.to, message.call_id, message.max_forwards, message.contacts
    if isinstance(message, Request):
        if message.cseq.method != message.method:
            raise BadMessage(400, "CSeq Method Mismatch")
        if message.target.headers:
            raise BadMessage(400, "Headers In Request-URI")
    else:
        _ = message.cseq


def _split(data: bytes) -> tuple[_Head, bytes]:
    """Cut a message into head and body; lines that end in LF alone, or a head that does not end, are put up with."""
    end = data.find(b"\r\n\r\n")
    if end >= 0:
        text = data[:end].decode("utf-8", "surrogateescape")
        lines = text.split("\r\n")
        breaks = len(lines) - 1
        if text.count("\n") == breaks and text.count("\r") == breaks:
            return _head(lines, len(text), "\r\n " in text or "\r\n\t" in text), data[end + 4 :]
    return _split_leniently(data)


def _split_leniently(data: bytes) -> tuple[_Head, bytes]:
    blank = _blank_line(data)
    start, end = blank.span() if blank else (len(data), len(data))
    text = data[:start].decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\r", " ")
    head = _head(text.split("\n"), len(text), "\n " in text or "\n\t" in text)
    if not blank:
        head.fault = head.fault or "Headers Do Not End"
    return head, data[end:]


def _head(lines: list[str], size: int, folded: bool) -> _Head:
    fault = ""
    if folded:
        fault = "Too Many Headers" if len(lines) > _MOST_FOLDS else ""
        lines = _unfolded(lines[:_MOST_FOLDS])
    if len(lines) > _MOST_LINES + 1:
        lines, fault = lines[: _MOST_LINES + 1], "Too Many Headers"
    if size > _LONGEST_LINE and max(map(len, lines)) > _LONGEST_LINE:
        lines = [line for line in lines if len(line) <= _LONGEST_LINE] or [""]
        fault = "Header Too Long"
    return _Head(lines[0], Headers.of(_fields(lines)), fault)


def _unfolded(lines: list[str]) -> list[str]:
    """Join continuation lines to the line they continue (RFC 3261 §7.3.1)."""
    folded: list[list[str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and len(folded) > 1:
            folded[-1].append(line.strip())
        else:
            folded.append([line])
    return [" ".join(parts) for parts in folded]


def _fields(lines: list[str]) -> dict[str, list[str]]:
    """Sort lines by name; a line that is no header is ignored (RFC 3261 §8.2.2)."""
    fields: dict[str, list[str]] = {}
    for line in lines[1:]:
        raw, colon, value = line.partition(":")
        try:
            name = NAMES[raw]
        except KeyError:
            raw = raw.strip()
            if not colon or not is_token(raw):
                continue
            name = canonical(raw)
        if name in fields:
            fields[name].append(value.strip())
        else:
            fields[name] = [value.strip()]
    return fields


def _message(head: _Head) -> Request | Response:
    message = _response(head) if head.start[:4].upper() == "SIP/" else _request(head)
    if head.fault:
        raise _rejection(400, head.fault, head)
    return message


def _request(head: _Head) -> Request:
    words = head.start.split(" ")
    if len(words) == 3 and words[2].upper() == "SIP/2.0" and words[1] and is_token(words[0]):
        return Request(words[0], words[1], head.headers)
    status, reason = 400, "Bad Request Line"
    if len(words) == 3 and words[2][:4].upper() == "SIP/":
        status, reason = 505, "Version Not Supported"
    raise _rejection(status, reason, head)


def _response(head: _Head) -> Response:
    version, _, rest = head.start.partition(" ")
    status, _, reason = rest.partition(" ")
    if version.upper() != "SIP/2.0" or len(status) != 3 or not status.isascii() or not status.isdecimal():
        raise BadMessage(400, "Bad Status Line")
    if not 100 <= int(status) <= 699:
        raise BadMessage(400, "Bad Status Line")
    return Response(int(status), reason, head.headers)


def _content_length(head: _Head) -> int | None:
    value = head.headers.get("content-length")
    if value is None:
        return None
    try:
        if head.headers.conflicting(("content-length",)):
            raise BadMessage(400, "Conflicting Content-Length")
        return number(value, 2**31, "Content-Length")
    except BadMessage as bad:
        raise _rejection(bad.status, bad.reason, head) from bad


def _rejection(status: int, reason: str, head: _Head) -> BadMessage:
    words = head.start.split()
    if len(words) < 3 or words[-1][:4].upper() != "SIP/" or not is_token(words[0]):
        return BadMessage(status, reason)
    return BadMessage(status, reason, _answerable(Request(words[0], words[1], head.headers)))


def _answerable(message: Request | Response) -> Request | None:
    """Return *message* if it can be answered: a request, no ACK, with a readable way back."""
    if not isinstance(message, Request) or message.method == "ACK":
        return None
    try:
        _ = message.via
    except BadMessage:
        return None
    return message


class StreamParser:
    """Cuts a TCP or TLS stream into messages by Content-Length (RFC 3261 §18.3)."""

    def __init__(self, limit: int = STREAM_LIMIT) -> None:
        self.limit = limit
        self.broken = False
        "Where the next message begins is lost: close the connection; everything fed later is ignored."
        self._buffer = bytearray()
        self._searched = 0
        self._head: _Head | None = None
        self._length = 0
        self._half_ping = False

    def feed(self, data: bytes) -> list[Request | Response | BadMessage | Keepalive]:
        """Take bytes as they arrived; return what they completed, in order."""
        found: list[Request | Response | BadMessage | Keepalive] = []
        self._buffer += data
        while not self.broken:
            item = self._next()
            if item is None:
                break
            found.append(item)
        if self.broken:
            self._buffer.clear()
        return found

    def _next(self) -> Request | Response | BadMessage | Keepalive | None:
        if self._head is None:
            if self._buffer.startswith(b"\r\n"):
                return self._keepalive()
            try:
                self._read_head()
            except BadMessage as bad:
                self.broken = True
                return bad
        return None if self._head is None or len(self._buffer) < self._length else self._whole(self._head)

    def _keepalive(self) -> Keepalive:
        ping = self._half_ping or self._buffer.startswith(b"\r\n\r\n")
        del self._buffer[: 2 if self._half_ping or not ping else 4]
        self._half_ping = not ping
        return Keepalive.PING if ping else Keepalive.PONG

    def _read_head(self) -> None:
        end = self._buffer.find(b"\r\n\r\n", self._searched)
        if end < 0:
            self._searched = max(len(self._buffer) - 3, 0)
            if len(self._buffer) > self.limit:
                raise BadMessage(513, "Message Too Large")
            return
        self._half_ping = False
        head, rest = _split(bytes(self._buffer[: end + 4]))
        if rest:
            raise _rejection(400, "Bare Line Feeds", head)  # where the head ends is a matter of opinion
        length = _content_length(head)
        if length is None:
            raise _rejection(400, "Missing Content-Length", head)
        if end + 4 + length > self.limit:
            raise _rejection(513, "Message Too Large", head)
        del self._buffer[: end + 4]
        self._head, self._length, self._searched = head, length, 0

    def _whole(self, head: _Head) -> Request | Response | BadMessage:
        body = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        self._head = None
        try:
            message = _message(head)
        except BadMessage as bad:
            return bad
        message.body = body
        return message
