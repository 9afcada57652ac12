"""Debian's iaxmodem, a modem in software that others wrote.

Killing it is unplugging it, starting it again plugging it in. It reads its configuration from /etc/iaxmodem only, and
listens on every address: so it gets a network of its own.
"""

import contextlib
import itertools
import os
import signal
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.real.peers.iax2 import Exchange
from tests.real.peers.namespace import Namespace
from tests.real.peers.process import Running, Stage, require, wait_until

_CONFIGURATIONS = Path("/etc/iaxmodem")
_FIRST_PORT = 4570
GUARD = 5.3
"Seconds after a hang-up (ATH, ATZ) in which it refuses calls: 5, and a little."
_numbers = itertools.count()
_TEXT = """\
device\t\t{device}
owner\t\troot:root
mode\t\t660
port\t\t{port}
refresh\t\t0
server\t\t127.0.0.1
peername\t{name}
secret\t\tpassword
cidname\t\tCallGuard Test
cidnumber\t0000
codec\t\tulaw
nodaemon
"""


@dataclass(slots=True)
class SoftModem:
    """One modem, at the path `device`."""

    stage: Stage
    network: Namespace
    exchange: Exchange
    name: str
    device: Path
    port: int
    running: Running | None = field(default=None)

    @property
    def address(self) -> tuple[str, int]:
        """Where the exchange rings it."""
        return "127.0.0.1", self.port

    def plug_in(self) -> None:
        """Start it, and wait until it has a device."""
        (_CONFIGURATIONS / self.name).write_text(
            _TEXT.format(device=self.device, port=self.port, name=self.name), "ascii"
        )
        self.running = self.stage.start(self.name, self.network.command([_program(), self.name]))
        wait_until(self.device.exists, 5, f"iaxmodem makes {self.device}")

    def unplug(self) -> None:
        """End it at once, as pulling the plug does; what it leaves in /dev is cleared as udev would."""
        if self.running is not None:
            self.running.end(signal.SIGKILL, 3)
        self.device.unlink(missing_ok=True)

    def throw_away(self) -> None:
        """End it, and leave nothing behind."""
        self.unplug()
        with contextlib.suppress(FileNotFoundError):
            (_CONFIGURATIONS / self.name).unlink()
        self.device.parent.rmdir()


def start(stage: Stage, network: Namespace, exchange: Exchange) -> SoftModem:
    """Start a modem that this exchange can ring."""
    number = next(_numbers)
    name = f"callguard-{os.getpid()}-{number}"
    _program()
    folder = Path(tempfile.mkdtemp(prefix="modem-"))  # it forgets the end of a longer path
    made = SoftModem(stage, network, exchange, name, folder / "tty", _FIRST_PORT + number)
    stage.on_close(made.throw_away)
    made.plug_in()
    return made


def _program() -> str:
    return require("iaxmodem", "iaxmodem")
