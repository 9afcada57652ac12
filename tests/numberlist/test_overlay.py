"""What changed since, laid over a list instead of writing all of it anew."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callguard import Answer, Entry, NumberList, Progress
from callguard.numberlist.form import UnusableError, head_of, overlay_of
from callguard.numberlist.overlay import lay

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
NUMBER, OTHER = "+13035550188", "+13035550100"
Build = Callable[..., Any]
OpenList = Callable[..., NumberList]


def nothing(_: Progress) -> None:
    return None


@pytest.fixture
def path(tmp_path: Path, build: Build) -> Path:
    build(tmp_path / "list.sqlite", Entry(number=NUMBER, reports=3), Entry(number="+44", prefix=True), version="base")
    return tmp_path / "list.sqlite"


def laid(path: Path, build: Build, *entries: Entry, half_life: float | None = None, **head: Any) -> Path:
    """Lay *entries* over the list at *path*, and over what is laid over it already."""
    delta, out, over = path.with_name("delta"), path.with_name("out"), overlay_of(path)
    build(delta, *entries, **head)
    earlier = str(over) if over.exists() else ""
    lay(
        {"base": str(path), "delta": str(delta), "earlier": earlier, "out": str(out), "half_life": half_life}, nothing
    )
    return out.replace(over)


def answers(found: NumberList, *numbers: str, later: timedelta = timedelta(0)) -> list[int]:
    """The reports of each number, 0 if it is not listed."""
    entries = [found.look_up(number, NOW + later).entry for number in numbers]
    return [entry.reports if entry else 0 for entry in entries]


def test_an_overlay_adds_replaces_and_removes(path: Path, build: Build, open_list: OpenList) -> None:
    laid(path, build, Entry(number=NUMBER, reports=0), Entry(number=OTHER, reports=7), version="delta")
    found = open_list(path)
    assert answers(found, NUMBER, OTHER, "+4420") == [0, 7, 1]
    assert found.info
    assert (found.info.version, found.info.numbers, found.info.prefixes) == ("delta", 1, 1)


def test_a_removed_prefix_gives_way_to_a_shorter_one(path: Path, build: Build, open_list: OpenList) -> None:
    laid(path, build, Entry(number="+4420", prefix=True, reports=5), Entry(number="+4", prefix=True, reports=2))
    laid(path, build, Entry(number="+4420", prefix=True, reports=0), Entry(number="+44", prefix=True, reports=0))
    assert answers(open_list(path), "+442079460000") == [2]


def test_a_second_delta_merges_into_the_first_and_the_newer_wins(
    path: Path, build: Build, open_list: OpenList
) -> None:
    laid(path, build, Entry(number=NUMBER, reports=8), Entry(number=OTHER, reports=7))
    laid(path, build, Entry(number=NUMBER, reports=0), Entry(number="+19005550100", reports=1))
    assert answers(open_list(path), NUMBER, OTHER, "+19005550100") == [0, 7, 1]


def test_a_new_base_drops_the_overlay(path: Path, build: Build, open_list: OpenList) -> None:
    laid(path, build, Entry(number=NUMBER, reports=0))
    build(path, Entry(number=NUMBER, reports=4), version="base 2")
    found = open_list(path)
    assert answers(found, NUMBER) == [4]
    assert found.whole
    # The one that was laid over the old base is not carried over the new one either.
    laid(path, build, Entry(number=OTHER, reports=1))
    assert answers(open_list(path), NUMBER, OTHER) == [4, 1]


def test_an_overlay_swapped_in_by_somebody_else_is_noticed(path: Path, build: Build, open_list: OpenList) -> None:
    found = open_list(path)
    assert answers(found, NUMBER) == [3]
    laid(path, build, Entry(number=NUMBER, reports=0))
    assert answers(found, NUMBER, later=timedelta(seconds=1)) == [0]


def test_weights_carried_over_are_aged_to_the_newer_day(path: Path, build: Build, open_list: OpenList) -> None:
    month = timedelta(days=30)
    laid(path, build, Entry(number=OTHER, weight=8.0), half_life=month.total_seconds())
    later = {"as_of": NOW.date() + month, "retrieved_at": NOW + month}
    laid(path, build, Entry(number=NUMBER, weight=8.0), half_life=month.total_seconds(), **later)
    found = open_list(path, half_life=month)
    for number, weight in ((OTHER, 4.0), (NUMBER, 8.0)):
        entry = found.look_up(number, NOW + month).entry
        assert entry
        assert entry.weight == pytest.approx(weight)


def test_without_its_overlay_a_list_is_right_but_not_whole(path: Path, build: Build, open_list: OpenList) -> None:
    over = laid(path, build, Entry(number=NUMBER, reports=0))
    over.write_bytes(over.read_bytes()[:-1])
    found = open_list(path)
    assert answers(found, NUMBER) == [3]
    assert not found.whole
    assert found.why == ""


def test_what_cannot_be_read_is_laid_over_nothing(path: Path, build: Build) -> None:
    build(path.with_name("delta"), Entry(number=OTHER))
    path.write_bytes(b"")
    with pytest.raises(UnusableError):
        laid(path, build, Entry(number=OTHER))
    assert not path.with_name("out").exists()


def test_a_daily_change_writes_a_twentieth_of_the_list_at_most(tmp_path: Path, build: Build) -> None:
    path = tmp_path / "list.sqlite"
    build(path, *(Entry(number=f"+1303{place:07d}") for place in range(50_000)))
    over = laid(path, build, *(Entry(number=f"+1303{place:07d}", reports=2) for place in range(100)))
    assert over.stat().st_size <= path.stat().st_size / 20
    assert head_of(over).info.numbers == 50_000


def test_a_removal_of_what_was_never_listed_changes_nothing(path: Path, build: Build, open_list: OpenList) -> None:
    laid(path, build, Entry(number="+19005550100", reports=0))
    found = open_list(path)
    assert found.look_up("+19005550100", NOW).answer is Answer.NOT_LISTED
    assert found.info
    assert (found.info.numbers, found.info.prefixes) == (1, 1)
