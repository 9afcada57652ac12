"""The heavy work on PhoneBlock's list, in a process of its own."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from callguard import JSON, ListBuilder, Progress, Report
from callguard_phoneblock.wire import Blocklist

_OFTEN = 1 << 12


def inspect(arguments: Mapping[str, JSON], _report: Report) -> JSON:
    """Read the whole answer in `file` and return its version and how many rows it has; ValueError if it is none."""
    with Path(str(arguments["file"])).open(encoding="utf-8", errors="replace") as stream:
        blocklist = Blocklist(stream)
        rows = sum(1 for _ in blocklist.entries())
    return {"version": blocklist.version, "rows": rows}


def build(arguments: Mapping[str, JSON], report: Report) -> JSON:
    """Build the list at `path` from the answer in `file`; with `changes`, a number without votes is removed."""
    now = datetime.fromisoformat(str(arguments["now"]))
    changes = bool(arguments["changes"])
    with (
        Path(str(arguments["file"])).open(encoding="utf-8", errors="replace") as stream,
        ListBuilder(Path(str(arguments["path"])), name=str(arguments["name"]), report=report) as builder,
    ):
        blocklist = Blocklist(stream)
        for row, entry in enumerate(blocklist.entries()):
            if row % _OFTEN == 0:
                report(Progress(step="reading", done=row, unit="rows"))
            if isinstance(entry, str):
                builder.reject("not-a-number", entry)
            elif entry.reports or changes:
                builder.add(entry)
        builder.finish(
            version=str(blocklist.version),
            as_of=now.date(),
            retrieved_at=now,
            source=str(arguments["source"]),
        )
    return None
