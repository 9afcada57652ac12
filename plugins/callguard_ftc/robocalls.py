"""How often people said that a recording spoke, kept beside the list: a fact for people, which weighs nothing.

Victims whose number is shown by others and those who show it have the same share (0.78 to 0.95 in 2020-21).
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

_FEWEST = 3
"""One or two people's word is no share."""
_NEW = """
CREATE TABLE beside.robocalls (number INTEGER PRIMARY KEY, told INTEGER NOT NULL, recorded INTEGER NOT NULL);
INSERT INTO beside.robocalls SELECT number, count(robocall), sum(robocall) FROM seen WHERE robocall IS NOT NULL
 GROUP BY number HAVING count(*) >= {fewest} ORDER BY number;
"""


def beside(path: Path) -> Path:
    """Return where the shares lie of the list in the same folder as *path*."""
    return path.with_name("robocalls.sqlite")


def write_shares(seen: sqlite3.Connection, path: Path) -> None:
    """Write the shares of the complaints in table `seen` (number, robocall) to *path*, in place of those there."""
    aside = path.with_name(path.name + ".new")
    aside.unlink(missing_ok=True)
    try:
        seen.execute("ATTACH ? AS beside", (str(aside),))
        seen.executescript(_NEW.format(fewest=_FEWEST))
        seen.execute("DETACH beside")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def share_of(number: str, path: Path) -> float | None:
    """Return of how many of those who said so *number* (E.164) played a recording, 0 to 1; None if that is unknown.

    Opened for each question, because hits are rare; whatever is wrong with the file, nothing depends on it.
    """
    try:
        source = f"file:{quote(str(path))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(source, uri=True)) as connection:
            row = connection.execute(
                "SELECT told, recorded FROM robocalls WHERE number = ?", (int(number[1:]),)
            ).fetchone()
        return round(row[1] / row[0], 2) if row else None
    except (sqlite3.Error, ValueError, TypeError, ZeroDivisionError, OverflowError):
        return None
