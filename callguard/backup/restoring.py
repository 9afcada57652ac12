"""Brings a backup back: laid ready while the house is in use, put in place at the next start, and kept undoable."""

import json
import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

from callguard.backup import manifest as names
from callguard.backup.comparing import check_databases, config_differs
from callguard.backup.errors import BackupError, in_words
from callguard.backup.looking import unpack
from callguard.backup.making import give_to_owner, sync_folder
from callguard.backup.manifest import Manifest
from callguard.model.health import Problem, Severity
from callguard.place import Place

PENDING = "restore-pending"
_BEFORE = "before-restore-"
_DONE = ".restore-done"
_STAMP = ".begun"
_RESTORED_CONFIG = "config.restored.yaml"
_COMPANIONS = ("-wal", "-shm", "-journal", ".suspect")


def stage(path: Path, place: Place) -> Manifest:
    """Lay the backup at *path* ready for the next start; after NotABackupError or BackupError nothing is changed."""
    unfinished = place.data_dir / f"{PENDING}.unfinished"
    with in_words(place.data_dir):
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        try:
            manifest = unpack(path, unfinished)
            check_databases(unfinished, manifest)
            (unfinished / names.NAME).write_text(json.dumps(manifest.facts()))
            _lay_ready(unfinished, place)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    return manifest


def take_back(place: Place) -> str:
    """Lay ready for the next start what was there before the newest restore; returns the folder's name."""
    former = _formers(place)
    if not former:
        raise BackupError("nothing has been restored that could be taken back")
    with in_words(place.data_dir):
        _lay_ready(former[-1], place)
    return former[-1].name


def is_pending(place: Place) -> bool:
    """Tell whether `apply_pending` has something to do."""
    try:
        return (place.data_dir / PENDING).is_dir() or (place.data_dir / _DONE).is_dir()
    except PermissionError:
        return False  # whoever needs to look there will say so


def apply_pending(place: Place, now: datetime) -> str | None:
    """Put in place what was laid ready, if anything was; returns the name of the folder with what was there before.

    For the start only, under the data folder's lock and before the store is opened. Killed anywhere, it goes on where
    it was. BackupError if the disk does not let it.
    """
    pending, done = place.data_dir / PENDING, place.data_dir / _DONE
    with in_words(place.data_dir):
        shutil.rmtree(done, ignore_errors=True)
        if not pending.is_dir():
            return None
        before = place.data_dir / _begun(pending, now)
        before.mkdir(mode=0o700, exist_ok=True)
        _lay_config_beside(pending, place)
        for path in sorted(path for path in pending.rglob("*") if path.is_file()):
            name = path.relative_to(pending)
            if name.parts[0] != names.NAME and not name.parts[0].startswith(_STAMP):
                _exchange(path, place.data_dir / name, before / name)
        sync_folder(before)
        # At once, together with the stamp: until then the same steps can be taken again.
        pending.rename(done)
        sync_folder(place.data_dir)
        shutil.rmtree(done, ignore_errors=True)
    return before.name


def restore_problems(place: Place, now: datetime) -> tuple[Problem, ...]:
    """Say that a restore waits or did not come to its end, or that what was there before one is still kept."""
    if is_pending(place) and (place.data_dir / PENDING / _STAMP).exists():
        unfinished = Problem(
            code="restore-failed",
            severity=Severity.PROBLEM,
            what="A backup could not be put in place entirely; nothing is lost, but calls and rules may be missing.",
            since=now,
            cure=f"Let CallGuard write to {place.data_dir}, make room there, and restart it: it goes on by itself.",
            where=str(place.data_dir / PENDING),
        )
        return (unfinished,)
    waits = (_waits(place.data_dir / PENDING, now),) if is_pending(place) else ()
    return (*waits, *(_kept(folder) for folder in _formers(place)[-1:]))


def _waits(pending: Path, now: datetime) -> Problem:
    return Problem(
        code="restore-waits",
        severity=Severity.NOTE,
        what="A backup waits for the next start, and then takes the place of what is here now.",
        since=now,
        cure=f"Restart CallGuard soon: what comes until then is moved aside. To stay as it is, delete {pending}.",
        where=str(pending),
    )


def _kept(former: Path) -> Problem:
    return Problem(
        code="restored",
        severity=Severity.NOTE,
        what=f"A backup was restored; what was there before is kept in {former.name}.",
        since=datetime.fromtimestamp(former.stat().st_mtime, UTC),
        cure=f"If all is well, delete {former}; if not, `callguard restore --take-back`.",
        where=str(former),
    )


def _formers(place: Place) -> list[Path]:
    try:
        return sorted(path for path in place.data_dir.glob(f"{_BEFORE}*") if path.is_dir())
    except OSError:
        return []


def _lay_ready(folder: Path, place: Place) -> None:
    give_to_owner(folder, place.data_dir)
    pending = place.data_dir / PENDING
    shutil.rmtree(pending, ignore_errors=True)  # one that was laid ready earlier is not wanted any more
    folder.rename(pending)
    sync_folder(place.data_dir)


def _begun(pending: Path, now: datetime) -> str:
    """Return the name of the folder for what was there before: the same one if this is not the first attempt."""
    stamp = pending / _STAMP
    begun = stamp.read_text("ascii", "replace") if stamp.exists() else ""
    if not re.fullmatch(f"{_BEFORE}[0-9T]+", begun):
        begun = f"{_BEFORE}{now.astimezone(UTC):%Y%m%dT%H%M%S}"
        aside = pending / f"{_STAMP}.new"
        aside.write_text(begun, "ascii")
        aside.replace(stamp)
    return begun


def _exchange(new: Path, present: Path, before: Path) -> None:
    """Move what is *present* to *before*, then *new* into its place."""
    before.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    present.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The companions first: a new database must never meet the log of the old one.
    for suffix in (*_COMPANIONS, ""):
        old = present.with_name(present.name + suffix)
        if old.exists():
            old.rename(_free(before.with_name(before.name + suffix)))
    new.rename(present)


def _free(wanted: Path) -> Path:
    """Return *wanted*, or another name if something came in between two attempts and is kept there already."""
    others = (wanted.with_name(f"{wanted.name}.{number}") for number in range(2, 1000))
    return wanted if not wanted.exists() else next(other for other in others if not other.exists())


def _lay_config_beside(pending: Path, place: Place) -> None:
    restored = pending / names.CONFIG
    if not restored.exists():
        return
    if config_differs(place, restored):
        _write_beside(place, restored.read_bytes())
    restored.unlink()


def _write_beside(place: Place, data: bytes) -> None:
    folders = [place.config.parent] if place.config else []
    for folder in (*folders, place.data_dir):
        aside = folder / f"{_RESTORED_CONFIG}.new"
        try:
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
            aside.replace(folder / _RESTORED_CONFIG)
        except OSError:
            continue  # /etc belongs to root
        return
