"""Lists of ten million numbers: how long a look-up takes, what it costs in memory, how fast a list is built.

Neighbours on a shared machine only ever add time, so each figure is that of the best of a few rounds.
"""

import csv
import gzip
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.table import Row, against, quantile
from callguard import Answer, Category, Entry, ListBuilder, NumberList, Progress
from callguard.numberlist.form import overlay_of
from callguard.numberlist.overlay import lay
from tests.real.peers.process import Stage

_NUMBERS = 10_000_000
_PREFIXES = 100_000
_FEW = 100
"""The small list has so many times fewer numbers."""
_FEW_PREFIXES = 10
_DELTA = 20_000
_ASKED = 20_000
_ROUNDS = 5
_SWAPS = 50
_LOOK_UP_US, _OPEN_MS, _MEMORY_MB = 20.0, 50.0, 10.0
_ROWS_A_SECOND, _BUILDING_MB = 200_000.0, 64.0
_NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
_STALE = timedelta(days=30)
_FTC = Path(os.environ.get("CALLGUARD_SHARED", Path(__file__).parents[2] / "shared")) / "data" / "ftc"
_SIXTY_ONE_DAYS = _FTC / "ftc_2020-09_2020-10_61days.csv.gz"

_Ask = Callable[[str], object]


def measure(stage: Stage, scale: float) -> list[Row]:
    """Build a large and a small list, and ask them side by side."""
    folder = stage.subfolder("lists")
    count, prefixes = max(_FEW * 10, round(_NUMBERS * scale)), max(100, round(_PREFIXES * scale))
    large, small = folder / "large.sqlite", folder / "small.sqlite"
    built = _apart("large", large, count, prefixes)
    _apart("small", small, count // _FEW, _FEW_PREFIXES)
    return [
        Row(what=f"build {count:,} numbers and {prefixes:,} prefixes", value=f"{built['seconds']:.0f} s, "
            f"{built['peak']:.0f} MB at most, {large.stat().st_size / 1e6:.0f} MB on disk"),
        *_look_ups(large, small, count, prefixes),
        *_opening(large, count),
        _swapped_under(small, count // _FEW),
        *_laid_over(large, count, scale),
        *_import_rate(folder),
    ]  # fmt: skip


# --- asking ----------------------------------------------------------------------------------------


def _look_ups(large: Path, small: Path, count: int, prefixes: int) -> list[Row]:
    chance = random.Random(1)
    in_large = [f"+{_number(chance.randrange(count))}" for _ in range(_ASKED)]
    in_small = [f"+{_number(chance.randrange(count // _FEW))}" for _ in range(_ASKED)]
    below = [f"+{_prefix(chance.randrange(prefixes))}123" for _ in range(_ASKED)]
    below_few = [f"+{_prefix(chance.randrange(_FEW_PREFIXES))}123" for _ in range(_ASKED)]
    missed = [f"+3{chance.randrange(10**9, 10**10)}" for _ in range(_ASKED)]
    big, little = (NumberList(path, stale_after=_STALE) for path in (large, small))
    bare = _bare(large)
    times = _interleaved(
        {
            "bare": (_asking_bare(bare), in_large),
            "hit": (_asking(big, Answer.LISTED), in_large),
            "few": (_asking(little, Answer.LISTED), in_small),
            "prefix": (_asking(big, Answer.LISTED), below),
            "few prefixes": (_asking(little, Answer.LISTED), below_few),
            "miss": (_asking(big, Answer.NOT_LISTED), missed),
        }
    )
    bare.close()
    big.close()
    little.close()
    return _look_up_rows(times, count, prefixes)


def _look_up_rows(times: "dict[str, tuple[float, float]]", count: int, prefixes: int) -> list[Row]:
    return [
        _ratio(times, f"look up a number, {count:,} listed", "hit", "bare", 4.0),
        against("  p99 of that", times["hit"][1], _LOOK_UP_US, "µs", 1),
        against("look up a prefix, p99", times["prefix"][1], _LOOK_UP_US, "µs", 1),
        against("look up what is not listed, p99", times["miss"][1], _LOOK_UP_US, "µs", 1),
        _ratio(times, f"  {_FEW} times as many numbers", "hit", "few", 3.0),
        _ratio(times, f"  {prefixes:,} instead of {_FEW_PREFIXES} prefixes", "prefix", "few prefixes", 1.5),
    ]


def _ratio(times: "dict[str, tuple[float, float]]", what: str, ours: str, yardstick: str, aim: float) -> Row:
    p50, p99 = times[ours]
    other = "bare SELECT" if yardstick == "bare" else yardstick
    return Row(what=what, value=f"p50 {p50:.1f} p99 {p99:.1f} µs", ratio=p50 / times[yardstick][0], aim=aim,
               yardstick=f"{other} p50 {times[yardstick][0]:.1f} p99 {times[yardstick][1]:.1f} µs")  # fmt: skip


def _bare(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)


def _asking_bare(connection: sqlite3.Connection) -> _Ask:
    query = "SELECT category, reports, weight, first_seen, last_seen FROM numbers WHERE key = ?"

    def ask(number: str) -> None:
        connection.execute(query, (int(number),)).fetchone()

    return ask


def _asking(asked: NumberList, expected: Answer) -> _Ask:
    def ask(number: str) -> None:
        if asked.look_up(number, _NOW).answer is not expected:
            raise AssertionError(f"{number} is not {expected.value}")

    return ask


def _interleaved(asks: "dict[str, tuple[_Ask, Sequence[str]]]") -> "dict[str, tuple[float, float]]":
    """Return p50 and p99 of each in microseconds, of its best round."""
    rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in asks}
    for _ in range(_ROUNDS):
        for name, (ask, numbers) in asks.items():
            taken = _times(ask, numbers)
            rounds[name].append((median(taken), quantile(taken, 0.99)))
    return {name: (min(p50 for p50, _ in found), min(p99 for _, p99 in found)) for name, found in rounds.items()}


def _times(ask: _Ask, numbers: Sequence[str]) -> list[float]:
    taken = []
    for number in numbers:
        begun = time.perf_counter()
        ask(number)
        taken.append((time.perf_counter() - begun) * 1e6)
    return taken


# --- opening, memory, swaps ------------------------------------------------------------------------


def _opening(large: Path, count: int) -> list[Row]:
    found = _apart("ask", large, count, 0)
    return [
        against("open the list, first answer", found["open"], _OPEN_MS, "ms", 1),
        against(f"memory added by opening it and {_ASKED:,} answers", found["memory"], _MEMORY_MB, "MB", 1),
    ]


def _swapped_under(small: Path, count: int) -> Row:
    """Ask while another process swaps copies in, each answer having to look for a new file."""
    asked, now = NumberList(small, stale_after=timedelta(days=999)), _NOW
    taken: list[float] = []
    opened = 0
    number = f"+{_number(0)}"
    command = [sys.executable, "-m", "benchmarks.lists", "swap", str(small), str(count), "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as other:
        while other.poll() is None:
            now += timedelta(seconds=1)
            before = asked.info
            begun = time.perf_counter()
            answer = asked.look_up(number, now)
            taken.append((time.perf_counter() - begun) * 1e6)
            opened += asked.info is not before
            if answer.answer is not Answer.LISTED:
                raise AssertionError(f"a look-up failed while the list was swapped: {answer}")
    asked.close()
    return Row(what=f"look up while another process swaps {_SWAPS} times ({opened} seen, 0 failed)",
               value=f"p50 {median(taken):.1f} p99 {quantile(taken, 0.99):.0f} max {max(taken):.0f} µs",
               ratio=max(taken) / 1000 / _OPEN_MS, yardstick=f"max, {_OPEN_MS:g} ms allowed", aim=1.0)  # fmt: skip


# --- what changed since ----------------------------------------------------------------------------


def _laid_over(large: Path, count: int, scale: float) -> list[Row]:
    changed = max(100, round(_DELTA * scale))
    delta, over = large.with_name("delta"), overlay_of(large)
    begun = time.perf_counter()
    with ListBuilder(delta, name="t") as builder:
        for place in range(changed):
            builder.add(Entry(number=f"+{_number(place)}", reports=2))
        builder.finish(version="2", as_of=_NOW.date(), retrieved_at=_NOW, source="")
    lay({"base": str(large), "delta": str(delta), "earlier": "", "out": str(over), "half_life": None}, _ignore)
    seconds = time.perf_counter() - begun
    asked = NumberList(large, stale_after=_STALE)
    numbers = [f"+{_number(place)}" for place in random.Random(2).sample(range(count), min(count, _ASKED))]
    bare = _bare(large)
    times = _interleaved({"both": (_asking(asked, Answer.LISTED), numbers), "bare": (_asking_bare(bare), numbers)})
    bare.close()
    asked.close()
    written = (over.stat().st_size + delta.stat().st_size) / large.stat().st_size
    return [
        Row(what=f"lay {changed:,} changes over it, bytes written", value=f"{seconds:.1f} s", ratio=written,
            yardstick="writing the whole list", aim=0.05),
        _ratio(times, "look up a number through both", "both", "bare", 4.0),
    ]  # fmt: skip


# --- building --------------------------------------------------------------------------------------


def _import_rate(folder: Path) -> list[Row]:
    if not _SIXTY_ONE_DAYS.exists():
        return [Row(what="import 61 days of FTC reports", value=f"not measured: no {_SIXTY_ONE_DAYS}")]
    rounds = [_apart("import", folder / "ftc.sqlite", 0, 0) for _ in range(3)]
    rate, cpu, peak = (max(one[what] for one in rounds) for what in ("rate", "cpu", "peak"))
    return [
        Row(what="import 61 days of FTC reports, csv module and add_reports",
            value=f"{rate:,.0f} rows/s, {cpu:,.0f} a CPU second", ratio=_ROWS_A_SECOND / rate,
            yardstick=f"{_ROWS_A_SECOND:,.0f} rows/s wanted", aim=1.0),
        against("  memory of the process at most", peak, _BUILDING_MB, "MB"),
    ]  # fmt: skip


def _apart(what: str, path: Path, count: int, prefixes: int) -> dict[str, float]:
    """Run one of the functions below in a process of its own, whose memory is nobody else's."""
    command = [sys.executable, "-m", "benchmarks.lists", what, str(path), str(count), str(prefixes)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _build(path: Path, count: int, prefixes: int) -> dict[str, float]:
    begun, today = time.perf_counter(), _NOW.toordinal()
    with ListBuilder(path, name="t", half_life=timedelta(days=30), drop_after=timedelta(days=90)) as builder:
        builder.add_reports((_number(place), today - place % 80, place % 9) for place in range(count))
        for place in range(prefixes):
            builder.add(Entry(number=f"+{_prefix(place)}", prefix=True, category=Category.TELEMARKETING))
        builder.finish(version="1", as_of=_NOW.date(), retrieved_at=_NOW, source="a benchmark")
    return {"seconds": time.perf_counter() - begun, "peak": _memory("VmHWM")}


def _ask_apart(path: Path, count: int, _: int) -> dict[str, float]:
    numbers = [f"+{_number(place)}" for place in random.Random(3).sample(range(count), min(count, _ASKED))]
    asked = NumberList(path, stale_after=_STALE)
    before, begun = _memory("VmRSS"), time.perf_counter()
    asked.look_up(numbers[0], _NOW)
    opened = (time.perf_counter() - begun) * 1000
    for number in numbers:
        asked.look_up(number, _NOW)
    return {"open": opened, "memory": _memory("VmRSS") - before}


def _swap_again_and_again(path: Path, count: int, _: int) -> dict[str, float]:
    aside = path.with_suffix(".new")
    for _ in range(_SWAPS):
        _build(aside, min(count, 1000), _FEW_PREFIXES)
        aside.replace(path)
    return {}


def _import(path: Path, _: int, __: int) -> dict[str, float]:
    begun, cpu_begun = time.perf_counter(), time.process_time()
    with ListBuilder(path, name="ftc", half_life=timedelta(days=30), drop_after=timedelta(days=90)) as builder:
        builder.add_reports(_ftc_rows(builder))
        info = builder.finish(version="1", as_of=date(2020, 10, 31), retrieved_at=_NOW, source="")
    rows = info.accepted + sum(info.rejected.values())
    rate, cpu = rows / (time.perf_counter() - begun), rows / (time.process_time() - cpu_begun)
    return {"rate": rate, "cpu": cpu, "peak": _memory("VmHWM")}


def _ftc_rows(builder: ListBuilder) -> Iterator[tuple[int, int, int]]:
    days: dict[str, int] = {}
    with gzip.open(_SIXTY_ONE_DAYS, "rt", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for day, number, _ in rows:
            if len(number) == 10 and number.isdecimal():
                yield 10_000_000_000 + int(number), days.get(day) or _note(days, day), 0
            else:
                builder.reject("not-a-number", number)


def _note(days: dict[str, int], day: str) -> int:
    return days.setdefault(day, date.fromisoformat(day).toordinal())


def _number(place: int) -> int:
    """Return the place-th of eight billion numbers, each different, in no order."""
    return 12_000_000_000 + place * 6_700_417 % 7_999_999_993


def _prefix(place: int) -> int:
    """Return the place-th of nine million prefixes of nine digits, among which `_number` never falls."""
    return 440_000_000 + place * 7919 % 9_000_000


def _memory(line: str) -> float:
    """Return a line of this process's memory, MB."""
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(found for found in status if found.startswith(line)).split()[1]) / 1024


def _ignore(_: Progress) -> None:
    return None


_APART = {"large": _build, "small": _build, "ask": _ask_apart, "swap": _swap_again_and_again, "import": _import}

if __name__ == "__main__":
    print(json.dumps(_APART[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))))
