"""Tables for spreadsheets, in which nothing that a caller sent is ever calculated."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from callguard.model.text import plain

_FORMULA = re.compile(r"(^|;\s*)(?=[=+@\uff1d\uff0b\uff0d\uff20-])")
"""Also behind a semicolon: where commas stand in numbers, spreadsheets begin a new cell there. Also in full width."""
_LONGEST_CELL = 1000


def csv_of(rows: Iterable[Sequence[object]]) -> str:
    """Return *rows* as CSV; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> str:
    return _FORMULA.sub(r"\1'", plain("" if value is None else str(value), _LONGEST_CELL))
