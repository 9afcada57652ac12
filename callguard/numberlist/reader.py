"""Looks numbers up in a list's file while other processes swap new ones in."""

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from callguard.model.numberlist import Answer, Entry, ListInfo, LookUp
from callguard.numberlist.builder import faded
from callguard.numberlist.form import Head, UnusableError, key_of, open_read_only, overlay_of, read_head

_COLUMNS = "key, category, reports, weight, first_seen, last_seen"
_LOOK_AGAIN = timedelta(seconds=1)
"A file that another process swapped in is noticed within this time."
_DAMAGE = (sqlite3.Error, ValueError, TypeError, IndexError, OverflowError)
"What reading a damaged file may raise."

_Identity = tuple[int, int, int]


class _Found(NamedTuple):
    """A row, and the file it is in."""

    key: int
    category: int
    reports: int
    weight: float
    first_seen: int | None
    last_seen: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    """One open file."""

    connection: sqlite3.Connection
    head: Head
    half_life: timedelta | None
    drop_after: int | None
    "Days."
    as_of: int
    prefix_query: str

    def number(self, key: int) -> _Found | None:
        """Return the row of exactly this number."""
        row = self.connection.execute(f"SELECT {_COLUMNS} FROM numbers WHERE key = ?", (key,)).fetchone()
        return None if row is None else _Found._make(row)

    def prefixes(self, digits: str) -> Sequence[_Found]:
        """Return the rows of all prefixes of the number, the longest first."""
        if not self.prefix_query:
            return ()
        # The lengths fall; a beginning longer than the number is the number itself and is found once.
        keys = [int(digits[:length]) for length in self.head.prefix_lengths]
        return [_Found._make(row) for row in self.connection.execute(self.prefix_query, keys)]

    def listed(self, row: _Found, today: int) -> bool:
        """Tell whether an entry still counts: not removed, and reported lately enough."""
        old = self.drop_after is not None and row.last_seen is not None and today - row.last_seen >= self.drop_after
        return row.reports > 0 and not old

    def entry(self, row: _Found, today: int, *, prefix: bool) -> Entry:
        """Return what *row* says, aged to *today*."""
        return Entry(
            number=f"+{row.key}",
            prefix=prefix,
            category=self.head.categories[row.category],
            reports=row.reports,
            weight=row.weight * faded(today - self.as_of, self.half_life),
            first_seen=_date(row.first_seen),
            last_seen=_date(row.last_seen),
        )


class NumberList:
    """One list, open for look-ups: microseconds each, the file stays on disk.

    A newer file is noticed within a second, whoever put it there; until then, and while it is opened, the old one
    answers. Made for one thread, harmless from several.
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
        self._path = path
        self._paths = (path, overlay_of(path))
        self._stale_after = stale_after
        self._half_life = half_life
        self._drop_after = drop_after
        self._lock = Lock()
        self._base: _Open | None = None
        self._overlay: _Open | None = None
        self._identities: tuple[_Identity | None, ...] = ()
        self._look_again_at: datetime | None = None
        self._confirmed_at: datetime | None = None
        self._why = ""

    @property
    def info(self) -> ListInfo | None:
        """What the list says about itself; None while there is no copy that can be read."""
        with self._lock:
            self._open_once()
            return self._info()

    @property
    def why(self) -> str:
        """Why the list cannot answer, one line; empty if it can."""
        with self._lock:
            self._open_once()
            return self._why

    @property
    def ident(self) -> str:
        """What an overlay must call the file it lies over; empty while there is none."""
        with self._lock:
            self._open_once()
            return self._base.head.ident if self._base else ""

    @property
    def is_open(self) -> bool:
        """Whether a file has been opened, which happens at the first question."""
        return bool(self._identities)

    def confirm(self, at: datetime) -> None:
        """Note that the copy was still the newest then: it goes stale later."""
        self._confirmed_at = at

    def stale(self, now: datetime) -> bool:
        """Tell whether the copy is too old for its silence to mean anything; without a copy, nothing is."""
        info = self.info
        return info is not None and now - self._retrieved_at(info) > self._stale_after

    def look_up(self, number: str, now: datetime) -> LookUp:
        """Return what the list knows of *number* (E.164): the number itself, else its longest beginning.

        Never raises: a missing, damaged or foreign file is `unavailable`, with the reason.
        """
        with self._lock:
            self._notice_a_new_file(now)
            if self._base is None:
                return LookUp(answer=Answer.UNAVAILABLE, why=self._why)
            try:
                return self._look_up(self._base, number, now)
            except _DAMAGE as error:
                self._give_up(f"the file is damaged: {error}")
                return LookUp(answer=Answer.UNAVAILABLE, why=self._why)

    def reopen(self) -> None:
        """Open the file anew, as after a swap; questions are answered from the old one until that is done."""
        with self._lock:
            self._reopen()

    def close(self) -> None:
        """Close the file; a later question opens it again."""
        with self._lock:
            self._use(None, None, "closed")
            self._identities, self._look_again_at = (), None

    def _look_up(self, base: _Open, number: str, now: datetime) -> LookUp:
        key = key_of(number)
        found = None if key is None else self._number(base, key, now) or self._prefix(base, number[1:], now)
        info = self._info() or base.head.info
        retrieved_at = self._retrieved_at(info)
        if now - retrieved_at > self._stale_after:
            answer = Answer.STALE
        else:
            answer = Answer.NOT_LISTED if found is None else Answer.LISTED
        return LookUp(answer=answer, entry=found, version=info.version, retrieved_at=retrieved_at)

    def _number(self, base: _Open, key: int, now: datetime) -> Entry | None:
        today = now.toordinal()
        for file in (self._overlay, base) if self._overlay else (base,):
            row = file.number(key)
            if row is not None:
                return file.entry(row, today, prefix=False) if file.listed(row, today) else None
        return None

    def _prefix(self, base: _Open, digits: str, now: datetime) -> Entry | None:
        today = now.toordinal()
        found = [(row, base) for row in base.prefixes(digits)]
        if self._overlay:
            over = self._overlay.prefixes(digits)
            hidden = {row.key for row in over}
            found = [pair for pair in found if pair[0].key not in hidden] + [(row, self._overlay) for row in over]
            found.sort(key=lambda pair: -pair[0].key)
        return next((file.entry(row, today, prefix=True) for row, file in found if file.listed(row, today)), None)

    def _info(self) -> ListInfo | None:
        newest = self._overlay or self._base
        return newest.head.info if newest else None

    def _retrieved_at(self, info: ListInfo) -> datetime:
        return max(info.retrieved_at, self._confirmed_at) if self._confirmed_at else info.retrieved_at

    def _open_once(self) -> None:
        if not self._identities:
            self._reopen()

    def _notice_a_new_file(self, now: datetime) -> None:
        due = self._look_again_at
        # A clock set back must not put it off.
        if due is not None and due - _LOOK_AGAIN <= now < due:
            return
        self._look_again_at = now + _LOOK_AGAIN
        if self._seen() != self._identities:
            self._reopen()

    def _seen(self) -> tuple[_Identity | None, ...]:
        return tuple(map(_identity, self._paths))

    def _reopen(self) -> None:
        # First: a file that is swapped in meanwhile is opened the next time.
        self._identities = self._seen()
        try:
            base = self._opened(self._path)
        except UnusableError as error:
            self._give_up(str(error))
            return
        self._use(base, self._opened_overlay(base), "")

    def _opened_overlay(self, base: _Open) -> _Open | None:
        if self._identities[1] is None:
            return None
        try:
            overlay = self._opened(self._paths[1])
        except UnusableError:
            return None  # the base alone is older, but right
        if overlay.head.base == base.head.ident:
            return overlay
        overlay.connection.close()
        return None

    def _opened(self, path: Path) -> _Open:
        connection = open_read_only(path)
        try:
            head = read_head(connection)
        except UnusableError:
            connection.close()
            raise
        places = ",".join("?" * len(head.prefix_lengths))
        drop_after = self._drop_after or head.drop_after
        return _Open(
            connection=connection,
            head=head,
            half_life=self._half_life or head.half_life,
            drop_after=drop_after.days if drop_after else None,
            as_of=head.info.as_of.toordinal(),
            prefix_query=f"SELECT {_COLUMNS} FROM prefixes WHERE key IN ({places}) ORDER BY key DESC"
            if places
            else "",
        )

    def _give_up(self, why: str) -> None:
        self._use(None, None, why)

    def _use(self, base: _Open | None, overlay: _Open | None, why: str) -> None:
        before, self._base, self._overlay, self._why = (self._base, self._overlay), base, overlay, why
        for file in before:
            if file is not None:
                file.connection.close()


def _identity(path: Path) -> _Identity | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _date(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)
