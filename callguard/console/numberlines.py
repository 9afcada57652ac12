"""A file or a text with one telephone number a line, and what people write beside them."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

_LONGEST_LINE = 1000
_DELIMITERS = ("\t", ";", ",")
_HEADS = frozenset({"number", "phone", "phone number", "telephone", "tel", "prefix", "value"})


@dataclass(frozen=True, slots=True)
class NumberLine:
    """One number as it was written."""

    line: int
    "From 1."
    number: str
    note: str


def text_of(data: bytes) -> str:
    """Return what a file of text says; files of old spreadsheets are in Windows' alphabet."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def number_lines(text: str) -> Iterator[NumberLine]:
    """Yield the numbers in *text*, one a line: first the number, then perhaps a note, as a table has it.

    Empty lines, lines that begin with # and the head of a table are left out.
    """
    for place, line in enumerate(io.StringIO(text), 1):
        number, *notes = [cell.strip() for cell in _cells(line[:_LONGEST_LINE].strip())] or [""]
        number = number.strip("' ")  # spreadsheets keep the apostrophe that tells them it is no formula
        if number and not number.startswith("#") and not (place == 1 and number.casefold() in _HEADS):
            yield NumberLine(place, number, next(filter(None, notes), ""))


def _cells(line: str) -> list[str]:
    delimiter = next((one for one in _DELIMITERS if one in line), ",")
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return [line]
