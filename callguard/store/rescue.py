"""Carries the household's own data out of a file that cannot be used, and everything back once it can."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from callguard.store import acquaintances, complaints, contacts, hits, preferences, relationships, rules, words
from callguard.store.database import Connect, on_disk
from callguard.store.log import Stamp
from callguard.store.migrate import latest, migrate, version

_HOUSEHOLD = (
    *("rules", "uses", "changes", "books", "contacts", "acquaintances", "settings", "phrases"),
    *("relationships", "complaints"),
)
_RECORDS = ("policies", "calls")
_BY = "CallGuard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescued:
    """What could be carried out of a file."""

    rules: int = 0
    contacts: int = 0
    settings: int = 0
    relationships: int = 0
    complaints: int = 0
    complete: bool = False
    "Whether nothing of the household's data was left behind."

    def __str__(self) -> str:
        counted = {
            "rules of your lists": self.rules,
            "contacts": self.contacts,
            "settings": self.settings,
            "relationships": self.relationships,
            "complaints": self.complaints,
        }
        return ", ".join(f"{what}: {count}" for what, count in counted.items())


def rescue(source: Path, target: sqlite3.Connection, connect: Connect) -> Rescued:
    """Copy the household's data from *source* as far as they can be read."""
    if not source.exists():
        return Rescued(complete=True)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as carrier:
        complete = _read_out(source, "mode=ro", carrier, connect)
        if not complete:  # without its log, which cannot be read in a read-only folder
            _read_out(source, "immutable=1", carrier, connect)
        with suppress(sqlite3.Error):  # a step that fails leaves what it can be taken as
            migrate(carrier)
        complete = _put_in(carrier, target) and complete
    return Rescued(
        rules=_count(target, "rules WHERE in_force = 1"),
        contacts=_count(target, "contacts"),
        settings=_count(target, "settings WHERE value IS NOT NULL"),
        relationships=_count(target, "relationships WHERE body IS NOT NULL"),
        complaints=_count(target, "complaints WHERE body IS NOT NULL"),
        complete=complete,
    )


def carry_back(memory: sqlite3.Connection, disk: sqlite3.Connection, *, complete: bool, now: datetime) -> None:
    """Write what was kept in *memory* to the file it stood in for, all of it or, raising sqlite3.Error, nothing.

    If the rescue was *complete*, the household's data in memory is what became of that in the file and takes its
    place; otherwise it is only added to it.
    """
    try:
        disk.execute("BEGIN IMMEDIATE")
        (known,) = disk.execute("SELECT ifnull(max(seq), 0) FROM calls").fetchone()
        for table in _RECORDS:
            _copy(memory, disk, table, "OR IGNORE")
        words.add_since(disk, known)
        hits.add_all(memory, disk)
        if complete:
            _take_the_place(memory, disk)
        else:
            _add_to(memory, disk, Stamp(by=_BY, at=now))
        disk.execute("COMMIT")
    finally:
        if disk.in_transaction:
            disk.rollback()


def _read_out(source: Path, way: str, carrier: sqlite3.Connection, connect: Connect) -> bool:
    """Copy what can be read; the carrier is of the version of the file, for its columns are those of that time."""
    complete = False
    with suppress(sqlite3.Error), closing(connect(on_disk(source, way))) as old:
        if not version(carrier):
            migrate(carrier, upto=_version_of(old))
        copied = [_copy_readable(old, carrier, table) for table in _HOUSEHOLD if _columns(carrier, table)]
        complete = all(copied)
    return complete


def _put_in(carrier: sqlite3.Connection, target: sqlite3.Connection) -> bool:
    try:
        target.execute("BEGIN IMMEDIATE")
        copied = [_copy_readable(carrier, target, table) for table in _HOUSEHOLD]
        complete = all(copied)
        target.execute("COMMIT")
    except sqlite3.Error:
        complete = False
    if target.in_transaction:
        target.rollback()
    return complete


def _version_of(old: sqlite3.Connection) -> int:
    try:
        return min(version(old), latest()) or latest()
    except sqlite3.Error:
        return latest()


def _copy_readable(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> bool:
    """Copy up to the first page that cannot be read; tell whether that was the end."""
    try:
        _copy(old, new, table, "OR IGNORE")
    except sqlite3.Error:
        return False
    return True


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall()]


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, table: str, conflict: str) -> None:
    known = set(_columns(old, table))
    # Both have counted their calls from one on, so that the place in that order cannot be taken along.
    names = [name for name in _columns(new, table) if name in known and name != "seq"]
    columns, places = ", ".join(names), ", ".join("?" * len(names))
    for row in old.execute(f"SELECT {columns} FROM {table}"):
        new.execute(f"INSERT {conflict} INTO {table} ({columns}) VALUES ({places})", row)


def _count(connection: sqlite3.Connection, what: str) -> int:
    (number,) = connection.execute(f"SELECT count(*) FROM {what}").fetchone()
    return int(number)


def _take_the_place(memory: sqlite3.Connection, disk: sqlite3.Connection) -> None:
    for table in _HOUSEHOLD:
        disk.execute(f"DELETE FROM {table}")
        _copy(memory, disk, table, "OR REPLACE")


def _add_to(memory: sqlite3.Connection, disk: sqlite3.Connection, stamp: Stamp) -> None:
    for rule in rules.read(memory, {}).rules:
        rules.add(disk, rule, Stamp(by=rule.origin, at=rule.created_at or stamp.at))
    for book, (_, people) in contacts.read(memory, {}).items():
        contacts.add(disk, book, people, stamp)
    for key, value in preferences.everything(memory).items():
        preferences.put(disk, key, value, stamp)
    relationships.add_all(memory, disk, stamp)
    complaints.add_all(memory, disk, stamp)
    acquaintances.add_all(memory, disk)
