"""The FTC's Do Not Call reported calls: its daily CSV files, and pages of its API kept as files."""

import json
from collections.abc import Iterable, Iterator, Sequence

from callguard_ftc.complaints import (
    Complaint,
    NotThisFileError,
    Read,
    Refused,
    key_of,
    places_of,
    read_day,
    refused,
    rows_of,
)
from callguard_ftc.numbers import Odd, read_number
from callguard_ftc.subjects import collapsed, ftc_category

HEADER = "Company_Phone_Number"
"""How every daily file begins; a page that says `not found` does not."""

_COLUMNS = (
    "company_phone_number",
    "created_date",
    "violation_date",
    "consumer_city",
    "consumer_state",
    "consumer_area_code",
    "subject",
    "recorded_message_or_robocall",
)
_ATTRIBUTES = tuple(name.replace("_", "-") for name in _COLUMNS)
_NEEDED = frozenset({"company_phone_number", "created_date"})
_IN_ORDER = tuple(range(len(_COLUMNS)))
_ROBOCALL = {"Y": True, "N": False}


def read_daily(lines: Iterable[str], latest: int) -> Iterator[Read]:
    """Read a daily file, columns by the names in its first line; nothing dated after *latest* (an ordinal) counts.

    NotThisFileError if the first line is not the header of one.
    """
    rows = rows_of(lines)
    header = next(rows, [])
    places = places_of(header, _COLUMNS, _NEEDED)
    if places == _IN_ORDER and len(header) == len(_COLUMNS):
        return _in_order(rows, latest)
    return _by_place(rows, places, len(header), latest)


def read_page(text: str, latest: int) -> Iterator[Read]:
    """Read a page of the API as it was saved (`{"data": [{"attributes": …}]}`); the ids of records mean nothing.

    On some days the API states every record twice with two ids, which is why only the content counts.
    """
    for fields in _records(text):
        yield _complaint(fields, latest)


def _in_order(rows: Iterable[list[str]], latest: int) -> Iterator[Read]:
    for fields in rows:
        yield _complaint(fields, latest) if len(fields) == 8 else refused(Odd.COLUMNS, fields)


def _by_place(rows: Iterable[list[str]], places: Sequence[int], count: int, latest: int) -> Iterator[Read]:
    for row in rows:
        if len(row) == count:
            yield _complaint([row[place] if place >= 0 else "" for place in places], latest)
        else:
            yield refused(Odd.COLUMNS, row)


def _complaint(fields: Sequence[str], latest: int) -> Complaint | Refused:
    number, created, *told, subject, robocall = fields
    caller = read_number(number)
    if not isinstance(caller, int):
        return refused(caller, fields[:2])
    day = read_day(created, latest)
    if not isinstance(day, int):
        return refused(day, fields[:2])
    key = key_of(day, (number, created, *told, collapsed(subject), robocall))
    return Complaint(caller, day, ftc_category(subject), _ROBOCALL.get(robocall), key)


def _records(text: str) -> Iterator[list[str]]:
    try:
        page = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotThisFileError("this is not a page of the FTC's API: it is no JSON") from error
    data = page.get("data") if isinstance(page, dict) else None
    if not isinstance(data, list):
        raise NotThisFileError("this is not a page of the FTC's API: it has no list of records")
    for record in data:
        attributes = record.get("attributes") if isinstance(record, dict) else None
        found = attributes if isinstance(attributes, dict) else {}
        yield [value if isinstance(value := found.get(name), str) else "" for name in _ATTRIBUTES]
