"""What is in a backup, what is left out, and what happens when the disk does not take it."""

import errno
import os
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from callguard.access import Access
from callguard.backup import BackupError, Made, look, make
from callguard.place import Place
from callguard.store import NotWritableError, Store
from callguard.testing.fakes import FakeRandomness

SECRETS = (b"geheim-in-der-datei", b"geheim-von-hand", b"geheim-spaeter", b"Hauptstrasse")


def test_a_backup_is_named_by_its_time_and_for_this_user_only(made: Made, tmp_path: Path) -> None:
    assert made.path == tmp_path / "backups" / "callguard-2026-11-23T030000.zip"
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert made.path.stat().st_size == made.size
    assert [file.name for file in made.path.parent.iterdir()] == [made.path.name], "nothing half is left"


def test_the_manifest_says_what_is_in_it(made: Made, now: datetime) -> None:
    manifest = made.manifest
    assert look(made.path) == manifest
    assert set(manifest.files) == {"callguard.db", "access.db", "config.yaml", "plugins/sip/instance"}
    assert manifest.counts == {"calls": 1, "rules": 2, "contacts": 1, "settings": 1, "people": 1}
    assert (manifest.made_at, manifest.software, manifest.with_secrets) == (now, "1.0", False)
    assert manifest.left_out == (
        "the secret in the setting sip.password",
        "who is signed in, and tokens",
        "a secret in config.yaml",
    )


def test_lists_are_left_out_with_what_is_remembered_of_them_for_they_are_fetched_again(made: Made) -> None:
    assert not [name for name in made.manifest.files if "ftc" in name]


def unpacked(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


@pytest.fixture
def profile(place: Place, store: Store) -> Path:
    path = place.data_dir / "plugins" / "complaints" / "complaint-profile.json"
    path.parent.mkdir()
    path.write_text('{"street": "Hauptstrasse 1"}')
    return path


def test_no_secret_is_anywhere_in_a_backup(
    place: Place, store: Store, profile: Path, tmp_path: Path, now: datetime
) -> None:
    made = make(place, store, tmp_path / "b", now=now, software="1.0")
    assert not [secret for secret in SECRETS if secret in unpacked(made.path)]
    assert "your name and address for complaints" in made.manifest.left_out


@pytest.mark.parametrize("with_secrets", [False, True])
def test_whose_pseudonym_is_whose_is_a_secret(
    place: Place, store: Store, tmp_path: Path, now: datetime, with_secrets: bool
) -> None:
    (place.data_dir / "pseudonyms.key").write_bytes(b"key")
    made = make(place, store, tmp_path / "b", now=now, software="1.0", with_secrets=with_secrets)
    assert ("pseudonyms.key" in made.manifest.files) == with_secrets
    assert ("the key to the pseudonyms of former callers" in made.manifest.left_out) != with_secrets
    assert look(made.path) == made.manifest


def test_with_secrets_everything_is_in_it(
    place: Place, store: Store, profile: Path, tmp_path: Path, now: datetime
) -> None:
    made = make(place, store, tmp_path / "b", now=now, software="1.0", with_secrets=True)
    assert [secret for secret in SECRETS if secret in unpacked(made.path)] == list(SECRETS)
    assert made.manifest.left_out == ("who is signed in",)
    assert made.manifest.with_secrets


def test_nobody_is_signed_in_by_a_backup(made: Made, tmp_path: Path, now: datetime) -> None:
    with zipfile.ZipFile(made.path) as archive:
        archive.extract("access.db", tmp_path)
    with closing(Access.open(tmp_path / "access.db", FakeRandomness())) as access:
        assert [person.name for person in access.people()] == ["Ana"]
        assert (access.sessions(now), access.tokens()) == ((), ())


def test_a_backup_goes_to_the_file_that_was_named(place: Place, store: Store, tmp_path: Path, now: datetime) -> None:
    made = make(place, store, tmp_path / "new" / "mine.zip", now=now, software="1.0")
    assert made.path == tmp_path / "new" / "mine.zip"
    with pytest.raises(BackupError, match="is there already"):
        make(place, store, made.path, now=now, software="1.0")
    assert look(made.path) == made.manifest


def test_a_database_of_a_plugin_is_copied_as_it_stands_at_one_moment(
    place: Place, store: Store, tmp_path: Path, now: datetime
) -> None:
    path = place.data_dir / "plugins" / "hobby" / "own.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as own:
        own.execute("PRAGMA journal_mode=WAL").fetchone()
        own.execute("CREATE TABLE seen (number TEXT)")
        own.execute("INSERT INTO seen VALUES ('+13035550188')")
        own.commit()
        made = make(place, store, tmp_path / "b", now=now, software="1.0")
    with zipfile.ZipFile(made.path) as archive:
        assert not [name for name in archive.namelist() if name.endswith(("-wal", "-shm"))]
        archive.extract("plugins/hobby/own.db", tmp_path)
    with closing(sqlite3.connect(tmp_path / "plugins" / "hobby" / "own.db")) as copy:
        assert copy.execute("SELECT number FROM seen").fetchall() == [("+13035550188",)]


def test_what_cannot_be_taken_along_is_said(place: Place, store: Store, tmp_path: Path, now: datetime) -> None:
    plugins = place.data_dir / "plugins"
    (plugins / "sip" / "a\nb").touch()
    (plugins / "sip" / "huge").touch()
    os.truncate(plugins / "sip" / "huge", (16 << 20) + 1)
    (plugins / "sip" / "half.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    (plugins / "sip" / "elsewhere").symlink_to(place.database)
    place.access.write_bytes(b"\xff" * 5000)
    assert place.config
    place.config.write_text("phoneblock: [")
    left_out = make(place, store, tmp_path / "b", now=now, software="1.0").manifest.left_out
    assert set(left_out[1:]) == {
        "the people who may use the console, because access.db cannot be read",
        "config.yaml, because it has mistakes",
        "plugins/sip/a b, which is too large or oddly named",
        "plugins/sip/huge, which is too large or oddly named",
        "plugins/sip/half.db, which could not be read",
    }
    assert not [what for what in left_out if "elsewhere" in what]


class Harmed:
    """A store with a damaged page, which copies as well as a sound one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def backup(self, path: Path) -> None:
        self._store.backup(path)
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * 8192)


def test_a_damaged_call_log_does_not_become_a_backup(
    place: Place, store: Store, tmp_path: Path, now: datetime
) -> None:
    with pytest.raises(BackupError, match=r"callguard.db is damaged, so no backup was made: stop CallGuard"):
        make(place, Harmed(store), tmp_path / "b", now=now, software="1.0")
    assert list((tmp_path / "b").iterdir()) == []


def test_damaged_accounts_are_left_out_of_a_backup(place: Place, store: Store, tmp_path: Path, now: datetime) -> None:
    with place.access.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)
    made = make(place, store, tmp_path / "b", now=now, software="1.0")
    assert "the people who may use the console, because access.db cannot be read" in made.manifest.left_out
    assert "access.db" not in made.manifest.files
    assert "people" not in made.manifest.counts


class FullDisk:
    """A store whose copy does not fit."""

    def backup(self, path: Path) -> None:
        path.write_bytes(b"half")
        raise NotWritableError("the disk is full")


def test_a_copy_that_does_not_fit_leaves_nothing_behind(place: Place, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(BackupError, match="the disk is full"):
        make(place, FullDisk(), tmp_path / "b", now=now, software="1.0")
    assert list((tmp_path / "b").iterdir()) == []


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "the disk of .*/b is full: make room"),
        (errno.EDQUOT, "the disk of .*/b is full: make room"),
        (errno.EROFS, "may not be used by CallGuard's user: choose another folder"),
        (errno.EIO, "Input/output error"),
    ],
    ids=str,
)
def test_a_disk_that_fails_at_the_end_leaves_nothing_behind(
    place: Place, store: Store, tmp_path: Path, now: datetime, number: int, says: str
) -> None:
    with failing("os.fsync", number), pytest.raises(BackupError, match=says):
        make(place, store, tmp_path / "b", now=now, software="1.0")
    assert list((tmp_path / "b").iterdir()) == []


@contextmanager
def failing(what: str, number: int) -> Iterator[None]:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(what, fail)
        yield


def test_a_folder_that_cannot_be_made_is_said(place: Place, store: Store, tmp_path: Path, now: datetime) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BackupError, match="Not a directory"):
        make(place, store, tmp_path / "file" / "b", now=now, software="1.0")


def test_what_was_left_by_a_kill_is_cleared_away_a_day_later(
    place: Place, store: Store, tmp_path: Path, now: datetime
) -> None:
    old, young = tmp_path / ".callguard-unfinished-1", tmp_path / ".callguard-unfinished-2"
    for folder, age in ((old, timedelta(days=2)), (young, timedelta(hours=1))):
        (folder / "x").mkdir(parents=True)
        os.utime(folder, (time.time(), (now - age).timestamp()))
    make(place, store, tmp_path, now=now, software="1.0")
    assert (old.exists(), young.exists()) == (False, True)
