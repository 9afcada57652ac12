"""Reads the database of callattendant (https://github.com/thess/callattendant): its lists, and how many calls it saw.

Its calls become no records: CallGuard did not witness them.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from callguard import JSON, RuleKind, RuleList, plain
from callguard_rules.proposals import MOST_RULES, Row, UnreadableFileError, proposed, refused

_MAGIC = b"SQLite format 3\0"
_LISTS = {"Whitelist": RuleList.ALLOW, "Blacklist": RuleList.BLOCK}
_MOST_STEPS = 2000
_STEP = 100_000  # virtual machine instructions: two hundred million in all, some seconds
_LONGEST_CELL = 1_000_000
_HIDDEN = {
    "P": "withheld",
    "PRIVATE": "withheld",
    "ANONYMOUS": "withheld",
    "O": "unavailable",
    "UNKNOWN": "unavailable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """The calls that callattendant logged, counted."""

    total: int = 0
    by_action: Mapping[str, int] = field(default_factory=dict)
    "`Blocked`, `Permitted`, `Screened`; old versions did not note it."
    oldest: str = ""
    "Date and time as it noted them, by its own clock."
    newest: str = ""

    def facts(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {
            "total": self.total,
            "by_action": dict(self.by_action),
            "oldest": self.oldest,
            "newest": self.newest,
        }


Entry = tuple[object, object, object]
"""Number, name and reason."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What was read out of the database."""

    lists: Mapping[RuleList, list[Entry]]
    calls: Calls


def is_database(beginning: bytes) -> bool:
    """Tell whether a file that begins so is an SQLite database."""
    return beginning.startswith(_MAGIC)


def read_database(path: Path) -> Tables:
    """Read the tables without writing a byte; UnreadableFileError if it is not callattendant's database."""
    with path.open("rb") as file:
        if not is_database(file.read(len(_MAGIC))):
            raise UnreadableFileError("this is no SQLite database; callattendant's is called callattendant.db")
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error as error:
        raise UnreadableFileError(f"this database cannot be opened: {error}") from error
    try:
        return _tables(connection)
    except (sqlite3.Error, UnicodeDecodeError) as error:  # a damaged file can put anything into an error's text
        raise UnreadableFileError(f"this database cannot be read: {plain(str(error))}") from error
    finally:
        connection.close()


def proposals(lists: Mapping[RuleList, Iterable[Entry]]) -> Iterator[Row]:
    """Yield a rule for each entry of the lists."""
    for which, entries in lists.items():
        for place, entry in enumerate(entries, start=1):
            yield _row(place, which, entry)


def _row(place: int, which: RuleList, entry: Entry) -> Row:
    number, name, reason = (plain(str(value)).strip() if value is not None else "" for value in entry)
    note = ", ".join(part for part in (name, reason) if part)
    if number.upper() in _HIDDEN:
        return proposed(place, RuleKind.PRESENTATION, _HIDDEN[number.upper()], note=note, on=which)
    if not any(map(str.isdecimal, number)):
        return refused(place, f"{number} {name}", "no number")
    return proposed(place, RuleKind.EXACT, number, note=note, on=which)


def _tables(connection: sqlite3.Connection) -> Tables:
    _disarm(connection)
    # Only real tables: a view could hold anything, an endless query too.
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    there = {str(name).casefold() for (name,) in found}
    wanted = [name for name in _LISTS if name.casefold() in there]
    if not wanted:
        raise UnreadableFileError("this database has no tables Whitelist and Blacklist: it is not callattendant's")
    lists = {_LISTS[name]: _entries(connection, name) for name in wanted}
    return Tables(lists, _calls(connection) if "calllog" in there else Calls())


def _disarm(connection: sqlite3.Connection) -> None:
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_CELL)
    connection.execute("PRAGMA trusted_schema = OFF")
    left = iter(range(_MOST_STEPS))
    connection.set_progress_handler(lambda: next(left, None) is None, _STEP)


def _entries(connection: sqlite3.Connection, table: str) -> list[Entry]:
    rows = connection.execute(f"SELECT PhoneNo, Name, Reason FROM {table} LIMIT ?", (MOST_RULES + 1,))
    return rows.fetchall()


def _calls(connection: sqlite3.Connection) -> Calls:
    total, oldest, newest = connection.execute(
        "SELECT count(*), min(SystemDateTime), max(SystemDateTime) FROM CallLog"
    ).fetchone()
    columns = {str(row[1]).casefold() for row in connection.execute("PRAGMA table_info(CallLog)")}
    by_action: dict[str, int] = {}
    if "action" in columns:
        rows = connection.execute("SELECT Action, count(*) FROM CallLog GROUP BY Action ORDER BY 2 DESC, 1 LIMIT 10")
        by_action = {plain(str(action or "unknown"), 30): count for action, count in rows}
    return Calls(total=total, by_action=by_action, oldest=_moment(oldest), newest=_moment(newest))


def _moment(value: object) -> str:
    return plain(str(value or ""), 30)
