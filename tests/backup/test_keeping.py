"""Which backups are kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callguard.backup import Made, backups, tidy

NOW = datetime(2026, 11, 23, 3, 0, 0, tzinfo=UTC)


@pytest.fixture
def folder(made: Made) -> Path:
    """Forty nightly backups, the newest of this night."""
    for day in range(1, 40):
        (made.path.parent / name(day)).write_bytes(made.path.read_bytes())
    return made.path.parent


def name(day: int) -> str:
    return f"callguard-{NOW - timedelta(days=day):%Y-%m-%dT%H%M%S}.zip"


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_seven_days_and_four_weeks_are_kept(folder: Path) -> None:
    gone = tidy(folder, 7, 4, NOW)
    # 23 November 2026 is a Monday: its week, and the Sundays of the weeks before
    assert left(folder) == {name(day) for day in (0, 1, 2, 3, 4, 5, 6, 8, 15)}
    assert len(gone) == 31
    assert tidy(folder, 7, 4, NOW) == ()


def test_of_a_day_with_several_the_newest_is_kept_but_none_of_the_last_24_hours_goes(folder: Path) -> None:
    data = (folder / name(0)).read_bytes()
    morning, today = "callguard-2026-11-21T010000.zip", "callguard-2026-11-23T010000.zip"
    for extra in (morning, today):
        (folder / extra).write_bytes(data)
    tidy(folder, 7, 0, NOW)
    assert left(folder) == {*(name(day) for day in range(7)), today}


def test_days_without_a_backup_do_not_count(folder: Path) -> None:
    tidy(folder, 7, 0, NOW + timedelta(days=400))
    assert left(folder) == {name(day) for day in range(7)}


@pytest.mark.parametrize(
    "other",
    ["mine.zip", "callguard-2020-01-01T030000.zip.bak", "callguard-2020-99-99T030000.zip", "callguard-x.zip"],
)
def test_what_has_another_name_is_never_deleted(folder: Path, other: str) -> None:
    (folder / other).write_bytes((folder / name(0)).read_bytes())
    tidy(folder, 1, 0, NOW)
    assert left(folder) == {name(0), other} | {name(1)} & left(folder)
    assert other in left(folder)


def test_what_is_called_so_but_is_none_of_ours_is_never_deleted(folder: Path) -> None:
    (folder / name(30)).write_bytes(b"holiday pictures")
    (folder / name(31)).unlink()
    (folder / name(31)).mkdir()
    tidy(folder, 1, 0, NOW)
    assert {name(30), name(31)} <= left(folder)


def test_while_none_that_stays_is_whole_nothing_is_deleted(folder: Path) -> None:
    before = left(folder)
    for day in range(7):
        (folder / name(day)).write_bytes(b"cut short")
    assert tidy(folder, 7, 0, NOW) == ()
    assert left(folder) == before
    assert tidy(folder, 8, 0, NOW)


def test_backups_are_listed_newest_first_and_bad_ones_with_the_reason(folder: Path, made: Made) -> None:
    (folder / name(1)).write_bytes(b"cut short")
    first, second, *rest = backups(folder)
    assert (first.path, first.manifest, first.size) == (made.path, made.manifest, made.size)
    assert (second.manifest, second.why) == (
        None,
        f"{name(1)} is no backup that can be used: it is damaged or cut short",
    )
    assert len(rest) == 38


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert backups(tmp_path / "none") == ()
    assert tidy(tmp_path / "none", 7, 4, NOW) == ()
