"""The real CallGuard, started and asked the way a household does it: by its command line."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.real.peers.process import NotInTimeError, Running, Stage, wait_until
from tests.real.peers.wire import Address, hostport

BLOCKED = "+13035550188"
WANTED = "+14165550199"
Json = dict[str, Any]


def account(registrar: Address, **changes: object) -> Json:
    """Return an account that registers as `guard` at *registrar*; *changes* override its keys."""
    usual: Json = {
        "line": "Home",
        "registrar": hostport(registrar),
        "domain": "pbx.test",
        "user": "guard",
        "password": "secret",
        "listen": "::1" if ":" in registrar[0] else "127.0.0.1",
        "preset": "kamailio",
    }
    return {**usual, **changes}


def household(*accounts: Json, **changes: object) -> Json:
    """Return a configuration with these accounts in which one number is blocked."""
    return {"country": "US", "timezone": "UTC", "sip": {"accounts": list(accounts)}, "rules": {"block": [BLOCKED]},
            **changes}  # fmt: skip


@dataclass(slots=True)
class Guard:
    """A running CallGuard; it can be killed and started again over the same data."""

    stage: Stage
    folder: Path
    environment: Mapping[str, str]
    running: Running | None = None
    printed: list[bytes] = field(default_factory=list)
    "The lines it wrote to standard output since the last start, read later: parsing would compete with the load."
    _news: threading.Condition = field(default_factory=threading.Condition)
    _reader: threading.Thread | None = None

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def pid(self) -> int:
        return self._running().pid

    def configure(self, config: Json | str) -> None:
        text = config if isinstance(config, str) else yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        self.config.write_text(text)

    def plug_in(self, name: str, source: str) -> None:
        """Put a single-file plugin where CallGuard looks for it."""
        folder = self.folder / "plugins"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text(source)

    def launch(self) -> None:
        """Start it without waiting."""
        self.printed = []
        log = self.folder / f"guard-{len(self.stage.cast)}.log"
        with log.open("wb") as errors:
            process = subprocess.Popen(
                self.command("run", "--log-json"),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, cwd=self.folder, env=self._environ(),
            )  # fmt: skip
        self.running = self.stage.add(Running("guard", process, log))
        self._reader = threading.Thread(target=self._read, args=(process, self.printed), daemon=True)
        self._reader.start()

    def start(self, within: float = 20.0) -> float:
        """Start it and wait until its lines are open; returns the seconds that took."""
        begun = time.monotonic()
        self.launch()
        self.wait_for(lambda event: event.get("event") == "ready", within, "the event `ready`")
        return time.monotonic() - begun

    def protecting(self, within: float = 20.0) -> Json:
        """Wait until every line hears calls; returns the status."""
        try:
            return wait_until(lambda: self.if_all("protecting"), within, "every line protecting", every=0.05)
        except NotInTimeError as error:
            raise AssertionError(f"{error}; {self.cli('status').stdout}") from error

    def status(self) -> Json:
        answer: Json = self.ask("status")
        return answer

    def line(self, name: str = "Home") -> Json:
        """Return the state of one line."""
        lines: list[Json] = self.status()["lines"]
        return next(line for line in lines if line["name"] == name)

    def contact(self, name: str = "Home") -> tuple[str, Address]:
        """Return the URI at which the line is called, and the address where it listens."""
        facts = self.line(name)["facts"]
        host, _, port = facts["listen"].rpartition(":")
        return facts["contact"].strip("<>").partition(";")[0], (host.strip("[]"), int(port))

    def ask(self, *words: str) -> Any:
        """Ask the command line for JSON; a command that says no is an error."""
        done = self.cli(*words, "--json")
        try:
            return json.loads(done.stdout)
        except json.JSONDecodeError as error:
            raise AssertionError(f"{words} → {done.returncode}: {done.stdout}{done.stderr}") from error

    def cli(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command and return what it said."""
        return subprocess.run(
            self.command(*words), capture_output=True, text=True, check=False, timeout=30, cwd=self.folder,
            env=self._environ(),
        )  # fmt: skip

    def events(self) -> list[Json]:
        """Return the events it has printed since its start."""
        with self._news:
            return [json.loads(line) for line in self.printed]

    def calls(self) -> list[Json]:
        """Return the calls it has reported since its start."""
        return [event for event in self.events() if event["event"] == "call"]

    def stored(self) -> set[str]:
        """Return the ids of all calls in its database."""
        with closing(sqlite3.connect(f"file:{self.data / 'callguard.db'}?mode=ro", uri=True)) as database:
            return {row[0] for row in database.execute("SELECT id FROM calls")}

    def wait_for_calls(self, count: int, within: float = 10.0) -> list[Json]:
        """Wait until it has reported so many calls."""
        self.wait_for_count(count, within)
        return self.calls()

    def wait_for_count(self, count: int, within: float) -> None:
        """Wait until it has reported so many calls, without looking at them."""
        with self._news:
            enough = self._news.wait_for(lambda: len(self.printed) > count, within)  # the first line is `ready`
        if not enough:
            raise NotInTimeError(f"within {within} s: {count} calls; {len(self.printed) - 1} were reported")

    def wait_for(self, wanted: Callable[[Json], bool], within: float, what: str) -> Json:
        """Wait for something on its standard output."""
        with self._news:
            self._news.wait_for(lambda: any(map(wanted, map(json.loads, self.printed))) or not self.alive(), within)
        found = next(filter(wanted, self.events()), None)
        if found is None:
            raise AssertionError(f"within {within} s: {what}; it said {self.printed[-5:]}, {self.said()[-3000:]}")
        return found

    def alive(self) -> bool:
        return self.running is not None and self.running.alive()

    def said(self) -> str:
        """Return its log."""
        return self._running().said()

    def stop(self, within: float = 10.0) -> int:
        return self._ended(self._running().stop(within))

    def kill(self) -> None:
        self._ended(self._running().kill())

    def reload(self) -> None:
        os.kill(self.pid, signal.SIGHUP)

    def cpu_seconds(self) -> float:
        """Return the processor time it has used, all threads."""
        return cpu_seconds([self.pid])

    def resident(self) -> int:
        """Return its memory in bytes."""
        text = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS:")) * 1024

    def if_all(self, wanted: str) -> Json | None:
        done = self.cli("status", "--json")
        if not done.stdout.startswith("{"):
            return None
        status: Json = json.loads(done.stdout)
        lines = status.get("lines", [])
        return status if lines and all(line["status"] == wanted for line in lines) else None

    def _running(self) -> Running:
        if self.running is None:
            raise RuntimeError("the guard was never started")
        return self.running

    def _ended(self, status: int) -> int:
        """Read what it said until its end."""
        if self._reader is not None:
            self._reader.join(5)
        return status

    def _read(self, process: "subprocess.Popen[bytes]", printed: list[bytes]) -> None:
        with process.stdout or open(os.devnull, "rb") as output:
            for line in output:
                with self._news:
                    printed.append(line)
                    self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "callguard", "--config", str(self.config), "--data-dir", str(self.data), *words]

    def _environ(self) -> dict[str, str]:
        own = {key: value for key, value in os.environ.items() if not key.startswith("CALLGUARD_")}
        # Without a console, which has tests of its own: all houses would want the same port.
        return {**own, "HOME": str(self.folder), "CALLGUARD__WEB__ENABLED": "no", **self.environment}


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time that all threads of these processes have used, to the nanosecond.

    From schedstat: the ticks in /proc/PID/stat sample, and miss work that comes in short bursts.
    """
    tasks = [task for pid in pids for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def prepare(stage: Stage, config: Json | str, environment: Mapping[str, str] | None = None) -> Guard:
    """Return a CallGuard with this configuration, not yet started."""
    made = Guard(stage, stage.subfolder("guard"), environment or {})
    made.configure(config)
    return made


def protecting(stage: Stage, config: Json | str) -> Guard:
    """Start a CallGuard and wait until every line of it hears calls."""
    made = prepare(stage, config)
    made.start()
    made.protecting()
    return made
