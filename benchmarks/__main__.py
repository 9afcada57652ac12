"""Runs the benchmarks that are named, or all of them, and prints one table.

CALLGUARD_BENCH_SCALE=0.2 makes everything five times shorter, for a look while working.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import calls, commands, console, deciding, evidence, importing, lists, modem, starting
from benchmarks.table import Row, render
from tests.real.peers.process import Stage

_ALL: dict[str, Callable[[Stage, float], list[Row]]] = {
    "calls": calls.measure,
    "starting": starting.measure,
    "commands": commands.measure,
    "deciding": deciding.measure,
    "lists": lists.measure,
    "evidence": evidence.measure,
    "importing": importing.measure,
    "console": console.measure,
    "modem": modem.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *_ALL], help="which of them; all by default")
    chosen = parser.parse_args().names or list(_ALL)
    scale = float(os.environ.get("CALLGUARD_BENCH_SCALE", "1"))
    rows: list[Row] = []
    for name in chosen:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows += _measured(name, scale)
    print(render(rows))
    return any(row.missed for row in rows)


def _measured(name: str, scale: float) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="callguard-bench-") as folder:
        stage = Stage(Path(folder))
        try:
            return _ALL[name](stage, scale)
        except pytest.skip.Exception as missing:
            return [Row(what=name, value=f"not measured: {missing.msg}")]
        finally:
            stage.close()


if __name__ == "__main__":
    sys.exit(main())
