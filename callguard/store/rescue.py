"""Carries the household's own data out of a file that cannot be used, and everything back once it can."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from callguard.store import rules
from callguard.store.database import Connect, on_disk
from callguard.store.log import Stamp

_HOUSEHOLD = {
    "rules": "id, list, kind, value, note, line, schedule, until, uses_left, created_at, origin, in_force",
    "uses": "rule, call",
    "changes": "id, at, by, what, subject, undoes, undone_by, about, found, made, did",
    "books": "book, version",
    "contacts": "book, uid, name, numbers",
    "acquaintances": "number, dialled_at, answered_at",
    "settings": "key, value, version",
    "phrases": "source, code, sentence",
}
_RECORDS = {
    "policies": "key, body",
    "calls": "id, received_at, line, number, name, action, rung, outcome, policy, body",
}


@dataclass(frozen=True, slots=True)
class Rescued:
    """What could be carried out of a file."""

    rules: int = 0
    complete: bool = False
    "Whether nothing of the household's data was left behind."


def rescue(source: Path, target: sqlite3.Connection, connect: Connect) -> Rescued:
    """Copy rules, changes and phrases from *source* as far as they can be read."""
    if not source.exists():
        return Rescued(complete=True)
    target.execute("BEGIN IMMEDIATE")
    complete = _rescue(source, "mode=ro", target, connect)
    if not complete:  # without its log, which cannot be read in a read-only folder
        _rescue(source, "immutable=1", target, connect)
    target.execute("COMMIT")
    (count,) = target.execute("SELECT count(*) FROM rules WHERE in_force = 1").fetchone()
    return Rescued(count, complete)


def carry_back(memory: sqlite3.Connection, disk: sqlite3.Connection, *, complete: bool) -> None:
    """Write what was kept in *memory* to the file it stood in for, all of it or, raising sqlite3.Error, nothing.

    If the rescue was *complete*, the household's data in memory is what became of that in the file and takes its
    place; otherwise only the rules in force are added to it.
    """
    try:
        disk.execute("BEGIN IMMEDIATE")
        for table, columns in _RECORDS.items():
            _copy(memory, disk, table, columns, "OR IGNORE")
        if complete:
            for table, columns in _HOUSEHOLD.items():
                _copy(memory, disk, table, columns, "OR REPLACE")
        else:
            _add_rules(memory, disk)
        disk.execute("COMMIT")
    finally:
        if disk.in_transaction:
            disk.rollback()


def _rescue(source: Path, way: str, target: sqlite3.Connection, connect: Connect) -> bool:
    complete = False
    with suppress(sqlite3.Error), closing(connect(on_disk(source, way))) as old:
        copied = [_copy_readable(old, target, table, columns) for table, columns in _HOUSEHOLD.items()]
        complete = all(copied)
    return complete


def _copy_readable(old: sqlite3.Connection, target: sqlite3.Connection, table: str, columns: str) -> bool:
    """Copy up to the first page that cannot be read; tell whether that was the end."""
    try:
        _copy(old, target, table, columns, "OR IGNORE")
    except sqlite3.Error:
        return False
    return True


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, table: str, columns: str, conflict: str) -> None:
    places = ", ".join("?" * len(columns.split(",")))
    for row in old.execute(f"SELECT {columns} FROM {table}"):
        new.execute(f"INSERT {conflict} INTO {table} ({columns}) VALUES ({places})", row)


def _add_rules(memory: sqlite3.Connection, disk: sqlite3.Connection) -> None:
    for rule in rules.read(memory, {}).rules:
        if rule.created_at:
            rules.add(disk, rule, Stamp(by=rule.origin, at=rule.created_at))
