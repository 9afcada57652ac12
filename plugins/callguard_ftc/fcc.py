"""The FCC's unwanted-calls complaints, as its open-data site gives them in CSV."""

from collections.abc import Iterable, Iterator

from callguard_ftc.complaints import Complaint, Read, Refused, key_of, places_of, read_day, refused, rows_of
from callguard_ftc.numbers import Odd, read_number
from callguard_ftc.subjects import collapsed, fcc_category

# `messge` is the dataset's own spelling. The number to call back that an advertiser named
# (advertiser_business_phone_number) is not the caller's and is not read.
COLUMNS = ("id", "issue_date", "issue", "caller_id_number", "type_of_call_or_messge")
"""The columns that are asked for, by their names in the dataset."""

_NEEDED = frozenset({"issue_date", "issue", "caller_id_number"})
_ROBOCALL = {"prerecorded voice": True, "autodialed live voice call": True, "live voice": False}
_NOBODY = frozenset({"", "none", "null", "n/a"})


def read_complaints(lines: Iterable[str], latest: int) -> Iterator[Read]:
    """Read one page of the dataset, columns by name; nothing dated after *latest* (an ordinal) counts.

    NotThisFileError if the first line is not its header.
    """
    rows = rows_of(lines)
    header = next(rows, [])
    places = places_of(header, COLUMNS, _NEEDED)
    for row in rows:
        if len(row) == len(header):
            yield _complaint(*(row[place] if place >= 0 else "" for place in places), latest=latest)
        else:
            yield refused(Odd.COLUMNS, row)


def _complaint(ticket: str, issued: str, issue: str, number: str, kind: str, *, latest: int) -> Complaint | Refused:
    fields = (ticket, issued, issue, number, kind)
    caller = _caller(issue, number, kind)
    if isinstance(caller, Odd):
        return refused(caller, fields)
    day = read_day(issued, latest)
    if isinstance(day, Odd):
        return refused(day, fields)
    # A ticket is one complaint, however often it is listed; without tickets only the content can tell.
    content = ("ticket", ticket) if ticket else fields
    robocall = _ROBOCALL.get(collapsed(kind).lower())
    return Complaint(caller, day, fcc_category(kind), robocall, key_of(day, content))


def _caller(issue: str, number: str, kind: str) -> int | Odd:
    about = collapsed(issue).lower()
    if "own number" in about and "spoof" in about:
        return Odd.SPOOFED
    if "text message" in kind.lower():
        return Odd.TEXT_MESSAGE
    return Odd.BLANK if number.strip().lower() in _NOBODY else read_number(number)
