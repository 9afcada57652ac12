"""Contacts as a table: Google's CSV of before and since 2024, Outlook's, and what looks like them."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from callguard_contacts.reading.rows import Row, Unreadable, UnreadableFileError

_SEVERAL = ":::"
"""How Google separates several values in one cell."""
_WHOLE_NAMES = ("name", "display name", "full name", "file as")
_GIVEN_NAMES = ("first name", "given name")
_MIDDLE_NAMES = ("middle name", "additional name")
_FAMILY_NAMES = ("last name", "family name", "surname")
_COMPANIES = ("organization name", "organization 1 - name", "company", "company name", "organization")
_NICKNAMES = ("nickname",)
_NO_NUMBERS = ("label", "type", "yomi", "phonetic", "protocol")
_NUMBER_WORDS = ("phone", "telephone", "mobile", "fax", "pager", "callback", "isdn")
_MOST_COLUMNS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Which cells say what."""

    width: int
    names: tuple[tuple[int, ...], ...]
    "Ways to name somebody, the best first; the cells of one way are put together."
    numbers: tuple[int, ...]


def read_table(text: str) -> Iterator[Row | Unreadable]:
    """Yield the people in a CSV *text*; UnreadableFileError if its first row does not say where the numbers are."""
    rows = _rows(text)
    _, header = next(rows, (1, []))
    columns = _columns(header)
    for place, cells in rows:
        if cells is None:
            yield Unreadable(place=f"row {place}", why="it is no row of a table (is a quotation mark not closed?)")
        elif any(cells):
            yield _row(f"row {place}", cells, columns)


def _rows(text: str) -> Iterator[tuple[int, list[str] | None]]:
    """Yield the rows with their numbers, 1 the first; None for one that cannot be taken apart."""
    first_line = text[: text.find("\n")] if "\n" in text else text
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    place = 0
    while True:
        place += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield place, None
        else:
            yield place, cells


def _columns(header: Sequence[str] | None) -> _Columns:
    titles = [title.strip().lower() for title in header or ()][:_MOST_COLUMNS]
    numbers = tuple(place for place, title in enumerate(titles) if _holds_number(title))
    given = tuple(
        place for names in (_GIVEN_NAMES, _MIDDLE_NAMES, _FAMILY_NAMES) for place in _places(titles, names)[:1]
    )
    single = [(place,) for names in (_WHOLE_NAMES, _COMPANIES, _NICKNAMES) for place in _places(titles, names)]
    # Google's “Name” and “File As” say less than the parts, or are empty.
    names = tuple(way for way in (given, *single) if way)
    if not numbers or not names:
        raise UnreadableFileError(
            "its first row does not name columns of names and telephone numbers, as Google's and Outlook's CSV do"
        )
    return _Columns(width=len(header or ()), names=names, numbers=numbers)


def _places(titles: Sequence[str], wanted: Sequence[str]) -> list[int]:
    return [titles.index(title) for title in wanted if title in titles]


def _holds_number(title: str) -> bool:
    if any(word in title for word in _NO_NUMBERS):
        return False
    return any(word in title for word in _NUMBER_WORDS)


def _row(place: str, cells: Sequence[str], columns: _Columns) -> Row | Unreadable:
    name = next((found for way in columns.names if (found := _joined(cells, way))), "")
    if len(cells) > columns.width or "\n" in name:
        return Unreadable(place=place, name=name[:80].partition("\n")[0], why="it has more cells than the first row")
    numbers = [part for column in columns.numbers for part in _cell(cells, column).split(_SEVERAL)]
    return Row(place=place, name=name, numbers=numbers)


def _joined(cells: Sequence[str], places: Sequence[int]) -> str:
    return " ".join(part for place in places if (part := _cell(cells, place).strip()))


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""
