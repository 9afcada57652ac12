"""Asks the running daemon from an event loop, and watches it: how the console knows the house."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from callguard.control.client import SILENT_FOR, NoDaemonError, bounded_question, connect
from callguard.control.wire import LONGEST_ANSWER, RefusedError, question, read_answer, read_event


class LateError(RefusedError):
    """The daemon did not answer in time; it may still do what it was asked for."""


class AsyncAsker:
    """Asks the daemon that listens on one socket; many questions may be under way at once."""

    def __init__(self, path: Path, within: float = 30.0) -> None:
        self._path = path
        self._within = within

    async def ask(self, command: str, arguments: dict[str, Any], within: float | None = None) -> Any:
        """Return the daemon's answer; NoDaemonError if none runs, RefusedError with its reason if it says no.

        LateError if it takes longer than *within* seconds.
        """
        asked = bounded_question(command, arguments)
        seconds = within or self._within
        try:
            async with asyncio.timeout(seconds), self._connected() as (reader, writer):
                writer.write(asked)
                await writer.drain()
                return read_answer(await _line(reader))
        except TimeoutError as error:
            raise LateError(f"the daemon did not answer within {seconds:.0f} s: see its log") from error
        except OSError as error:
            raise NoDaemonError(f"the daemon went away while it was asked ({error.strerror or error})") from error

    async def watch(self) -> AsyncGenerator[dict[str, Any], None]:
        """Yield what happens in the house, see `callguard.control.watching`, until NoDaemonError: it went away."""
        try:
            async with self._connected() as (reader, writer):
                writer.write(question("watch", {}))
                while True:
                    async with asyncio.timeout(SILENT_FOR):
                        line = await _line(reader)
                    if not line.endswith(b"\n"):
                        raise NoDaemonError("the daemon went away")
                    yield read_event(line)
        except TimeoutError as error:
            raise NoDaemonError("the daemon does not say anything any more: see its log") from error
        except OSError as error:
            raise NoDaemonError(f"the daemon went away ({error.strerror or error})") from error

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            connect(sock, self._path)
        except BaseException:
            sock.close()
            raise
        reader, writer = await asyncio.open_unix_connection(sock=sock, limit=LONGEST_ANSWER)
        try:
            yield reader, writer
        finally:
            writer.close()


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError as error:
        raise RefusedError(f"the answer is longer than {LONGEST_ANSWER >> 20} MiB") from error
