"""Listens on the control socket and lets in only who may: the daemon's own user and root."""

import asyncio
import logging
import os
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from callguard.control.watching import Watcher
from callguard.control.wire import LONGEST_QUESTION, RefusedError, answer, read_question, refusal

_log = logging.getLogger(__name__)
_CREDENTIALS = struct.Struct("iII")  # struct ucred of SO_PEERCRED, unix(7)
_ROOT = 0
_ASK_WITHIN = 5.0
_MOST_AT_ONCE = 32
_WRITTEN_AT_ONCE = 64 * 1024
"""Bytes of an answer that are written in one go: less than a millisecond, so that no call is kept waiting."""
_TELL_WITHIN = 30.0
"""Seconds in which a watcher has to read on."""

Answerer = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""Answers a command with what JSON can say, or with a `Watcher`, whose lines are then told until it goes."""


class _Gone(Exception):  # noqa: N818  (no error: who watched has seen enough)
    """A watcher went away."""


@asynccontextmanager
async def listening(path: Path, answerer: Answerer) -> AsyncIterator[None]:
    """Answer questions on the Unix socket *path*, which the caller must own by the data folder's lock."""
    sock = _bound(path)
    room = asyncio.Semaphore(_MOST_AT_ONCE)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with room:
                watcher = await _serve(reader, writer, answerer)
            if watcher is not None:
                await _tell(watcher, reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_unix_server(serve, sock=sock, limit=LONGEST_QUESTION)
    try:
        yield
    finally:
        server.close()
        _unlink(path)


def _bound(path: Path) -> socket.socket:
    _unlink(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    mask = os.umask(0o177)
    try:
        # Through the folder's descriptor: a socket's own path may not exceed 107 bytes (unix(7)).
        sock.bind(f"/proc/self/fd/{folder}/{path.name}")
    except BaseException:
        sock.close()
        raise
    finally:
        os.umask(mask)
        os.close(folder)
    return sock


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answerer: Answerer) -> Watcher | None:
    try:
        _let_in(writer)  # before a stranger could make us keep megabytes
        async with asyncio.timeout(_ASK_WITHIN):
            line = await reader.readline()
        reply = await _reply(line, answerer)
        if isinstance(reply, Watcher):
            return reply
        async with asyncio.timeout(_ASK_WITHIN):
            for part in reply:
                writer.write(part)
                await writer.drain()
    except RefusedError as no:
        writer.write(refusal(str(no)))
    except (OSError, ValueError, TimeoutError) as error:
        _log.debug("a question on the control socket was not heard out: %s", error)
    return None


async def _reply(line: bytes, answerer: Answerer) -> list[bytes] | Watcher:
    try:
        command, arguments = read_question(line)
        result = await answerer(command, arguments)
        return result if isinstance(result, Watcher) else await _written(result)
    except RefusedError as no:
        return [refusal(str(no))]
    except Exception as error:  # noqa: BLE001  (one failed question must not end the house)
        _log.error("a question could not be answered", exc_info=error)
        return [refusal(f"that failed inside CallGuard: {type(error).__name__}: {error}")]


async def _written(result: object) -> list[bytes]:
    """Return the answer in parts; all of it first, for what JSON cannot say is to be refused in words."""
    parts, part = [], b""
    for some in answer(result):
        part += some
        if len(part) >= _WRITTEN_AT_ONCE:
            parts.append(part)
            part = b""
            await asyncio.sleep(0)
    return [*parts, part]


async def _tell(watcher: Watcher, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            gone = group.create_task(_until_gone(reader))
            async for line in watcher:
                writer.write(line)
                async with asyncio.timeout(_TELL_WITHIN):
                    await writer.drain()
            gone.cancel()
    except* (_Gone, OSError, TimeoutError) as why:
        _log.debug("a watcher is gone: %s", why)
    finally:
        watcher.close()


async def _until_gone(reader: asyncio.StreamReader) -> None:
    """Wait until whoever watches hangs up; what it says is of no interest."""
    while await reader.read(4096):
        continue
    raise _Gone


def _let_in(writer: asyncio.StreamWriter) -> None:
    sock: socket.socket = writer.get_extra_info("socket")
    _, user, _ = _CREDENTIALS.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    if user not in (_ROOT, os.getuid()):
        raise RefusedError(f"only root and the user who runs CallGuard may ask it (you are user {user})")
