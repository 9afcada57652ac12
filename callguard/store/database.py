"""A SQLite database, its connections, and which of its errors mean what."""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from itertools import count
from pathlib import Path

from callguard.model.wire import BadRecordError
from callguard.store.errors import UnreadableError

Connect = Callable[[str], sqlite3.Connection]
"""Opens a connection to the database of a `file:` URI."""

_BUSY_SECONDS = 5.0  # how long another program (a backup, a SQL shell) may hold the file
_CLOSING_MILLISECONDS = 500  # that a reader may delay the end
_IDLE_READERS = 4
_WAL_BYTES = 4 << 20  # to which the log is cut back after a burst

_memories = count(1)


class Trouble(Enum):
    """Whose fault an error is."""

    DISK = "the disk"
    "Full, read-only, failing, locked: may get better."
    DAMAGE = "the file"
    "The database is corrupt: needs a restart, which moves it aside."
    REQUEST = "the request"
    "This statement can never succeed."


_DISK = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_AUTH,
}
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def trouble(error: sqlite3.Error) -> Trouble:
    """Tell whose fault *error* is."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # raised by the sqlite3 module itself
        return Trouble.DISK if isinstance(error, sqlite3.OperationalError) else Trouble.REQUEST
    primary = code & 0xFF
    if primary in _DAMAGE:
        return Trouble.DAMAGE
    return Trouble.DISK if primary in _DISK else Trouble.REQUEST


def reason(error: sqlite3.Error) -> str:
    """Return *error* in words for people."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    words = {
        sqlite3.SQLITE_FULL: "the disk is full",
        sqlite3.SQLITE_READONLY: "the file or its folder is read-only",
        sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
        sqlite3.SQLITE_BUSY: "another program keeps the file locked",
        sqlite3.SQLITE_CORRUPT: "the file is damaged",
        sqlite3.SQLITE_NOTADB: "the file is no database, or its beginning is damaged",
    }
    return words.get(primary, str(error))


def sqlite_connect(uri: str) -> sqlite3.Connection:
    """Open a connection that may be handed from thread to thread; transactions are begun by hand."""
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def on_disk(path: Path, mode: str = "mode=rwc") -> str:
    """Return the URI of the database file at *path*."""
    return f"{path.absolute().as_uri()}?{mode}"


def in_memory() -> str:
    """Return the URI of a new database in memory that several connections can share."""
    return f"file:/callguard-{next(_memories)}?vfs=memdb"


@contextmanager
def readable() -> Iterator[None]:
    """Say in words for people why the call log, or a record of it, cannot be read."""
    try:
        yield
    except sqlite3.Error as error:
        raise UnreadableError(f"the call log cannot be read: {reason(error)}") from error
    except BadRecordError as error:
        raise UnreadableError(f"the record cannot be understood: {error}") from error


class Database:
    """One database: a connection that writes, and a few that read at the same time."""

    def __init__(self, uri: str, connect: Connect) -> None:
        self._uri = uri
        self._connect = connect
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False
        self.writing = connect(uri)
        "For one thread at a time."

    def prepare(self) -> None:
        """Make every commit durable and let readers and the writer not wait for each other."""
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"journal_size_limit={_WAL_BYTES}"):
            self.writing.execute(f"PRAGMA {pragma}").fetchall()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for reading; any thread, and several at once."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._open_reader()
        try:
            yield connection
        finally:
            self._take_back(connection)

    def close(self) -> None:
        """Fold the log into the file, though other processes may go on reading, and close every connection."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
        with suppress(sqlite3.Error):  # then the next start does it
            self.writing.execute(f"PRAGMA busy_timeout={_CLOSING_MILLISECONDS}").fetchall()
            self.writing.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self.writing.close()

    def _open_reader(self) -> sqlite3.Connection:
        if self._closed:
            raise sqlite3.ProgrammingError("the store is closed")
        connection = self._connect(self._uri)
        try:
            connection.execute("PRAGMA query_only=1")
        except BaseException:
            connection.close()
            raise
        return connection

    def _take_back(self, connection: sqlite3.Connection) -> None:
        if self._closed or len(self._idle) >= _IDLE_READERS:
            connection.close()
        else:
            self._idle.append(connection)
