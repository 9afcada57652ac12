"""Answers from the files of a house whose daemon is not running."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from callguard.ambient import SystemClock, SystemRandomness
from callguard.apart.aside import Aside
from callguard.backup import BackupError, apply_pending, is_pending
from callguard.blueprint import Surroundings, draw
from callguard.control.commands import Commands
from callguard.control.wire import RefusedError
from callguard.house import House
from callguard.place import Place
from callguard.store import DataDir, Store
from callguard.version import software_version
from callguard.web.guard import GuardedWeb


def surroundings() -> Surroundings:
    """Return the real clock, randomness and environment."""
    clock = SystemClock()
    return Surroundings(
        clock=clock,
        randomness=SystemRandomness(),
        environment=os.environ,
        web=lambda hosts: GuardedWeb(clock, software=software_version(), trusted_hosts=hosts),
        apart=Aside(os.environ),
    )


def answer_offline(place: Place, command: str, arguments: dict[str, Any], *, read_only: bool) -> Any:
    """Open the house just long enough to answer *command*; InUseError if a daemon has it after all."""
    around = surroundings()
    try:
        bring_back(place, around.clock.now())
    except BackupError as error:
        raise RefusedError(str(error)) from error
    fresh = not place.database.exists()
    if command in ("calls", "explain") and fresh:
        raise RefusedError(f"no call has been recorded in {place.data_dir} yet")
    blueprint = draw(place, around)
    # The doctor looks whether the house's own files can be created.
    with _database(place, borrowed=fresh and read_only and command != "doctor") as database:
        opened = Store.open(database, now=around.clock.now(), clock=around.clock.now)
        try:
            if opened.problems and not read_only:
                raise RefusedError("; ".join(problem.what for problem in opened.problems))
            return asyncio.run(_answer(House(blueprint, opened.store, around, lambda _: None), command, arguments))
        finally:
            opened.store.close()


def bring_back(place: Place, now: datetime) -> str | None:
    """Put a backup in place that was laid ready; returns the folder with what was there before. BackupError."""
    if not is_pending(place):
        return None
    with DataDir.lock(place.data_dir):
        return apply_pending(place, now)


@contextmanager
def _database(place: Place, *, borrowed: bool) -> Iterator[Path]:
    """Lend the house's own file, or an empty one that is gone afterwards."""
    if borrowed:
        with TemporaryDirectory(prefix="callguard-") as folder:
            yield Path(folder) / place.database.name
    else:
        with DataDir.lock(place.data_dir):
            yield place.database


async def _answer(house: House, command: str, arguments: dict[str, Any]) -> Any:
    await house.open()
    return await Commands(house).answer(command, arguments)
