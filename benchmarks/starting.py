"""From the start of the process to a line that hears calls; what it costs to wait for them."""

import subprocess
import sys
import time
from statistics import median

from benchmarks.table import Row, against
from tests.real.peers import guard as guards
from tests.real.peers.guard import account, household
from tests.real.peers.process import Stage
from tests.real.peers.wire import Peer

_STARTS = 7
_IDLE_SECONDS = 30
_MEGABYTE = 1 << 20


def measure(stage: Stage, scale: float) -> list[Row]:
    """Start it again and again, then let it be."""
    registrar = Peer(registrar=True)
    stage.on_close(registrar.close)
    fresh, again, bare, heard = [], [], [], []
    for _ in range(_STARTS):
        bare.append(_bare_python())
        guard = guards.prepare(stage, household(account(registrar.address)))
        begun, known = time.monotonic(), len(registrar.heard)
        fresh.append(guard.start())
        heard.append(registrar.wait_for(lambda p: p.method == "REGISTER", 10, "REGISTER", known).at - begun)
        guard.stop()
        again.append(guard.start())
        guard.stop()
    unit = median(bare)
    rows = [_start("new data folder, to ready", fresh, unit), _start("again, to ready", again, unit)]
    rows.append(_start("new data folder, to the first REGISTER", heard, unit))
    return [*rows, *_idle(stage, registrar, max(3.0, _IDLE_SECONDS * scale))]


def _start(what: str, seconds: list[float], unit: float) -> Row:
    took = median(seconds)
    yardstick = f"python -c pass {unit * 1000:.0f} ms"
    return Row(what=f"start, {what}", value=f"{took * 1000:.0f} ms", ratio=took / unit, yardstick=yardstick)


def _idle(stage: Stage, registrar: Peer, seconds: float) -> list[Row]:
    guard = guards.protecting(stage, household(account(registrar.address)))
    time.sleep(3)  # what starting left to do is not idling
    used = guard.cpu_seconds()
    time.sleep(seconds)
    share = (guard.cpu_seconds() - used) / seconds * 100
    return [
        against(f"idle CPU over {seconds:.0f} s", share, 0.2, "%", 2),
        Row(what="resident memory", value=f"{guard.resident() / _MEGABYTE:.0f} MB"),
    ]


def _bare_python() -> float:
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.monotonic() - begun
