"""Which exchanges of the North American plan are in use: 80 kB made of a table that the household provides.

A three-year-old table calls every tenth number unassigned, so one older than ninety days is not believed.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Self

from callguard import JSON, Evidence, Report
from callguard_numbercheck.findings import against, note
from callguard_numbercheck.plan import nanp

FRESH = timedelta(days=90)
_FIRST = 200
_CODES = 800  # 200 to 999, of area codes and of exchanges
_BYTES_OF_AREA = _CODES // 8
_SIZE = _CODES * _BYTES_OF_AREA
_LONGEST_LINE = 1000
_LARGEST_FILE = 64 << 20
_FEWEST_CODES = 1000
_MOST_REJECTED = 0.05
_CODE = re.compile(r"([2-9][0-9]{2})-?([2-9][0-9]{2})")
_PART = re.compile(r"[2-9][0-9]{2}")
_FILE_DATE = re.compile(r"File Date,([0-9]{2})/([0-9]{2})/([0-9]{4})")
_NOT_IN_USE = frozenset({"VC", "AV", "RV", "PR"})
"""Vacant, available, reserved, protected: everything else, unassignable codes included, is left alone."""
_FICTION = 555  # nationwide services and fiction; assigned line by line


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The exchanges in use, as of one day."""

    bits: bytes
    as_of: date
    origin: str
    "Which file it was made of: size and time of change, so that a new one is noticed."

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Return what `compile_table` wrote; None if it is not there or not whole."""
        try:
            head, _, bits = path.read_bytes().partition(b"\n")
            said = json.loads(head)
            as_of, origin = date.fromisoformat(said["as_of"]), str(said["origin"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return cls(bits=bits, as_of=as_of, origin=origin) if len(bits) == _SIZE else None

    def knows(self, area: int) -> bool:
        """Tell whether the table has anything about an area code."""
        start = (area - _FIRST) * _BYTES_OF_AREA
        return any(self.bits[start : start + _BYTES_OF_AREA])

    def has(self, area: int, exchange: int) -> bool:
        """Tell whether an exchange is in use."""
        place, bit = divmod(exchange - _FIRST, 8)
        return bool(self.bits[(area - _FIRST) * _BYTES_OF_AREA + place] >> bit & 1)

    def age(self, now: datetime) -> int:
        """Return how many days old it is."""
        return (now.date() - self.as_of).days

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether it may still be believed."""
        return timedelta(days=self.age(now)) < FRESH


def unassigned(number: str, table: Table, now: datetime) -> Evidence | None:
    """Say whether *number* lies in an exchange nobody has, or that the table is too old to tell."""
    ten = nanp(number)
    if ten is None or ten[0] in "01" or ten[3] in "01":
        return None
    area, exchange = int(ten[:3]), int(ten[3:6])
    if exchange == _FICTION or not table.knows(area):
        return None
    as_of = table.as_of.isoformat()
    if not table.is_fresh(now):
        return note("numbering-table-stale", version=as_of, as_of=as_of, days=table.age(now))
    if table.has(area, exchange):
        return None
    return against("unassigned-number", version=as_of, number=number, exchange=f"{ten[:3]}-{ten[3:6]}")


def origin_of(path: Path) -> str:
    """Return what tells one version of a file from the next; OSError if it cannot be looked at."""
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns}"


def compile_table(arguments: Mapping[str, JSON], report: Report | None = None) -> JSON:
    """Make the table of the household's file; runs in a process of its own.

    *arguments* are `file`, `table` (where to write), `as_of` (ISO date; empty: the file's own). ValueError says
    what is wrong with the file.
    """
    source, target = Path(str(arguments["file"])), Path(str(arguments["table"]))
    try:
        origin = origin_of(source)
        if source.stat().st_size > _LARGEST_FILE:
            raise ValueError(f"{source} is larger than {_LARGEST_FILE >> 20} MB")
        with source.open(encoding="utf-8", errors="replace", newline=None) as lines:
            reading = Reading()
            reading.read(line.rstrip("\n") for line in lines)
        changed_on = datetime.fromtimestamp(source.stat().st_mtime, UTC).date()
    except OSError as error:
        raise ValueError(f"{source} cannot be read: {error.strerror}") from error
    reading.refuse_nonsense(source.name)
    as_of = str(arguments.get("as_of") or "") or (reading.dated or changed_on).isoformat()
    _write(target, json.dumps({"as_of": as_of, "origin": origin}).encode() + b"\n" + bytes(reading.bits))
    return {"codes": reading.codes, "areas": reading.areas, "as_of": as_of}


class Reading:
    """What has been read of a table so far."""

    def __init__(self) -> None:
        self.bits = bytearray(_SIZE)
        self.codes = 0
        self.rows = 0
        self.rejected = 0
        self.dated: date | None = None

    @property
    def areas(self) -> int:
        """How many area codes have an exchange in use."""
        starts = range(0, _SIZE, _BYTES_OF_AREA)
        return sum(any(self.bits[start : start + _BYTES_OF_AREA]) for start in starts)

    def read(self, lines: Iterable[str]) -> None:
        """Take every line: `201200`, `201-200`, or columns of a table with NPA-NXX, or NPA and NXX, and a use."""
        for line in lines:
            if line.strip():
                self.rows += 1
                self._take(line)

    def refuse_nonsense(self, name: str) -> None:
        """ValueError if this cannot have been a table of exchanges."""
        if self.rejected > 1 + self.rows * _MOST_REJECTED:
            raise ValueError(f"{name} is no table of exchanges: {self.rejected} of {self.rows} lines name none")
        if self.codes < _FEWEST_CODES:
            raise ValueError(f"{name} has only {self.codes} exchanges; a whole table has many thousands")

    def _take(self, line: str) -> None:
        if self.rows == 1 and (dated := _FILE_DATE.match(line)):
            self.dated = _day(*map(int, dated.groups()))
            self.rows = 0
            return
        found = _exchange(line) if len(line) <= _LONGEST_LINE else None
        if found is None:
            self.rejected += 1
            return
        area, exchange, used = found
        place, bit = divmod(exchange - _FIRST, 8)
        place += (area - _FIRST) * _BYTES_OF_AREA
        if used and not self.bits[place] >> bit & 1:
            self.bits[place] |= 1 << bit
            self.codes += 1


def _exchange(line: str) -> tuple[int, int, bool] | None:
    cells = [cell.strip().strip('"') for cell in line.replace(",", "\t").split("\t")]
    for place, cell in enumerate(cells):
        rest = cells[place + 1 :]
        if whole := _CODE.fullmatch(cell):
            return int(whole[1]), int(whole[2]), _NOT_IN_USE.isdisjoint(rest)
        if rest and _PART.fullmatch(cell) and _PART.fullmatch(rest[0]):
            return int(cell), int(rest[0]), _NOT_IN_USE.isdisjoint(rest)
    return None


def _day(month: int, day: int, year: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_suffix(".new")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(target)
