"""Copying the database while calls are being recorded: in small steps, and as it stood at one moment."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from time import sleep

from callguard.store.database import on_disk, reason, sqlite_connect
from callguard.store.errors import NotWritableError

_PAGES = 64  # in one step, 256 KiB
_REST = 0.002  # seconds between two steps
_STEPS_TO_SYNC = 16  # so that no call waits for hundreds of megabytes to reach the disk


def copy(source: sqlite3.Connection, path: Path) -> None:
    """Write what *source* holds into a new file that only this user may read; NotWritableError if that fails."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise NotWritableError(f"the copy {path} cannot be made: {error.strerror}") from error
    try:
        _fill(source, path, descriptor)
    except (sqlite3.Error, OSError) as error:
        path.unlink(missing_ok=True)
        why = reason(error) if isinstance(error, sqlite3.Error) else error.strerror
        raise NotWritableError(f"the copy {path} cannot be made: {why}") from error
    finally:
        os.close(descriptor)


def _fill(source: sqlite3.Connection, path: Path, descriptor: int) -> None:
    in_wal = source.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with closing(sqlite_connect(on_disk(path, "mode=rw"))) as target:
        target.execute("PRAGMA synchronous=OFF").fetchall()
        if in_wal:
            _step_by_step(source, target, descriptor)
        else:  # memory: small, and nobody can write to it while somebody reads
            source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE").fetchall()
    os.fsync(descriptor)


def _step_by_step(source: sqlite3.Connection, target: sqlite3.Connection, descriptor: int) -> None:
    steps = 0

    def rest(_status: int, _remaining: int, _total: int) -> None:
        nonlocal steps
        steps += 1
        if steps % _STEPS_TO_SYNC == 0:
            os.fdatasync(descriptor)
        sleep(_REST)

    # As long as it is being read nothing changes for this connection; otherwise each call would begin the copy anew.
    source.execute("BEGIN")
    try:
        source.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        source.backup(target, pages=_PAGES, progress=rest)
    finally:
        source.execute("ROLLBACK")
