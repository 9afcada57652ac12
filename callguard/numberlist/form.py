"""The form of a list's file: one SQLite database with a head, exact numbers and prefixes as integers."""

import json
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from callguard.model.numberlist import Category, ListInfo

FORMAT = 1
"The newest form of file that this program reads and the only one it writes."
LARGEST = 999_999_999_999_999
"E.164 has at most fifteen digits."
CATEGORIES = tuple(Category)
"A file stores a category as its place here; the head says the names, so that a later order does no harm."
TABLES = ("numbers", "prefixes")

_APPLICATION_ID = 0x43474C31  # "CGL1"
_HEADER = 100
_COLUMNS = (
    "key INTEGER PRIMARY KEY, category INTEGER NOT NULL, reports INTEGER NOT NULL, weight REAL NOT NULL,"
    " first_seen INTEGER, last_seen INTEGER"
)


class UnusableError(Exception):
    """A file is no list that can be read here; the text says why, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a complete file says about itself."""

    info: ListInfo
    half_life: timedelta | None = None
    drop_after: timedelta | None = None
    prefix_lengths: tuple[int, ...] = ()
    "How many digits the prefixes in the file have; no others are asked for."
    base: str = ""
    "The `ident` of the file that this one lies over; empty: it stands by itself."
    categories: tuple[Category, ...] = CATEGORIES

    @property
    def ident(self) -> str:
        """What an overlay calls the file it lies over."""
        return sha256(json.dumps(_info_facts(self.info)).encode()).hexdigest()[:24]


def key_of(number: str) -> int | None:
    """Return + and digits as the integer that files store; None if it is not the beginning of an E.164 number."""
    digits = number[1:]
    # isdecimal takes the digits of all scripts, and int would as well: two spellings must not be one key.
    if number[:1] != "+" or not digits.isascii() or not digits.isdecimal() or digits[0] == "0":
        return None
    return int(digits) if len(digits) <= 15 else None


def overlay_of(path: Path) -> Path:
    """Return where the overlay of the list at *path* lies."""
    return path.with_name(f"{path.stem}.overlay{path.suffix}")


def create(path: Path) -> sqlite3.Connection:
    """Begin a new file at *path*, in place of any there; it is incomplete until `complete`."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(path, isolation_level=None)
    # The file is worthless until it is finished and synced as a whole, so no step on the way needs a journal.
    # SQLite sorts as much at once as its cache may hold: 2 MB is faster than 8, and 32 slower still.
    connection.executescript(
        "PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;"
        "PRAGMA cache_size=-2000;"
        + "".join(f"CREATE TABLE {table} ({_COLUMNS});" for table in TABLES)
        + "CREATE TABLE head (facts TEXT NOT NULL);"
    )
    return connection


def complete(connection: sqlite3.Connection, head: Head, path: Path) -> None:
    """Write the head, which makes the file a complete one, and return when the disk has all of it."""
    connection.execute("INSERT INTO head VALUES (?)", (json.dumps(_facts(head)),))
    connection.execute(f"PRAGMA user_version={FORMAT}")
    connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
    connection.close()
    sync(path)


def sync(path: Path) -> None:
    """Return when the disk has what was written to a file, or which files are in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open a complete file that nobody will ever change; UnusableError says why not."""
    _refuse_half_a_file(path)
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise UnusableError(str(error)) from error
    try:
        # A file cut short under a memory map would end the process.
        connection.execute("PRAGMA mmap_size=0")
        _refuse_foreign(connection)
    except (sqlite3.Error, UnusableError) as error:
        connection.close()
        raise UnusableError(
            f"the file is damaged: {error}" if isinstance(error, sqlite3.Error) else str(error)
        ) from error
    return connection


def read_head(connection: sqlite3.Connection) -> Head:
    """Return what an open file says about itself; UnusableError if that makes no sense."""
    try:
        (text,) = connection.execute("SELECT facts FROM head").fetchone()
        return _head(json.loads(text))
    except (sqlite3.Error, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise UnusableError(f"the head of the file makes no sense: {type(error).__name__}") from error


def head_of(path: Path) -> Head:
    """Return what the file at *path* says about itself; UnusableError if it is no list that can be read."""
    connection = open_read_only(path)
    try:
        return read_head(connection)
    finally:
        connection.close()


def _refuse_half_a_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        raise UnusableError("there is no copy yet") from None
    except OSError as error:
        raise UnusableError(f"the file cannot be read: {error.strerror}") from error
    if header[:16] != b"SQLite format 3\0" or len(header) < _HEADER:
        raise UnusableError("the file is no list")
    page = int.from_bytes(header[16:18], "big")
    if size != (65536 if page == 1 else page) * int.from_bytes(header[28:32], "big"):
        raise UnusableError("part of the file is missing")


def _refuse_foreign(connection: sqlite3.Connection) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (form,) = connection.execute("PRAGMA user_version").fetchone()
    if application != _APPLICATION_ID:
        raise UnusableError("the file is no list, or was never finished")
    if form != FORMAT:
        raise UnusableError(f"the file has form {form}, this CallGuard reads form {FORMAT}")


def _facts(head: Head) -> Mapping[str, Any]:
    return {
        "info": _info_facts(head.info),
        "half_life": head.half_life and head.half_life.total_seconds(),
        "drop_after": head.drop_after and head.drop_after.total_seconds(),
        "prefix_lengths": head.prefix_lengths,
        "base": head.base,
        "categories": head.categories,
    }


def _info_facts(info: ListInfo) -> Mapping[str, Any]:
    return {
        "name": info.name,
        "version": info.version,
        "as_of": info.as_of.isoformat(),
        "retrieved_at": info.retrieved_at.isoformat(),
        "source": info.source,
        "numbers": info.numbers,
        "prefixes": info.prefixes,
        "accepted": info.accepted,
        "rejected": dict(info.rejected),
        "samples": {why: list(rows) for why, rows in info.samples.items()},
        "duplicates": info.duplicates,
    }


def _head(facts: Any) -> Head:
    return Head(
        info=_info(facts["info"]),
        half_life=_timedelta(facts["half_life"]),
        drop_after=_timedelta(facts["drop_after"]),
        prefix_lengths=tuple(sorted((int(n) for n in facts["prefix_lengths"]), reverse=True)),
        base=str(facts["base"]),
        categories=tuple(Category(name) for name in facts["categories"]),
    )


def _info(facts: Any) -> ListInfo:
    retrieved_at = datetime.fromisoformat(facts["retrieved_at"])
    if retrieved_at.tzinfo is None:
        raise ValueError("a time without a zone")
    return ListInfo(
        name=str(facts["name"]),
        version=str(facts["version"]),
        as_of=date.fromisoformat(facts["as_of"]),
        retrieved_at=retrieved_at,
        source=str(facts["source"]),
        numbers=int(facts["numbers"]),
        prefixes=int(facts["prefixes"]),
        accepted=int(facts["accepted"]),
        rejected={str(why): int(count) for why, count in facts["rejected"].items()},
        samples={str(why): tuple(map(str, rows)) for why, rows in facts["samples"].items()},
        duplicates=int(facts["duplicates"]),
    )


def _timedelta(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
