"""How long a person waits for the command line."""

import subprocess
import sys
import time
from statistics import median

from benchmarks.table import Row, against
from tests.real.peers import guard as guards
from tests.real.peers.guard import account, household
from tests.real.peers.process import Stage
from tests.real.peers.wire import Peer

_RUNS = 9
_HELP_WITHIN = 150.0


def measure(stage: Stage, _scale: float) -> list[Row]:
    """Run each command some times."""
    registrar = Peer(registrar=True)
    stage.on_close(registrar.close)
    guard = guards.protecting(stage, household(account(registrar.address)))
    bare = _median([sys.executable, "-c", "pass"])
    asked = {
        words: _median(guard.command(*words.split())) for words in ("status --json", "calls --json", "healthcheck")
    }
    python = f"python -c pass {bare:.0f} ms"
    return [
        against("callguard --help", _median(guard.command("--help")), _HELP_WITHIN, "ms"),
        *(Row(what=f"callguard {words}", value=f"{ms:.0f} ms", ratio=ms / bare, yardstick=python)
          for words, ms in asked.items()),
    ]  # fmt: skip


def _median(argv: list[str]) -> float:
    return median(_milliseconds(argv) for _ in range(_RUNS))


def _milliseconds(argv: list[str]) -> float:
    begun = time.monotonic()
    subprocess.run(argv, capture_output=True, check=False)
    return (time.monotonic() - begun) * 1000
