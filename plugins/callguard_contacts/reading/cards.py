"""Takes a vCard file apart into cards, and of each card only the lines that say who it is and how to call them.

The library (see vcard.py) needs exponential time for some lines: 22 parameters without a colon took four seconds.
So it never sees a line as it came. Photographs, addresses and notes are dropped unread, and parameters too, but for
the two that say how a value is written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

LONGEST_LINE = 2_000
"""Bytes of a name or a number, unfolded."""
_PIECE = 64 * 1024
_MOST_LINES = 200
"""Kept lines of one card."""
_MOST_KEPT = 10_000_000
_WANTED = frozenset({b"VERSION", b"UID", b"FN", b"N", b"ORG", b"NICKNAME", b"TEL"})
_CHARSET = re.compile(rb"utf-?8|us-ascii|iso-8859-\d{1,2}|windows-125\d|koi8-r|shift_jis|euc-(jp|kr)|gbk|gb2312|big5")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BASE64 = (b"B", b"BASE64")


class TooMuchError(ValueError):
    """The names and numbers alone are more than any address book has."""


@dataclass(slots=True)
class Card:
    """The lines of one card that matter, each unfolded, ready for the library."""

    position: int
    "1 is the first of the file."
    lines: list[str] = field(default_factory=list)
    wrong: str = ""
    "Why it cannot be read, if that is known already."


@dataclass(slots=True)
class _Property:
    """One property as it grows over its lines."""

    head: bytes
    quoted_printable: bool
    wanted: bool
    value: bytearray = field(default_factory=bytearray)
    too_long: bool = False

    def add(self, more: bytes) -> None:
        if not self.wanted:
            self.value[:] = more[-1:]  # only whether it goes on matters
        elif len(self.value) + len(more) > LONGEST_LINE:
            self.too_long = True
        else:
            self.value += more


def cards(stream: BinaryIO) -> Iterator[Card]:
    """Yield the cards of *stream*, broken ones too; TooMuchError ends it."""
    splitter = _Splitter()
    for line in _lines(stream):
        card = splitter.take(line)
        if card is not None:
            yield card
    last = splitter.end()
    if last is not None:
        yield last


class _Splitter:
    """Knows in which card and property it is."""

    def __init__(self) -> None:
        self._count = 0
        self._kept = 0
        self._card: Card | None = None
        self._property: _Property | None = None

    def take(self, line: bytes) -> Card | None:
        """Take the next line; returns the card that ended with it."""
        growing = self._property
        if growing is not None and growing.quoted_printable and growing.value.endswith(b"="):
            del growing.value[-1:]
            growing.add(line.rstrip())
            return None
        if line[:1] in (b" ", b"\t"):
            if growing is not None:
                growing.add(line[1:])
            return None
        self._finish_property()
        word = line.removeprefix(_BYTE_ORDER_MARK).strip().upper()
        if word == b"BEGIN:VCARD":
            return self._begin()
        if word == b"END:VCARD":
            card, self._card = self._card, None
            return card
        if self._card is not None:
            self._property = _property(line)
        return None

    def end(self) -> Card | None:
        """Return the card whose end is missing, if there is one."""
        return self._begin() if self._card is not None else None

    def _begin(self) -> Card | None:
        unfinished = self._card
        if unfinished is not None:
            unfinished.wrong = "its end is missing"
        self._count += 1
        self._card = Card(self._count)
        self._property = None
        return unfinished

    def _finish_property(self) -> None:
        done, self._property = self._property, None
        card = self._card
        if done is None or card is None or not done.wanted:
            return
        self._kept += len(done.value)
        if self._kept > _MOST_KEPT:
            raise TooMuchError(f"the names and numbers alone are more than {_MOST_KEPT:,} bytes")
        if done.too_long or len(card.lines) >= _MOST_LINES:
            card.wrong = card.wrong or "it has more or longer names and numbers than any person"
            return
        card.lines.append(_written(done))


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield lines without their ends; one that is longer than any name is cut."""
    while piece := stream.readline(_PIECE):
        rest = piece
        while not rest.endswith(b"\n") and len(rest) == _PIECE:
            rest = stream.readline(_PIECE)
        yield piece.rstrip(b"\r\n")


def _property(line: bytes) -> _Property | None:
    colon = _colon(line)
    if colon < 0:
        return None
    name, _, parameters = line[:colon].partition(b";")
    name = name.rpartition(b".")[2].strip().upper()
    encoding = _encoding(parameters)
    found = _Property(name + encoding, b"QUOTED-PRINTABLE" in encoding, name in _WANTED)
    found.add(line[colon + 1 :])
    return found


def _colon(line: bytes) -> int:
    """Return where the value begins: at the first colon outside of quotation marks."""
    first = line.find(b":")
    if b'"' not in line[:first]:
        return first
    quoted = False
    for place, byte in enumerate(line[:LONGEST_LINE]):
        if byte == 0x22:
            quoted = not quoted
        elif byte == 0x3A and not quoted:
            return place
    return -1


def _encoding(parameters: bytes) -> bytes:
    """Return the parameters that say how the value is written, the only ones the library shall see."""
    kept = b""
    for parameter in parameters[:LONGEST_LINE].upper().split(b";"):
        key, _, value = parameter.strip().rpartition(b"=")
        value = value.strip(b'"')
        if value == b"QUOTED-PRINTABLE":
            kept += b";ENCODING=QUOTED-PRINTABLE"
        elif key == b"ENCODING" and value in _BASE64:
            kept += b";ENCODING=B"
        elif key == b"CHARSET" and _CHARSET.fullmatch(value.lower()):
            kept += b";CHARSET=" + value
    return kept


def _written(done: _Property) -> str:
    head = done.head.decode("ascii")
    value = bytes(done.value)
    if done.quoted_printable:
        return f"{head}:{value.decode('ascii', 'replace')}"
    _, _, charset = head.partition(";CHARSET=")
    return f"{head}:{_decoded(value, charset)}"


def _decoded(value: bytes, charset: str) -> str:
    for encoding in ("utf-8", charset, "cp1252"):
        try:
            return _one_line(value.decode(encoding)) if encoding else _one_line(value.decode())
        except (UnicodeDecodeError, LookupError):
            continue
    return _one_line(value.decode("latin-1"))


def _one_line(text: str) -> str:
    """Return *text* without what the library would take for the end of the line."""
    return " ".join(text.split("\r")) if "\r" in text else text
