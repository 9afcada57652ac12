"""Reads a file of another program into proposals, however large or odd it is."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from callguard import JSON, RuleList
from callguard_rules.callattendant import Calls, is_database, proposals, read_database
from callguard_rules.csvfile import read_csv
from callguard_rules.ncid import read_ncid
from callguard_rules.proposals import MOST_BYTES, MOST_RULES, Proposal, Refused, Rows, UnreadableFileError
from callguard_rules.textfile import read_text

_MOST_REFUSED_KEPT = 1000
_LIST_OF_NAME = {
    "whitelist": RuleList.ALLOW,
    "allow": RuleList.ALLOW,
    "blacklist": RuleList.BLOCK,
    "block": RuleList.BLOCK,
}
Advance = Callable[[int, int], None]
"""Told now and then how many lines of how many have been read."""


class Form(StrEnum):
    """Whose file it is."""

    TEXT = "text"
    CSV = "csv"
    CALLATTENDANT = "callattendant"
    NCID = "ncid"


_READERS: Mapping[Form, Callable[[bytes], Rows]] = {
    Form.TEXT: read_text,
    Form.CSV: read_csv,
    Form.NCID: read_ncid,
}


class WhichListError(ValueError):
    """The file does not say which list its numbers belong on, and neither did the person."""


@dataclass(slots=True)
class Reading:
    """What was read out of one file."""

    form: Form
    proposals: list[Proposal] = field(default_factory=list)
    "Every one of them with its list."
    refused: list[Refused] = field(default_factory=list)
    "The first thousand."
    refusals: int = 0
    calls: Calls | None = None
    "Of callattendant's database only."

    def refuse(self, row: Refused) -> None:
        """Count a refused row, and keep it if there is room."""
        self.refusals += 1
        if len(self.refused) < _MOST_REFUSED_KEPT:
            self.refused.append(row)

    def as_rules(self) -> list[dict[str, JSON]]:
        """Return the proposals as the house is asked to add them."""
        return [
            {"list": str(p.list), "kind": p.kind.value, "value": p.value, **({"note": p.note} if p.note else {})}
            for p in self.proposals
        ]

    def lists(self) -> dict[str, int]:
        """Return how many rules are proposed for each list."""
        return dict(Counter(str(proposal.list) for proposal in self.proposals))


def read_file(path: Path, form: Form | None, which: RuleList | None, advance: Advance) -> Reading:
    """Read the file at *path*; *which* list its rules go on where it does not say so itself.

    UnreadableFileError and WhichListError say in one sentence what is in the way; OSError if it cannot be opened.
    """
    if not path.is_file():
        raise UnreadableFileError("this is no file")
    if path.stat().st_size > MOST_BYTES:
        raise UnreadableFileError(_too_much(f"larger than {MOST_BYTES // 1024**2} MB"))
    form = form or _guessed(path)
    reading = Reading(form)
    if form is Form.CALLATTENDANT:
        return _from_callattendant(reading, path, which)
    data = path.read_bytes()
    rows = _READERS[form](data)
    _collect(reading, rows, which or (_named(path) if form is Form.NCID else None), data.count(b"\n") + 1, advance)
    return reading


def _from_callattendant(reading: Reading, path: Path, which: RuleList | None) -> Reading:
    tables = read_database(path)
    lists = {on: entries for on, entries in tables.lists.items() if which in (None, on)}
    _collect(reading, proposals(lists), None, 1, lambda _, __: None)
    reading.calls = tables.calls
    return reading


def _collect(reading: Reading, rows: Rows, which: RuleList | None, lines: int, advance: Advance) -> None:
    for count, row in enumerate(rows, start=1):
        if isinstance(row, Refused):
            reading.refuse(row)
        elif isinstance(row, Proposal):
            on = row.list or which
            if on is None:
                raise WhichListError("say which list these go on: --list block or --list allow")
            reading.proposals.append(replace(row, list=on))
            if len(reading.proposals) > MOST_RULES:
                raise UnreadableFileError(_too_much(f"more than {MOST_RULES:,} rules"))
        if count % 1000 == 0:
            advance(min(count, lines), lines)


def _too_much(what: str) -> str:
    return f"this is {what}: keep it as a number list instead (`callguard lists add`), which may have millions"


def _guessed(path: Path) -> Form:
    with path.open("rb") as file:
        beginning = file.read(4096)
    name = path.name.casefold()
    if is_database(beginning):
        return Form.CALLATTENDANT
    if name.startswith("ncid"):
        return Form.NCID
    return Form.CSV if name.endswith((".csv", ".tsv")) else Form.TEXT


def _named(path: Path) -> RuleList | None:
    name = path.name.casefold()
    return next((which for word, which in _LIST_OF_NAME.items() if word in name), None)
