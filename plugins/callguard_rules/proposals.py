"""What importers find in a file: rules to propose, and rows that they refuse, each with its line."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from typing import TextIO

from callguard import RuleKind, RuleList, plain

MOST_BYTES = 50 * 1024 * 1024
MOST_RULES = 10_000
_LONGEST_NOTE = 200
_LONGEST_VALUE = 200
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class UnreadableFileError(ValueError):
    """A file is not what it was said to be; the text says so to its owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A rule as the file has it; the house reads its value, because only the house knows its country."""

    line: int
    "In the file, from 1; in a database the row of its table."
    kind: RuleKind
    value: str
    note: str = ""
    list: RuleList | None = None
    "None if the file does not say."


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A row that becomes no rule."""

    line: int
    text: str
    why: str


Row = Proposal | Refused | None
"""None: a line with nothing in it, so that whoever waits can be shown how far it is."""

Rows = Iterator[Row]


def proposed(
    line: int, kind: RuleKind, value: str, *, note: str = "", on: RuleList | None = None, text: str = ""
) -> Proposal | Refused:
    """Return a proposal made of texts from outside: control characters removed, and refused if far too long."""
    if len(value) > _LONGEST_VALUE:
        return refused(line, text or value, f"longer than any number or name ({_LONGEST_VALUE} characters)")
    shown = plain(value).strip()
    if not shown:
        return refused(line, text or value, "nothing in it that can be seen")
    return Proposal(line=line, kind=kind, value=shown, note=plain(note, _LONGEST_NOTE).strip(), list=on)


def refused(line: int, text: str, why: str) -> Refused:
    """Return a refusal that is safe to show."""
    return Refused(line=line, text=plain(text, 60).strip(), why=why)


def lines_of(data: bytes) -> TextIO:
    """Return the lines of *data*, decoded one after the other; UnreadableFileError if it is no text.

    The encoding is told by the byte order mark, else it is UTF-8 if it can be, else Latin-1.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    if not encoding:
        if b"\0" in data:
            raise UnreadableFileError("this is no text file")
        encoding = "utf-8" if _is_utf8(data) else "latin-1"
    return TextIOWrapper(BytesIO(data), encoding=encoding, errors="replace", newline=None)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
