"""A backup is put in place at the next start, wherever that is interrupted, and can be taken back."""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callguard import Rule, RuleKind, RuleList
from callguard.access import Access, Role
from callguard.backup import (
    BackupError,
    Made,
    apply_pending,
    compare,
    is_pending,
    make,
    restore_problems,
    stage,
    take_back,
)
from callguard.place import Place
from callguard.store import Store
from callguard.testing.fakes import FakeRandomness

OLD = {"+13035550188", "+13035550189"}
NEWER = "+13035550190"
Rules = Callable[[Place], set[str]]


@pytest.fixture
def later(place: Place, store: Store, made: Made, now: datetime) -> Place:
    """The house after the backup: another rule, another person, another file of a plugin; nobody runs it."""
    store.add_rule(Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value=NEWER), by="ana", now=now).result()
    store.close()
    with closing(Access.open(place.access, FakeRandomness(1))) as access:
        access.add_person("Eve", Role.VIEWER, "h", now)
    (place.data_dir / "plugins" / "sip" / "instance").write_text("another")
    return place


def people(place: Place) -> set[str]:
    with closing(Access.open(place.access, FakeRandomness())) as access:
        return {person.name for person in access.people()}


def test_a_backup_waits_for_the_next_start(later: Place, made: Made, now: datetime, rules: Rules) -> None:
    assert stage(made.path, later) == made.manifest
    assert is_pending(later)
    assert rules(later) == {*OLD, NEWER}
    folder = apply_pending(later, now)
    assert folder == "before-restore-20261123T030000"
    assert rules(later) == OLD
    assert people(later) == {"Ana"}
    assert (later.data_dir / "plugins" / "sip" / "instance").read_text() == "uuid"
    assert (later.data_dir / "plugins" / "ftc" / "ftc" / "list.sqlite").exists(), "lists stay"
    assert not is_pending(later)
    assert apply_pending(later, now) is None
    for path in (later.database, later.access):
        assert path.stat().st_mode & 0o777 == 0o600


def test_what_was_there_before_is_kept_and_can_be_brought_back(
    later: Place, made: Made, now: datetime, rules: Rules
) -> None:
    stage(made.path, later)
    folder = apply_pending(later, now)
    assert folder
    assert rules(Place(data_dir=later.data_dir / folder)) == {*OLD, NEWER}
    assert take_back(later) == folder
    assert rules(later) == OLD, "only at the next start"
    apply_pending(later, now + timedelta(hours=1))
    assert rules(later) == {*OLD, NEWER}
    assert people(later) == {"Ana", "Eve"}
    take_back(later)
    apply_pending(later, now + timedelta(hours=2))
    assert rules(later) == OLD, "and back again"


def test_nothing_restored_is_nothing_to_take_back(place: Place, store: Store) -> None:
    with pytest.raises(BackupError, match="nothing has been restored"):
        take_back(place)


def test_the_log_of_the_old_database_never_meets_the_new_one(
    later: Place, made: Made, now: datetime, rules: Rules
) -> None:
    for suffix in ("-wal", "-shm", ".suspect"):
        later.database.with_name(later.database.name + suffix).write_bytes(b"old")
    stage(made.path, later)
    apply_pending(later, now)
    assert {path.name for path in later.data_dir.glob("callguard.db*")} == {"callguard.db"}
    assert rules(later) == OLD


class KilledError(BaseException):
    """kill -9, in a test."""


STEPS = ("os.rename", "os.replace", "os.mkdir", "os.unlink", "os.rmdir", "os.fsync", "os.open", "os.chown")


def killed_at(step: int) -> pytest.MonkeyPatch:
    """End the process, so to say, before its step number *step* that changes the disk."""
    patch, count = pytest.MonkeyPatch(), [0]

    def watched(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **more: Any) -> Any:
            count[0] += 1
            if count[0] > step:
                raise KilledError
            return original(*words, **more)

        return call

    for name in STEPS:
        patch.setattr(name, watched(getattr(os, name.removeprefix("os."))))
    return patch


def try_every_step(later: Place, made: Made, now: datetime, tmp_path: Path, check: Callable[[Place], None]) -> int:
    """Restore as often as there are steps, each time killed at the next one."""
    stage(made.path, later)
    start = tmp_path / "start"
    shutil.copytree(later.data_dir, start)
    for step in range(500):
        house = Place(data_dir=tmp_path / f"house {step}", config=later.config)
        shutil.copytree(start, house.data_dir)
        patch = killed_at(step)
        try:
            apply_pending(house, now)
        except KilledError:
            patch.undo()
            check(house)
        else:
            patch.undo()
            check(house)
            return step
        finally:
            patch.undo()
        shutil.rmtree(house.data_dir)
    pytest.fail("it never came to its end")


def test_killed_at_any_step_the_next_start_goes_on_and_nothing_is_lost(
    later: Place, made: Made, now: datetime, tmp_path: Path, rules: Rules
) -> None:
    def check(house: Place) -> None:
        apply_pending(house, now + timedelta(days=1))
        assert rules(house) == OLD
        assert people(house) == {"Ana"}
        (former,) = house.data_dir.glob("before-restore-*")
        assert rules(Place(data_dir=former)) == {*OLD, NEWER}
        assert (former / "plugins" / "sip" / "instance").read_text() == "another"
        assert not list(house.data_dir.glob("restore-*"))

    assert try_every_step(later, made, now, tmp_path, check) > 20


def test_what_somebody_does_between_two_attempts_is_kept_too(
    later: Place, made: Made, now: datetime, tmp_path: Path, rules: Rules
) -> None:
    def check(house: Place) -> None:
        rules(house)  # opens a database, a new one if the old one is away already
        apply_pending(house, now + timedelta(days=1))
        assert rules(house) == OLD
        kept = [rules(kept_as(path)) for path in house.data_dir.glob("before-restore-*/callguard.db*")]
        assert {*OLD, NEWER} in kept

    def kept_as(path: Path) -> Place:
        folder = tmp_path / "kept"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(path, folder / "callguard.db")
        return Place(data_dir=folder)

    try_every_step(later, made, now, tmp_path, check)


def test_a_restore_of_which_half_is_missing_is_said_until_it_is_done(
    later: Place, made: Made, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert restore_problems(later, now) == ()
    stage(made.path, later)
    (problem,) = restore_problems(later, now)
    assert problem.code == "restore-waits"
    with monkeypatch.context() as patch:
        patch.setattr("os.rename", full)
        with pytest.raises(BackupError, match="is full"):
            apply_pending(later, now)
    (problem,) = restore_problems(later, now)
    assert problem.code == "restore-failed"
    apply_pending(later, now)
    (problem,) = restore_problems(later, now)
    assert (problem.code, problem.where) == ("restored", str(later.data_dir / "before-restore-20261123T030000"))
    shutil.rmtree(problem.where)
    assert restore_problems(later, now) == ()


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_the_configuration_is_laid_beside_and_never_written(later: Place, made: Made, now: datetime) -> None:
    assert later.config
    mine = later.config.read_text() + "# mine\nregion: x\n"
    later.config.write_text(mine)
    stage(made.path, later)
    apply_pending(later, now)
    assert later.config.read_text() == mine
    restored = later.config.with_name("config.restored.yaml")
    assert 'token: "***"' in restored.read_text()
    assert restored.stat().st_mode & 0o777 == 0o600


def test_the_same_configuration_is_not_laid_beside(later: Place, made: Made, now: datetime) -> None:
    assert later.config
    stage(made.path, later)
    apply_pending(later, now)
    assert not later.config.with_name("config.restored.yaml").exists()


def test_where_the_folder_of_the_configuration_is_locked_it_is_laid_into_the_data_folder(
    later: Place, made: Made, now: datetime, tmp_path: Path
) -> None:
    stage(made.path, later)
    apply_pending(Place(data_dir=later.data_dir, config=tmp_path / "nowhere" / "config.yaml"), now)
    assert "geheim" not in (later.data_dir / "config.restored.yaml").read_text()


def test_a_second_backup_laid_ready_takes_the_place_of_the_first(
    later: Place, made: Made, now: datetime, tmp_path: Path, rules: Rules
) -> None:
    store = Store.open(later.database, now=now).store
    newer = make(later, store, tmp_path / "newer", now=now, software="1.0")
    store.close()
    stage(made.path, later)
    stage(newer.path, later)
    apply_pending(later, now)
    assert rules(later) == {*OLD, NEWER}


def test_a_new_computer_takes_a_backup_as_well(made: Made, now: datetime, tmp_path: Path, rules: Rules) -> None:
    house = Place(data_dir=tmp_path / "new")
    house.data_dir.mkdir(mode=0o700)
    shown = compare(made.path, house)
    assert (shown.parts["rules"].here, shown.parts["rules"].only_there) == (0, 2)
    stage(made.path, house)
    apply_pending(house, now)
    assert rules(house) == OLD
    assert people(house) == {"Ana"}


def test_the_difference_is_shown_with_a_few_names_and_changes_nothing(later: Place, made: Made, rules: Rules) -> None:
    shown = compare(made.path, later)
    parts = {what: (p.here, p.there, p.only_here, p.only_there) for what, p in shown.parts.items()}
    assert parts == {
        "calls": (1, 1, 0, 0),
        "rules": (3, 2, 1, 0),
        "contacts": (1, 1, 0, 0),
        "settings": (2, 1, 1, 0),
        "people": (2, 1, 1, 0),
    }
    assert shown.parts["rules"].examples_here == (NEWER,)
    assert shown.parts["people"].examples_here == ("Eve",)
    assert shown.parts["settings"].examples_here == ("sip.password",)
    assert not shown.config_differs
    assert rules(later) == {*OLD, NEWER}
    assert not list(later.data_dir.glob(".restore*"))


def test_a_damaged_house_can_be_compared_and_restored(later: Place, made: Made, now: datetime, rules: Rules) -> None:
    later.database.write_bytes(b"\xff" * 9000)
    assert compare(made.path, later).parts["rules"].only_there == 2
    stage(made.path, later)
    apply_pending(later, now)
    assert rules(later) == OLD
