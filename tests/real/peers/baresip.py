"""baresip as a telephone of the household, or as somebody who calls it: real audio, no ears needed."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.real.peers.ports import free_ports
from tests.real.peers.process import NotInTimeError, Running, Stage, missing, require, wait_until
from tests.real.peers.tones import RATE, Heard, listen, write_tone
from tests.real.peers.wire import v6

_CONFIG = Path(__file__).parent.parent / "baresip" / "config"
_MODULES = (
    Path("/usr/lib/baresip/modules"),
    *(Path("/usr/lib") / triplet / "baresip/modules" for triplet in ("x86_64-linux-gnu", "aarch64-linux-gnu")),
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something baresip said over its control connection, and when (monotonic seconds)."""

    at: float
    type: str
    peer: str
    param: str


class Control:
    """baresip's ctrl_tcp: JSON in netstrings, read by a thread that stamps each event."""

    def __init__(self, port: int) -> None:
        self.events: list[Event] = []
        self.responses: list[str] = []
        self._news = threading.Condition()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._socket.settimeout(None)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):  # baresip may have ended before
            self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self._socket.close()

    def command(self, name: str, parameters: str = "") -> str:
        """Carry out a command and return what baresip says to it."""
        text = json.dumps({"command": name, "params": parameters, "token": "t"})
        with self._news:
            said = len(self.responses)
            self._socket.sendall(f"{len(text)}:{text},".encode())
            self._news.wait_for(lambda: len(self.responses) > said, 5)
            return self.responses[said] if len(self.responses) > said else ""

    def mark(self) -> int:
        """Return the place in the list of events from which a later wait shall look."""
        with self._news:
            return len(self.events)

    def find(self, kind: str, since: int = 0) -> Event | None:
        with self._news:
            return next((event for event in self.events[since:] if event.type == kind), None)

    def wait_for(self, kind: str, within: float, since: int = 0) -> Event:
        """Return the first event of that kind after *since*."""
        with self._news:
            self._news.wait_for(lambda: any(event.type == kind for event in self.events[since:]), within)
            for event in self.events[since:]:
                if event.type == kind:
                    return event
            raise NotInTimeError(f"within {within} s: {kind}; heard {[event.type for event in self.events[since:]]}")

    def _read(self) -> None:
        with self._socket.makefile("rb") as stream:
            while text := _netstring(stream.read):
                self._take(json.loads(text))

    def _take(self, message: dict[str, object]) -> None:
        with self._news:
            if message.get("event"):
                words = [str(message.get(key, "")) for key in ("type", "peeruri", "param")]
                self.events.append(Event(time.monotonic(), words[0], words[1], words[2]))
            else:
                self.responses.append(str(message.get("data", "")))
            self._news.notify_all()


def _netstring(read: Callable[[int], bytes]) -> bytes:
    digits = b""
    while (byte := read(1)) not in {b":", b""}:
        digits += byte
    return read(int(digits) + 1)[:-1] if digits else b""


@dataclass(slots=True)
class Phone:
    """A running baresip."""

    running: Running
    control: Control
    recordings: Path
    port: int

    def dial(self, uri: str) -> int:
        """Start a call; returns the mark from which its events are found."""
        mark = self.control.mark()
        self.control.command("dial", uri)
        return mark

    def accept(self) -> None:
        self.control.command("accept")

    def hang_up(self) -> None:
        self.control.command("hangup")

    def rings(self, within: float, since: int = 0) -> Event:
        return self.control.wait_for("CALL_INCOMING", within, since)

    def never_rang(self, since: int = 0) -> bool:
        return self.control.find("CALL_INCOMING", since) is None

    def established(self, within: float, since: int = 0) -> Event:
        return self.control.wait_for("CALL_ESTABLISHED", within, since)

    def closed(self, within: float, since: int = 0) -> Event:
        return self.control.wait_for("CALL_CLOSED", within, since)

    def recording(self) -> Path | None:
        """Return the newest recording of the other side."""
        return max(self.recordings.glob("dump-*-dec.wav"), key=lambda path: path.stat().st_mtime, default=None)

    def has_heard(self, seconds: float) -> bool:
        """Tell whether so much of the other side has been recorded in the newest call."""
        file = self.recording()
        return file is not None and file.stat().st_size > seconds * RATE * 2

    def hears(self) -> Heard:
        """Say what the newest recording of the other side holds; the call must have ended."""
        file = self.recording()
        return listen(file) if file else Heard(0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """Which telephone to start."""

    name: str
    account: str
    "baresip's account line."
    hertz: int
    "The tone it speaks."
    host: str = "127.0.0.1"


def house_phone(proxy: str, *, host: str = "127.0.0.1", name: str = "phone") -> Extension:
    """Return a telephone of the house that registers at *proxy* (``127.0.0.1:5080``) as user *name*."""
    account = (
        f'<sip:{name}@pbx.test>;auth_user={name};auth_pass=secret;outbound="sip:{proxy};transport=udp";'
        "regint=600;answermode=manual;audio_codecs=PCMA,PCMU"
    )
    return Extension(name=name, account=account, hertz=440, host=host)


def outside_caller(proxy: str, number: str, *, host: str = "127.0.0.1") -> Extension:
    """Return somebody who calls the house through *proxy* from *number*."""
    account = (
        f'<sip:{number}@provider.test>;outbound="sip:{proxy};transport=udp";'
        "regint=0;answermode=manual;audio_codecs=PCMA,PCMU"
    )
    return Extension(name="caller", account=account, hertz=1000, host=host)


def start(stage: Stage, extension: Extension) -> Phone:
    """Start a telephone and wait until it can be told what to do, and is registered if it wants to be."""
    program = require("baresip", "baresip-core")
    folder = stage.subfolder(f"baresip-{extension.name}")
    recordings = stage.subfolder(f"recordings-{extension.name}")
    port, rtp = free_ports(4), free_ports(40)
    control_port = port + 3
    words = {
        "LISTEN": v6(extension.host), "ADDRESS": extension.host,
        "PORT": str(port), "NAME": extension.name, "RTP": f"{rtp}-{rtp + 39}",
        "TONE": str(write_tone(folder / "tone.wav", extension.hertz)), "RECORDINGS": str(recordings),
        "MODULES": str(_modules()), "CONTROL": str(control_port),
    }  # fmt: skip
    text = _CONFIG.read_text()
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    (folder / "config").write_text(text)
    (folder / "accounts").write_text(extension.account + "\n")
    (folder / "contacts").write_text("")
    family = "-6" if ":" in extension.host else "-4"
    running = stage.start(f"baresip-{extension.name}", [program, family, "-f", folder])
    control = wait_until(lambda: _connect(running, control_port), 10, "baresip's control port")
    stage.on_close(control.close)
    phone = Phone(running, control, recordings, port)
    if "regint=0" not in extension.account:
        wait_until(lambda: _registered(phone), 10, f"{extension.name} is registered")
    return phone


def _registered(phone: Phone) -> bool:
    # The event may have come before we were connected, so the state is asked as well.
    return phone.control.find("REGISTER_OK") is not None or "OK" in phone.control.command("reginfo")


def _connect(running: Running, port: int) -> Control | None:
    if not running.alive():
        raise RuntimeError(f"baresip did not start: {running.said()[-2000:]}")
    try:
        return Control(port)
    except ConnectionRefusedError:
        return None


def _modules() -> Path:
    for folder in _MODULES:
        if (folder / "ctrl_tcp.so").exists():
            return folder
    return missing("baresip's modules are not installed: apt-get install baresip-core")
