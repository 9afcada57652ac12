"""Builds a list's file from a stream of rows; memory does not grow with the list."""

import math
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from callguard.model.numberlist import Entry, ListInfo, Progress, Report
from callguard.model.text import plain
from callguard.numberlist.form import CATEGORIES, LARGEST, TABLES, Head, complete, create, key_of

_PORTION = 20_000
_SAMPLES = 5
_SAMPLE_LENGTH = 120
_MOST = 1_000_000_000
"More reports or weight than that is nonsense."
_LAST_DAY = date.max.toordinal()

_STAGES = """
CREATE TABLE staged.reports (number INTEGER, kind INTEGER);
CREATE TABLE staged.kinds (kind INTEGER PRIMARY KEY, day INTEGER, category INTEGER, weight REAL);
CREATE TABLE staged.entries (number INTEGER, prefix INTEGER, category INTEGER, reports INTEGER, weight REAL,
                             first INTEGER, last INTEGER);
"""
# A report's kind is its day and its category in one integer, so that little has to be sorted.
_TAKE = f"""
INSERT INTO staged.reports VALUES (?1, CASE WHEN ?1 BETWEEN 1 AND {LARGEST} AND ?2 BETWEEN 1 AND {_LAST_DAY}
                                       AND ?3 BETWEEN 0 AND {len(CATEGORIES) - 1} THEN ?2 * 16 + ?3 END)
"""
_REPORTS = """
SELECT number, category, 1 AS reports, weight, day AS first, day AS last
FROM staged.reports CROSS JOIN staged.kinds USING (kind)
"""
_ENTRIES = "SELECT number, category, reports, weight, first, last FROM staged.entries WHERE prefix = :prefix"
_MERGE = """
INSERT INTO main.{table}
SELECT number, {heaviest}, sum(reports), sum(weight), min(min(first), :today), min(max(last), :today)
FROM ({rows}) GROUP BY number HAVING max(last) IS NULL OR max(last) > :oldest ORDER BY number
"""


class ListBuilder:
    """Writes one list's file; a context manager that leaves no file behind unless `finish` was reached.

    Meant for a process of its own: it works as fast as it can. A full disk is a sqlite3.OperationalError or OSError.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        half_life: timedelta | None = None,
        drop_after: timedelta | None = None,
        report: Report | None = None,
    ) -> None:
        """Begin a file at *path*, in place of any there.

        The weight of reports halves with every *half_life*; entries without a report for *drop_after* are left out.
        """
        self._path = path
        self._name = name
        self._half_life = half_life
        self._drop_after = drop_after
        self._report = report or _say_nothing
        self._entries: list[tuple[object, ...]] = []
        self._accepted = 0
        self._duplicates = 0
        self._rejected: Counter[str] = Counter()
        self._samples: dict[str, list[str]] = {}
        self._finished = False
        self._connection = create(path)
        try:
            self._attach_stages(path.with_name(path.name + ".staged"))
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._finished:
            self._connection.close()
            self._path.unlink(missing_ok=True)

    def add(self, entry: Entry) -> None:
        """Take *entry*; with another one of the same number or prefix it is merged.

        Reports and weights add, dates widen, the heavier category wins. An entry with 0 reports removes the number
        from what an overlay lies over. What is no E.164 number is counted as rejected.
        """
        key = key_of(entry.number)
        if key is None:
            self.reject("not-a-number", entry.number)
        elif not (0 <= entry.reports <= _MOST and 0 <= entry.weight <= _MOST and math.isfinite(entry.weight)):
            self.reject("nonsense", f"{entry.number} {entry.reports} {entry.weight}")
        else:
            dates = (_ordinal(entry.first_seen), _ordinal(entry.last_seen))
            self._entries.append(
                (key, entry.prefix, entry.category.place, entry.reports, float(entry.weight), *dates)
            )
            if len(self._entries) >= _PORTION:
                self._flush()

    def add_reports(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """Take single reports: the number in E.164 as an integer, the day's ordinal, the category's place.

        The fast way (`Category.place` is the place). Rows out of range are counted as rejected.
        """
        waiting = iter(rows)
        while self._add_portion(waiting) == _PORTION:
            pass

    def reject(self, why: str, row: str = "") -> None:
        """Count a row of the source that was not taken, keeping the first few of each reason for people to see."""
        self._rejected[why] += 1
        samples = self._samples.setdefault(why, [])
        if row and len(samples) < _SAMPLES:
            samples.append(plain(row, _SAMPLE_LENGTH))

    def duplicate(self, count: int = 1) -> None:
        """Count rows of the source that said again what another had said."""
        self._duplicates += count

    def finish(self, *, version: str, as_of: date, retrieved_at: datetime, source: str) -> ListInfo:
        """Sort and merge what was added, and return when the disk has the complete file.

        *as_of* is the day to which reports are aged; later days count as that day.
        """
        self._flush()
        self._report(Progress(step="sorting", done=0, total=self._accepted, unit="rows"))
        self._weigh(as_of)
        # Sorting needs room for a copy of the rows: where the list lies, not in a /tmp that may be memory.
        with _temporary_files_in(self._connection, self._path.parent):
            numbers, prefixes = (self._merge(table, as_of) for table in TABLES)
        lengths = self._connection.execute("SELECT DISTINCT length(key) FROM prefixes").fetchall()
        self._connection.execute("DETACH staged")
        info = ListInfo(
            name=self._name,
            version=plain(version),
            as_of=as_of,
            retrieved_at=retrieved_at,
            source=plain(source),
            numbers=numbers,
            prefixes=prefixes,
            accepted=self._accepted,
            rejected=dict(self._rejected),
            samples={why: tuple(rows) for why, rows in self._samples.items() if rows},
            duplicates=self._duplicates,
        )
        head = Head(
            info=info,
            half_life=self._half_life,
            drop_after=self._drop_after,
            prefix_lengths=tuple(sorted((n for (n,) in lengths), reverse=True)),
        )
        complete(self._connection, head, self._path)
        self._finished = True
        self._report(Progress(step="sorting", done=self._accepted, total=self._accepted, unit="rows"))
        return info

    def _attach_stages(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._connection.execute("ATTACH ? AS staged", (str(path),))
        self._connection.executescript(
            "PRAGMA staged.journal_mode=OFF; PRAGMA staged.synchronous=OFF; PRAGMA staged.cache_size=-1000;" + _STAGES
        )
        # Without a name it goes away with this process, however that ends.
        path.unlink()

    def _add_portion(self, rows: Iterator[tuple[int, int, int]]) -> int:
        with _transaction(self._connection):
            done = self._connection.executemany(_TAKE, islice(rows, _PORTION)).rowcount
        taken = max(done, 0)
        self._count(taken)
        return taken

    def _flush(self) -> None:
        with _transaction(self._connection):
            self._connection.executemany("INSERT INTO staged.entries VALUES (?, ?, ?, ?, ?, ?, ?)", self._entries)
        self._count(len(self._entries))
        self._entries.clear()

    def _count(self, taken: int) -> None:
        self._accepted += taken
        self._report(Progress(step="reading", done=self._accepted, unit="rows"))

    def _weigh(self, as_of: date) -> None:
        """Note for each kind of report that occurs what one weighs; refuse what is out of range."""
        (odd,) = self._connection.execute("SELECT count(*) FROM staged.reports WHERE kind IS NULL").fetchone()
        if odd:
            self._rejected["nonsense"] += odd
            self._accepted -= odd
        kinds = [kind for (kind,) in self._connection.execute("SELECT DISTINCT kind FROM staged.reports") if kind]
        today = as_of.toordinal()
        with _transaction(self._connection):
            self._connection.executemany(
                "INSERT INTO staged.kinds VALUES (?, ?, ?, ?)",
                [(kind, kind // 16, kind % 16, faded(today - kind // 16, self._half_life)) for kind in kinds],
            )

    def _merge(self, table: str, as_of: date) -> int:
        """Sort and merge what is staged into *table*; return how many entries it then has."""
        rows = self._rows_for(table)
        if not rows:
            return 0
        oldest = as_of.toordinal() - self._drop_after.days if self._drop_after else 0
        values = {"today": as_of.toordinal(), "oldest": oldest, "prefix": table == "prefixes"}
        with _transaction(self._connection):
            self._connection.execute(
                _MERGE.format(table=table, rows=" UNION ALL ".join(rows), heaviest=_heaviest(self._categories())),
                values,
            )
        (count,) = self._connection.execute(f"SELECT count(*) FROM main.{table} WHERE reports > 0").fetchone()
        return int(count)

    def _rows_for(self, table: str) -> list[str]:
        reports = table == "numbers" and self._any("staged.kinds")
        return [*([_REPORTS] if reports else []), *([_ENTRIES] if self._any("staged.entries") else [])]

    def _categories(self) -> list[int]:
        found = "SELECT category FROM staged.kinds UNION SELECT category FROM staged.entries"
        return [place for (place,) in self._connection.execute(found)]

    def _any(self, table: str) -> bool:
        return self._connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None


def _heaviest(places: Iterable[int]) -> str:
    """Return SQL for the heaviest category of a group, of those that occur at all.

    The first of equals wins; “unknown” says nothing and wins only alone. Each known one becomes its weight in
    millionths times 16, plus 15 less its place, so that one maximum finds it.
    """
    terms = [
        f"coalesce(CAST(1e6 * sum(weight) FILTER (WHERE category = {place}) AS INTEGER) + 1, 0) * 16 + {15 - place}"
        for place in places
        if place
    ]
    return f"15 - max({', '.join(['15', *terms])}) % 16" if terms else "0"


def faded(days: float, half_life: timedelta | None) -> float:
    """Return what is left of a weight of 1 after so many days; days to come change nothing."""
    if half_life is None or days <= 0:
        return 1.0
    return float(2.0 ** (-days / (half_life / timedelta(days=1))))


@contextmanager
def _temporary_files_in(connection: sqlite3.Connection, folder: Path) -> Iterator[None]:
    # SQLite has no other way but the environment before it is loaded; where it was built without this one,
    # it ignores it and chooses by itself.
    set_folder = "PRAGMA temp_store_directory = '{}'"
    connection.execute(set_folder.format(str(folder).replace("'", "''")))
    try:
        yield
    finally:
        connection.execute(set_folder.format(""))


class _transaction:  # noqa: N801  (used like a function)
    """One transaction; without a journal there is no way back, so after an error the file is given up."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._connection.execute("COMMIT")
        else:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")


def _ordinal(day: date | None) -> int | None:
    return None if day is None else day.toordinal()


def _say_nothing(_progress: Progress) -> None:
    return None
