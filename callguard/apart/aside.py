"""Starts the second process, listens to it, and ends it."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType

from callguard.apart.work import split_name
from callguard.home import JSON
from callguard.model.numberlist import Progress, Report
from callguard.model.text import plain

_LONGEST = 8_000_000
"""Bytes of the longest line it may say; a longer one is refused."""
_JUNK = 100
"""Unreadable lines after which it is given up: the traceback of a process that cannot start is shorter."""
_GRACE = 2.0
"""Seconds it has to tidy up when it is told to end."""
_INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SQLITE_TMPDIR", "LD_LIBRARY_PATH", "PYTHONHOME")
"""Nothing else of the daemon's environment: passwords may stand in it."""


class Aside:
    """Runs heavy work in a process of its own, with low priority; implements `Home.apart`."""

    def __init__(self, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        self._environment = environment

    async def __call__(self, function: str, arguments: Mapping[str, JSON], report: Report | None = None) -> JSON:
        """Return what `module:function(arguments, report)` returns over there; both ways it must be JSON.

        ValueError as the function raised it; RuntimeError if anything else went wrong, or the process was ended.
        Being cancelled ends the process.
        """
        split_name(function)
        request = json.dumps({"function": function, "arguments": arguments}).encode() + b"\n"
        process = await self._start()
        try:
            await _ask(process, request)
            outcome = await _Listener(process, function, report or _ignore).outcome()
        finally:
            await end(process)
        if outcome is None:
            raise RuntimeError(f"{function} ended {_end_of(process.returncode)} without a result")
        return outcome["result"]

    async def _start(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "callguard.apart"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=STDOUT,  # heard only until it is up: why it cannot start
            env=environment_of(self._environment),
            limit=_LONGEST,
        )


class _Listener:
    """Understands what the second process says."""

    def __init__(self, process: Process, function: str, report: Report) -> None:
        if process.stdout is None:
            raise RuntimeError("the second process has no output")
        self._lines = process.stdout
        self._function = function
        self._report = report
        self._junk: list[str] = []

    async def outcome(self) -> Mapping[str, JSON] | None:
        """Return the message with the result, or None if the process ended without one."""
        while line := await self._line():
            message = _message(line)
            if message is None:
                self._note(line)
            elif "progress" in message:
                self._report(self._progress(message["progress"]))
            elif "error" in message:
                raise ValueError(plain(str(message["error"]), 500))
            elif "failure" in message:
                raise RuntimeError(f"{self._function}: {plain(str(message['failure']), 500)}")
            elif "result" in message:
                return message
        if self._junk:
            raise RuntimeError(f"{self._function} said nothing but “{self._junk[-1]}”")
        return None

    async def _line(self) -> bytes:
        try:
            return await self._lines.readline()
        except ValueError:
            raise RuntimeError(f"{self._function} said a line of more than {_LONGEST} bytes") from None

    def _note(self, line: bytes) -> None:
        self._junk.append(plain(line.decode(errors="replace").strip()))
        if len(self._junk) > _JUNK:
            raise RuntimeError(f"{self._function} says nothing that can be read, such as “{self._junk[0]}”")

    def _progress(self, facts: JSON) -> Progress:
        if isinstance(facts, Mapping):
            step, done, total, unit = (facts.get(name) for name in ("step", "done", "total", "unit"))
            if isinstance(step, str) and isinstance(done, int) and isinstance(total, int | None):
                return Progress(step=plain(step, 40), done=done, total=total, unit=plain(str(unit), 20))
        raise RuntimeError(f"{self._function} reported progress that cannot be read")


def environment_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what another process of the house sees of the daemon's *environment*.

    It imports from where the daemon does; with `-P`, never from the working directory.
    """
    path = os.pathsep.join(folder for folder in sys.path if folder)
    return {name: environment[name] for name in _INHERITED if name in environment} | {"PYTHONPATH": path}


def _ignore(_: Progress) -> None:
    """Nobody wants to know."""


def _message(line: bytes) -> Mapping[str, JSON] | None:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


async def _ask(process: Process, request: bytes) -> None:
    if process.stdin is None:
        raise RuntimeError("the second process has no input")
    # Left open: its end tells the process that the daemon has died. One that is dead already has said why.
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(request)
        await process.stdin.drain()


async def end(process: Process) -> None:
    """See to it that the process has ended: by itself, else by SIGTERM, else by SIGKILL."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_GRACE):
            await _ended(process)
    except TimeoutError:
        await _killed(process)
    except asyncio.CancelledError:
        await _killed(process)
        raise


async def _killed(process: Process) -> None:
    """Kill the process; one that even that does not end, because a disk hangs, is left to itself."""
    _kill(process)
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE):
            await _ended(process)


async def _ended(process: Process) -> None:
    # Read to its end, because asyncio notices the end of a process only after that of its output.
    while process.stdout is not None and await process.stdout.read(65536):
        continue
    await process.wait()


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()


def _end_of(status: int | None) -> str:
    if status is None or status >= 0:
        return f"with status {status}"
    try:
        return f"by {signal.Signals(-status).name}"
    except ValueError:
        return f"by signal {-status}"
