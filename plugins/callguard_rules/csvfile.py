"""Reads tables: CSV with any delimiter, with or without a header."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from callguard import RuleKind, RuleList
from callguard_rules.proposals import Row, Rows, UnreadableFileError, lines_of, proposed, refused

_DELIMITERS = ",;\t|"
_SAMPLE = 50
_SAMPLE_BYTES = 100_000
_HEADINGS = {
    "number": ("number", "phone", "phone number", "phoneno", "telephone", "tel", "nmbr", "caller", "caller id"),
    "name": ("name", "caller name", "display name", "full name", "company", "contact"),
    "note": ("note", "notes", "reason", "comment", "comments", "description", "label", "category", "subject"),
    "list": ("list", "action", "rule"),
}
_LISTS = {
    RuleList.ALLOW: ("allow", "allowed", "allowlist", "whitelist", "white", "permit", "permitted", "good", "accept"),
    RuleList.BLOCK: ("block", "blocked", "blocklist", "blacklist", "black", "deny", "reject", "bad", "spam"),
    RuleList.NEVER_BLOCK: ("neverblock", "never"),
}
_LIST_OF = {word: which for which, words in _LISTS.items() for word in words}


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column says what; -1: none."""

    number: int
    name: int = -1
    note: int = -1
    list: int = -1


def read_csv(data: bytes) -> Rows:
    """Yield what each row of *data* says; UnreadableFileError if no column holds numbers."""
    first = list(islice(lines_of(data[:_SAMPLE_BYTES]), _SAMPLE))
    delimiter = _delimiter(first)
    columns, has_header = _columns(_sample(first, delimiter))
    reader = csv.reader(lines_of(data), delimiter=delimiter)
    if has_header:
        next(reader, None)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield refused(reader.line_num, "", f"no proper CSV: {error}")
            continue
        yield _row(reader.line_num, cells, columns)


def _row(line: int, cells: Sequence[str], columns: _Columns) -> Row:
    if not any(cell.strip() for cell in cells):
        return None
    number, name, note, which = (
        cells[place].strip() if 0 <= place < len(cells) else ""
        for place in (columns.number, columns.name, columns.note, columns.list)
    )
    text = " ".join(cell for cell in cells[:4] if cell)[:80]
    if not any(character.isdecimal() for character in number):
        return refused(line, text, "no number in its column")
    on = _LIST_OF.get(_word(which)) if which else None
    if which and on is None:
        return refused(line, text, f"{which[:40]!r} is no list: allow, block or never-block")
    kind = RuleKind.PREFIX if number.endswith("*") else RuleKind.EXACT
    return proposed(line, kind, number, note=", ".join(part for part in (name, note) if part), on=on, text=text)


def _delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that stands equally often in most of *lines*."""

    def regularity(delimiter: str) -> tuple[int, int]:
        counts = Counter(line.count(delimiter) for line in lines)
        counts.pop(0, None)
        return max(((often, many) for many, often in counts.items()), default=(0, 0))

    return max(_DELIMITERS, key=regularity)


def _sample(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for cells in csv.reader(lines, delimiter=delimiter):
            rows.append(cells)
    except csv.Error:
        pass  # the row is refused by its line later on
    return rows


def _columns(sample: Sequence[Sequence[str]]) -> tuple[_Columns, bool]:
    named = dict(_headings(sample[0])) if sample else {}
    if "number" in named:
        return _Columns(**named), True
    width = max(map(len, sample), default=0)
    score = [sum(_is_number(row[place]) for row in sample if place < len(row)) for place in range(width)]
    if not any(score):
        raise UnreadableFileError("no column holds telephone numbers: give it a heading such as number or phone")
    number = score.index(max(score))
    name = next((place for place in range(width) if place != number), -1)
    is_heading = bool(sample) and not any(any(map(str.isdecimal, cell)) for cell in sample[0])
    return _Columns(number, name=name), is_heading


def _headings(cells: Sequence[str]) -> Iterator[tuple[str, int]]:
    words = [" ".join(cell.replace("_", " ").split()).casefold() for cell in cells]
    for meaning, headings in _HEADINGS.items():
        place = next((words.index(heading) for heading in headings if heading in words), None)
        if place is None and meaning == "number":  # `Phone 1 - Value`, `Home Phone`
            place = next((i for i, word in enumerate(words) if "phone" in word and "type" not in word), None)
        if place is not None:
            yield meaning, place


def _is_number(cell: str) -> bool:
    digits = sum(map(str.isdecimal, cell))
    return digits >= 3 and not any(map(str.isalpha, cell))


def _word(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
