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
        self._info: ListInfo | None = None
        self._retrieved_at = self._stale_from = _LONG_AGO

    @property
    def info(self) -> ListInfo | None:
        """What the list says about itself; None while there is no copy that can be read."""
        with self._lock:
            self._open_once()
            return self._info

    @property
    def why(self) -> str:
        """Why the list cannot answer, one line; empty if it can."""
        with self._lock:
            self._open_once()
            return self._why

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
        with self._lock:
            self._open_once()
            return self._info is not None and now > self._stale_from

    def look_up(self, number: str, now: datetime) -> LookUp:
        """Return what the list knows of *number* (E.164): of the number itself, else of its longest beginning.

        Never raises: a missing, damaged or foreign file is `unavailable`, with the reason.
        """
        with self._lock:
            if not self._looked_at <= now < self._look_again_at:
                self._notice_a_new_file(now)
            if self._base is None or self._info is None:
                return LookUp(answer=Answer.UNAVAILABLE, why=self._why)
            try:
                found = self._find(self._base, number, now.toordinal())
            except _DAMAGE as error:
                self._use(None, None, f"the file is damaged: {error}")
                return LookUp(answer=Answer.UNAVAILABLE, why=self._why)
            said = Answer.NOT_LISTED if found is None else Answer.LISTED
            answer = Answer.STALE if now > self._stale_from else said
            return LookUp(answer=answer, entry=found, version=self._info.version, retrieved_at=self._retrieved_at)

    def reopen(self) -> None:
        """Open the file anew, as after a swap; until that is done the old one answers."""
        with self._lock:
            self._reopen()

    def close(self) -> None:
        """Close the file; a later question opens it again."""
        with self._lock:
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
        if self._overlay is None:
            # The usual case, and the hot one.
            rows = base.prefixes(digits)
            row = next((row for row in rows if base.counts(row, today)), None) if rows else None
            return None if row is None else base.entry(row, today, prefix=True)
        found = {row[0]: (row, file) for file in (base, self._overlay) for row in file.prefixes(digits)}
        for key in sorted(found, reverse=True):
            row, file = found[key]
            if file.counts(row, today):
                return file.entry(row, today, prefix=True)
        return None

    def _open_once(self) -> None:
        if not self._identities:
            self._reopen()

    def _notice_a_new_file(self, now: datetime) -> None:
        # Both ends, so that a clock set back does not put it off.
        self._looked_at, self._look_again_at = now, now + _LOOK_AGAIN
        if self._seen() != self._identities:
            self._reopen()

    def _seen(self) -> tuple[_Identity | None, ...]:
        return tuple(map(_identity, self._paths))

    def _reopen(self) -> None:
        # First: a file that is swapped in meanwhile is opened the next time.
        self._identities = self._seen()
        try:
            base = Opened(self._paths[0], self._half_life, self._drop_after)
        except UnusableError as error:
            self._use(None, None, str(error))
            return
        self._use(base, self._opened_overlay(base), "")

    def _opened_overlay(self, base: Opened) -> Opened | None:
        if self._identities[1] is None:
            return None
        try:
            overlay = Opened(self._paths[1], self._half_life, self._drop_after)
        except UnusableError:
            return None  # the base alone is older, but right
        if overlay.head.base == base.head.ident:
            return overlay
        overlay.close()
        return None

    def _use(self, base: Opened | None, overlay: Opened | None, why: str) -> None:
        before = (self._base, self._overlay)
        self._base, self._overlay, self._why = base, overlay, why
        newest = overlay or base
        self._info = newest.head.info if newest else None
        self._date()
        for file in before:
            if file is not None:
                file.close()

    def _date(self) -> None:
        if self._info is not None:
            retrieved_at = self._info.retrieved_at
            self._retrieved_at = max(retrieved_at, self._confirmed_at) if self._confirmed_at else retrieved_at
            self._stale_from = self._retrieved_at + self._stale_after


def _identity(path: Path) -> _Identity | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
