"""A copper line: CallGuard and callattendant 2.4.0, each on a voice modem of its own kind, at the same time."""

import contextlib
import shutil
import sqlite3
import statistics
import subprocess
import time
import venv
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from benchmarks import callattendant
from benchmarks.table import Row, against
from callguard.control.client import NoDaemonError, ask_daemon
from tests.real.peers.guard import BLOCKED, Guard, cpu_seconds, prepare
from tests.real.peers.ports import free_ports
from tests.real.peers.process import NotInTimeError, Running, Stage, wait_until
from tests.real.peers.voicemodem import LineRing, VoiceModem

T = TypeVar("T")
_CALLS = 6
_NUMBER = BLOCKED.removeprefix("+1")
_NAMED = LineRing(("DATE=1122", "TIME=2125", f"NMBR={_NUMBER}", "NAME=SPAM CO"), rings=3)
_NAMELESS = LineRing(_NAMED.lines[:3], rings=3)
_SETTLE = 9.0
"Seconds after a call in which both are ready for the next one: CallGuard listens 6 s whether it rings again."
_MALFORMED = b"\r\nDATE\r\nNMBR\r\n\xff\xfe\r\n"
"What a modem prints when a line is lost: keys without values (seen in logs of cut reads)."
_IDLE = 120.0
_MB = 1 << 20


class Contender(Protocol):
    """A program that guards a copper line."""

    name: str
    modem: VoiceModem

    def start(self) -> float:
        """Start it; return the seconds until it hears calls."""

    def resident(self) -> int:
        """Return its memory in octets, console included."""

    def is_alive(self) -> bool: ...


class Ours:
    """CallGuard as it is run at home, with its console."""

    name = "CallGuard"

    def __init__(self, stage: Stage, modem: VoiceModem) -> None:
        self.modem = modem
        line = {"line": "Home", "device": str(modem.device), "block": {"method": "hook", "hold": 0.5}}
        config = {"country": "US", "timezone": "UTC", "modem": {"lines": [line]}, "rules": {"block": [BLOCKED]}}
        port = str(free_ports())
        self.guard: Guard = prepare(stage, config, {"CALLGUARD__WEB__ENABLED": "yes", "CALLGUARD__WEB__PORT": port})

    def start(self) -> float:
        begun = time.monotonic()
        self.guard.launch()
        wait_until(self._hears, 30, "the line hears calls", every=0.02)
        return time.monotonic() - begun

    def resident(self) -> int:
        assert self.guard.running is not None
        self.guard.wait_for(lambda event: event.get("event") == "console", 60, "the console")
        return sum(map(_resident, [self.guard.pid, *self.guard.running.workers()]))

    def worked(self) -> float:
        """Return the processor time used so far, in seconds."""
        return self.guard.cpu_seconds()

    def daemon_alone(self) -> int:
        """Return the memory of the process that guards the line."""
        return _resident(self.guard.pid)

    def _hears(self) -> bool:
        with contextlib.suppress(NoDaemonError):
            status = ask_daemon(self.guard.data / "control.sock", "status", {}, 10)
            return bool(status["lines"][0]["status"] == "protecting")
        return False

    def is_alive(self) -> bool:
        return self.guard.alive()


class Theirs:
    """callattendant as it is run at home, with its web pages."""

    name = f"callattendant {callattendant.VERSION}"

    def __init__(self, stage: Stage, modem: VoiceModem) -> None:
        self.modem = modem
        self._stage = stage
        self._python = callattendant.installed()
        self._data = stage.subfolder("callattendant")
        self._running: Running | None = None
        (self._data / "app.cfg").write_text(
            f'MODEM_DEVICE = "{modem.device}"\nPORT = {free_ports()}\nBLOCK_SERVICE = ""\n'
            'SCREENING_MODE = ("whitelist", "blacklist")\nBLOCKED_ACTIONS = ("answer",)\nDEBUG = False\n'
        )

    def start(self) -> float:
        for pages in Path(self._python).parents[1].glob("lib/*/site-packages/callattendant/userinterface/static"):
            (pages / "messages").unlink(missing_ok=True)  # a link to an older data folder: it would not start
        begun = time.monotonic()
        program = Path(self._python).parent / "callattendant"
        running = self._running = self._stage.start(
            "callattendant",
            [program, "-c", self._data / "app.cfg", "-d", self._data],
            env={"PYTHONUNBUFFERED": "1", "HOME": str(self._data)},
        )
        wait_until(lambda: "Waiting for call" in running.said() or not running.alive(), 60, "callattendant waits")
        if not running.alive():
            pytest.skip(f"callattendant does not start here: {running.said()[-300:]}")
        took = time.monotonic() - begun
        with sqlite3.connect(self._data / "callattendant.db") as database:
            database.execute("INSERT OR REPLACE INTO Blacklist VALUES (?, 'SPAM', 'spam', '')", (_NUMBER,))
        return took

    def resident(self) -> int:
        assert self._running is not None
        return _resident(self._running.pid)

    def worked(self) -> float:
        assert self._running is not None
        return cpu_seconds([self._running.pid])

    def is_alive(self) -> bool:
        return self._running is not None and self._running.alive()


def measure(stage: Stage, scale: float) -> list[Row]:
    """Compare the two on the same kind of modem, in one run."""
    ours, theirs = Ours(stage, _modem(stage)), Theirs(stage, _modem(stage))
    pair: list[Contender] = [ours, theirs]
    return [
        *_sizes(stage),
        *_starts(ours, theirs),
        *_answering(pair, "with a NAME line", _NAMED, max(2, round(_CALLS * scale))),
        *_answering(pair, "without a NAME line", _NAMELESS, max(2, round(_CALLS * scale))),
        _compared("resident, console included", ours.resident() / _MB, theirs.resident() / _MB, "MB", 1.1),
        _compared("resident, without our console", ours.daemon_alone() / _MB, theirs.resident() / _MB, "MB", 1.1),
        _soak(ours, max(60.0, _IDLE * scale)),
        *_told("after a malformed line", pair, _malformed),
        *_told("after the modem was unplugged for 2 s", pair, _unplugged),
    ]


def _modem(stage: Stage) -> VoiceModem:
    modem = VoiceModem(stage.subfolder("modem") / "tty").plug_in()
    stage.on_close(modem.unplug)
    return modem


def _starts(ours: Ours, theirs: Theirs) -> list[Row]:
    """Compare waiting for it, and the processor time of it, which does not depend on who else uses the computer."""
    waited = (ours.start(), theirs.start())
    worked = (ours.worked(), theirs.worked())
    return [
        _compared("start to hearing calls", *waited, "s", 1.0),
        _compared("processor time until then", *worked, "s", 1.0),
    ]


def _answering(pair: Sequence[Contender], what: str, how: LineRing, calls: int) -> list[Row]:
    def times(contender: Contender) -> list[float]:
        found = []
        for _ in range(calls):
            found.append(_off_hook_after(contender.modem, how))
            time.sleep(_SETTLE)
        return found

    both = [[1000 * one for one in measured] for measured in _at_once(times, pair)]
    medians = [statistics.median(measured) for measured in both]
    compared = _compared(f"caller ID to off-hook, {what} (median of {calls})", medians[0], medians[1], "ms", 1.0)
    slowest = against(f"the slowest of ours, {what}", max(both[0]), 250 if how is _NAMED else 550, "ms", 1)
    return [compared, slowest]


def _off_hook_after(modem: VoiceModem, how: LineRing, within: float = 20.0) -> float:
    """Let an unwanted caller ring; return the seconds from the last octet of the caller ID to off-hook."""
    begun = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        ringing = pool.submit(modem.ring, how)
        try:
            up = modem.wait("OFF-HOOK", within, begun)
            modem.wait("ON-HOOK", within, begun)
        finally:
            modem.hang_up()
            ringing.result(10)
    told = modem.first("CID", begun)
    if told is None:
        raise NotInTimeError("off-hook without caller ID")
    return up.at - told.at


def _soak(ours: Ours, seconds: float) -> Row:
    """Let ours idle, heartbeats and all, and say what eight hours like that would add."""
    before = ours.daemon_alone()
    time.sleep(seconds)
    grown = (ours.daemon_alone() - before) / _MB
    text = f"{grown:+.2f} MB in {seconds:.0f} s; {grown * 28800 / seconds:+.0f} MB if it went on like that"
    return Row(what="growth in eight idle hours, extrapolated", value=text)


def _malformed(contender: Contender) -> str:
    contender.modem.type(_MALFORMED)
    time.sleep(_SETTLE)
    return _still_blocks(contender)


def _unplugged(contender: Contender) -> str:
    contender.modem.unplug()
    time.sleep(2.0)
    contender.modem.plug_in()
    begun = time.monotonic()
    while not contender.modem.tells_caller and time.monotonic() - begun < 20:
        time.sleep(0.02)
    back = f"back after {time.monotonic() - begun:.1f} s, " if contender.modem.tells_caller else ""
    time.sleep(1.0)
    return back + _still_blocks(contender)


def _still_blocks(contender: Contender) -> str:
    try:
        _off_hook_after(contender.modem, _NAMED, 15.0)
    except NotInTimeError:
        return "no longer blocks" if contender.is_alive() else "has ended"
    return "blocks the next caller"


def _told(what: str, pair: Sequence[Contender], happens: Callable[[Contender], str]) -> list[Row]:
    return [
        Row(what=f"{what}: {contender.name}", value=told)
        for contender, told in zip(pair, _at_once(happens, pair), strict=True)
    ]


def _at_once(work: Callable[[Contender], T], pair: Sequence[Contender]) -> list[T]:
    with ThreadPoolExecutor(len(pair)) as pool:
        return list(pool.map(work, pair))


def _compared(what: str, ours: float, theirs: float, unit: str, aim: float | None) -> Row:
    digits = 0 if min(ours, theirs) > 20 else 1
    yardstick = f"{Theirs.name} {theirs:.{digits}f} {unit}"
    return Row(what=what, value=f"{ours:.{digits}f} {unit}", ratio=ours / theirs, yardstick=yardstick, aim=aim)


def _sizes(stage: Stage) -> list[Row]:
    """Compare what an installation takes on the disk, but for Python and pip themselves."""
    ours = stage.subfolder("install") / "venv"
    venv.create(ours, with_pip=True)
    repository = Path(__file__).parents[1]
    done = subprocess.run(
        [ours / "bin" / "python", "-m", "pip", "install", "-q", "--no-compile", f"{repository}[modem]"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return [Row(what="install size", value=f"not measured: {done.stderr.strip()[-100:]}")]
    sizes = [_size(place) / _MB for place in (ours, Path(callattendant.installed()).parents[1])]
    shutil.rmtree(ours)
    return [_compared("install size", sizes[0], sizes[1], "MB", None)]


def _size(place: Path) -> int:
    spare = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "__pycache__", "distutils-precedence.pth")
    files = [
        file
        for file in (place / "lib").rglob("*")
        if file.is_file() and not any(part.startswith(spare) for part in file.relative_to(place).parts)
    ]
    return sum(file.stat().st_size for file in files)


def _resident(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS:")) * 1024
