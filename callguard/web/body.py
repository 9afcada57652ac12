"""A body as it comes: counted, unpacked in small portions, kept in memory or written aside."""

import asyncio
import fcntl
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from callguard.model.text import plain
from callguard.model.web import FetchError

_PORTION = 65536
"""Bytes unpacked or written at a time: the verdict about a call must not wait for more."""
_PARTS = 100
"""Parts that one gzip file may have; tools that write several write few."""
_WBITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_RAW_DEFLATE = -15


class PackingError(Exception):
    """A body is not packed as it claims, or not as it was asked for."""


class Unpacker:
    """Undoes gzip and deflate (RFC 9110 §8.4), a portion at a time."""

    def __init__(self, encoding: str) -> None:
        """PackingError if *encoding* is none that was asked for."""
        self._encoding = encoding.strip().lower()
        if self._encoding not in ("", "identity", *_WBITS):
            raise PackingError(f"“{plain(self._encoding, 20)}” is a packing nobody asked for")
        self._stream: zlib._Decompress | None = None
        self._parts = 0

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """Return what *data* holds in portions; PackingError if it is not packed as it claims."""
        if self._encoding not in _WBITS:
            yield data
            return
        more = bool(data)
        while more:
            portion, data = self._step(data)
            more = bool(data) or len(portion) == _PORTION
            if portion:
                yield portion

    def finish(self) -> None:
        """Raise PackingError if the end is missing."""
        if self._encoding in _WBITS and self._stream is not None and not self._stream.eof:
            raise PackingError("its end is missing")

    def _step(self, data: bytes) -> tuple[bytes, bytes]:
        """Return the next portion and what of *data* is left."""
        stream = self._stream
        if stream is None or stream.eof:
            # After the end some send padding; only gzip may go on with a further part (RFC 1952 §2.2).
            if stream is not None and (self._encoding == "deflate" or not data.strip(b"\0")):
                return b"", b""
            stream = self._begin(data)
        try:
            portion = stream.decompress(data, _PORTION)
        except zlib.error:
            raise PackingError(f"it is not the {self._encoding} that it claims to be") from None
        return portion, stream.unused_data if stream.eof else stream.unconsumed_tail

    def _begin(self, data: bytes) -> "zlib._Decompress":
        self._parts += 1
        if self._parts > _PARTS:
            raise PackingError(f"it has more than {_PARTS} parts")
        # Many servers send deflate without the wrapping that the standard asks for.
        bare = self._encoding == "deflate" and data[0] & 0x0F != 8
        self._stream = zlib.decompressobj(_RAW_DEFLATE if bare else _WBITS[self._encoding])
        return self._stream


class Sink(Protocol):
    """Where a body goes."""

    async def write(self, portion: bytes) -> None:
        """Take the next portion."""

    async def finish(self) -> bytes:
        """Return what was kept in memory."""


class Memory:
    """Keeps a body in memory."""

    def __init__(self) -> None:
        self._body = BytesIO()

    async def write(self, portion: bytes) -> None:
        """Take the next portion."""
        self._body.write(portion)

    async def finish(self) -> bytes:
        """Return the body."""
        return self._body.getvalue()  # hands its buffer over, where bytes() would copy it


class PartFile:
    """Writes a body beside its place, and moves it there when it is complete; a context manager."""

    def __init__(self, to: Path) -> None:
        self._to = to
        self._part = to.with_name(f".{to.name}.part")
        self._file = -1

    def __enter__(self) -> Self:
        self._to.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(self._file), self._part.lstat()):
                raise BlockingIOError  # somebody else has just finished
        except (BlockingIOError, FileNotFoundError):
            os.close(self._file)
            raise FetchError(f"{self._to.name} is being fetched already") from None
        os.ftruncate(self._file, 0)  # what a power cut left
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if self._file >= 0:
            self._part.unlink(missing_ok=True)
            self._close()

    async def write(self, portion: bytes) -> None:
        """Write the next portion; the disk may be slow, so not in the event loop."""
        await _in_thread(self._write, portion)

    async def finish(self) -> bytes:
        """Move the complete file to its place; nothing of it is kept in memory."""
        await _in_thread(self._move)
        return b""

    def _write(self, portion: bytes) -> None:
        rest = memoryview(portion)
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def _move(self) -> None:
        os.fsync(self._file)
        self._part.replace(self._to)
        self._close()

    def _close(self) -> None:
        os.close(self._file)
        self._file = -1


async def _in_thread(work: Callable[..., None], *arguments: bytes) -> None:
    future = asyncio.get_running_loop().run_in_executor(None, work, *arguments)
    try:
        await asyncio.shield(future)
    except asyncio.CancelledError:
        with suppress(OSError):
            await future  # the file must not be closed under its hands
        raise
