"""The full-text index of the calls: written once a transaction, because each statement between would write a part.

SQLite has FTS5 flush what it holds whenever a statement may have to be rolled back by itself, as those do that have
triggers: two calls in a transaction would cost what two transactions cost, and more segments to merge.
"""

import sqlite3
from collections.abc import Iterable

Words = tuple[str | None, str, str]
"""Number, name and facts of a call, as its row has them."""


class Indexing:
    """The words of the calls of one transaction."""

    def __init__(self) -> None:
        self._new: dict[int, Words] = {}

    def begin(self) -> None:
        """Forget what a transaction that failed has left."""
        self._new = {}

    def add(self, seq: int, words: Words) -> None:
        """Have a new call found by its words."""
        self._new[seq] = words

    def replace(self, connection: sqlite3.Connection, seq: int, before: Words, after: Words) -> None:
        """Have a call found by other words than before."""
        if before == after:
            return
        if seq not in self._new:
            remove(connection, [(seq, *before)])
        self._new[seq] = after

    def write(self, connection: sqlite3.Connection) -> None:
        """Write everything gathered since the beginning."""
        if self._new:
            connection.executemany(
                "INSERT INTO calls_text (rowid, number, name, facts) VALUES (?, ?, ?, ?)",
                sorted((seq, *words) for seq, words in self._new.items()),
            )
            self._new = {}


def remove(connection: sqlite3.Connection, rows: Iterable[tuple[int, str | None, str, str]]) -> None:
    """Have calls not be found any more; *rows* are what they were found by, in the order of recording."""
    connection.executemany(
        "INSERT INTO calls_text (calls_text, rowid, number, name, facts) VALUES ('delete', ?, ?, ?, ?)", rows
    )


def add_since(connection: sqlite3.Connection, seq: int) -> None:
    """Have all calls be found that were stored after that one and are not in the index yet."""
    connection.execute(
        "INSERT INTO calls_text (rowid, number, name, facts)"
        " SELECT seq, number, name, facts FROM calls WHERE seq > ? ORDER BY seq",
        (seq,),
    )
