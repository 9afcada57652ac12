"""The heavy work on a list, in a process of its own: reading, building, and looking at it before it is kept."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from callguard import JSON, Category, Entry, ListBuilder, Progress, Report
from callguard_lists.numbers import Normaliser
from callguard_lists.reading import Columns, rows
from callguard_lists.rows import NotAListError, Skipped

_OFTEN = 1 << 14
_SAMPLES = 5
_MOST_KNOWN = 50
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One file, and how it is read."""

    file: Path
    format: str
    columns: Columns
    country: str
    category: Category
    now: datetime

    @classmethod
    def of(cls, arguments: Mapping[str, JSON]) -> "Task":
        """Return the task that *arguments* describe."""
        text = {key: value for key, value in arguments.items() if isinstance(value, str)}
        return cls(
            file=Path(text["file"]),
            format=text["format"],
            columns=Columns(
                number=text["column"],
                category=text["category_column"],
                reports=text["reports_column"],
                last_seen=text["last_seen_column"],
            ),
            country=text["country"],
            category=Category(text["category"]),
            now=datetime.fromisoformat(text["now"]),
        )


def build(arguments: Mapping[str, JSON], report: Report) -> JSON:
    """Build the list at `path` from `file`; ValueError says, in one sentence, why it is no list."""
    task = Task.of(arguments)
    try:
        return _build(task, arguments, report)
    finally:
        if arguments["temporary"]:
            task.file.unlink(missing_ok=True)


def _build(task: Task, arguments: Mapping[str, JSON], report: Report) -> JSON:
    facts: dict[str, str] = {}
    with ListBuilder(Path(str(arguments["path"])), name=str(arguments["name"]), report=report) as builder:
        tally = Tally()
        for found in _read(task, facts, report):
            tally.note(found)
            if isinstance(found, Skipped):
                builder.reject(found.why, found.row)
            else:
                builder.add(found)
        tally.refuse_nothing()
        builder.finish(
            version=facts.get("version") or str(arguments["version"]) or task.now.date().isoformat(),
            as_of=task.now.date(),
            retrieved_at=task.now,
            source=str(arguments["source"]),
        )
    return tally.facts()


def preview(arguments: Mapping[str, JSON], _report: Report) -> JSON:
    """Return what is in `file`, and who of `known` (numbers in E.164) is on it; nothing is kept."""
    task, tally = Task.of(arguments), Tally()
    known = arguments.get("known")
    watched = _beginnings(known if isinstance(known, Sequence) else ())
    hit: dict[str, str] = {}
    facts: dict[str, str] = {}
    for found in _read(task, facts, lambda _: None):
        tally.note(found)
        if isinstance(found, Entry):
            for number in watched.get(found.number, ()) if found.prefix else _exact(watched, found.number):
                hit.setdefault(number, f"{found.number}*" if found.prefix else found.number)
    first = sorted(hit.items())[:_MOST_KNOWN]
    return {**tally.facts(), "version": facts.get("version", ""), "known": dict(first), "known_count": len(hit)}


def digest(arguments: Mapping[str, JSON], _report: Report) -> JSON:
    """Return the SHA-256 of `file`, by which a copy that says the same is known."""
    found = hashlib.sha256()
    with Path(str(arguments["file"])).open("rb") as stream:
        while block := stream.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


class Tally:
    """Counts what a list has, with the first few rows of each sort."""

    def __init__(self) -> None:
        self._numbers = self._prefixes = 0
        self._skipped: Counter[str] = Counter()
        self._samples: dict[str, list[str]] = {}
        self._first: list[str] = []

    def note(self, found: Entry | Skipped) -> None:
        """Count one row."""
        if isinstance(found, Skipped):
            self._skipped[found.why] += 1
            samples = self._samples.setdefault(found.why, [])
            if len(samples) < _SAMPLES:
                samples.append(found.row)
            return
        if found.prefix:
            self._prefixes += 1
        else:
            self._numbers += 1
        if len(self._first) < _SAMPLES:
            self._first.append(f"{found.number}*" if found.prefix else found.number)

    def refuse_nothing(self) -> None:
        """Raise NotAListError if no row was any good."""
        if self._numbers or self._prefixes:
            return
        row = next((samples[0] for samples in self._samples.values()), "")
        skipped = sum(self._skipped.values())
        raise NotAListError(f"none of its {skipped} rows is a telephone number; the first is {row[:60]!r}")

    def facts(self) -> Mapping[str, JSON]:
        """Return all of it; `numbers` and `prefixes` count rows, before equal ones are merged."""
        return {
            "numbers": self._numbers,
            "prefixes": self._prefixes,
            "skipped": dict(self._skipped),
            "samples": {why: tuple(samples) for why, samples in self._samples.items()},
            "first": tuple(self._first),
        }


def _read(task: Task, facts: dict[str, str], report: Report) -> Iterator[Entry | Skipped]:
    normaliser = Normaliser(task.country, category=task.category, today=task.now.date())
    size = task.file.stat().st_size
    with task.file.open("rb") as stream:
        for number, row in zip(count(), rows(stream, task.format, task.columns, facts), strict=False):
            if number % _OFTEN == 0:
                report(Progress(step="reading", done=stream.tell(), total=size))
            yield row if isinstance(row, Skipped) else normaliser.entry(row)


def _beginnings(numbers: Sequence[JSON]) -> Mapping[str, Sequence[str]]:
    """Return for every beginning of *numbers*, themselves included, whose it is."""
    found: dict[str, list[str]] = {}
    for number in dict.fromkeys(str(number) for number in numbers):
        for length in range(2, len(number) + 1):
            found.setdefault(number[:length], []).append(number)
    return found


def _exact(watched: Mapping[str, Sequence[str]], number: str) -> Sequence[str]:
    return (number,) if number in watched.get(number, ()) else ()
