"""What can go wrong with backups, in words."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class BackupError(Exception):
    """A backup could not be made, read or brought back; nothing was changed."""


class NotABackupError(BackupError):
    """A file is no backup of CallGuard, or no longer a whole one."""


@contextmanager
def in_words(folder: Path) -> Iterator[None]:
    """Turn what the disk says while *folder* is used into a sentence."""
    try:
        yield
    except OSError as error:
        raise BackupError(_sentence(error, folder)) from error
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
        raise BackupError(f"the disk of {folder} is full: make room" if full else f"{folder}: {error}") from error


def _sentence(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk of {folder} is full: make room"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{error.filename or folder} may not be used by CallGuard's user: choose another folder, or let it"
    return f"{error.filename or folder}: {error.strerror or error}"
