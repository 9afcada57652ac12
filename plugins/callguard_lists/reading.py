"""How a list is read: its format is told or seen, its columns are named, counted or recognised."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from callguard_lists.jsontext import Path, Value, items
from callguard_lists.rows import NotAListError, Row, Skipped, check_bytes, lines

AUTO, TEXT, CSV, JSON = "auto", "text", "csv", "json"
_HEAD = 4096
_DELIMITERS = ",;\t|"
_MOST_LINES = 16
"""Lines that one quoted field may span; more is taken for a quotation mark that nobody closed."""
_COMMENT = re.compile(r"(?:^|\s)(?:#|;|//).*")
_NUMBERS = (
    *("number", "phone", "phone_number", "phonenumber", "telephone", "tel", "e164", "pattern", "prefix", "caller"),
    *("caller_id", "callerid", "caller_id_number", "company_phone_number", "numero", "nummer", "rufnummer"),
)
_CATEGORIES = ("category", "type", "rating", "kind", "subject", "label")
_REPORTS = ("reports", "votes", "count", "complaints", "score_count", "occurrences")
_LAST_SEEN = (
    "last_seen",
    "lastseen",
    "lastactivity",
    "last_activity",
    "lastupdate",
    "last_report",
    "date",
    "created",
)
_ACTIONS = ("block", "")
"""What a pattern may ask for; Saracroche also has patterns that only name an operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where a row says what; empty: recognised by the usual names."""

    number: str = ""
    "A column's name or its number from 1; in JSON the keys that lead there: `data.items.phone`."
    category: str = ""
    reports: str = ""
    last_seen: str = ""


def format_of(head: bytes, told: str, columns: Columns) -> str:
    """Return the format of a list that begins with *head*: the one *told*, else the one it looks like."""
    check_bytes(head)
    if told != AUTO:
        return told
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text[:1] in {"[", "{"}:
        return JSON
    # The last line may be cut off, and a single one without its end is a line all the same.
    rows = [line for line in text.splitlines()[:20] if line.strip() and not line.startswith("#")]
    delimited = sum(any(delimiter in line for delimiter in _DELIMITERS) for line in rows)
    quoted = any(line.startswith('"') for line in rows)
    titled = bool(rows) and _folded(rows[0]) in _NUMBERS
    return CSV if columns.number or quoted or titled or 2 * delimited > len(rows) else TEXT


def rows(
    stream: BinaryIO, told: str, columns: Columns, facts: dict[str, str] | None = None
) -> Iterator[Row | Skipped]:
    """Yield the rows of a list, one at a time; *stream* is read once, from its beginning, and must be seekable.

    What the list says of itself (its `version`) is put into *facts*. NotAListError if it is no list at all.
    """
    head = stream.read(_HEAD)
    stream.seek(0)
    kind = format_of(head, told, columns)
    if kind == JSON:
        return _json_rows(stream, columns, {} if facts is None else facts)
    return _csv_rows(stream, columns) if kind == CSV else _text_rows(stream)


def _text_rows(stream: BinaryIO) -> Iterator[Row | Skipped]:
    for line in lines(stream):
        text = _COMMENT.sub("", line, count=1).strip()
        if text:
            yield Row(text=text)


def _csv_rows(stream: BinaryIO, columns: Columns) -> Iterator[Row | Skipped]:
    source = (line for line in lines(stream) if line.strip() and not line.startswith("#"))
    first = next(source, "")
    delimiter = max(_DELIMITERS, key=first.count)
    records = _records(chain((first,), source), delimiter)
    header = next(records, None)
    if not isinstance(header, list):
        raise NotAListError("this is no list of numbers: its first line is no row of a table")
    places = _places([cell.strip() for cell in header], columns)
    if _is_data(header):
        yield _row(header, places)
    for record in records:
        yield record if isinstance(record, Skipped) else _row(record, places)


def _records(source: Iterator[str], delimiter: str) -> Iterator[list[str] | Skipped]:
    for line in source:
        if '"' not in line:
            yield line.split(delimiter)
        else:
            yield from _quoted(line, source, delimiter)


def _quoted(line: str, source: Iterator[str], delimiter: str) -> Iterator[list[str] | Skipped]:
    held = [line]
    while sum(part.count('"') for part in held) % 2 and len(held) < _MOST_LINES:
        further = next(source, None)
        if further is None:
            break
        held.append(further)
    try:
        yield next(csv.reader(["\n".join(held)], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        yield from (Skipped("unreadable", part) for part in held)


def _is_data(header: list[str]) -> bool:
    """Tell whether the first row is no header: some cell of it is a number or a beginning."""
    return any(sum(character.isdecimal() for character in cell) >= 3 and not _has_letters(cell) for cell in header)


def _has_letters(text: str) -> bool:
    return any(character.isalpha() for character in text)


_Places = tuple[int, int, int, int]


def _places(header: list[str], columns: Columns) -> _Places:
    """Return where number, category, reports and last seen stand; -1: nowhere."""
    names = [_folded(name) for name in header]
    headless = _is_data(header)
    number = _place(columns.number, names, () if headless else _NUMBERS)
    if number < 0 and not columns.number:
        number = _first_number(header) if headless else 0 if len(header) == 1 else -1
    if number < 0:
        wanted = f"no column {columns.number!r}" if columns.number else "no column that is known to hold numbers"
        raise NotAListError(f"the list has {wanted}; its columns are: {', '.join(header)[:200]}")
    others = ((columns.category, _CATEGORIES), (columns.reports, _REPORTS), (columns.last_seen, _LAST_SEEN))
    found = [_place(told, names, () if headless else usual) for told, usual in others]
    return number, found[0], found[1], found[2]


def _place(told: str, names: list[str], usual: tuple[str, ...]) -> int:
    if told.isascii() and told.isdecimal():
        return int(told) - 1 if 0 < int(told) <= max(len(names), 1) else -1
    wanted = (_folded(told),) if told else usual
    return next((names.index(name) for name in wanted if name in names), -1)


def _folded(name: str) -> str:
    return "_".join(name.strip().casefold().replace("-", " ").split())


def _first_number(header: list[str]) -> int:
    digits = [sum(character.isdecimal() for character in cell) for cell in header]
    return digits.index(max(digits))


def _row(record: list[str], places: _Places) -> Row | Skipped:
    number, category, reports, last_seen = places
    if number >= len(record):
        return Skipped("too-few-columns", record[0])
    return Row(
        text=record[number],
        category=_cell(record, category),
        reports=_cell(record, reports),
        last_seen=_cell(record, last_seen),
    )


def _cell(record: list[str], place: int) -> str:
    return record[place] if 0 <= place < len(record) else ""


def _json_rows(stream: BinaryIO, columns: Columns, facts: dict[str, str]) -> Iterator[Row | Skipped]:
    told = tuple(columns.number.split(".")) if columns.number else ()
    chosen: Path | None = None
    for path, listed, value in items(stream):
        if not listed:
            if path == ("version",) and isinstance(value, str):
                facts["version"] = value
        elif told[: len(path)] == path if told else chosen in {None, path}:
            row = _json_row(value, told[len(path) :], columns)
            if told or not isinstance(row, Skipped) or chosen is not None:
                chosen = path
                yield row
    if chosen is None:
        where = f"nothing at {columns.number!r}" if told else "no array of numbers"
        raise NotAListError(f"this is no list of numbers: there is {where} in its JSON")


def _json_row(value: Value, told: Path, columns: Columns) -> Row | Skipped:
    if isinstance(value, str):
        return Row(text=value) if not told else Skipped("no-number", value)
    if not isinstance(value, Mapping):
        return Skipped("no-number", str(value)[:80])
    fields = {_folded(str(key)): inner for key, inner in islice(value.items(), 100)}
    number = _inner(value, told) if told else _text(fields, "", _NUMBERS)
    if not number:
        return Skipped("no-number", str(dict(islice(value.items(), 5)))[:80])
    if _text(fields, "action", ()) not in _ACTIONS:
        return Skipped("not-to-block", number)
    return Row(
        text=number,
        category=_text(fields, columns.category, _CATEGORIES),
        reports=_text(fields, columns.reports, _REPORTS),
        last_seen=_text(fields, columns.last_seen, _LAST_SEEN),
    )


def _inner(value: Value, path: Path) -> str:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def _text(fields: Mapping[str, Value], told: str, usual: tuple[str, ...]) -> str:
    found = (fields.get(name) for name in ((_folded(told),) if told else usual))
    return next((text for text in found if isinstance(text, str)), "")
