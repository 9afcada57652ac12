"""JSON read item by item: a list of any size needs the memory of its largest item."""

import codecs
from collections.abc import Iterator, Mapping, Sequence
from json import JSONDecoder
from typing import BinaryIO

from callguard_lists.rows import NotAListError

_CHUNK = 1 << 16
_LARGEST_ITEM = 1 << 18
"""Characters of one item of an array, or of one value beside it."""
_DEEPEST = 8
_DECODER = JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)  # a telephone number is no quantity

Value = None | bool | str | Sequence["Value"] | Mapping[str, "Value"]
Path = tuple[str, ...]


class _Text:
    """The text of a stream, held only as far as it is being read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._buffer = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """Return the next character that is no space; empty at the end."""
        while True:
            while self._at < len(self._buffer):
                if self._buffer[self._at] not in " \t\r\n":
                    return self._buffer[self._at]
                self._at += 1
            if not self._more():
                return ""

    def take(self, wanted: str) -> None:
        """Step over the character *wanted*; NotAListError if there is another."""
        if self.peek() != wanted:
            raise NotAListError(_BROKEN if self.peek() else _CUT)
        self._at += 1

    def value(self) -> Value:
        """Read one whole value."""
        self.peek()
        while True:
            found, end = self._decoded()
            # A number at the very end may go on in the next portion.
            if end < len(self._buffer) or (end == len(self._buffer) and self._ended):
                self._at = end
                return found
            self._grow()

    def _decoded(self) -> tuple[Value, int]:
        """Return the next value and where it ends; beyond the buffer if it does not end there."""
        try:
            return _DECODER.raw_decode(self._buffer, self._at)
        except RecursionError:
            raise NotAListError(_BROKEN) from None
        except ValueError:
            return None, len(self._buffer) + 1

    def _grow(self) -> None:
        if self._ended:
            raise NotAListError(_CUT)
        if len(self._buffer) - self._at > _LARGEST_ITEM:
            raise NotAListError(_BROKEN)
        self._more()

    def _more(self) -> bool:
        if self._ended:
            return False
        chunk = self._stream.read(_CHUNK)
        self._ended = not chunk
        self._buffer = self._buffer[self._at :] + self._decoder.decode(chunk, final=self._ended)
        self._at = 0
        return True


_BROKEN = "this is no list of numbers: it is broken JSON"
_CUT = "this is no list of numbers: its JSON ends in the middle"


def items(stream: BinaryIO) -> Iterator[tuple[Path, bool, Value]]:
    """Yield every item of every array, and every value beside them, with the keys that lead there.

    The flag tells items of an array. NotAListError if the text is broken, cut off, nested deeper than eight levels
    above the arrays, or has an item of more than 256 K characters.
    """
    text = _Text(stream)
    yield from _walk(text, ())
    if text.peek():
        raise NotAListError(_BROKEN)


def _walk(text: _Text, path: Path) -> Iterator[tuple[Path, bool, Value]]:
    first = text.peek()
    if first == "[":
        yield from _array(text, path)
    elif first == "{":
        if len(path) >= _DEEPEST:
            raise NotAListError("this is no list of numbers: its JSON is nested too deeply")
        yield from _object(text, path)
    else:
        yield path, False, text.value()


def _array(text: _Text, path: Path) -> Iterator[tuple[Path, bool, Value]]:
    text.take("[")
    while text.peek() != "]":
        yield path, True, text.value()
        if text.peek() != "]":
            text.take(",")
            _not_closed(text, "]")
    text.take("]")


def _object(text: _Text, path: Path) -> Iterator[tuple[Path, bool, Value]]:
    text.take("{")
    while text.peek() != "}":
        if text.peek() not in {'"', ""}:
            raise NotAListError(_BROKEN)
        key = text.value()
        text.take(":")
        yield from _walk(text, (*path, str(key)))
        if text.peek() != "}":
            text.take(",")
            _not_closed(text, "}")
    text.take("}")


def _not_closed(text: _Text, end: str) -> None:
    if text.peek() == end:
        raise NotAListError(_BROKEN)
