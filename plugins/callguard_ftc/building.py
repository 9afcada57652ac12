"""Builds the two lists out of the files at hand, in the second process."""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from callguard import JSON, ListBuilder, Report
from callguard_ftc.ageing import DROP_AFTER, HALF_LIFE
from callguard_ftc.complaints import NotThisFileError, Read, Refused
from callguard_ftc.days import lines_of, opened
from callguard_ftc.fcc import read_complaints
from callguard_ftc.ftc import read_daily, read_page
from callguard_ftc.robocalls import beside, write_shares

_MARGIN = timedelta(days=1)
"""A complaint may seem to be of tomorrow: clocks differ, and the agencies' is hours behind UTC."""
_LARGEST_PAGE = 20_000_000
_STAGE = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-8000; PRAGMA temp_store=FILE;
CREATE TABLE seen (key INTEGER PRIMARY KEY, number INTEGER, day INTEGER, category INTEGER, robocall INTEGER)
"""
_TAKE = "INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?, ?)"

_Row = tuple[int, int, int, int, bool | None]


class UnreadableError(ValueError):
    """A file that is damaged, or none of these; one sentence for people."""


def build(arguments: Mapping[str, JSON], report: Report) -> JSON:
    """Write the list `name` at `path` from `files`, as of `now`; returns how many complaints counted.

    A file that cannot be read is passed over; with `all_or_none` it is an UnreadableError.
    """
    path, name = Path(_text(arguments, "path")), _text(arguments, "name")
    now = datetime.fromisoformat(_text(arguments, "now"))
    with ListBuilder(path, name=name, half_life=HALF_LIFE, drop_after=DROP_AFTER, report=report) as builder:
        with _seen(path.with_name(path.name + ".seen")) as seen:
            count = _Count(builder, seen, now.date())
            for file in _files(arguments):
                try:
                    count.file(file)
                except UnreadableError as error:
                    if arguments.get("all_or_none"):
                        raise
                    _pass_over(file, path.parent, str(error), builder)
            builder.add_reports(seen.execute("SELECT number, day, category FROM seen"))
            write_shares(seen, beside(path))
        info = builder.finish(
            version=_text(arguments, "version"), as_of=now.date(), retrieved_at=now, source=_text(arguments, "source")
        )
    return {"numbers": info.numbers, "accepted": info.accepted, "expired": count.expired}


def read_file(path: Path, latest: int) -> Iterator[Read]:
    """Read any file of either agency: daily CSV, a page of the FTC's API (`.json`), a page of the FCC's dataset.

    Each may be compressed (`.gz`). UnreadableError names one that cannot be read.
    """
    try:
        if path.name.removesuffix(".gz").endswith(".json"):
            yield from read_page(_whole(path), latest)
            return
        with lines_of(path) as lines:
            first = next(lines, "")
            reader = read_complaints if "caller_id_number" in first.lower() else read_daily
            yield from reader(_with(first, lines), latest)
    except (NotThisFileError, OSError, EOFError, zlib.error) as error:
        raise UnreadableError(f"{path.name}: {error}") from error


@dataclass(slots=True)
class _Count:
    """Takes each complaint once and tells the builder of the rows that do not count."""

    builder: ListBuilder
    seen: sqlite3.Connection
    today: date
    expired: int = 0
    offered: int = 0

    def file(self, path: Path) -> None:
        """Take the complaints of one file that no file before stated."""
        self.offered = 0
        rows = read_file(path, (self.today + _MARGIN).toordinal())
        self.seen.execute("BEGIN")
        try:
            new = self.seen.executemany(_TAKE, self._taken(rows)).rowcount
        finally:
            self.seen.execute("COMMIT")
        self.builder.duplicate(self.offered - max(0, new))

    def _taken(self, rows: Iterable[Read]) -> Iterator[_Row]:
        oldest = (self.today - DROP_AFTER).toordinal()
        for row in rows:
            if isinstance(row, Refused):
                self.builder.reject(row.why.value, row.row)
            elif row.day <= oldest:
                self.expired += 1
            else:
                self.offered += 1
                yield row.key, row.number, row.day, row.category.place, row.robocall


@contextmanager
def _seen(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a nameless file for the complaints seen so far: 90 days of them need not fit into the memory."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(_STAGE)
        path.unlink()  # it goes away with this process, however that ends
        yield connection


def _pass_over(file: Path, own: Path, why: str, builder: ListBuilder) -> None:
    """Count a file that cannot be read; one of ours is removed, so that it is fetched again while it can be."""
    builder.reject("unreadable-file", why)
    if file.is_relative_to(own):
        file.unlink(missing_ok=True)


def _whole(path: Path) -> str:
    with opened(path) as file:
        content = file.read(_LARGEST_PAGE + 1)
    if len(content) > _LARGEST_PAGE:
        raise NotThisFileError("it is too large for a page of the FTC's API")
    return content.decode("utf-8", "replace")


def _with(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest


def _files(arguments: Mapping[str, JSON]) -> list[Path]:
    names = arguments.get("files")
    return [Path(str(name)) for name in names] if isinstance(names, Sequence) else []


def _text(arguments: Mapping[str, JSON], name: str) -> str:
    value = arguments[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text")
    return value
