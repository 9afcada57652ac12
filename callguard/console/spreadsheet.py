"""Tables for spreadsheets, in which nothing that a caller sent is ever calculated."""

import csv
import io
from collections.abc import Iterable, Sequence

from callguard.model.text import plain

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_CELL = 1000


def csv_of(rows: Iterable[Sequence[object]]) -> str:
    """Return *rows* as CSV; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> str:
    said = plain("" if value is None else str(value), _LONGEST_CELL)
    return f"'{said}" if said.startswith(_FORMULA) else said
