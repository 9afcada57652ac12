"""Checks the fetched daily files and keeps the good ones, in the second process."""

import gzip
import os
import shutil
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from callguard import JSON, Progress, Report
from callguard_ftc.complaints import NotThisFileError, Refused
from callguard_ftc.days import lines_of, place_of
from callguard_ftc.ftc import HEADER, read_daily
from callguard_ftc.numbers import Odd

_MOST_ODD = 0.5
"""Files have 3 to 8 % of odd rows and 4 to 5 % without a number; half of them odd is another kind of file."""


def keep(arguments: Mapping[str, JSON], report: Report) -> JSON:
    """Check the fetched files in `incoming` and move the good ones, compressed, to `folder`; for the second process.

    Returns for each name what is wrong with its file, empty if it is kept.
    """
    incoming, folder = Path(str(arguments["incoming"])), Path(str(arguments["folder"]))
    latest = datetime.fromisoformat(str(arguments["now"])).date() + timedelta(days=1)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = sorted(incoming.glob("*.csv"))
    wrong: dict[str, JSON] = {}
    for done, path in enumerate(paths):
        report(Progress(step="reading", done=done, total=len(paths), unit="files"))
        wrong[path.stem] = fault_of(path, latest)
        if not wrong[path.stem]:
            _compress(path, place_of(folder, path.stem))
        path.unlink()
    return wrong


def fault_of(path: Path, latest: date) -> str:
    """Return what is wrong with a fetched daily file, empty if nothing is."""
    with path.open("rb") as file:
        beginning = file.read(200).removeprefix(b"\xef\xbb\xbf").lstrip()
        file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
        ending = file.read(1)
    if not beginning.startswith(HEADER.encode()):
        return "a web page came instead of the file" if beginning[:1] == b"<" else "it is no file of complaints"
    if ending != b"\n":
        return "its end is missing"
    return _fault_in_rows(path, latest)


def _fault_in_rows(path: Path, latest: date) -> str:
    good = odd = 0
    try:
        with lines_of(path) as lines:
            for row in read_daily(lines, latest.toordinal()):
                if not isinstance(row, Refused):
                    good += 1
                elif row.why is not Odd.BLANK:
                    odd += 1
    except NotThisFileError as error:
        return str(error)
    if good == 0:
        return "it has no complaint"
    share = odd / (odd + good)
    return f"{share:.0%} of its rows cannot be read" if share > _MOST_ODD else ""


def _compress(path: Path, to: Path) -> None:
    """Write *path* compressed to *to*: all of it or nothing, and on the disk."""
    aside = to.with_name(to.name + ".new")
    try:
        # Without a time in its head the same day always gives the same file.
        with path.open("rb") as source, aside.open("wb") as file:
            with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed:
                shutil.copyfileobj(source, packed)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(to)
    finally:
        aside.unlink(missing_ok=True)
