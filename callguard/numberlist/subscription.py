"""A list that is kept up to date: fetched by its plugin, built in a second process, checked, swapped in."""

import asyncio
import fcntl
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from callguard.home import JSON, Home
from callguard.model.health import Problem
from callguard.model.job import TryLaterError
from callguard.model.numberlist import Answer, ListInfo, ListMode, ListState, LookUp, Report, Updated
from callguard.model.text import plain
from callguard.model.web import FetchError
from callguard.numberlist.complaining import problems_of
from callguard.numberlist.form import overlay_of
from callguard.numberlist.gathering import CONDITIONAL, Gathered, Gathering
from callguard.numberlist.keeping import Memory, load, save
from callguard.numberlist.limits import Limits, entries
from callguard.numberlist.reader import NumberList
from callguard.numberlist.replacing import RefusedError, Replacement

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LONGEST_REST = timedelta(days=7)
"""A publisher that asks to be left alone for longer is asked again after this."""
_BUSY = timedelta(minutes=10)


class Subscription:
    """One list of a plugin, in a folder of its own; a `SubscribedList`."""

    def __init__(  # noqa: PLR0913  (what a list is)
        self,
        home: Home,
        name: str,
        *,
        title: str,
        mode: ListMode,
        every: timedelta,
        stale_after: timedelta,
        gather: Callable[[Gathering], Awaitable[Gathered]],
        build: str,
        limits: Limits | None = None,
        half_life: timedelta | None = None,
        drop_after: timedelta | None = None,
    ) -> None:
        """Describe a list called *name*, unique in the house; nothing is read or written yet.

        *gather* fetches; *build* (`module:function`) then runs in a second process with `path`, `name`, `now`
        (ISO 8601) and what was gathered, and writes the file at `path` with a `ListBuilder` of that name. Either
        raises ValueError for what cannot be the list, such as a web page instead of CSV.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a list: small letters, digits, dots, - and _")
        self._home = home
        self._name = name
        self._title = title
        self._mode = mode
        self._every = every
        self._gather = gather
        self._path = home.data_dir / name / "list.sqlite"
        self._replacement = Replacement(home=home, name=name, path=self._path, build=build, limits=limits or Limits())
        self._list = NumberList(self._path, stale_after=stale_after, half_life=half_life, drop_after=drop_after)
        self._memory = Memory()
        self._remembered: tuple[int, int] | None = None
        self._updating = False

    @property
    def name(self) -> str:
        """Name, unique in the house."""
        return self._name

    @property
    def title(self) -> str:
        """What people call the list."""
        return self._title

    @property
    def mode(self) -> ListMode:
        """What the list may do."""
        return self._mode

    def look_up(self, number: str) -> LookUp:
        """Return what the list knows of *number* (E.164) now; microseconds, never raises."""
        if self._mode is ListMode.OFF:
            return LookUp(answer=Answer.UNAVAILABLE, why="the list is switched off")
        if not self._list.is_open:
            self._recall()
        return self._list.look_up(number, self._home.clock.now())

    def state(self) -> ListState:
        """Return how the list is now."""
        self._recall()
        memory = self._memory
        return ListState(
            name=self._name,
            title=self._title,
            mode=self._mode,
            info=self._list.info,
            every=self._every,
            stale=self._list.stale(self._home.clock.now()),
            updating=self._updating,
            last_tried_at=memory.last_tried_at,
            last_succeeded_at=memory.last_succeeded_at,
            last_changed_at=memory.last_changed_at,
            not_before=memory.not_before,
            error=memory.error,
            failures=memory.failures,
            size=sum(map(_size, (self._path, overlay_of(self._path)))),
        )

    def problems(self, now: datetime) -> Sequence[Problem]:
        """Return what is wrong with the list; nothing while it is switched off."""
        if self._mode is ListMode.OFF:
            return ()
        return problems_of(self.state(), self._memory, now, self._list.why)

    def close(self) -> None:
        """Close the files; a later question opens them again."""
        self._list.close()

    async def update(self, report: Report, *, force: bool = False) -> Updated:
        """Fetch what is new, build it aside, swap it in; whatever goes wrong, the copy at hand stays.

        TryLaterError: the publisher asked to be left alone, or another update is running. RefusedError, ValueError:
        what came does not look right; *force* takes it all the same if only its size is odd, and fetches it even if
        nothing changed. FetchError, RuntimeError, OSError: it could not be fetched, built or written.
        """
        begun = self._home.clock.monotonic()
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(self._path.with_suffix(".lock")):
            await self._begin()
            self._updating = True
            try:
                before = self._list.info
                gathered = await self._update(before, report, force=force)
            except Exception as error:
                await self._note_failure(error)
                if isinstance(error, FetchError) and error.retry_after is not None:
                    raise TryLaterError(str(error), min(error.retry_after, _LONGEST_REST)) from error
                raise
            finally:
                self._updating = False
        return Updated(
            changed=gathered.changed,
            before=entries(before),
            after=entries(self._list.info),
            seconds=self._home.clock.monotonic() - begun,
            note=gathered.note or _note(self._list.info, changed=gathered.changed),
        )

    async def _update(self, before: ListInfo | None, report: Report, *, force: bool) -> Gathered:
        # Without a sound copy all of the list is needed, whatever the plugin remembers of it.
        state = dict(self._memory.state) if self._list.whole else {}
        if force:
            state.pop(CONDITIONAL, None)
        folder = self._path.parent / "gathered"
        folder.mkdir(mode=0o700, exist_ok=True)
        gathered = await self._gather(Gathering(folder=folder, force=force, report=report, state=state))
        if not self._list.whole and (gathered.overlay or not gathered.changed):
            raise ValueError(gathered.note or "no whole list came, and there is no sound copy that could be kept")
        if gathered.changed:
            await self._replacement.replace(gathered, before, report, force=force)
            await asyncio.to_thread(self._list.reopen)
        await self._note_success(state, changed=gathered.changed)
        return gathered

    async def _begin(self) -> None:
        self._recall()
        now, not_before = self._home.clock.now(), self._memory.not_before
        if not_before is not None and now < not_before <= now + _LONGEST_REST:
            until = f"{not_before:%d %b %H:%M} UTC"
            raise TryLaterError(f"the publisher asked to be left alone until {until}", not_before - now)
        self._memory.last_tried_at = now
        # Before anybody is asked: a house that restarts again and again must not knock each time.
        await self._save()

    async def _note_failure(self, error: Exception) -> None:
        memory, now = self._memory, self._home.clock.now()
        memory.failures += 1
        memory.failing_since = memory.failing_since or now
        memory.error = plain(str(error) or type(error).__name__).rstrip(".")
        # A plugin raises ValueError for what came in another form than expected, such as a web page.
        memory.refused = isinstance(error, RefusedError | ValueError)
        memory.forcible = isinstance(error, RefusedError) and error.forcible
        rest = error.retry_after if isinstance(error, FetchError) else None
        rest = error.after if isinstance(error, TryLaterError) else rest
        memory.not_before = None if rest is None else now + min(rest, _LONGEST_REST)
        self._home.log.warning("list %s could not be updated: %s", self._name, memory.error)
        await self._save()

    async def _note_success(self, state: dict[str, JSON], *, changed: bool) -> None:
        memory, now = self._memory, self._home.clock.now()
        self._memory = Memory(
            last_tried_at=memory.last_tried_at,
            last_succeeded_at=now,
            last_changed_at=now if changed else memory.last_changed_at,
            state=state,
        )
        self._list.confirm(now)
        await self._save()

    async def _save(self) -> None:
        path = self._path.with_suffix(".json")
        try:
            await asyncio.to_thread(save, path, self._memory)
        except OSError as error:
            # The list itself is safe; at worst it is fetched once more than needed.
            self._home.log.warning("list %s: %s cannot be written: %s", self._name, path, error)
        self._remembered = _mark(path)

    def _recall(self) -> None:
        """Read what was saved, by this process or another, if it has changed."""
        path = self._path.with_suffix(".json")
        mark = _mark(path)
        if mark == self._remembered:
            return
        self._remembered = mark
        self._memory = load(path)
        if self._memory.last_succeeded_at:
            self._list.confirm(self._memory.last_succeeded_at)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes and tasks from updating the same list."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise TryLaterError("another update of the list is running", _BUSY) from None


def _note(info: ListInfo | None, *, changed: bool) -> str:
    if not changed:
        return "not modified"
    skipped = sum(info.rejected.values()) if info else 0
    return f"{skipped:,} {'row' if skipped == 1 else 'rows'} skipped" if skipped else ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
