"""Asks the running daemon; plain blocking sockets, because the command line has nothing else to do."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from callguard.control.wire import LONGEST_ANSWER, LONGEST_QUESTION, RefusedError, question, read_answer, read_event

SILENT_FOR = 30.0
"""Seconds without a word after which the daemon hangs: it tells who watches that it is alive every ten."""


class NoDaemonError(Exception):
    """Nobody answers on the control socket."""


def ask_daemon(path: Path, command: str, arguments: dict[str, Any], within: float = 60.0) -> Any:
    """Return the daemon's answer; NoDaemonError if none runs, RefusedError with its reason if it says no."""
    asked = bounded_question(command, arguments)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(within)
        connect(sock, path)
        try:
            sock.sendall(asked)
            return read_answer(_whole_line(sock))
        except TimeoutError as error:
            raise RefusedError(f"the daemon did not answer within {within:.0f} s: see its log") from error
        except OSError as error:
            raise NoDaemonError(f"the daemon went away while it was asked ({error.strerror or error})") from error


def watch_daemon(path: Path) -> Iterator[dict[str, Any]]:
    """Yield what happens in the house, see `callguard.control.watching`, until NoDaemonError: it went away."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(SILENT_FOR)
        connect(sock, path)
        try:
            sock.sendall(question("watch", {}))
            with sock.makefile("rb") as lines:
                while (line := lines.readline()).endswith(b"\n"):
                    yield read_event(line)
        except OSError as error:
            raise NoDaemonError(f"the daemon went away ({error.strerror or error})") from error
    raise NoDaemonError("the daemon went away")


def bounded_question(command: str, arguments: dict[str, Any]) -> bytes:
    """Return the line that asks for *command*; RefusedError if it is longer than the daemon takes."""
    asked = question(command, arguments)
    if len(asked) > LONGEST_QUESTION:
        mb = LONGEST_QUESTION >> 20
        raise RefusedError(f"that is more than CallGuard takes at once ({mb} MiB): bring it in parts")
    return asked


def connect(sock: socket.socket, path: Path) -> None:
    """Connect *sock* with the daemon that listens on *path*; NoDaemonError says why that cannot be."""
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError as error:
        raise NoDaemonError(f"you may not look into {path.parent}: ask as its owner or as root") from error
    except OSError as error:
        raise NoDaemonError(f"no CallGuard runs here: {path.parent} does not exist") from error
    try:
        sock.connect(f"/proc/self/fd/{folder}/{path.name}")
    except PermissionError as error:
        raise NoDaemonError(f"you may not use {path}: ask as the user who runs CallGuard, or as root") from error
    except OSError as error:
        raise NoDaemonError(f"no CallGuard runs on {path.parent}") from error
    finally:
        os.close(folder)


def _whole_line(sock: socket.socket) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := sock.recv(65536):
        chunks.append(chunk)
        size += len(chunk)
        if chunk.endswith(b"\n") or size > LONGEST_ANSWER:
            break
    return b"".join(chunks)
