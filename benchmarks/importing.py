"""Importing 61 days of reports to the FTC, beside what an importer without much thought does: rows a second, memory.

Both read the same file, each in a process of its own, in turns. The file holds day, number and area code only, so
that neither looks for rows that come twice.
"""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median

import phonenumbers
import pytest

from benchmarks.table import Row, against
from callguard import ListBuilder
from callguard_ftc.ageing import DROP_AFTER, HALF_LIFE
from callguard_ftc.building import build
from callguard_ftc.complaints import day_of
from callguard_ftc.numbers import read_number
from tests.real.peers.process import Stage

_ROUNDS = 3
_ALL = 705_886
_NAIVE = 60_000
"""Rows for the naive way, which would take half a minute for all; that it gets a smaller table is in its favour."""
_WANTED = 200_000
_MEMORY = 64.0
_DAY = datetime(2020, 10, 31, 22, tzinfo=UTC)
_UPSERT = """
INSERT INTO numbers VALUES (?, 1, ?) ON CONFLICT (number) DO UPDATE SET reports = reports + 1, last = excluded.last
"""


def measure(stage: Stage, scale: float) -> list[Row]:
    """Import the rows both ways, then two whole daily files with everything that is checked about them."""
    folder = _shared()
    rows = max(1000, round(_ALL * scale))
    ours, naive = [], []
    for _ in range(_ROUNDS):
        ours.append(_apart("ours", stage.subfolder("ours"), folder, rows))
        naive.append(_apart("naive", stage.subfolder("naive"), folder, min(rows, _NAIVE)))
    whole = _apart("whole", stage.subfolder("whole"), folder, 0)
    speed, other = (median(one["speed"] for one in runs) for runs in (ours, naive))
    best = max(one["speed"] for one in ours)  # against a fixed bound: what else ran meanwhile is no fault of ours
    return [
        Row(what=f"import {rows:,} reports", value=f"{speed:,.0f} rows/s", ratio=other / speed, aim=1 / 5,
            yardstick=f"phonenumbers and upsert {other:,.0f} rows/s"),
        Row(what=f"import, the best of {_ROUNDS}", value=f"{best:,.0f} rows/s", ratio=_WANTED / best, aim=1.0,
            yardstick=f"{_WANTED:,} rows/s wanted"),
        against("import: memory at its highest", max(one["memory"] for one in ours), _MEMORY, "MB", 1),
        Row(what="the naive import: memory", value=f"{max(one['memory'] for one in naive):.1f} MB"),
        Row(what="import two whole daily files, each row once",
            value=f"{whole['speed']:,.0f} rows/s, {whole['memory']:.1f} MB"),
    ]  # fmt: skip


def _shared() -> Path:
    shared = os.environ.get("CALLGUARD_SHARED", Path(__file__).parents[2] / "shared")
    folder = Path(shared) / "data" / "ftc"
    if not folder.is_dir():
        pytest.skip(f"the FTC's files are not at {folder}")
    return folder


def _apart(way: str, to: Path, folder: Path, rows: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.importing", way, str(to), str(folder), str(rows)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _lines(folder: Path, rows: int) -> Iterator[str]:
    with gzip.open(folder / "ftc_2020-09_2020-10_61days.csv.gz", "rt", encoding="utf-8") as file:
        next(file)
        yield from islice(file, rows)


def _reports(folder: Path, rows: int) -> Iterator[tuple[int, int, int]]:
    """Read the collector's file; it is in no shape that an agency publishes, so the product has no reader for it."""
    for line in _lines(folder, rows):
        text, number, _ = line.split(",")
        day, caller = day_of(text), read_number(number)
        if day is not None and isinstance(caller, int):
            yield caller, day, 0


def _ours(path: Path, folder: Path, rows: int) -> int:
    with ListBuilder(path, name="ftc", half_life=HALF_LIFE, drop_after=DROP_AFTER) as builder:
        builder.add_reports(_reports(folder, rows))
        builder.finish(version="test", as_of=_DAY.date(), retrieved_at=_DAY, source="test")
    return rows


def _naive(path: Path, folder: Path, rows: int) -> int:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE numbers (number TEXT PRIMARY KEY, reports INTEGER, last TEXT)")
        for line in _lines(folder, rows):
            day, number, _ = line.split(",")
            try:
                parsed = phonenumbers.parse(number, "US")
            except phonenumbers.NumberParseException:
                continue
            if phonenumbers.is_valid_number(parsed):
                text = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
                connection.execute(_UPSERT, (text, day))
        connection.commit()
    return rows


def _whole(path: Path, folder: Path, _: int) -> int:
    """Import real daily files as the daemon has it done: all columns, what is odd told apart, no row twice."""
    files = sorted((folder / "daily").glob("dnc_*.csv"))
    now = datetime(2019, 12, 16, 22, tzinfo=UTC)
    build(
        {"path": str(path), "now": now.isoformat(), "name": "ftc", "files": [str(file) for file in files],
         "version": "", "source": "", "all_or_none": True},
        lambda _: None,
    )  # fmt: skip
    return sum(file.read_bytes().count(b"\n") - 1 for file in files)


_WAYS: dict[str, Callable[[Path, Path, int], int]] = {"ours": _ours, "naive": _naive, "whole": _whole}


def _peak() -> float:
    """Return the most memory this process ever had, in MB; unlike getrusage it forgets whoever started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def main() -> None:
    way, to, folder, rows = sys.argv[1:]
    with tempfile.TemporaryDirectory(dir=to) as inside:
        begun = time.perf_counter()
        done = _WAYS[way](Path(inside) / "list.new", Path(folder), int(rows))
        seconds = time.perf_counter() - begun
    print(json.dumps({"speed": done / seconds, "memory": _peak()}))


if __name__ == "__main__":
    main()
