"""The file of people: opened for this user only, whatever version wrote it."""

import os
import sqlite3
from pathlib import Path

from callguard.access.errors import AccessUnreadableError

_BUSY_SECONDS = 5.0  # how long the console, the daemon and the command line may wait for each other
_STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE people (
             id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, folded TEXT NOT NULL UNIQUE,
             role TEXT NOT NULL, password TEXT NOT NULL, created_at REAL NOT NULL, last_seen_at REAL
           ) STRICT""",
        """CREATE TABLE sessions (
             id INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE,
             person INTEGER NOT NULL REFERENCES people ON DELETE CASCADE,
             created_at REAL NOT NULL, seen_at REAL NOT NULL, expires_at REAL NOT NULL, stay INTEGER NOT NULL,
             client TEXT NOT NULL, address TEXT NOT NULL
           ) STRICT""",
        "CREATE INDEX sessions_person ON sessions (person)",
        """CREATE TABLE tokens (
             id INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
             scopes TEXT NOT NULL, created_at REAL NOT NULL, last_used_at REAL, expires_at REAL, by TEXT NOT NULL
           ) STRICT""",
        """CREATE TABLE setup (
             id INTEGER PRIMARY KEY CHECK (id = 1), hash TEXT NOT NULL, made_at REAL NOT NULL
           ) STRICT""",
        """CREATE TABLE log (
             id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, what TEXT NOT NULL, name TEXT NOT NULL,
             address TEXT NOT NULL, ok INTEGER NOT NULL, why TEXT NOT NULL, by TEXT NOT NULL
           ) STRICT""",
        "CREATE INDEX log_place ON log (name, address)",
    ),
)
"""Numbered from 1: `PRAGMA user_version` tells which of them a file has seen."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file of people, new or old; AccessUnreadableError says what is wrong and what to do."""
    try:
        _make_private(path)
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise unreadable(path, error) from error
    try:
        _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise unreadable(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def unreadable(path: Path, error: Exception) -> AccessUnreadableError:
    """Return *error* in words, with its cure."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        what = f"{path} is damaged, so that nobody can sign in"
        cure = "Move it away and make an admin anew with `callguard user add NAME --role admin`, or restore a backup"
        return AccessUnreadableError(f"{what}. Calls are screened all the same. {cure}")
    why = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return AccessUnreadableError(f"{path} cannot be used ({why}): let CallGuard's user write to it, and make room")


def _make_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SQLite gives its companion files the permissions of this one.
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if is_new and os.geteuid() == 0:  # `sudo callguard user add`: the console must be able to read it
            owner = path.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        if os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA foreign_keys=1")
    connection.execute("BEGIN IMMEDIATE")  # two processes may open a new file at the same time
    try:
        _take_steps(connection, path)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.rollback()
    if _value(connection, "journal_mode") != "wal":
        connection.execute("PRAGMA journal_mode=WAL").fetchone()


def _take_steps(connection: sqlite3.Connection, path: Path) -> None:
    seen = int(str(_value(connection, "user_version")))
    if seen > len(_STEPS):
        raise AccessUnreadableError(f"{path} was written by a newer CallGuard: update this one")
    for number, step in enumerate(_STEPS[seen:], seen + 1):
        for statement in step:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={number}")


def _value(connection: sqlite3.Connection, pragma: str) -> object:
    (value,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return value
