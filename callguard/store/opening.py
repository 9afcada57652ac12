"""Opens the database file, whatever state it is in: calls are screened in any case, and what is wrong is said."""

import errno
import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from shutil import disk_usage
from typing import TypeVar

from callguard.model.health import Problem, Severity
from callguard.store.database import Connect, Database, Trouble, in_memory, on_disk, reason, sqlite_connect, trouble
from callguard.store.datadir import make_private_folder
from callguard.store.household import snapshot
from callguard.store.migrate import latest, migrate, version
from callguard.store.rescue import carry_back, rescue

KEPT_IN_MEMORY = 10_000
"Calls, where there is no disk to write to."
_NOT_WRITABLE = "store-not-writable"
_ROOM = 64 << 10  # bytes; SQLite needs half of it to open a file at all
_COMPANIONS = ("", "-wal", "-shm")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A database to work with."""

    database: Database
    problems: tuple[Problem, ...] = ()
    in_memory: bool = False
    "The file, if there is one, cannot be used."
    come_back: Callable[[datetime], Database | None] | None = None
    """Moves what memory holds to the disk once it can be written; None in return while it cannot.

    Where it is missing, no disk is missing, or only a restart can help.
    """


class _DamagedError(Exception):
    """The file is no sound database."""


class _UnusableError(Exception):
    """The file cannot be used here, and stays as it is."""

    def __init__(self, code: str, why: str, cure: str) -> None:
        super().__init__(why)
        self.code = code
        self.cure = cure


def open_database(path: Path, now: datetime, connect: Connect) -> Ready:
    """Open the file at *path*; one that is damaged is moved aside, one that cannot be used gives way to memory."""
    try:
        return Ready(database=_open(path, connect))
    except _DamagedError as error:
        return _begin_anew(path, now, connect, str(error))
    except _UnusableError as error:
        return _make_do(path, now, connect, error)


def suspect(path: Path) -> Path:
    """Return the file whose presence asks for a check at the next start."""
    return _beside(path, ".suspect")


def _open(path: Path, connect: Connect) -> Database:
    make_private_folder(path.parent)
    # SQLite removes its log when it is closed properly.
    damage_met = suspect(path).exists()
    unclean = damage_met or _has_content(_beside(path, "-wal"))
    database = _guarded(path, lambda: _connect(path, connect))
    try:
        _guarded(path, lambda: _make_ready(database, path, unclean=unclean))
        if damage_met:
            _guarded(path, lambda: _mend_search(database.writing))
    except BaseException:
        database.close()
        raise
    return database


def _guarded(path: Path, step: Callable[[], _T]) -> _T:
    try:
        return step()
    except sqlite3.Error as error:
        if trouble(error) is Trouble.DAMAGE:
            raise _DamagedError(reason(error)) from error
        if trouble(error) is Trouble.REQUEST:
            raise _UnusableError("store-unusable", str(error), "Report this; going back a version helps.") from error
        raise _not_writable(path, reason(error)) from error
    except OSError as error:
        raise _not_writable(path, error.strerror or str(error)) from error


def _not_writable(path: Path, why: str) -> _UnusableError:
    if _is_full(path.parent):  # SQLite often calls it an I/O error
        return _UnusableError(_NOT_WRITABLE, "the disk is full", "Make room on the disk; recording begins by itself.")
    return _UnusableError(_NOT_WRITABLE, why, f"Let CallGuard write to {path.parent}; recording begins by itself.")


def _is_full(folder: Path) -> bool:
    try:
        return disk_usage(folder).free < _ROOM
    except OSError:
        return False


def _connect(path: Path, connect: Connect) -> Database:
    # SQLite gives its companion files the permissions of this one.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
    return Database(on_disk(path), connect)


def _make_ready(database: Database, path: Path, *, unclean: bool) -> None:
    connection = database.writing
    found = version(connection)
    _refuse_what_is_not_ours(connection, found)
    database.prepare()
    if unclean:
        _check(connection)
        suspect(path).unlink(missing_ok=True)
    _try_to_write(connection)
    if 0 < found < latest():
        _back_up(connection, path)
    migrate(connection)
    snapshot(connection)


def _refuse_what_is_not_ours(connection: sqlite3.Connection, found: int) -> None:
    if found > latest():
        raise _UnusableError(
            "store-from-the-future",
            f"the file was written by a newer CallGuard (version {found} of the database, this one knows {latest()})",
            "Update CallGuard, or restore the copy made before the update.",
        )
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if found == 0 and tables:
        raise _UnusableError(
            "store-not-ours", "the file is the database of another program", "Choose another data folder."
        )


def _check(connection: sqlite3.Connection) -> None:
    (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if finding != "ok":
        raise _DamagedError(f"the file is damaged: {' '.join(finding.split())}")


def _mend_search(connection: sqlite3.Connection) -> None:
    """Build the full-text index anew if the damage was in it: to SQLite's own checks it is only data."""
    try:
        connection.execute("INSERT INTO calls_text (calls_text) VALUES ('integrity-check')")
    except sqlite3.DatabaseError as error:
        if trouble(error) is not Trouble.DAMAGE:
            raise
        # Not even dropping it works while its first two rows cannot be read: these are the ones of an empty index.
        connection.execute("INSERT OR REPLACE INTO calls_text_data VALUES (1, x''), (10, zeroblob(7))")
        connection.execute("INSERT INTO calls_text (calls_text) VALUES ('rebuild')")


def _try_to_write(connection: sqlite3.Connection) -> None:
    """Notice a file that can be opened, but not written."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ROLLBACK")


def _back_up(connection: sqlite3.Connection, path: Path) -> None:
    if disk_usage(path.parent).free < path.stat().st_size + _ROOM:
        raise OSError(errno.ENOSPC, "there is no room for a copy of the file, which an update needs")
    unfinished = _beside(path, ".unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    connection.execute("VACUUM INTO ?", (str(unfinished),))
    with unfinished.open("rb") as copy:
        os.fsync(copy.fileno())
    unfinished.replace(_beside(path, f".before-{latest()}"))


def _begin_anew(path: Path, now: datetime, connect: Connect, why: str) -> Ready:
    aside = _free_name(_beside(path, f".corrupt-{now.astimezone(UTC):%Y%m%dT%H%M%S}"))
    try:
        _guarded(path, lambda: _move(path, aside))
    except _UnusableError as error:
        both = _UnusableError("store-damaged", f"{why}, and {error}", "Move the file away, then restart CallGuard.")
        return _make_do(path, now, connect, both)
    try:
        database = _open(path, connect)
    except (_DamagedError, _UnusableError) as error:
        unusable = error if isinstance(error, _UnusableError) else _not_writable(path, str(error))
        moved = _UnusableError(unusable.code, f"{why} and was moved to {aside.name}, and {error}", unusable.cure)
        return _make_do(path, now, connect, moved, rules_from=aside)
    rescued = rescue(aside, database.writing, connect)
    problem = Problem(
        code="store-damaged",
        severity=Severity.PROBLEM,
        what=f"The call log could not be used ({why}): it was moved to {aside.name} and a new one begun;"
        f" saved from it: {rescued}.",
        since=now,
        cure="Look through your lists, contacts and settings; keep the old file if you miss the calls in it.",
        where=str(aside),
    )
    return Ready(database=database, problems=(problem,))


def _make_do(
    path: Path, now: datetime, connect: Connect, error: _UnusableError, rules_from: Path | None = None
) -> Ready:
    database = Database(in_memory(), sqlite_connect)
    migrate(database.writing)
    rescued = rescue(rules_from or path, database.writing, connect)
    database.writing.execute(
        "CREATE TEMP TRIGGER bounded AFTER INSERT ON main.calls"
        f" WHEN new.seq > {KEPT_IN_MEMORY} BEGIN"
        "  INSERT INTO calls_text (calls_text, rowid, number, name, facts)"
        f"  SELECT 'delete', seq, number, name, facts FROM calls WHERE seq <= new.seq - {KEPT_IN_MEMORY};"
        f"  DELETE FROM calls WHERE seq <= new.seq - {KEPT_IN_MEMORY}; END"
    )
    problem = Problem(
        code=error.code,
        severity=Severity.PROBLEM,
        what=f"Calls are screened but not recorded, only kept in memory: {error}; in force: {rescued}.",
        since=now,
        cure=error.cure,
        where=str(path),
    )
    heals = error.code == _NOT_WRITABLE
    come_back = partial(_come_back, path, connect, database, rescued.complete) if heals else None
    return Ready(database=database, problems=(problem,), in_memory=True, come_back=come_back)


def _come_back(path: Path, connect: Connect, memory: Database, complete: bool, now: datetime) -> Database | None:
    try:
        database = _open(path, connect)
    except (_DamagedError, _UnusableError):
        return None
    try:
        carry_back(memory.writing, database.writing, complete=complete, now=now)
    except sqlite3.Error:
        database.close()
        return None
    return database


def _move(path: Path, aside: Path) -> None:
    for companion in _COMPANIONS:
        with suppress(FileNotFoundError):
            _beside(path, companion).rename(_beside(aside, companion))


def _free_name(wanted: Path) -> Path:
    others = (_beside(wanted, f"-{n}") for n in range(2, 1000))
    return wanted if not wanted.exists() else next(other for other in others if not other.exists())


def _has_content(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except OSError:
        return False


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
