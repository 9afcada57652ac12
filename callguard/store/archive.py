"""The call log as another process reads it: it never writes, and follows when the daemon begins a new file."""

import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

from callguard.store.database import on_disk, readable, sqlite_connect
from callguard.store.errors import UnreadableError
from callguard.store.migrate import latest, version
from callguard.store.reading import Reading
from callguard.store.searching import Filter, Page

T = TypeVar("T")
_IDLE = 4
_NO_FILTER = Filter()


class Archive(Reading):
    """Reads call records out of the file that the daemon writes; any thread may, and several at once."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._idle: deque[tuple[_File, sqlite3.Connection]] = deque()
        self._closed = False

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the database file at *path*; UnreadableError if it is missing, damaged or of another version.

        What is wrong later may get well: each question looks for the file anew.
        """
        archive = cls(path)
        archive.newest_id()
        return archive

    def close(self) -> None:
        """Close every connection that nobody is using; the others close when their answer is there."""
        self._closed = True
        while self._idle:
            self._idle.popleft()[1].close()

    def page(self, limit: int = 50, before: str | None = None, wanted: Filter = _NO_FILTER) -> Page:
        """Return a page of records, newest first; *before* is the `next` of the page before."""
        return self.newest(limit, before=before, wanted=wanted)

    def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        with readable(), self._reading() as connection:
            return query(connection)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        file = self._file()
        connection = self._connected_to(file)
        try:
            yield connection
        except sqlite3.Error:
            connection.close()  # whatever is wrong with it, the next question begins with a new one
            raise
        except BaseException:
            self._take_back(file, connection)
            raise
        self._take_back(file, connection)

    def _file(self) -> "_File":
        try:
            found = os.stat(self._path)
        except OSError as error:
            why = error.strerror or str(error)
            raise UnreadableError(f"there is no call log at {self._path}: {why}") from error
        return found.st_dev, found.st_ino

    def _connected_to(self, file: "_File") -> sqlite3.Connection:
        if self._closed:
            raise UnreadableError("the archive is closed")
        while True:
            try:
                of, connection = self._idle.pop()
            except IndexError:
                return self._connect()
            if of == file:
                return connection
            connection.close()  # the daemon has moved that file away and begun another

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite_connect(on_disk(self._path, "mode=ro"))
        try:
            _refuse_other_versions(version(connection))
        except BaseException:
            connection.close()
            raise
        return connection

    def _take_back(self, file: "_File", connection: sqlite3.Connection) -> None:
        if self._closed or len(self._idle) >= _IDLE:
            connection.close()
        else:
            self._idle.append((file, connection))


_File = tuple[int, int]


def _refuse_other_versions(found: int) -> None:
    if found > latest():
        raise UnreadableError(
            f"the call log was written by a newer CallGuard (version {found}, this one knows {latest()}): update it"
        )
    if found < latest():
        raise UnreadableError("the call log is of an older CallGuard: starting the daemon brings it up to date")
