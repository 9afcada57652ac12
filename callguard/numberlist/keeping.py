"""What is remembered of a list's updates, in a small file beside the list."""

import json
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from callguard.home import JSON
from callguard.numberlist.form import sync

_LARGEST = 10_000_000


@dataclass(slots=True)
class Memory:
    """How the updates of a list went."""

    last_tried_at: datetime | None = None
    last_succeeded_at: datetime | None = None
    last_changed_at: datetime | None = None
    failing_since: datetime | None = None
    not_before: datetime | None = None
    failures: int = 0
    error: str = ""
    "Why the last attempt failed."
    refused: bool = False
    "It failed because what came did not look right."
    forcible: bool = False
    "A person may take what was refused all the same."
    state: dict[str, JSON] = field(default_factory=dict)
    "What the plugin noted."


_TIMES = ("last_tried_at", "last_succeeded_at", "last_changed_at", "failing_since", "not_before")


def load(path: Path) -> Memory:
    """Return what was saved at *path*; what cannot be read is forgotten, for nothing in it is needed to screen."""
    try:
        with path.open("rb") as file:
            facts = json.loads(file.read(_LARGEST))
        return Memory(
            **{name: _time(facts.get(name)) for name in _TIMES},
            failures=max(0, int(facts.get("failures", 0))),
            error=str(facts.get("error", "")),
            refused=facts.get("refused") is True,
            forcible=facts.get("forcible") is True,
            state=dict(facts.get("state", {})),
        )
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return Memory()


def save(path: Path, memory: Memory) -> None:
    """Write *memory* to *path*, all of it or nothing; OSError if the disk does not take it."""
    facts = {
        **{name: at.isoformat() if (at := getattr(memory, name)) else None for name in _TIMES},
        "failures": memory.failures,
        "error": memory.error,
        "refused": memory.refused,
        "forcible": memory.forcible,
        "state": memory.state,
    }
    aside = path.with_name(path.name + ".new")
    try:
        _write(aside, json.dumps(facts, indent=1).encode())
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    sync(path.parent)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _time(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else None
