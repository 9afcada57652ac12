"""Finds out what kind of address book a file is, and reads it."""

import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from callguard_contacts.reading.rows import Reading, Row, Unreadable, UnreadableFileError, collect

LARGEST = 10_000_000
"""Bytes of a file; for vCards it counts what is left without photographs."""
LARGEST_WITH_PHOTOS = 100_000_000
_BEGINNING = 4096
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_file(path: Path, book: str, country: str) -> Reading:
    """Return the contacts in the file at *path*, numbers as somebody in *country* means them.

    UnreadableFileError says in one sentence why there are none.
    """
    try:
        # Without O_NONBLOCK a named pipe would be waited for.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            _check(stream)
            return collect(_read(stream), book, country)
    except OSError as error:
        raise UnreadableFileError(f"it cannot be read: {error.strerror or error}") from error


def read_bytes(data: bytes, book: str, country: str) -> Reading:
    """Return the contacts in *data*, as `read_file` does."""
    return collect(_read(io.BytesIO(data)), book, country)


def _check(stream: BinaryIO) -> None:
    found = os.fstat(stream.fileno())
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableFileError("it is not a file")
    if found.st_size > LARGEST_WITH_PHOTOS:
        raise UnreadableFileError(f"it is larger than {LARGEST_WITH_PHOTOS:,} bytes")


def _read(stream: BinaryIO) -> Iterator[Row | Unreadable]:
    beginning = stream.read(_BEGINNING)
    stream.seek(0)
    if beginning.startswith(_UTF16):
        text = _whole(stream).decode("utf-16", "replace").encode()
        return _of_kind(text[:_BEGINNING], io.BytesIO(text))
    return _of_kind(beginning, stream)


def _of_kind(beginning: bytes, stream: BinaryIO) -> Iterator[Row | Unreadable]:
    start = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise UnreadableFileError("it is empty")
    if b"BEGIN:VCARD" in beginning.upper():
        from callguard_contacts.reading.vcard import read_vcards  # noqa: PLC0415  (only who needs the library pays)

        return _vcards(read_vcards(stream))
    if start.startswith(b"<"):
        if b"phonebook" not in beginning:
            raise UnreadableFileError("it is a web page or other XML, not an address book")
        from callguard_contacts.reading.fritzbox import read_phonebook  # noqa: PLC0415

        return read_phonebook(_whole(stream))
    if b"\0" in beginning:
        raise UnreadableFileError("it is neither vCard (.vcf), nor CSV of Google or Outlook, nor a FRITZ!Box's XML")
    from callguard_contacts.reading.spreadsheet import read_table  # noqa: PLC0415

    return read_table(_text(_whole(stream)))


def _vcards(rows: Iterator[Row | Unreadable]) -> Iterator[Row | Unreadable]:
    try:
        yield from rows
    except UnreadableFileError:
        raise
    except ValueError as error:
        raise UnreadableFileError(str(error)) from None


def _whole(stream: BinaryIO) -> bytes:
    data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UnreadableFileError(f"it is larger than {LARGEST:,} bytes")
    return data


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
