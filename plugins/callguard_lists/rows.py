"""What the readers of the formats have in common: rows as the list wrote them, and lines of bounded length."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

LONGEST_LINE = 8192
"""Bytes; a longer line is skipped without being kept in memory."""
_MARK = b"\xef\xbb\xbf"
_BINARY = {
    b"PK\x03\x04": "it is a ZIP archive or a spreadsheet; save it as CSV or text",
    b"\x1f\x8b": "it is compressed; unpack it first",
    b"%PDF": "it is a PDF; a list must be text, CSV or JSON",
    b"\xff\xfe": "it is written in UTF-16; save it as UTF-8",
    b"\xfe\xff": "it is written in UTF-16; save it as UTF-8",
    b"SQLite format 3": "it is a database; export its numbers as CSV",
}


class NotAListError(ValueError):
    """What was fetched is no list of numbers at all; one sentence for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One number or beginning, in the list's own words."""

    text: str
    category: str = ""
    reports: str = ""
    last_seen: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that cannot be used, and why, as a short code."""

    why: str
    row: str


def check_bytes(head: bytes) -> None:
    """Refuse what the first bytes of a file show to be no list: a web page, an archive, nothing."""
    for magic, sentence in _BINARY.items():
        if head.startswith(magic):
            raise NotAListError(f"this is no list of numbers: {sentence}")
    text = head.removeprefix(_MARK).lstrip()
    if not text:
        raise NotAListError("this is no list of numbers: it is empty")
    if text.startswith(b"<"):
        raise NotAListError("this is no list of numbers: it is a web page, perhaps an error or a log-in page")
    if b"\0" in head:
        raise NotAListError("this is no list of numbers: it is not text")


def lines(stream: BinaryIO) -> Iterator[str]:
    """Yield the lines of *stream* without their ends; one that is too long comes as its beginning and `…`."""
    first = True
    while raw := stream.readline(LONGEST_LINE):
        if first:
            raw, first = raw.removeprefix(_MARK), False
        cut = len(raw) == LONGEST_LINE and not raw.endswith(b"\n")
        if cut:
            _skip_line(stream)
        yield raw.decode("utf-8", "replace").rstrip("\r\n") + ("…" if cut else "")


def _skip_line(stream: BinaryIO) -> None:
    while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        pass
