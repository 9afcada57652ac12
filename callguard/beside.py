"""The console's process beside the daemon: started, listened to, started again when it ends."""

import asyncio
import errno
import json
import logging
import os
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from callguard.apart.aside import end, environment_of
from callguard.blueprint import Blueprint
from callguard.home import Clock
from callguard.lines import keep_running
from callguard.model.health import Problem, Severity
from callguard.model.text import plain

_log = logging.getLogger(__name__)
_COMMAND = (sys.executable, "-P", "-m", "callguard.console")
_LISTENS_WITHIN = 60.0
"""Seconds: an old Raspberry Pi takes ten to load it."""
_LONGEST_LINE = 64 * 1024
_LOGGED = 400
_BETWEEN_LINES = 0.01
"""Seconds: a console that pours out lines, broken or broken into, waits until they are taken; calls do not."""
_NICE = 5
"""The telephone goes first."""
_AGAIN = "It is started again by itself; calls are screened all the same."

Listens = Callable[[Sequence[str]], Awaitable[None]]


class NotListeningError(OSError):
    """The console says, or shows, that it cannot be."""

    def __init__(self, why: str, cure: str = _AGAIN) -> None:
        super().__init__(why)
        self.cure = cure


class Console:
    """Keeps the console running as it is wished, until cancelled."""

    def __init__(
        self,
        launch: bytes,
        clock: Clock,
        environment: Mapping[str, str],
        listens: Listens,
        command: Sequence[str] = (),
    ) -> None:
        self.launch = launch
        "What it is told when it starts; see `launch_of`."
        self.listening: tuple[str, ...] = ()
        "The addresses at which it can be reached now."
        self._clock = clock
        self._environment = environment
        self._listens = listens
        self._command = command or _COMMAND
        self._down: tuple[str, str, datetime] | None = None

    async def run(self) -> None:
        """Run it until cancelled; it then ends within two seconds or so."""
        await keep_running("the console", self._noted, self._clock, lambda _: None)

    def problems(self) -> list[Problem]:
        """Return why the console cannot be reached, if it cannot."""
        if self._down is None:
            return []
        why, cure, since = self._down
        what = f"the console cannot be reached: {why}"
        return [Problem(code="console-down", severity=Severity.PROBLEM, what=what, since=since, cure=cure)]

    async def _noted(self) -> None:
        try:
            await self._once()
        except OSError as error:
            cure = error.cure if isinstance(error, NotListeningError) else _AGAIN
            # The time that is up has no words.
            why = str(error) or f"it did not begin to listen within {_LISTENS_WITHIN:.0f} s"
            self._down = (why, cure, self._down[2] if self._down else self._clock.now())
            raise

    async def _once(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=STDOUT,
            env=environment_of(self._environment),
            limit=_LONGEST_LINE,
            start_new_session=True,  # Ctrl-C is for the daemon, which then ends the console
        )
        try:
            _step_back(process)
            if process.stdin is not None:  # left open: its end tells the console that the daemon has died
                process.stdin.write(self.launch)
            await self._hear(process)
        finally:
            self.listening = ()
            await end(process)
        raise NotListeningError(f"it ended with status {process.returncode}")

    async def _hear(self, process: Process) -> None:
        """Hear it out; what is no message is for the log."""
        async with asyncio.timeout(_LISTENS_WITHIN) as patience:
            while line := await _line(process):
                message = _message(line)
                if "cannot" in message:
                    raise _why_not(message)
                if isinstance(message.get("listening"), list) and not self.listening:
                    patience.reschedule(None)
                    self._down = None
                    self.listening = tuple(plain(str(address)) for address in message["listening"])
                    await self._listens(self.listening)
                else:
                    if not message:
                        _log.warning("console: %s", plain(line.decode(errors="replace"), _LOGGED))
                    await asyncio.sleep(_BETWEEN_LINES)


def launch_of(blueprint: Blueprint) -> bytes:
    """Return the line that tells the console where the house is and how people want to reach it."""
    place = blueprint.place
    told = {
        "socket": str(place.socket),
        "database": str(place.database),
        "access": str(place.access),
        "web": blueprint.settings.web.model_dump(mode="json"),
        "timezone": blueprint.settings.timezone,
        "demo": place.demo,
    }
    return json.dumps(told).encode() + b"\n"


def _step_back(process: Process) -> None:
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + _NICE)


async def _line(process: Process) -> bytes:
    if process.stdout is None:
        raise NotListeningError("it has no output")
    try:
        return await process.stdout.readline()
    except ValueError:
        raise NotListeningError(f"it said a line of more than {_LONGEST_LINE} bytes") from None


def _message(line: bytes) -> Mapping[str, Any]:
    """Return what the console says of itself; nothing if the line is for the log."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _why_not(message: Mapping[str, Any]) -> NotListeningError:
    cures: Mapping[object, str] = {
        errno.EADDRINUSE: "Another program has the port: stop that one, or set web.port to another port.",
        errno.EADDRNOTAVAIL: "This computer has no such address: set web.host to one it has, or leave it empty.",
        errno.EACCES: "It may not be used: set web.port to 1024 or more, and let CallGuard read the certificate.",
    }
    cure = message.get("cure") or cures.get(message.get("errno"), _AGAIN)
    return NotListeningError(plain(str(message["cannot"]), _LOGGED), plain(str(cure), _LOGGED))
