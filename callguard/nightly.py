"""What the house does for itself at night: it lets go of what it has kept long enough, and backs itself up."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from callguard.access import Access
from callguard.ambient import SystemRandomness
from callguard.backup import backups, make, tidy
from callguard.backup.manifest import PSEUDONYMS
from callguard.blueprint import Blueprint, Surroundings
from callguard.model.job import Job
from callguard.settings import AfterRetention
from callguard.store import Store
from callguard.version import software_version

_OURS = "callguard"
_DAY = timedelta(days=1)
_ALMOST_A_DAY = timedelta(hours=22)
"""A night is an hour shorter when clocks are put forward, and the last backup may have begun late."""
_FIRST = timedelta(minutes=10)
"""After the start: a house that is switched off every night is looked after too."""
_SECRET_BITS = 256


def nightly_jobs(blueprint: Blueprint, store: Store, surroundings: Surroundings) -> Iterator[tuple[str, Job]]:
    """Yield the jobs of the night, as the household wants them."""
    night = _Night(blueprint, store, surroundings)
    yield _OURS, _job("let go of what was kept long enough", night.let_go, night)
    if blueprint.settings.backup.nightly:
        yield _OURS, _job("nightly backup", night.back_up, night)


def backup_folder(blueprint: Blueprint) -> Path:
    """Return the household's folder for backups."""
    return Path(blueprint.settings.backup.folder or blueprint.place.data_dir / "backups")


def pseudonym_secret(folder: Path) -> bytes:
    """Return the secret by which pseudonyms are made, a new one if there is none yet; OSError."""
    path = folder / PSEUDONYMS
    with suppress(FileNotFoundError):
        return path.read_bytes()
    randomness = SystemRandomness()
    aside = path.with_name(f".{PSEUDONYMS}-{randomness.token()}")
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(randomness.bits(_SECRET_BITS).to_bytes(_SECRET_BITS // 8, "big"))
        file.flush()
        os.fsync(file.fileno())
    try:
        # Whole or not at all, and never in the place of one that somebody else has just made.
        os.link(aside, path)
    except FileExistsError:
        pass
    except OSError:
        os.replace(aside, path)  # a file system without links
    finally:
        aside.unlink(missing_ok=True)
    return path.read_bytes()


@dataclass(frozen=True, slots=True)
class _Night:
    """One house at night."""

    blueprint: Blueprint
    store: Store
    surroundings: Surroundings

    @property
    def zone(self) -> tzinfo:
        """The household's time zone."""
        return self.blueprint.timezone

    def due(self, now: datetime) -> datetime:
        """Return when the household's hour comes next; where the clock skips it, an hour later."""
        local = now.astimezone(self.zone)
        at = local.replace(hour=self.blueprint.settings.backup.hour, minute=0, second=0, microsecond=0)
        if at.astimezone(now.tzinfo) <= now:
            at = (at.replace(tzinfo=None) + _DAY).replace(tzinfo=self.zone)
        return at.astimezone(now.tzinfo)

    async def let_go(self) -> None:
        """Remove calls, changes and sign-ins that were kept as long as the household wants."""
        kept, now = self.blueprint.settings.retention, self.surroundings.clock.now()
        if kept.keep_calls is not None:
            secret = await asyncio.to_thread(pseudonym_secret, self.blueprint.place.data_dir)
            pseudonymise = kept.after is AfterRetention.PSEUDONYMISE
            await self.store.retire(now - kept.keep_calls, pseudonymise=pseudonymise, secret=secret, now=now)
        await self.store.prune_changes(now - kept.changes)
        await asyncio.to_thread(self._forget_sign_ins, now - kept.sign_ins)

    async def back_up(self) -> None:
        """Make a backup; at another hour only if the last one is a day old: this night's was missed."""
        now = self.surroundings.clock.now().astimezone(self.zone)
        await asyncio.to_thread(self._back_up, now)

    def _back_up(self, now: datetime) -> None:
        wishes, folder = self.blueprint.settings.backup, backup_folder(self.blueprint)
        if now.hour != wishes.hour and any(
            kept.manifest and now - kept.manifest.made_at < _ALMOST_A_DAY for kept in backups(folder)
        ):
            return
        make(
            self.blueprint.place,
            self.store,
            folder,
            now=now,
            software=software_version(),
            settings=self.blueprint.loaded.tree,
        )
        tidy(folder, wishes.days, wishes.weeks, now)

    def _forget_sign_ins(self, before: datetime) -> None:
        if self.blueprint.place.access.exists():
            with closing(Access.open(self.blueprint.place.access, SystemRandomness())) as access:
                access.forget_sign_ins(before)


def _job(name: str, run: Callable[[], Awaitable[None]], night: _Night) -> Job:
    return Job(name=name, every=_DAY, run=run, first_after=_FIRST, due=night.due)
