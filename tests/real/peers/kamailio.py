"""Kamailio as the household's registrar and PBX."""

import shutil
import socket
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from tests.real.peers import certificates
from tests.real.peers.ports import free_ports
from tests.real.peers.process import Running, Stage, missing, require, wait_until
from tests.real.peers.wire import Address, options, v6

_CONFIGS = Path(__file__).parent.parent / "kamailio"


class Topology(StrEnum):
    """How the PBX rings the house."""

    FORK = "home-pbx"
    "All extensions at once; a 6xx of one ends the call, as RFC 3261 §16.7 wants."
    SCREEN_FIRST = "screen-first"
    "The guard first, then the phones."
    REJECT = "reject"
    "No PBX: rejects everything (the benchmark's yardstick)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What kind of PBX a test wants."""

    topology: Topology = Topology.FORK
    sha256: bool = False
    ignores_6xx: bool = False
    tls: bool = False
    short: bool = False
    "Grants ten seconds to a registration."
    hosts: tuple[str, ...] = ("127.0.0.1",)


@dataclass(slots=True)
class Kamailio:
    """A running PBX, which can be killed and started again at the same address."""

    stage: Stage
    setup: Setup
    folder: Path
    port: int
    running: Running

    @property
    def address(self) -> Address:
        return self.at()

    def at(self, host: str = "127.0.0.1", transport: str = "udp") -> Address:
        """Return where it listens on *host* for a transport."""
        return host, self.port + (transport == "tls")

    @property
    def authority(self) -> Path:
        return self.folder / "ca.pem"

    def start_again(self) -> None:
        """Start at the same address, all registrations forgotten."""
        self.running = _launch(self.stage, self.setup, self.folder, self.port)

    def contacts(self) -> str:
        """Return the registrar's location table as it prints it."""
        command = [require("kamcmd", "kamailio"), "-s", f"unix:{self.folder / 'ctl'}", "ul.dump"]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=10).stdout


def start(stage: Stage, setup: Setup) -> Kamailio:
    """Start a PBX on free ports of loopback and wait until it answers."""
    require("kamailio", "kamailio")
    folder = stage.subfolder("kamailio")
    for source in _CONFIGS.glob("*.cfg"):
        (folder / source.name).write_text(source.read_text().replace("@RUN@", str(folder)))
    if setup.tls:
        _require_tls()
        certificates.issue(folder)
    port = free_ports(2)
    return Kamailio(stage, setup, folder, port, _launch(stage, setup, folder, port))


def _launch(stage: Stage, setup: Setup, folder: Path, port: int) -> Running:
    flags = {"SHA256": setup.sha256, "NO6XX": setup.ignores_6xx, "WITH_TLS": setup.tls,
             "SHORT": setup.short}  # fmt: skip
    switches = [part for name, wanted in flags.items() if wanted for part in ("-A", f"{name}=1")]
    config = folder / f"{setup.topology}.cfg"
    running = stage.start("kamailio", [
        require("kamailio", "kamailio"), "-f", config, "-DD", "-E", "-m", "64", "-M", "8", *switches,
        *_sockets(setup, port),
    ])  # fmt: skip
    for host in setup.hosts:
        wait_until(partial(_answers, running, host, port), 10, f"Kamailio answers at {host}")
    return running


def _sockets(setup: Setup, port: int) -> list[str]:
    listening: list[str] = []
    for host in map(v6, setup.hosts):
        listening += ["-l", f"udp:{host}:{port}"]
        if setup.topology is not Topology.REJECT:
            listening += ["-l", f"tcp:{host}:{port}"]
        if setup.tls:
            listening += ["-l", f"tls:{host}:{port + 1}"]
    return listening


def _answers(running: Running, host: str, port: int) -> bool:
    if not running.alive():
        raise RuntimeError(f"Kamailio did not start: {running.said()[-2000:]}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.2)
        probe.bind((host, 0))
        try:
            probe.connect((host, port))
            probe.send(options(host, port, probe.getsockname()[1]))
            return probe.recv(4096).startswith(b"SIP/2.0 200")
        except (ConnectionRefusedError, TimeoutError):
            return False


def _require_tls() -> None:
    where = subprocess.run(
        [require("kamailio", "kamailio"), "-I"], capture_output=True, text=True, check=False
    ).stdout
    folders = [line.split(":", 1)[1].strip() for line in where.splitlines() if "paths to modules" in line]
    if not any((Path(folder) / "tls.so").exists() for folder in folders):
        missing("Kamailio has no TLS here: apt-get install kamailio-tls-modules")
    if shutil.which("openssl") is None:
        missing("openssl is not installed: apt-get install openssl")
