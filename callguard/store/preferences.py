"""Settings made outside config.yaml, in SQL: a dotted key and a JSON value each."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from callguard.home import JSON
from callguard.model.rule import Change
from callguard.store import log
from callguard.store.database import Connect, on_disk, reason, sqlite_connect
from callguard.store.errors import CannotUndoError, UnreadableError
from callguard.store.log import Deed, Entry, Item, Stamp
from callguard.store.migrate import version
from callguard.store.understanding import understood
from callguard.store.validity import storable_setting

ABOUT = "setting:"
_SINCE = 4  # the migration that brought them


def read(connection: sqlite3.Connection) -> tuple[dict[str, JSON], int]:
    """Return every setting that is set, and how many of them this version does not understand."""
    every, unreadable = _everything(connection)
    return {key: value for key, value in every if value is not None}, unreadable


def everything(connection: sqlite3.Connection) -> dict[str, JSON]:
    """Return every setting that ever was set; None for those that were removed."""
    return dict(_everything(connection)[0])


def stored_settings(path: Path, connect: Connect = sqlite_connect) -> Mapping[str, JSON]:
    """Return the settings in the database file at *path*, which is not changed; none if there is no such file.

    UnreadableError if the file cannot be read.
    """
    if not path.exists():
        return {}
    # Where there is no log nobody has it open, and nothing need be left beside it for those who have.
    ways = ["mode=ro", "immutable=1"]
    if not path.with_name(f"{path.name}-wal").exists():
        ways.reverse()
    try:
        return _read_file(path, ways[0], connect)
    except UnreadableError:
        return _read_file(path, ways[1], connect)


def put(connection: sqlite3.Connection, key: str, value: JSON, stamp: Stamp, shown: JSON = None) -> Change | None:
    """Set *key* to *value* (people see *shown*, if given), or remove it by None; None if it is so already."""
    text = storable_setting(key, value) if value is not None else None
    before, found = _find(connection, key)
    if text == before:
        return None
    seen = text if shown is None else storable_setting(key, shown)
    about = f"{key} = {seen:.60}" if text is not None else f"{key} as if it had never been set"
    deed = Deed(what="setting-changed", subject=about, about=f"{ABOUT}{key}", did=[(None, before, text)], found=found)
    change = log.note(connection, stamp, deed)
    _set(connection, key, text, change.id)
    return change


def undo(connection: sqlite3.Connection, entry: Entry) -> list[Item]:
    """Set a key to what it was; CannotUndoError if it was changed since."""
    key = entry.about.removeprefix(ABOUT)
    if _find(connection, key)[1] != entry.made:
        raise CannotUndoError(f"change {entry.change.id} cannot be undone: {key} has been changed since")
    did = list(entry.opposite)
    for _, _, text in did:
        _set(connection, key, text if isinstance(text, str) else None, entry.found)
    return did


def _everything(connection: sqlite3.Connection) -> tuple[list[tuple[str, JSON]], int]:
    def pair(row: tuple[str, str | None]) -> tuple[str, JSON]:
        return row[0], None if row[1] is None else json.loads(row[1])

    return understood(pair, connection.execute("SELECT key, value FROM settings ORDER BY key").fetchall())


def _find(connection: sqlite3.Connection, key: str) -> tuple[str | None, int]:
    row = connection.execute("SELECT value, version FROM settings WHERE key = ?", (key,)).fetchone()
    return (row[0], row[1]) if row else (None, 0)


def _set(connection: sqlite3.Connection, key: str, text: str | None, made: int) -> None:
    connection.execute(
        "INSERT INTO settings (key, value, version) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET value = excluded.value, version = excluded.version",
        (key, text, made),
    )


def _read_file(path: Path, way: str, connect: Connect) -> dict[str, JSON]:
    try:
        with closing(connect(on_disk(path, way))) as connection:
            return read(connection)[0] if version(connection) >= _SINCE else {}
    except sqlite3.Error as error:
        raise UnreadableError(f"the settings in {path} cannot be read: {reason(error)}") from error
