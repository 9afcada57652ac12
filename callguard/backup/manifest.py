"""What a backup says of itself."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from callguard.backup.errors import NotABackupError
from callguard.model.text import plain

FORMAT = 1
NAME = "manifest.json"
DATABASE, ACCESS, CONFIG, PLUGINS = "callguard.db", "access.db", "config.yaml", "plugins"
LARGEST_MANIFEST = 4 << 20
LARGEST_FILE: Final = 1 << 40
PSEUDONYMS = "pseudonyms.key"
"""The file in the data folder without which nobody can say whose call a pseudonym stands for."""
_MOST_FILES = 10_000
_MOST_LEFT_OUT = 1000
_HASH = re.compile("[0-9a-f]{64}")
_PLUGIN_FILE = re.compile(r"plugins(/[A-Za-z0-9][A-Za-z0-9 _.@+-]{0,99}){2,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file in a backup."""

    size: int
    "Bytes."
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is in a backup, who made it and when."""

    made_at: datetime
    software: str
    schema: int
    "Version of the database."
    files: Mapping[str, Entry]
    left_out: tuple[str, ...] = ()
    with_secrets: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """Return the manifest as JSON."""
        return {
            "format": FORMAT,
            "made_at": self.made_at.isoformat(),
            "software": self.software,
            "schema": self.schema,
            "files": {name: {"size": entry.size, "sha256": entry.sha256} for name, entry in self.files.items()},
            "left_out": list(self.left_out),
            "with_secrets": self.with_secrets,
            "counts": dict(self.counts),
        }


def is_name(name: str) -> bool:
    """Tell whether a backup may have a file of that *name*: it can only lie where CallGuard puts it."""
    return name in (DATABASE, ACCESS, CONFIG, PSEUDONYMS) or _PLUGIN_FILE.fullmatch(name) is not None


def read_manifest(text: bytes) -> Manifest:
    """Return what *text* says; NotABackupError if it is no manifest that this version understands."""
    try:
        facts = json.loads(text)
        if facts["format"] != FORMAT:
            raise NotABackupError(
                "it was made by another version of CallGuard, in a form that this one does not know"
            )
        return _manifest(facts)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise NotABackupError("its manifest cannot be understood") from error


def _manifest(facts: Mapping[str, Any]) -> Manifest:
    made_at = datetime.fromisoformat(facts["made_at"])
    files = {str(name): _entry(entry) for name, entry in facts["files"].items()}
    if made_at.tzinfo is None or len(files) > _MOST_FILES or not all(is_name(name) for name in files):
        raise ValueError("no proper time, or files that no backup has")
    return Manifest(
        made_at=made_at,
        software=plain(str(facts["software"]), 40),
        schema=_number(facts["schema"]),
        files=files,
        left_out=tuple(plain(str(what)) for what in _texts(facts["left_out"])[:_MOST_LEFT_OUT]),
        with_secrets=facts["with_secrets"] is True,
        counts={plain(str(what), 40): _number(count) for what, count in facts["counts"].items()},
    )


def _entry(facts: Mapping[str, Any]) -> Entry:
    size, digest = _number(facts["size"]), str(facts["sha256"])
    if _HASH.fullmatch(digest) is None:
        raise ValueError("no hash")
    return Entry(size=size, sha256=digest)


def _number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_FILE:
        return value
    raise ValueError("no number")


def _texts(value: object) -> Sequence[object]:
    if isinstance(value, list):
        return value
    raise ValueError("no list")
