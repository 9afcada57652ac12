"""Makes a backup: copies aside, one zip, and only a whole one gets its name."""

import hashlib
import json
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO, Protocol

from callguard.access import Access, AccessUnreadableError
from callguard.ambient import SystemRandomness
from callguard.backup import manifest as names
from callguard.backup.errors import BackupError, in_words
from callguard.backup.manifest import Entry, Manifest
from callguard.backup.masking import IsSecret, mask_settings, masked_yaml, secret_keys
from callguard.config.tree import Section
from callguard.model.text import plain
from callguard.place import Place
from callguard.store import StoreError
from callguard.store.database import on_disk, sqlite_connect

_UNFINISHED = ".callguard-unfinished-"
_SMALL = 16 << 20  # bytes: what a plugin remembers, not what it fetches
_PORTION = 1 << 20
_OWN_LIST = "list.sqlite"  # of callguard.numberlist: fetched again by itself
_PROFILE = "complaint-profile.json"
_SQLITE = b"SQLite format 3\0"
_COMPANIONS = ("-wal", "-shm", "-journal")
_REPAIR = "stop CallGuard and start it again, which begins a new file; or restore an earlier backup"
_COUNTED = {
    "calls": "SELECT count(*) FROM calls",
    "rules": "SELECT count(*) FROM rules WHERE in_force = 1",
    "contacts": "SELECT count(*) FROM contacts",
    "settings": "SELECT count(*) FROM settings WHERE value IS NOT NULL",
}


class Copied(Protocol):
    """A store that can be copied while it is in use."""

    def backup(self, path: Path) -> None:
        """Write a copy to the new file *path*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that is safely on the disk."""

    path: Path
    size: int
    manifest: Manifest


@dataclass(slots=True)
class _Content:
    """What will be packed."""

    folder: Path
    is_secret: IsSecret
    with_secrets: bool
    files: dict[str, Path] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def make(  # noqa: PLR0913  (what a backup is made of)
    place: Place,
    store: Copied,
    target: Path,
    *,
    now: datetime,
    software: str,
    settings: Section | None = None,
    with_secrets: bool = False,
) -> Made:
    """Write a backup of *place* into the folder *target*, or to that file if it ends in .zip; BackupError.

    *now* is by the household's clock: it names the file. *settings* as they were read tell which values are secret;
    without them it is told by the names of the keys. Takes its time: not for a thread that screens calls.
    """
    path = target if target.suffix == ".zip" else target / f"callguard-{now:%Y-%m-%dT%H%M%S}.zip"
    with in_words(path.parent):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_leftovers(path.parent, now)
        if path.exists():
            raise BackupError(f"{path} is there already: choose another name")
        folder = Path(mkdtemp(prefix=_UNFINISHED, dir=path.parent))
        try:
            content = _Content(folder, secret_keys(settings), with_secrets)
            _collect(content, place, store)
            manifest, packed = _pack(content, now, software)
            packed.replace(path)
            sync_folder(path.parent)
            if path.is_relative_to(place.data_dir):
                give_to_owner(path.parent, place.data_dir)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return Made(path=path, size=path.stat().st_size, manifest=manifest)


def sync_folder(folder: Path) -> None:
    """Make sure that a file's new name outlives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError:
        return  # a network folder that cannot do it
    finally:
        os.close(descriptor)


def counts_in(folder: Path) -> dict[str, int]:
    """Return how much of everything is in the copies in *folder*."""
    found: dict[str, int] = {}
    with closing(sqlite3.connect(folder / names.DATABASE)) as copy:
        for what, sql in _COUNTED.items():
            (found[what],) = copy.execute(sql).fetchone()
    if (folder / names.ACCESS).exists():
        with closing(sqlite3.connect(folder / names.ACCESS)) as copy:
            (found["people"],) = copy.execute("SELECT count(*) FROM people").fetchone()
    return found


def give_to_owner(folder: Path, owner: Path) -> None:
    """Let the user to whom *owner* belongs have what root has written into *folder*."""
    if os.geteuid() == 0:
        who = owner.stat()
        for path in (folder, *folder.rglob("*")):
            os.chown(path, who.st_uid, who.st_gid, follow_symlinks=False)


def _remove_leftovers(folder: Path, now: datetime) -> None:
    """Remove what was being written in *folder* when CallGuard was killed, a day ago or earlier."""
    for old in folder.glob(f"{_UNFINISHED}*"):
        if now.timestamp() - old.stat().st_mtime > timedelta(days=1).total_seconds():
            shutil.rmtree(old, ignore_errors=True)


def _collect(content: _Content, place: Place, store: Copied) -> None:
    try:
        store.backup(content.folder / names.DATABASE)
    except StoreError as error:
        if isinstance(error.__cause__, OSError | sqlite3.Error):
            raise error.__cause__ from None  # said in words of this folder, not of a file that is gone again
        raise BackupError(str(error)) from error
    if not _is_sound(content.folder / names.DATABASE):  # in time it would take the place of the last sound ones
        raise BackupError(f"{place.database} is damaged, so no backup was made: {_REPAIR}")
    content.files[names.DATABASE] = content.folder / names.DATABASE
    if not content.with_secrets:
        _mask_database(content)
    if place.access.exists():
        _collect_access(content, place)
    if place.config is not None and place.config.exists():
        _collect_config(content, place.config)
    if (place.data_dir / names.PSEUDONYMS).exists():
        _collect_pseudonyms(content, place.data_dir / names.PSEUDONYMS)
    for path in sorted(_plugin_files(place.data_dir / names.PLUGINS)):
        _collect_plugin_file(content, path, path.relative_to(place.data_dir).as_posix())


def _is_sound(copy: Path) -> bool:
    try:
        with closing(sqlite3.connect(copy)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


def _mask_database(content: _Content) -> None:
    with closing(sqlite3.connect(content.folder / names.DATABASE)) as copy:
        masked = mask_settings(copy, content.is_secret)
        copy.commit()
        if masked:
            copy.execute("VACUUM")  # what was masked is not left between the lines
    content.left_out += [f"the secret in the setting {key}" for key in masked]


def _collect_access(content: _Content, place: Place) -> None:
    try:
        with closing(Access.open(place.access, SystemRandomness())) as access:
            access.backup(content.folder / names.ACCESS, with_secrets=content.with_secrets)
        sound = _is_sound(content.folder / names.ACCESS)
    except AccessUnreadableError:
        sound = False
    if not sound:
        content.left_out.append("the people who may use the console, because access.db cannot be read")
        (content.folder / names.ACCESS).unlink(missing_ok=True)
        return
    content.files[names.ACCESS] = content.folder / names.ACCESS
    content.left_out.append("who is signed in" if content.with_secrets else "who is signed in, and tokens")


def _collect_config(content: _Content, config: Path) -> None:
    data = config.read_bytes()
    if not content.with_secrets:
        try:
            text, masked = masked_yaml(data, content.is_secret)
        except ValueError:
            content.left_out.append("config.yaml, because it has mistakes")
            return
        data = text.encode()
        if masked:
            content.left_out.append(f"{masked} secrets in config.yaml" if masked > 1 else "a secret in config.yaml")
    content.files[names.CONFIG] = content.folder / names.CONFIG
    content.files[names.CONFIG].write_bytes(data)


def _collect_pseudonyms(content: _Content, path: Path) -> None:
    if not content.with_secrets:
        content.left_out.append("the key to the pseudonyms of former callers")
        return
    content.files[names.PSEUDONYMS] = content.folder / names.PSEUDONYMS
    shutil.copyfile(path, content.files[names.PSEUDONYMS])


def _plugin_files(folder: Path) -> Iterator[Path]:
    """Return what plugins keep, but nothing of lists."""
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if _OWN_LIST not in files:
            kept = [name for name in files if not name.startswith(".") and not name.endswith(_COMPANIONS)]
            yield from (path for name in kept if (path := Path(root, name)).is_file() and not path.is_symlink())


def _collect_plugin_file(content: _Content, path: Path, name: str) -> None:
    if path.name == _PROFILE and not content.with_secrets:
        content.left_out.append("your name and address for complaints")
    elif not names.is_name(name) or path.stat().st_size > _SMALL:
        content.left_out.append(f"{name}, which is too large or oddly named")
    else:
        copy = content.folder / f"plugin-{len(content.files)}"
        try:
            _copy(path, copy)
        except (FileNotFoundError, sqlite3.DatabaseError):
            content.left_out.append(f"{name}, which could not be read")
        else:
            content.files[name] = copy


def _copy(path: Path, copy: Path) -> None:
    with path.open("rb") as file:
        is_database = file.read(len(_SQLITE)) == _SQLITE
    if not is_database:
        shutil.copyfile(path, copy)
        return
    with closing(sqlite_connect(on_disk(path, "mode=ro"))) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _pack(content: _Content, now: datetime, software: str) -> tuple[Manifest, Path]:
    packed = content.folder / "packed"
    with os.fdopen(os.open(packed, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            files = {name: _add(archive, name, path, now) for name, path in content.files.items()}
            manifest = _manifest(content, files, now, software)
            text = json.dumps(manifest.facts(), indent=2).encode()
            archive.writestr(_info(names.NAME, now), text)
        file.flush()
        os.fsync(file.fileno())
    return manifest, packed


def _manifest(content: _Content, files: dict[str, Entry], now: datetime, software: str) -> Manifest:
    with closing(sqlite3.connect(content.files[names.DATABASE])) as copy:
        (schema,) = copy.execute("PRAGMA user_version").fetchone()
    return Manifest(
        made_at=now,
        software=software,
        schema=schema,
        files=files,
        left_out=tuple(plain(what) for what in content.left_out),
        with_secrets=content.with_secrets,
        counts=counts_in(content.folder),
    )


def _add(archive: zipfile.ZipFile, name: str, path: Path, now: datetime) -> Entry:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as source, archive.open(_info(name, now), "w", force_zip64=True) as target:
        for portion in _portions(source):
            digest.update(portion)
            size += len(portion)
            target.write(portion)
    return Entry(size=size, sha256=digest.hexdigest())


def _portions(source: BinaryIO) -> Iterator[bytes]:
    while portion := source.read(_PORTION):
        yield portion


def _info(name: str, now: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (max(1980, now.year), now.month, now.day, now.hour, now.minute, now.second))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info
