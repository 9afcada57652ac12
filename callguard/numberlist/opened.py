"""One open file of a list: what it says about a number or a prefix, aged to a day."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from callguard.model.numberlist import Entry
from callguard.numberlist.builder import faded
from callguard.numberlist.form import Head, UnusableError, open_read_only, read_head

Row = tuple[int, int, int, float, int | None, int | None]
"""Key, category, reports, weight, first and last day."""

_COLUMNS = "key, category, reports, weight, first_seen, last_seen"
_NUMBER = f"SELECT {_COLUMNS} FROM numbers WHERE key = ?"


class Opened:
    """One file, open for look-ups; whatever it raises means that the file is damaged."""

    __slots__ = (
        "_as_of",
        "_connection",
        "_cursor",
        "_drop_after",
        "_faded",
        "_half_life",
        "_prefixes",
        "_today",
        "head",
    )

    def __init__(self, path: Path, half_life: timedelta | None, drop_after: timedelta | None) -> None:
        """Open the file at *path*; UnusableError says why it cannot be read."""
        self._connection = open_read_only(path)
        try:
            self.head: Head = read_head(self._connection)
        except UnusableError:
            self.close()
            raise
        self._cursor = self._connection.cursor()  # one for all questions, which come one after the other
        self._half_life = half_life or self.head.half_life
        oldest = drop_after or self.head.drop_after
        self._drop_after = oldest.days if oldest else None
        self._as_of = self.head.info.as_of.toordinal()
        self._today, self._faded = self._as_of, 1.0
        places = ",".join("?" * len(self.head.prefix_lengths))
        self._prefixes = (
            f"SELECT {_COLUMNS} FROM prefixes WHERE key IN ({places}) ORDER BY key DESC" if places else ""
        )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def number(self, key: int) -> Row | None:
        """Return what the file says about exactly this number."""
        row: Row | None = self._cursor.execute(_NUMBER, (key,)).fetchone()
        return row

    def prefixes(self, digits: str) -> Sequence[Row]:
        """Return what the file says about all beginnings of the number, the longest first."""
        if not self._prefixes:
            return ()
        # A beginning that would be longer than the number is the number itself, which is found once all the same.
        keys = [int(digits[:length]) for length in self.head.prefix_lengths]
        return self._cursor.execute(self._prefixes, keys).fetchall()

    def counts(self, row: Row, today: int) -> bool:
        """Tell whether an entry still counts: it was not removed, and was reported lately enough."""
        last_seen = row[5]
        old = self._drop_after is not None and last_seen is not None and today - last_seen >= self._drop_after
        return row[2] > 0 and not old

    def entry(self, row: Row, today: int, *, prefix: bool) -> Entry:
        """Return what *row* says, aged to *today*."""
        key, category, reports, weight, first_seen, last_seen = row
        if today != self._today:
            self._today, self._faded = today, faded(today - self._as_of, self._half_life)
        return Entry(
            number=f"+{key}",
            prefix=prefix,
            category=self.head.categories[category],
            reports=reports,
            weight=weight * self._faded,
            first_seen=None if first_seen is None else date.fromordinal(first_seen),
            last_seen=None if last_seen is None else date.fromordinal(last_seen),
        )
