"""Octets of a modem → lines of text and `<DLE>` codes, however the octets are cut."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_PIECES = re.compile(rb"\x10([\s\S])|([\r\n])|([^\x10\r\n]+)|\x10")
_CONTROLS = bytes(range(32)) + b"\x7f"
_DLE = b"\x10"
_LONGEST = 600
"Octets of a line: a whole caller-ID packet in hex has 2 x 258 (EN 300 659-3 §5.2); what is longer is noise."


class Line(NamedTuple):
    """A line of text, without control characters and blanks around it; never empty."""

    text: str


class Code(NamedTuple):
    """A `<DLE>` code, such as `R` for a ring (V.253 §9.2)."""

    char: str


class Lexer:
    """Keeps what is not a whole line yet."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._half = b""

    def feed(self, data: bytes) -> Iterator[Line | Code]:
        """Return what *data* completes; take all of it before the next call."""
        data, self._half = self._half + data, b""
        for piece in _PIECES.finditer(data):
            code, _, text = piece.groups()
            if text is not None:
                self._keep(text)
            elif code is not None:
                yield from self._code(code)
            elif piece[0] == _DLE:
                self._half = _DLE  # its other half is still under way
            else:
                yield from self._end()

    def forget(self) -> None:
        """Drop what is not a whole line: what comes next has nothing to do with it."""
        self._text.clear()
        self._half = b""

    def _keep(self, text: bytes) -> None:
        # One octet too many is kept, so that a line that was cut is known as one.
        self._text += text[: _LONGEST + 1 - len(self._text)]

    def _code(self, code: bytes) -> Iterator[Line | Code]:
        if code == b".":
            yield from self._end()  # it closes what `<DLE>X` opened, line end or not
        yield Code(code.decode("latin-1"))

    def _end(self) -> Iterator[Line]:
        octets, noise = bytes(self._text.translate(None, _CONTROLS)), len(self._text) > _LONGEST
        self._text.clear()
        text = "" if noise else _decoded(octets).strip()
        if text:
            yield Line(text)


def _decoded(octets: bytes) -> str:
    """Return text: names come in UTF-8 or in Latin-1, and nobody says in which."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")
