"""Questions about backups: make one, list them, and bring one back."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from callguard.backup import BackupError, Kept, Made, backups, compare, make, stage, take_back
from callguard.backup.comparing import facts_of
from callguard.backup.errors import in_words
from callguard.control import given
from callguard.control.given import Arguments
from callguard.control.wire import RefusedError
from callguard.house import House
from callguard.nightly import backup_folder

_T = TypeVar("_T")


class BackupCommands:
    """Answers questions about backups; nothing here runs in the loop that screens calls."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._alone = asyncio.Lock()
        self.by_name = {
            "backup": self.backup,
            "backups": self.backups,
            "restore-compare": self.compare,
            "restore-stage": self.stage,
            "restore-take-back": self.take_back,
        }

    async def backup(self, asked: Arguments) -> Any:
        """Make a backup now, in the household's folder or where `to` says; `with_secrets` takes them along.

        Answers {file, size, manifest}.
        """
        target = given.text(asked, "to")
        if target and (asked.get("by_console") or not Path(target).is_absolute()):
            raise RefusedError("a backup is made in the folder for backups, or at a whole path from the command line")
        made = await self._apart(lambda: self._make(Path(target or self.folder), bool(asked.get("with_secrets"))))
        return {"file": str(made.path), "size": made.size, "manifest": made.manifest.facts()}

    async def backups(self, _: Arguments) -> Any:
        """Return the folder for backups and what is in it, newest first."""
        return {"folder": str(self.folder), "backups": [_facts(kept) for kept in await _beside(self._kept)]}

    async def compare(self, asked: Arguments) -> Any:
        """Say what restoring `file` would change; nothing is changed."""
        path, place = self._file(asked), self._house.blueprint.place
        return facts_of(await self._apart(lambda: compare(path, place)))

    async def stage(self, asked: Arguments) -> Any:
        """Lay `file` ready for the next start; returns its manifest."""
        path, place = self._file(asked), self._house.blueprint.place
        return {"manifest": (await self._apart(lambda: stage(path, place))).facts()}

    async def take_back(self, _: Arguments) -> Any:
        """Lay ready for the next start what was there before the newest restore."""
        place = self._house.blueprint.place
        return {"folder": await self._apart(lambda: take_back(place))}

    @property
    def folder(self) -> Path:
        """The household's folder for backups."""
        return backup_folder(self._house.blueprint)

    def _make(self, target: Path, with_secrets: bool) -> Made:
        house = self._house
        return make(
            house.blueprint.place,
            house.store,
            target,
            now=house.surroundings.clock.now().astimezone(house.timezone),
            software=house.software,
            settings=house.blueprint.loaded.tree,
            with_secrets=with_secrets,
        )

    def _kept(self) -> tuple[Kept, ...]:
        with in_words(self.folder):
            return backups(self.folder)

    def _file(self, asked: Arguments) -> Path:
        """Return the file that is meant; without a folder it is one in the folder for backups."""
        name = given.text(asked, "file")
        if not name or "\0" in name:
            raise RefusedError("which backup? name its file")
        if "/" not in name and name not in (".", ".."):
            return self.folder / name
        if asked.get("by_console") or not Path(name).is_absolute():
            raise RefusedError("name a file in the folder for backups, or from the command line its whole path")
        return Path(name)

    async def _apart(self, work: Callable[[], _T]) -> _T:
        async with self._alone:
            return await _beside(work)


async def _beside(work: Callable[[], _T]) -> _T:
    try:
        return await asyncio.to_thread(work)
    except BackupError as error:
        raise RefusedError(str(error)) from error


def _facts(kept: Kept) -> dict[str, Any]:
    manifest = kept.manifest
    return {
        "name": kept.path.name,
        "file": str(kept.path),
        "size": kept.size,
        "made_at": manifest.made_at.isoformat() if manifest else None,
        "software": manifest.software if manifest else "",
        "with_secrets": bool(manifest and manifest.with_secrets),
        "counts": dict(manifest.counts) if manifest else {},
        "why": kept.why,
    }
