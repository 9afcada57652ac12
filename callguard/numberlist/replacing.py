"""Builds a list aside, looks at it, and swaps it in."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from callguard.home import JSON, Home
from callguard.model.numberlist import ListInfo, Progress, Report
from callguard.numberlist.form import Head, UnusableError, head_of, overlay_of, sync
from callguard.numberlist.gathering import Gathered
from callguard.numberlist.limits import Limits, refusal

_LAY = "callguard.numberlist.overlay:lay"


class RefusedError(ValueError):
    """What came does not look like the list: the copy at hand stays."""

    def __init__(self, why: str, *, forcible: bool = False) -> None:
        super().__init__(why)
        self.forcible = forcible
        "Only its size is odd: a person may take it all the same."


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """How one list's file is replaced."""

    home: Home
    name: str
    path: Path
    build: str
    "`module:function`, run in a second process."
    limits: Limits
    half_life: timedelta | None = None
    "How entries of an overlay age when the next one is laid over them; None: as it was built."

    async def replace(self, gathered: Gathered, before: ListInfo | None, report: Report, *, force: bool) -> None:
        """Build what was gathered, and put it in place of the copy at hand, or over it if it is an overlay.

        *before* describes the copy at hand. RefusedError if what was built does not look right; then, and whatever
        else goes wrong, the copy at hand stays and nothing else is left behind.
        """
        new, laid = self.path.with_suffix(".new"), self.path.with_suffix(".laid")
        _remove(new, laid)
        try:
            head = await self._built(new, gathered, report)
            if gathered.overlay:
                head = await self._laid(new, laid, report)
            self._look_at(head, before, force=force)
            report(Progress(step="swapping", unit="files"))
            # In a thread: a slow disk would keep calls waiting.
            await asyncio.to_thread(self._swap, laid if gathered.overlay else new, overlay=gathered.overlay)
        finally:
            _remove(new, laid)

    async def _built(self, path: Path, gathered: Gathered, report: Report) -> Head:
        now = self.home.clock.now().isoformat()
        arguments: dict[str, JSON] = {**gathered.arguments, "path": str(path), "name": self.name, "now": now}
        await self.home.apart(self.build, arguments, report)
        return _head_of(path)

    async def _laid(self, delta: Path, out: Path, report: Report) -> Head:
        earlier = overlay_of(self.path)
        arguments: dict[str, JSON] = {
            "base": str(self.path),
            "delta": str(delta),
            "earlier": str(earlier) if earlier.exists() else "",
            "out": str(out),
            "half_life": self.half_life.total_seconds() if self.half_life else None,
        }
        await self.home.apart(_LAY, arguments, report)
        return _head_of(out)

    def _look_at(self, head: Head, before: ListInfo | None, *, force: bool) -> None:
        found = refusal(head.info, before, self.limits, name=self.name)
        if found and not (force and found.size):
            raise RefusedError(found.why, forcible=found.size)

    def _swap(self, new: Path, *, overlay: bool) -> None:
        over = overlay_of(self.path)
        new.replace(over if overlay else self.path)
        if not overlay:
            # It names the base it lies over, so nobody reads it in between.
            over.unlink(missing_ok=True)
        sync(self.path.parent)


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _head_of(path: Path) -> Head:
    try:
        return head_of(path)
    except UnusableError as error:
        raise RefusedError(f"the new copy is no list: {error}") from error
