"""Building a list's file: what is taken, what is not, and that nothing is left of what was not finished."""

import os
import resource
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from callguard import Answer, Category, Entry, ListBuilder, NumberList, Progress
from callguard.numberlist.form import CATEGORIES, UnusableError, head_of

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
ORDINAL = TODAY.toordinal()
HEAD: dict[str, Any] = {"version": "1", "as_of": TODAY, "retrieved_at": NOW, "source": "a test"}
Build = Callable[..., Any]
OpenList = Callable[..., NumberList]


def test_every_category_has_its_place_and_there_is_room_for_them() -> None:
    assert [category.place for category in Category] == list(range(len(Category)))
    assert len(CATEGORIES) <= 16, "a place is four bits of a report's kind"


def test_what_was_built_is_counted(tmp_path: Path) -> None:
    with ListBuilder(tmp_path / "list", name="test") as builder:
        for number in ("+13035550188", "+13035550188", "+13035550100"):
            builder.add(Entry(number=number))
        builder.add(Entry(number="+44", prefix=True))
        builder.add_reports([(13035550111, ORDINAL, 0), (13035550111, ORDINAL - 1, 1)])
        builder.reject("blank")
        builder.reject("letters", "1-800-\x1b[2JFLOWERS")
        builder.duplicate(3)
        info = builder.finish(**HEAD)
    assert (info.numbers, info.prefixes, info.accepted, info.duplicates) == (3, 1, 6, 3)
    assert info.rejected == {"blank": 1, "letters": 1}
    assert info.samples == {"letters": ("1-800-[2JFLOWERS",)}
    assert head_of(tmp_path / "list").info == info


def test_only_the_first_rows_of_a_reason_are_kept_and_not_all_of_a_long_one(tmp_path: Path) -> None:
    with ListBuilder(tmp_path / "list", name="test") as builder:
        for place in range(1000):
            builder.reject("odd", f"{place}" + "x" * 10_000)
        info = builder.finish(**HEAD)
    assert info.rejected == {"odd": 1000}
    assert [row[0] for row in info.samples["odd"]] == list("01234")
    assert max(map(len, info.samples["odd"])) <= 120


ODD = {
    "letters": Entry(number="+1303555CALL"),
    "no plus": Entry(number="13035550188"),
    "a leading zero": Entry(number="+0130"),
    "sixteen digits": Entry(number="+" + "1" * 16),
    "nothing": Entry(number=""),
    "a bare plus as a prefix": Entry(number="+", prefix=True),
    "digits of another script": Entry(number="+1303٠"),
}


@pytest.mark.parametrize("entry", ODD.values(), ids=ODD)
def test_what_is_no_number_is_rejected_not_stored(tmp_path: Path, build: Build, entry: Entry) -> None:
    info = build(tmp_path / "list", entry)
    assert (info.numbers + info.prefixes, info.accepted, info.rejected) == (0, 0, {"not-a-number": 1})


@pytest.mark.parametrize(
    "facts",
    [{"weight": float("nan")}, {"weight": float("inf")}, {"weight": -1.0}, {"reports": -1}, {"reports": 10**30}],
    ids=str,
)
def test_impossible_counts_are_rejected(tmp_path: Path, build: Build, facts: dict[str, Any]) -> None:
    info = build(tmp_path / "list", Entry(number="+1303", **facts))
    assert (info.numbers, info.rejected) == (0, {"nonsense": 1})


@pytest.mark.parametrize(
    "row",
    [(0, ORDINAL, 0), (-5, ORDINAL, 0), (10**15, ORDINAL, 0), (1303, 0, 0), (1303, 10**9, 0),
     (1303, ORDINAL, len(Category)), (1303, ORDINAL, -1)],
    ids=["zero", "negative", "too long", "day zero", "no such day", "no such category", "negative category"],
)  # fmt: skip
def test_reports_out_of_range_are_rejected_and_the_others_kept(tmp_path: Path, row: tuple[int, int, int]) -> None:
    with ListBuilder(tmp_path / "list", name="test") as builder:
        builder.add_reports([row, (1304, ORDINAL, 1)])
        info = builder.finish(**HEAD)
    assert (info.numbers, info.accepted, info.rejected) == (1, 1, {"nonsense": 1})


def test_days_to_come_count_as_today(tmp_path: Path, build: Build, open_list: OpenList) -> None:
    build(tmp_path / "list", Entry(number="+1303", last_seen=date.max), drop_after=timedelta(days=90))
    found = open_list(tmp_path / "list", stale_after=timedelta(days=999))
    answer = found.look_up("+1303", NOW)
    assert answer.entry
    assert answer.entry.last_seen == TODAY
    assert found.look_up("+1303", NOW + timedelta(days=90)).answer is Answer.NOT_LISTED


def test_old_entries_are_not_written_at_all(tmp_path: Path, build: Build) -> None:
    old = Entry(number="+1303", last_seen=TODAY - timedelta(days=90))
    info = build(tmp_path / "list", old, Entry(number="+1304", last_seen=TODAY), drop_after=timedelta(days=90))
    assert (info.numbers, info.accepted) == (1, 2)


def test_texts_of_the_head_are_made_harmless(tmp_path: Path, build: Build) -> None:
    info = build(tmp_path / "list", version="2026\x1b[31m", source="https://example.com/\n\x07")
    assert (info.version, info.source) == ("2026[31m", "https://example.com/")


def test_only_the_owner_may_read_the_file(tmp_path: Path, build: Build) -> None:
    build(tmp_path / "list")
    assert stat.S_IMODE((tmp_path / "list").stat().st_mode) == 0o600


def test_the_same_rows_make_the_same_file(tmp_path: Path, build: Build) -> None:
    entries = [Entry(number=f"+1303555{place:04d}", weight=0.1 * place) for place in range(100)]
    build(tmp_path / "a", *entries)
    build(tmp_path / "b", *reversed(entries))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


# --- progress --------------------------------------------------------------------------------------


def test_progress_is_told_in_rows_while_reading(tmp_path: Path) -> None:
    told: list[Progress] = []
    with ListBuilder(tmp_path / "list", name="test", report=told.append) as builder:
        builder.add_reports((1303_000_0000 + place, ORDINAL, 0) for place in range(100_000))
        builder.finish(**HEAD)
    reading = [progress.done for progress in told if progress.step == "reading"]
    assert len(reading) >= 5
    assert all(before <= after for before, after in pairwise(reading))
    assert reading[-1] == 100_000
    assert {progress.unit for progress in told} == {"rows"}
    assert [progress.done for progress in told if progress.step == "sorting"] == [0, 100_000]


# --- what is not finished --------------------------------------------------------------------------


def test_leaving_without_finishing_leaves_no_file(tmp_path: Path) -> None:
    with ListBuilder(tmp_path / "list", name="test") as builder:
        builder.add(Entry(number="+1303"))
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_source_leaves_no_file(tmp_path: Path) -> None:
    def rows() -> Iterator[tuple[int, int, int]]:
        yield (1303, ORDINAL, 0)
        raise ValueError("half a file")

    with pytest.raises(ValueError, match="half a file"), ListBuilder(tmp_path / "list", name="test") as builder:
        builder.add_reports(rows())
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_not_finished_is_no_list(tmp_path: Path) -> None:
    with ListBuilder(tmp_path / "list", name="test") as builder:
        builder.add(Entry(number="+1303"))
        (tmp_path / "copy").write_bytes((tmp_path / "list").read_bytes())
    with pytest.raises(UnusableError):
        head_of(tmp_path / "copy")


def test_what_an_earlier_build_left_is_replaced(tmp_path: Path, build: Build) -> None:
    (tmp_path / "list").write_bytes(b"x" * 5000)
    (tmp_path / "list.staged").write_bytes(b"x" * 5000)
    assert build(tmp_path / "list", Entry(number="+1303")).numbers == 1
    assert [path.name for path in tmp_path.iterdir()] == ["list"]


@contextmanager
def small_disk(at: Path) -> Iterator[Path]:
    at.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(at)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.decode().strip()}")
    try:
        yield at
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)


def many(count: int) -> Iterator[tuple[int, int, int]]:
    return ((13030000000 + place * 7919 % count, ORDINAL, 0) for place in range(count))


def build_many(path: Path, count: int) -> None:
    with ListBuilder(path, name="test") as builder:
        builder.add_reports(many(count))
        builder.finish(**HEAD)


def test_a_full_disk_fails_the_build_and_keeps_the_good_copy(
    tmp_path: Path, build: Build, open_list: OpenList
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        build(disk / "list.sqlite", Entry(number="+1303"))
        found = open_list(disk / "list.sqlite")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            build_many(disk / "list.new", 300_000)
        assert [path.name for path in disk.iterdir()] == ["list.sqlite"]
        assert found.look_up("+1303", NOW).answer is Answer.LISTED
        found.close()


def test_a_file_that_may_not_grow_fails_the_build_and_keeps_the_good_copy(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, __file__, "limited", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("OperationalError")
    assert [path.name for path in tmp_path.iterdir()] == []


def limited(folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    try:
        build_many(folder / "list.new", 100_000)
    except sqlite3.Error as error:
        print(type(error).__name__, error)


# --- memory ----------------------------------------------------------------------------------------

ROWS = 400_000
MOST_MB = 64


@pytest.mark.parametrize("way", ["entries", "reports"])
def test_memory_does_not_grow_with_the_list(tmp_path: Path, way: str) -> None:
    done = subprocess.run([sys.executable, __file__, way, str(tmp_path)], capture_output=True, text=True, check=True)
    small, large = map(float, done.stdout.split())
    assert large < MOST_MB
    assert large - small < 16, "SQLite's caches fill"


def measured(way: str, folder: Path) -> None:
    for count in (ROWS // 20, ROWS):
        with ListBuilder(folder / "list", name="test") as builder:
            if way == "reports":
                builder.add_reports(many(count))
            else:
                for number, _, _ in many(count // 2):
                    builder.add(Entry(number=f"+{number}"))
            builder.finish(**HEAD)
        print(peak())


def peak() -> float:
    """The most memory this process had so far, MB; getrusage also counts what it inherited from its parent."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    os.chdir(sys.argv[2])
    if sys.argv[1] == "limited":
        limited(Path(sys.argv[2]))
    else:
        measured(sys.argv[1], Path(sys.argv[2]))
