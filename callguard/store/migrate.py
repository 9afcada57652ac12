"""Numbered migrations: the files in migrations/ carry a database from any older version to this one."""

import sqlite3
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from callguard.store.columns import read_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step; `PRAGMA user_version` tells which of them a database has seen."""

    number: int
    name: str
    sql: str


@cache
def migrations() -> tuple[Migration, ...]:
    """Return all steps, in order."""
    found = (f for f in files("callguard.store").joinpath("migrations").iterdir() if f.name.endswith(".sql"))
    ordered = sorted(found, key=lambda f: f.name)
    return tuple(
        Migration(number=int(f.name[:4]), name=f.name[5:-4], sql=f.read_text(encoding="utf-8")) for f in ordered
    )


def latest() -> int:
    """Return the version this program writes."""
    return migrations()[-1].number


def version(connection: sqlite3.Connection) -> int:
    """Return the version of a database; 0 if it is empty."""
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    return int(number)


def migrate(connection: sqlite3.Connection, upto: int | None = None) -> None:
    """Take every step the database has not seen, each in its own transaction; sqlite3.Error leaves it as it was."""
    seen = version(connection)
    last = latest() if upto is None else upto
    for step in migrations():
        if seen < step.number <= last:
            _take(connection, step)


def _take(connection: sqlite3.Connection, step: Migration) -> None:
    connection.create_function("read_out", 2, read_out)  # 0006 fills its columns by it
    try:
        connection.executescript(f"BEGIN IMMEDIATE;\n{step.sql}\nPRAGMA user_version={step.number};\nCOMMIT;")
    finally:
        if connection.in_transaction:
            connection.rollback()
