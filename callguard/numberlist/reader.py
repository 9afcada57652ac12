"""Looks numbers up in a list's file while other processes swap new ones in."""

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from callguard.model.numberlist import Answer, Entry, ListInfo, LookUp
from callguard.numberlist.form import UnusableError, key_of, overlay_of
from callguard.numberlist.opened import Opened

_LOOK_AGAIN = timedelta(seconds=1)
"""A file that another process swapped in is noticed within this time."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)
_DAMAGE = (sqlite3.Error, ValueError, TypeError, LookupError, ArithmeticError)
"""What reading a damaged file may raise."""

_Identity = tuple[int, int, int]


class NumberList:
    """One list, open for look-ups: microseconds each, the file stays on disk.

    A newer file is noticed within a second, whoever put it there; until it is open, the old one answers. Several
    threads may ask, one after the other.
    """

    def __init__(
        self,
        path: Path,
        *,
        stale_after: timedelta,
        half_life: timedelta | None = None,
        drop_after: timedelta | None = None,
    ) -> None:
        """Look numbers up in the file at *path*, which need not be there yet, and in its overlay.

        Once the copy is older than *stale_after* its silence means nothing. Without *half_life* and *drop_after*
        those stand that the file was built with.
        """
        self._paths = (path, overlay_of(path))
        self._stale_after = stale_after
        self._half_life = half_life
        self._drop_after = drop_after
        self._lock = Lock()
        self._base: Opened | None = None
        self._overlay: Opened | None = None
        self._identities: tuple[_Identity | None, ...] = ()
        self._looked_at, self._look_again_at = _NEVER, _LONG_AGO
        self._confirmed_at: datetime | None = None
        self._why = ""
        self._whole = False
        self._info: ListInfo | None = None
        self._retrieved_at = self._stale_from = _LONG_AGO

    @property
    def info(self) -> ListInfo | None:
        """What the list says about itself; None while there is no copy that can be read."""
        self._open_once()
        return self._info

    @property
    def why(self) -> str:
        """Why the list cannot answer, one line; empty if it can."""
        self._open_once()
        return self._why

    @property
    def whole(self) -> bool:
        """Whether all that was ever swapped in can be read; else all of the list must be fetched again."""
        self._open_once()
        return self._whole

    @property
    def is_open(self) -> bool:
        """Whether the file was opened, or missed, which happens at the first question."""
        return bool(self._identities)

    def confirm(self, at: datetime) -> None:
        """Note that the copy was still the newest then: it goes stale later."""
        with self._lock:
            self._confirmed_at = at
            self._date()

    def stale(self, now: datetime) -> bool:
        """Tell whether the copy is too old for its silence to mean anything; where there is none, nothing is old."""
        return self.info is not None and now > self._stale_from

    def look_up(self, number: str, now: datetime) -> LookUp:
        """Return what the list knows of *number* (E.164): of the number itself, else of its longest beginning.

        Never raises: a missing, damaged or foreign file is `unavailable`, with the reason.
        """
        if not (self._identities and self._looked_at <= now < self._look_again_at):
            self._notice_a_new_file(now)
        with self._lock:
            if self._base is None or self._info is None:
                return LookUp(answer=Answer.UNAVAILABLE, why=self._why)
            try:
                found = self._find(self._base, number, now.toordinal())
            except _DAMAGE as error:
                self._give_up(f"the file is damaged: {error}")
                return LookUp(answer=Answer.UNAVAILABLE, why=self._why)
            said = Answer.NOT_LISTED if found is None else Answer.LISTED
            answer = Answer.STALE if now > self._stale_from else said
            return LookUp(answer=answer, entry=found, version=self._info.version, retrieved_at=self._retrieved_at)

    def reopen(self) -> None:
        """Open the file anew, as after a swap; until that is done the old one answers. May run in a thread."""
        # First: a file that is swapped in meanwhile is opened the next time.
        identities = self._seen()
        base, overlay, why = self._opened(identities)
        with self._lock:
            before = (self._base, self._overlay)
            self._use(base, overlay, why)
            self._identities = identities
        # Last, and while look-ups go on: the disk may take its time to free a large file.
        _close(*before)

    def close(self) -> None:
        """Close the file; a later question opens it again."""
        with self._lock:
            _close(self._base, self._overlay)
            self._use(None, None, "")
            self._identities = ()
            self._looked_at, self._look_again_at = _NEVER, _LONG_AGO

    def _find(self, base: Opened, number: str, today: int) -> Entry | None:
        key = key_of(number)
        if key is None:
            return None
        file, row = base, None
        if self._overlay is not None:
            file, row = self._overlay, self._overlay.number(key)
        if row is None:
            file, row = base, base.number(key)
        if row is not None and file.counts(row, today):
            return file.entry(row, today, prefix=False)
        return self._find_prefix(base, number[1:], today)

    def _find_prefix(self, base: Opened, digits: str, today: int) -> Entry | None:
        if self._overlay is None:  # the usual case, and the hot one
            for row in base.prefixes(digits):
                if base.counts(row, today):
                    return base.entry(row, today, prefix=True)
            return None
        found = {row[0]: (row, file) for file in (base, self._overlay) for row in file.prefixes(digits)}
        for key in sorted(found, reverse=True):
            row, file = found[key]
            if file.counts(row, today):
                return file.entry(row, today, prefix=True)
        return None

    def _open_once(self) -> None:
        if not self._identities:
            self.reopen()

    def _notice_a_new_file(self, now: datetime) -> None:
        # Both ends, so that a clock set back does not put it off.
        self._looked_at, self._look_again_at = now, now + _LOOK_AGAIN
        if self._seen() != self._identities:
            self.reopen()

    def _seen(self) -> tuple[_Identity | None, ...]:
        return tuple(map(_identity, self._paths))

    def _opened(self, identities: tuple[_Identity | None, ...]) -> tuple[Opened | None, Opened | None, str]:
        """Return the base and what lies over it, and what is wrong with them."""
        try:
            base = self._open(self._paths[0])
        except UnusableError as error:
            return None, None, str(error)
        if identities[1] is None:
            return base, None, ""
        try:
            overlay = self._open(self._paths[1])
        except UnusableError as error:
            return base, None, str(error)  # the base alone is older, but right
        if overlay.head.base == base.head.ident:
            return base, overlay, ""
        overlay.close()
        return base, None, ""

    def _open(self, path: Path) -> Opened:
        return Opened(path, self._half_life, self._drop_after)

    def _give_up(self, why: str) -> None:
        _close(self._base, self._overlay)
        self._use(None, None, why)

    def _use(self, base: Opened | None, overlay: Opened | None, why: str) -> None:
        self._base, self._overlay = base, overlay
        self._whole, self._why = not why, "" if base else why
        newest = overlay or base
        self._info = newest.head.info if newest else None
        self._date()

    def _date(self) -> None:
        if self._info is not None:
            retrieved_at = self._info.retrieved_at
            self._retrieved_at = max(retrieved_at, self._confirmed_at) if self._confirmed_at else retrieved_at
            self._stale_from = self._retrieved_at + min(self._stale_after, _NEVER - self._retrieved_at)


def _close(*files: Opened | None) -> None:
    for file in files:
        if file is not None:
            file.close()


def _identity(path: Path) -> _Identity | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
