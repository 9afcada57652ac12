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

from callguard.control.wire import LONGEST_QUESTION, RefusedError, answer, read_question, refusal

_log = logging.getLogger(__name__)
_CREDENTIALS = struct.Struct("iII")  # struct ucred of SO_PEERCRED, unix(7)
_ROOT = 0
_ASK_WITHIN = 5.0
_MOST_AT_ONCE = 32

Answerer = Callable[[str, Mapping[str, Any]], Awaitable[Any]]


@asynccontextmanager
async def listening(path: Path, answerer: Answerer) -> AsyncIterator[None]:
    """Answer questions on the Unix socket *path*, which the caller must own by the data folder's lock."""
    sock = _bound(path)
    room = asyncio.Semaphore(_MOST_AT_ONCE)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with room:
            await _serve(reader, writer, answerer)

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


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answerer: Answerer) -> None:
    try:
        _let_in(writer)  # before a stranger could make us keep megabytes
        async with asyncio.timeout(_ASK_WITHIN):
            line = await reader.readline()
        writer.write(await _reply(line, answerer))
        async with asyncio.timeout(_ASK_WITHIN):
            await writer.drain()
    except RefusedError as no:
        writer.write(refusal(str(no)))
    except (OSError, ValueError, TimeoutError) as error:
        _log.debug("a question on the control socket was not heard out: %s", error)
    finally:
        writer.close()


async def _reply(line: bytes, answerer: Answerer) -> bytes:
    try:
        command, arguments = read_question(line)
        return answer(await answerer(command, arguments))
    except RefusedError as no:
        return refusal(str(no))
    except Exception as error:  # noqa: BLE001  (one failed question must not end the house)
        _log.error("a question could not be answered", exc_info=error)
        return refusal(f"that failed inside CallGuard: {type(error).__name__}: {error}")


def _let_in(writer: asyncio.StreamWriter) -> None:
    sock: socket.socket = writer.get_extra_info("socket")
    _, user, _ = _CREDENTIALS.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    if user not in (_ROOT, os.getuid()):
        raise RefusedError(f"only root and the user who runs CallGuard may ask it (you are user {user})")
