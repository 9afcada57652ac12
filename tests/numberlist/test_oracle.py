"""Builder and reader against a dictionary: whatever is added, laid over and aged, the answers are the same."""

import math
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import Answer, Category, Entry, ListBuilder, NumberList, Progress
from callguard.numberlist.form import overlay_of
from callguard.numberlist.overlay import lay

EXAMPLES = min(250, int(os.environ.get("CALLGUARD_FUZZ", "100")))
TODAY = date(2026, 1, 2)
NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)

# Few digits, so that numbers meet and prefixes nest.
digits = st.text("12", min_size=1, max_size=6)
days = st.one_of(st.none(), st.integers(-5, 100).map(lambda age: TODAY - timedelta(days=age)))
halves = st.integers(0, 20).map(lambda n: n / 2)


@st.composite
def entries(draw: st.DrawFn, fewest: int = 1) -> Entry:
    return Entry(
        number="+" + draw(digits),
        prefix=draw(st.booleans()),
        category=draw(st.sampled_from(Category)),
        reports=draw(st.integers(fewest, 5)),
        weight=draw(halves),
        first_seen=draw(days),
        last_seen=draw(days),
    )


reports = st.tuples(digits.map(int), st.integers(-5, 100), st.integers(0, len(Category) - 1))


@dataclass
class Known:
    """What the dictionary says of one number or prefix."""

    reports: int = 0
    weight: float = 0.0
    weights: Counter[Category] = field(default_factory=Counter)
    first: date | None = None
    last: date | None = None

    def add(self, entry: Entry, today: date) -> None:
        self.reports += entry.reports
        self.weight += entry.weight
        self.weights[entry.category] += entry.weight  # type: ignore[assignment]
        first = entry.first_seen and min(entry.first_seen, today)
        last = entry.last_seen and min(entry.last_seen, today)
        self.first = min((day for day in (self.first, first) if day), default=None)
        self.last = max((day for day in (self.last, last) if day), default=None)

    @property
    def categories(self) -> set[Category]:
        known = {one: weight for one, weight in self.weights.items() if one is not Category.UNKNOWN}
        if not known:
            return {Category.UNKNOWN}
        # The file compares millionths; which of two that differ by less wins does not matter.
        return {one for one, weight in known.items() if weight >= max(known.values()) - 3e-6}


@dataclass
class Told:
    """One building of a list: what was added, and the ageing."""

    added: list[Entry]
    counted: list[tuple[int, int, int]]
    half_life: timedelta | None
    drop_after: timedelta | None
    as_of: date = TODAY

    def known(self) -> dict[tuple[str, bool], Known]:
        found: dict[tuple[str, bool], Known] = {}
        for entry in [*self.added, *map(self._single, self.counted)]:
            found.setdefault((entry.number, entry.prefix), Known()).add(entry, self.as_of)
        return {key: one for key, one in found.items() if not self.old(one, self.as_of)}

    def old(self, one: Known, today: date) -> bool:
        return bool(self.drop_after and one.last and today - one.last >= self.drop_after)

    def aged(self, weight: float, age: timedelta) -> float:
        return weight * 2 ** (-(age / self.half_life)) if self.half_life and age > timedelta(0) else weight

    def _single(self, report: tuple[int, int, int]) -> Entry:
        number, age, category = report
        day = self.as_of - timedelta(days=age)
        return Entry(
            number=f"+{number}",
            category=list(Category)[category],
            weight=self.aged(1.0, self.as_of - day),
            first_seen=day,
            last_seen=day,
        )

    def write(self, path: Path) -> None:
        with ListBuilder(path, name="t", half_life=self.half_life, drop_after=self.drop_after) as builder:
            for entry in self.added:
                builder.add(entry)
            builder.add_reports((n, (self.as_of - timedelta(days=age)).toordinal(), c) for n, age, c in self.counted)
            info = builder.finish(version="v", as_of=self.as_of, retrieved_at=NOON, source="s")
        known = [(prefix, one) for (_, prefix), one in self.known().items() if one.reports]
        assert info.accepted == len(self.added) + len(self.counted)
        assert info.numbers == sum(not prefix for prefix, _ in known)
        assert info.prefixes == sum(prefix for prefix, _ in known)


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


half_lives = st.sampled_from([None, timedelta(days=30), timedelta(days=7)])
limits = st.sampled_from([None, timedelta(days=90), timedelta(days=10)])


@st.composite
def told(draw: st.DrawFn) -> Told:
    return Told(
        added=draw(st.lists(entries(), max_size=12)),
        counted=draw(st.lists(reports, max_size=12)),
        half_life=draw(half_lives),
        drop_after=draw(limits),
    )


def expected(known: dict[tuple[str, bool], Known], told: Told, number: str, today: date) -> tuple[str, bool] | None:
    keys = [(number, False), *((number[:length], True) for length in range(len(number), 1, -1))]
    fits = (key for key in keys if key in known and known[key].reports and not told.old(known[key], today))
    return next(fits, None)


def compare(found: NumberList, known: dict[tuple[str, bool], Known], told: Told, number: str, later: int) -> None:
    now = NOON + timedelta(days=later)
    answer = found.look_up(number, now)
    key = expected(known, told, number, now.date())
    if key is None:
        assert (answer.answer, answer.entry) == (Answer.NOT_LISTED, None)
        return
    assert answer.answer is Answer.LISTED
    assert answer.entry
    entry, one = answer.entry, known[key]
    assert (entry.number, entry.prefix) == key
    assert (entry.reports, entry.first_seen, entry.last_seen) == (one.reports, one.first, one.last)
    assert entry.category in one.categories
    assert math.isclose(entry.weight, told.aged(one.weight, now.date() - told.as_of), rel_tol=1e-9, abs_tol=1e-9)


@settings(max_examples=EXAMPLES, deadline=None)
@given(told=told(), asked=st.lists(st.tuples(digits, st.integers(-3, 120)), min_size=1, max_size=20))
def test_a_list_answers_as_a_dictionary_would(told: Told, asked: list[tuple[str, int]]) -> None:
    with folder() as here:
        told.write(here / "list.sqlite")
        found = NumberList(here / "list.sqlite", stale_after=timedelta(days=1000))
        try:
            for number, later in asked:
                compare(found, told.known(), told, "+" + number, later)
        finally:
            found.close()


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(
    base=told(),
    changes=st.lists(st.lists(entries(fewest=0), max_size=8), min_size=1, max_size=3),
    asked=st.lists(st.tuples(digits, st.integers(0, 120)), min_size=1, max_size=20),
)
def test_what_is_laid_over_a_list_replaces_and_removes(
    base: Told, changes: list[list[Entry]], asked: list[tuple[str, int]]
) -> None:
    known = base.known()
    with folder() as here:
        path, over = here / "list.sqlite", overlay_of(here / "list.sqlite")
        base.write(path)
        for added in changes:
            change = Told(added, [], base.half_life, base.drop_after)
            change.write(here / "delta")
            known |= change.known()
            earlier = str(over) if over.exists() else ""
            lay({"base": str(path), "delta": str(here / "delta"), "earlier": earlier, "out": str(here / "out"),
                 "half_life": None}, nothing)  # fmt: skip
            (here / "out").replace(over)
        found = NumberList(path, stale_after=timedelta(days=1000))
        try:
            for number, later in asked:
                compare(found, known, base, "+" + number, later)
            assert found.info
            assert found.info.numbers + found.info.prefixes == sum(bool(one.reports) for one in known.values())
        finally:
            found.close()


def nothing(_: Progress) -> None:
    return None


@pytest.mark.parametrize(
    ("weights", "winner"),
    [
        ({Category.UNKNOWN: 50.0, Category.PING: 0.1}, Category.PING),
        ({Category.FRAUD: 2.0, Category.SURVEY: 3.0}, Category.SURVEY),
        ({Category.SURVEY: 2.0, Category.FRAUD: 2.0}, Category.FRAUD),
        ({Category.UNKNOWN: 1.0}, Category.UNKNOWN),
        ({Category.LEGITIMATE: 0.0}, Category.LEGITIMATE),
    ],
    ids=["known before unknown", "the heavier", "the first of equals", "unknown alone", "weightless"],
)
def test_the_heavier_category_wins(tmp_path: Path, weights: dict[Category, float], winner: Category) -> None:
    told = Told([Entry(number="+12", category=c, weight=w) for c, w in weights.items()], [], None, None)
    told.write(tmp_path / "list.sqlite")
    found = NumberList(tmp_path / "list.sqlite", stale_after=timedelta(days=1))
    answer = found.look_up("+12", NOON)
    found.close()
    assert answer.entry
    assert answer.entry.category is winner
