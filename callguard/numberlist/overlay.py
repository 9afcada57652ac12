"""Lays what changed over a list, so that a daily change does not rewrite all of it."""

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from callguard.home import JSON
from callguard.model.numberlist import Progress, Report
from callguard.numberlist.builder import faded
from callguard.numberlist.form import TABLES, Head, complete, create, head_of

_KEY = "key, category, reports, weight, first_seen, last_seen"
_TAKE = f"INSERT INTO main.{{table}} SELECT {_KEY} FROM delta.{{table}} ORDER BY key"
_CARRY_OVER = """
INSERT INTO main.{table} SELECT key, category, reports, weight * ?, first_seen, last_seen FROM earlier.{table}
WHERE key NOT IN (SELECT key FROM delta.{table}) ORDER BY key
"""
_CHANGE = """
SELECT coalesce(sum((o.reports > 0) - (b.reports IS NOT NULL AND b.reports > 0)), 0)
FROM main.{table} o LEFT JOIN base.{table} b ON b.key = o.key
"""


def lay(arguments: Mapping[str, JSON], report: Report) -> JSON:
    """Write to `out` what `delta` says, and what the `earlier` overlay (or "") says of other numbers, over `base`.

    Runs in a process of its own. An earlier overlay that lies over another base is forgotten.
    """
    base, delta, out = (Path(str(arguments[name])) for name in ("base", "delta", "out"))
    earlier = Path(str(arguments["earlier"])) if arguments["earlier"] else None
    report(Progress(step="merging", unit="files"))
    connection = create(out)
    try:
        head = _fill(connection, base, delta, earlier, _half_life(arguments["half_life"]))
        complete(connection, head, out)
    except BaseException:
        connection.close()
        out.unlink(missing_ok=True)
        raise
    return None


def _half_life(seconds: JSON) -> timedelta | None:
    return timedelta(seconds=seconds) if isinstance(seconds, int | float) else None


def _fill(
    connection: sqlite3.Connection, base: Path, delta: Path, earlier: Path | None, half_life: timedelta | None
) -> Head:
    below, new = head_of(base), head_of(delta)
    new = replace(new, half_life=half_life or new.half_life)
    before = head_of(earlier) if earlier else None
    for name, path in (("base", base), ("delta", delta)):
        connection.execute(f"ATTACH ? AS {name}", (str(path),))
    connection.execute("BEGIN")
    for table in TABLES:
        connection.execute(_TAKE.format(table=table))
    connection.execute("COMMIT")
    if earlier and before and before.base == below.ident:
        _carry_over(connection, earlier, before, new)
    lengths = connection.execute("SELECT DISTINCT length(key) FROM main.prefixes").fetchall()
    numbers, prefixes = (_count(connection, below, table) for table in TABLES)
    for name in ("base", "delta"):
        connection.execute(f"DETACH {name}")
    return replace(
        new,
        info=replace(new.info, numbers=numbers, prefixes=prefixes),
        prefix_lengths=tuple(sorted((n for (n,) in lengths), reverse=True)),
        base=below.ident,
    )


def _carry_over(connection: sqlite3.Connection, earlier: Path, before: Head, new: Head) -> None:
    factor = faded((new.info.as_of - before.info.as_of).days, new.half_life)
    connection.execute("ATTACH ? AS earlier", (str(earlier),))
    connection.execute("BEGIN")
    for table in TABLES:
        connection.execute(_CARRY_OVER.format(table=table), (factor,))
    connection.execute("COMMIT")
    connection.execute("DETACH earlier")


def _count(connection: sqlite3.Connection, below: Head, table: str) -> int:
    """How many entries the base and what lies over it have together."""
    (change,) = connection.execute(_CHANGE.format(table=table)).fetchone()
    return int(change) + (below.info.numbers if table == "numbers" else below.info.prefixes)
