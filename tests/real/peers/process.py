"""Processes with an own folder and log, ended by their own pid, and a deadline for everything that is awaited."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest

T = TypeVar("T")
_POLL = 0.01
_TAIL = 6000


class NotInTimeError(AssertionError):
    """Something awaited did not happen before its deadline."""


def wait_until(condition: Callable[[], T | None], within: float, what: str, every: float = _POLL) -> T:
    """Poll *condition* until it is true and return its value; NotInTimeError says *what* was missed."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise NotInTimeError(f"within {within} s: {what}; last seen: {value!r}")
        time.sleep(every)


def require(program: str, package: str) -> str:
    """Return the path of *program*, or skip the test and say which Debian package has it."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin:/sbin")
    if path is None:
        missing(f"{program} is not installed: apt-get install {package}")
    return path


def missing(reason: str) -> NoReturn:
    """Skip the test, or fail it where all peers must be there (CALLGUARD_REQUIRE_PEERS=1)."""
    if os.environ.get("CALLGUARD_REQUIRE_PEERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(slots=True)
class Running:
    """One process of a peer and the file that holds all it wrote."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def alive(self) -> bool:
        return self.process.poll() is None

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def stop(self, within: float = 5.0) -> int:
        """End it politely, by force after *within* seconds; returns its exit status."""
        return self.end(signal.SIGTERM, within)

    def end(self, how: signal.Signals, within: float) -> int:
        """Send a signal; returns the exit status, after *within* seconds that of a process killed."""
        if self.alive():
            self.process.send_signal(how)
            try:
                return self.process.wait(within)
            except subprocess.TimeoutExpired:
                return self.kill()
        return self.process.wait()

    def kill(self) -> int:
        """End it and its workers at once, as a power cut does."""
        if self.alive():
            for pid in (*self.workers(), self.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return self.process.wait(5.0)

    def workers(self) -> list[int]:
        """Return the pids of its children."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]


@dataclass(slots=True)
class Stage:
    """Where one test (or module) plays: a folder, the processes on it, and what else must be closed."""

    folder: Path
    cast: list[Running] = field(default_factory=list)
    _closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def start(
        self, name: str, argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> Running:
        """Start a process whose output goes to a log of its own."""
        log = self.folder / f"{len(self.cast)}-{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(part) for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=cwd or self.folder,
                env={**os.environ, **(env or {})},
            )
        return self.add(Running(name, process, log))

    def add(self, running: Running) -> Running:
        self.cast.append(running)
        return running

    def on_close(self, close: Callable[[], object]) -> None:
        self._closing.callback(close)

    def subfolder(self, name: str) -> Path:
        """Return a new folder of the stage; the same name may be asked for again."""
        for number in range(1000):
            folder = self.folder / (f"{name}-{number}" if number else name)
            if not folder.exists():
                folder.mkdir(parents=True)
                return folder
        raise RuntimeError(f"a thousand folders called {name}")

    def close(self) -> None:
        """End everything, the youngest first."""
        with self._closing:
            for running in reversed(self.cast):
                running.stop(within=1.0)

    def logs(self) -> list[tuple[str, str]]:
        """Return the end of every log, for a failed test's report."""
        return [(running.log.name, running.said()[-_TAIL:]) for running in self.cast]
