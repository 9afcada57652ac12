"""Says what a restore would change, before it does."""

import json
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from callguard.backup import manifest as names
from callguard.backup.errors import NotABackupError, in_words
from callguard.backup.looking import unpack
from callguard.backup.manifest import Manifest
from callguard.backup.masking import masked_yaml, secret_keys
from callguard.model.text import plain
from callguard.place import Place
from callguard.store.database import on_disk, sqlite_connect
from callguard.store.migrate import migrate, version

_EXAMPLES = 5
_KEYS = {
    "calls": (names.DATABASE, "SELECT id, id FROM calls"),
    "rules": (
        names.DATABASE,
        "SELECT list || ' ' || kind || ' ' || value || ' ' || line || ' ' || schedule, value FROM rules"
        " WHERE in_force = 1",
    ),
    "contacts": (names.DATABASE, "SELECT book || ' ' || uid || ' ' || name || ' ' || numbers, name FROM contacts"),
    "settings": (names.DATABASE, "SELECT key || ' ' || value, key FROM settings WHERE value IS NOT NULL"),
    "people": (names.ACCESS, "SELECT folded || ' ' || role, name FROM people"),
}
"""What each part is compared by, and what people call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How one kind of data differs between the house and the backup."""

    here: int
    there: int
    only_here: int
    "What a restore would take away."
    only_there: int
    "What a restore would bring back."
    examples_here: tuple[str, ...] = ()
    examples_there: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a restore would change."""

    manifest: Manifest
    parts: dict[str, Part]
    config_differs: bool
    "config.yaml is never written; the one of the backup would be laid beside it."


def compare(path: Path, place: Place) -> Difference:
    """Return how the backup at *path* differs from the house at *place*; nothing is changed. NotABackupError."""
    there = place.data_dir / ".restore-compared"
    with in_words(place.data_dir):
        shutil.rmtree(there, ignore_errors=True)  # left by one that was killed
        there.mkdir(mode=0o700)
        try:
            manifest = unpack(path, there)
            check_databases(there, manifest)
            return Difference(
                manifest=manifest,
                parts={what: _part(place.data_dir, there, *source) for what, source in _KEYS.items()},
                config_differs=config_differs(place, there / names.CONFIG),
            )
        finally:
            shutil.rmtree(there, ignore_errors=True)


def check_databases(folder: Path, manifest: Manifest) -> None:
    """Make sure that the databases that were unpacked can be used, whatever their hashes say; NotABackupError.

    The calls are brought to this version's form, as the next start would do.
    """
    for name in (names.DATABASE, names.ACCESS):
        if name in manifest.files:
            try:
                with closing(sqlite_connect(on_disk(folder / name))) as copy:
                    (finding,) = copy.execute("PRAGMA quick_check(1)").fetchone()
                    sound = finding == "ok" and (name == names.ACCESS or version(copy) == manifest.schema > 0)
                    if sound and name == names.DATABASE:
                        migrate(copy)
            except sqlite3.Error as error:
                raise NotABackupError(f"{name} in the backup is damaged") from error
            if not sound:
                raise NotABackupError(f"{name} in the backup is damaged")


def config_differs(place: Place, restored: Path) -> bool:
    """Tell whether a *restored* config.yaml says something else than the present one, secrets left aside."""
    if not restored.exists():
        return False
    present = place.config.read_bytes() if place.config and place.config.exists() else b""
    data = restored.read_bytes()
    return present != data and _masked(present) != _masked(data)


def _part(here: Path, there: Path, name: str, sql: str) -> Part:
    with closing(sqlite_connect(on_disk(there / ".scratch"))) as scratch:
        for side, folder in (("here", here), ("there", there)):
            scratch.execute(f"DROP TABLE IF EXISTS {side}")
            scratch.execute(f"CREATE TABLE {side} (key TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID")
            with suppress(sqlite3.Error):  # a damaged one is what one restores for
                _read(scratch, side, folder / name, sql)
        counts = [_one(scratch, f"SELECT count(*) FROM {side}") for side in ("here", "there")]
        return Part(
            here=counts[0],
            there=counts[1],
            only_here=_one(scratch, f"SELECT count(*) {_ONLY.format('here', 'there')}"),
            only_there=_one(scratch, f"SELECT count(*) {_ONLY.format('there', 'here')}"),
            examples_here=_examples(scratch, "here", "there"),
            examples_there=_examples(scratch, "there", "here"),
        )


_ONLY = "FROM {0} WHERE key NOT IN (SELECT key FROM {1})"


def _one(scratch: sqlite3.Connection, sql: str) -> int:
    (count,) = scratch.execute(sql).fetchone()
    return int(count)


def _examples(scratch: sqlite3.Connection, side: str, other: str) -> tuple[str, ...]:
    rows = scratch.execute(f"SELECT name {_ONLY.format(side, other)} ORDER BY key DESC LIMIT {_EXAMPLES}")
    return tuple(plain(str(name), 60) for (name,) in rows)


def _read(scratch: sqlite3.Connection, side: str, path: Path, sql: str) -> None:
    """Note what is in a database, all of it within SQLite: a million rows would hold the interpreter."""
    scratch.execute("ATTACH ? AS source", (on_disk(path, "mode=ro"),))
    try:
        scratch.execute(f"INSERT OR IGNORE INTO {side} {sql}")
    finally:
        scratch.execute("DETACH source")


def _masked(config: bytes) -> str | bytes:
    try:
        return masked_yaml(config, secret_keys(None))[0]
    except ValueError:
        return config


def facts_of(difference: Difference) -> dict[str, object]:
    """Return *difference* as JSON."""
    parts = {what: {name: getattr(part, name) for name in Part.__slots__} for what, part in difference.parts.items()}
    found = {"backup": difference.manifest.facts(), "parts": parts, "config_differs": difference.config_differs}
    loaded: dict[str, object] = json.loads(json.dumps(found))
    return loaded
