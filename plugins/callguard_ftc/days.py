"""The FTC's daily files as they are kept: checked, compressed, for longer than the FTC itself shows them."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import BufferedReader
from pathlib import Path

LONGEST_LINE = 4096
"""A longer one is cut into rows that are refused: a file of one line must not fill the memory."""
_ENDING = ".csv.gz"


def opened(path: Path) -> gzip.GzipFile | BufferedReader:
    """Open a file, compressed (`.gz`) or not, for reading its content."""
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


@contextmanager
def lines_of(path: Path) -> Iterator[Iterator[str]]:
    """Open a text file, compressed or not, and yield its lines as they come; OSError or EOFError if it is damaged."""
    with opened(path) as file:
        yield (line.decode("utf-8", "replace") for line in iter(lambda: file.readline(LONGEST_LINE), b""))


def kept_days(folder: Path) -> dict[str, Path]:
    """Return the kept files by name, the oldest first."""
    return {path.name.removesuffix(_ENDING): path for path in sorted(folder.glob(f"*{_ENDING}"))}


def place_of(folder: Path, name: str) -> Path:
    """Return where the file called *name* (`2026-03-05_0`) is kept."""
    return folder / f"{name}{_ENDING}"


def forget_before(folder: Path, oldest: date) -> None:
    """Remove the kept files of days before *oldest*."""
    for name, path in kept_days(folder).items():
        if name[:10] < oldest.isoformat():
            path.unlink(missing_ok=True)
