"""Looks a backup over: whole, unchanged, and nothing in it that does not belong there."""

import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from callguard.backup import manifest as names
from callguard.backup.errors import BackupError, NotABackupError, in_words
from callguard.backup.manifest import Entry, Manifest, read_manifest
from callguard.store.migrate import latest

_PORTION = 1 << 20
_ENCRYPTED = 0x1
_MOST_TIMES = 200  # a database packs to a tenth or so; a bomb to a thousandth
_LEAST_ALLOWED = 64 << 20
_ROOM = 1 << 20  # bytes that stay free on the disk
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError)


def look(path: Path) -> Manifest:
    """Return what the backup at *path* says of itself, after everything in it was read; NotABackupError."""
    with _opened(path) as (archive, manifest):
        for name, entry in manifest.files.items():
            _read(archive, name, entry, None)
    return manifest


def glance(path: Path) -> Manifest:
    """Return what the backup at *path* says of itself, without reading the rest."""
    with _opened(path) as (_, manifest):
        return manifest


def unpack(path: Path, folder: Path) -> Manifest:
    """Put everything in the backup at *path* into the empty *folder*; nothing is believed that was changed."""
    with _opened(path) as (archive, manifest), in_words(folder):
        needed = sum(entry.size for entry in manifest.files.values())
        if shutil.disk_usage(folder).free < needed + _ROOM:
            raise BackupError(f"{folder} has no room for the {max(1, needed >> 20)} MiB that are in the backup")
        for name, entry in manifest.files.items():
            target = folder / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                _read(archive, name, entry, file)
                file.flush()
                os.fsync(file.fileno())
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            yield archive, _checked(archive)
    except NotABackupError as error:
        raise NotABackupError(f"{path.name} is no backup that can be used: {error}") from error
    except _BROKEN as error:
        raise NotABackupError(f"{path.name} is no backup that can be used: it is damaged or cut short") from error
    except OSError as error:
        raise NotABackupError(f"{path} cannot be read: {error.strerror or error}") from error


def _checked(archive: zipfile.ZipFile) -> Manifest:
    infos = {info.filename: info for info in archive.infolist()}
    if len(infos) != len(archive.infolist()) or any(info.flag_bits & _ENCRYPTED for info in infos.values()):
        raise NotABackupError("it was not made by CallGuard")
    described = infos.pop(names.NAME, None)
    if described is None or described.file_size > names.LARGEST_MANIFEST:
        raise NotABackupError("it has no manifest")
    manifest = read_manifest(archive.read(described))
    if {name: info.file_size for name, info in infos.items()} != {n: e.size for n, e in manifest.files.items()}:
        raise NotABackupError("it does not hold what its manifest says")
    if sum(info.file_size for info in infos.values()) > _LEAST_ALLOWED + _MOST_TIMES * sum(
        info.compress_size for info in infos.values()
    ):
        raise NotABackupError("what is packed in it is far too large")
    if names.DATABASE not in manifest.files:
        raise NotABackupError("it has no database")
    if manifest.schema > latest():
        raise NotABackupError(
            f"it was made by a newer CallGuard ({manifest.software}): update this one, then restore"
        )
    return manifest


def _read(archive: zipfile.ZipFile, name: str, entry: Entry, target: IO[bytes] | None) -> None:
    digest, size = hashlib.sha256(), 0
    with archive.open(name) as source:
        while portion := source.read(_PORTION):
            size += len(portion)
            if size > entry.size:
                break
            digest.update(portion)
            if target:
                target.write(portion)
    if size != entry.size or digest.hexdigest() != entry.sha256:
        raise NotABackupError(f"{name} in it is not what it was when the backup was made")
