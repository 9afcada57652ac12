"""The backups in a folder, and which of them are kept."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from callguard.backup.errors import NotABackupError
from callguard.backup.looking import glance, look
from callguard.backup.manifest import Manifest

_NAME = re.compile(r"callguard-(\d{4}-\d\d-\d\dT\d{6})\.zip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file that is called like a backup."""

    path: Path
    size: int
    manifest: Manifest | None
    "None if it cannot be used."
    why: str = ""


def backups(folder: Path) -> tuple[Kept, ...]:
    """Return the backups in *folder*, newest first; only their manifests are read."""
    return tuple(_kept(path) for _, path in _named(folder))


def tidy(folder: Path, days: int, weeks: int, now: datetime) -> tuple[Path, ...]:
    """Delete the backups in *folder* beyond the newest of each of *days* days and of *weeks* weeks; returns them.

    Nothing is deleted that was not made by CallGuard, nothing of the last 24 hours, and nothing at all as long as no
    backup that stays is whole.
    """
    named = _named(folder)
    kept = _newest(named, days, "%Y-%m-%d") | _newest(named, weeks, "%G-%V")
    yesterday = now.replace(tzinfo=None) - timedelta(days=1)
    surplus = [path for at, path in named if path not in kept and at < yesterday]
    if not surplus or not any(_is_whole(path) for _, path in named if path in kept):
        return ()
    gone = [path for path in surplus if _is_ours(path)]
    for path in gone:
        path.unlink(missing_ok=True)
    return tuple(gone)


def _named(folder: Path) -> list[tuple[datetime, Path]]:
    """Return what is called like a backup, newest first."""
    found: list[tuple[datetime, Path]] = []
    for path in folder.glob("callguard-*.zip") if folder.is_dir() else ():
        name = _NAME.fullmatch(path.name)
        try:
            at = datetime.strptime(name[1], "%Y-%m-%dT%H%M%S") if name else None  # noqa: DTZ007  (the clock at home)
        except ValueError:
            continue
        if at and path.is_file() and not path.is_symlink():
            found.append((at, path))
    return sorted(found, reverse=True)


def _newest(named: list[tuple[datetime, Path]], most: int, span: str) -> set[Path]:
    """Return the newest backup of each of the last spans that have one."""
    by_span: dict[str, Path] = {}
    for at, path in named:
        by_span.setdefault(at.strftime(span), path)
    return set(list(by_span.values())[:most])


def _kept(path: Path) -> Kept:
    size = path.stat().st_size
    try:
        return Kept(path=path, size=size, manifest=glance(path))
    except NotABackupError as error:
        return Kept(path=path, size=size, manifest=None, why=str(error))


def _is_ours(path: Path) -> bool:
    return _kept(path).manifest is not None


def _is_whole(path: Path) -> bool:
    try:
        look(path)
    except NotABackupError:
        return False
    return True
