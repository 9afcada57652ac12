"""Backups: make one, keep one elsewhere, see what bringing one back would change, and bring it back."""

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from aiohttp import web

from callguard.access import Right
from callguard.backup import NotABackupError, look
from callguard.console.routing import Routes
from callguard.console.visit import Visit
from callguard.control.asking import LateError
from callguard.control.wire import RefusedError
from callguard.model.text import plain

_LARGEST = 2 << 30
_WAITED = 25.0
"""Seconds for which a browser waits: very many calls take longer, and go on without it."""
_UNFINISHED = ".callguard-unfinished-"
"""If we are killed, the next backup sweeps such files away."""
_PARTS = {"calls": "Calls", "rules": "Rules", "contacts": "Contacts", "settings": "Settings", "people": "People"}

routes = Routes()


@routes.get("/backups", "backups", Right.ADMIN)
async def backups(visit: Visit) -> web.Response:
    """Show the backups there are; of one, what bringing it back would change."""
    found = await visit.ask("backups")
    name, difference, wrong = visit.asked("compare"), None, ""
    if name:
        try:
            difference = await visit.ask("restore-compare", _WAITED, file=name, by_console=True)
        except LateError:
            wrong = "That takes longer than a page can wait. On CallGuard’s computer, `callguard restore` says it."
        except RefusedError as error:
            wrong = _sentence(error)
    return await visit.page(
        "backups.html",
        status=422 if wrong else 200,
        folder=found["folder"],
        backups=found["backups"],
        compared=name if difference else "",
        difference=difference,
        parts=_PARTS,
        wrong=wrong,
    )


@routes.post("/backups/make", "backup-make", Right.ADMIN)
async def make(visit: Visit) -> web.Response:
    """Make a backup now."""
    form = await visit.form()
    try:
        done = await visit.ask("backup", _WAITED, with_secrets=form.ticked("with_secrets"), by_console=True)
    except LateError:
        return visit.back(visit.url("backups"), "It takes a while: the backup stands here as soon as it is whole.")
    return visit.back(visit.url("backups"), f"Backed up: {Path(done['file']).name}, {_size(done['size'])}.")


@routes.get("/backups/{name}", "backup-download", Right.ADMIN)
async def download(visit: Visit) -> web.StreamResponse:
    """Answer with one of the backups that are listed; nothing else can be named."""
    one = await _listed(visit)
    headers = {"Content-Disposition": f'attachment; filename="{one["name"]}"', "Content-Type": "application/zip"}
    return web.FileResponse(one["file"], headers=headers)


@routes.post("/backups/upload", "backup-upload", Right.ADMIN, most=_LARGEST)
async def upload(visit: Visit) -> web.Response:
    """Take in a backup that was kept elsewhere, and show what bringing it back would change."""
    brought = (await visit.form()).uploads.get("file")
    if brought is None:
        return visit.back(visit.url("backups"), "Nothing was uploaded: choose a file.", error=True)
    folder = Path((await visit.ask("backups"))["folder"])
    try:
        name = await asyncio.to_thread(_take_in, brought.file, folder)
    except (NotABackupError, OSError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or str(error)
        return visit.back(visit.url("backups"), f"Nothing was taken in: {plain(why, 300)}.", error=True)
    return visit.back(visit.url("backups", compare=name) + "#compare", f"Taken in as {name}.")


@routes.post("/backups/{name}/restore", "restore-stage", Right.ADMIN)
async def stage(visit: Visit) -> web.Response:
    """Lay a backup ready, to be brought back at the next start."""
    one = await _listed(visit)
    try:
        await visit.ask("restore-stage", _WAITED, file=one["name"], by_console=True)
    except LateError:
        words = f"{one['name']} is still looked over and laid ready: wait some minutes before you restart CallGuard."
        return visit.back(visit.url("backups"), words)
    words = f"{one['name']} lies ready: restart CallGuard to bring it back. Until then nothing changes."
    return visit.back(visit.url("backups"), words)


@routes.post("/backups/take-back", "restore-take-back", Right.ADMIN)
async def take_back(visit: Visit) -> web.Response:
    """Lay ready what was there before the last restore."""
    await visit.ask("restore-take-back")
    return visit.back(visit.url("backups"), "What was there before lies ready: restart CallGuard to bring it back.")


async def _listed(visit: Visit) -> Mapping[str, Any]:
    found = (await visit.ask("backups"))["backups"]
    one: Mapping[str, Any] | None = next((one for one in found if one["name"] == visit.part["name"]), None)
    if one is None:
        raise web.HTTPNotFound
    return one


def _take_in(source: IO[bytes], folder: Path) -> str:
    """Copy what was brought beside the other backups, once it proved to be a whole one; returns its name."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=_UNFINISHED, dir=folder) as aside:
        coming = Path(aside) / "uploaded.zip"
        with source, os.fdopen(os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            shutil.copyfileobj(source, target)
        final = folder / f"callguard-{look(coming).made_at:%Y-%m-%dT%H%M%S}.zip"
        if not final.exists():
            coming.rename(final)
        return final.name


def _size(count: int) -> str:
    return f"{count / (1 << 20):.1f} MB" if count >= 1 << 20 else f"{max(1, count >> 10)} kB"


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
