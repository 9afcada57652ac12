"""Lists of fictional numbers, built and subscribed to within one process."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import pytest

from callguard import (
    JSON,
    Category,
    Entry,
    Gathered,
    Gathering,
    Home,
    Limits,
    ListBuilder,
    ListInfo,
    ListMode,
    NumberList,
    Progress,
    Report,
    Subscription,
)
from callguard.testing import FakeClock, a_home

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
TODAY = NOW.date()


def nothing(_: Progress) -> None:
    return None


class Build(Protocol):
    """Builds a list's file of entries."""

    def __call__(self, path: Path, *entries: Entry, **head: Any) -> ListInfo: ...


def built(path: Path, *entries: Entry, name: str = "test", **head: Any) -> ListInfo:
    ageing = {key: head.pop(key) for key in ("half_life", "drop_after") if key in head}
    facts = {"version": "1", "as_of": TODAY, "retrieved_at": NOW, "source": "a test", **head}
    with ListBuilder(path, name=name, **ageing) as builder:
        for entry in entries:
            builder.add(entry)
        return builder.finish(**facts)


@pytest.fixture
def build() -> Build:
    return built


OpenList = Callable[..., NumberList]


@pytest.fixture
def open_list() -> Iterator[OpenList]:
    opened: list[NumberList] = []

    def opener(path: Path, **options: Any) -> NumberList:
        opened.append(NumberList(path, **{"stale_after": timedelta(days=14), **options}))
        return opened[-1]

    yield opener
    for one in opened:
        one.close()


def build_entries(arguments: Mapping[str, JSON], report: Report) -> JSON:
    """What a plugin's building function does, for entries written as number, reports, rejected rows as None."""
    rows: Any = arguments["rows"]
    name: Any = arguments.get("called", arguments["name"])
    with ListBuilder(Path(str(arguments["path"])), name=name, report=report) as builder:
        for row in rows:
            if row is None:
                builder.reject("odd", "?")
            else:
                number, reports = row
                builder.add(Entry(number=number, prefix=len(number) < 8, reports=reports, weight=float(reports)))
        now = datetime.fromisoformat(str(arguments["now"]))
        builder.finish(version=str(arguments["version"]), as_of=now.date(), retrieved_at=now, source="a test")
    return None


async def in_this_process(function: str, arguments: Mapping[str, JSON], report: Report | None = None) -> JSON:
    """Stand in for the second process."""
    module, _, name = function.partition(":")
    called = build_entries if module == "tests" else getattr(import_module(module), name)
    outcome: JSON = called(arguments, report or nothing)
    return outcome


@dataclass
class Publisher:
    """What a list's plugin fetches in a test: the next of what was published, or an error."""

    home: Home
    clock: FakeClock
    folder: Path
    published: list[Gathered | Exception] = field(default_factory=list)
    seen: list[Gathering] = field(default_factory=list)
    states: list[dict[str, JSON]] = field(default_factory=list)
    "The states as they were handed over."

    async def gather(self, gathering: Gathering) -> Gathered:
        self.seen.append(gathering)
        self.states.append(dict(gathering.state))
        gathering.state["updates"] = len(self.seen)
        following = self.published.pop(0)
        if isinstance(following, Exception):
            raise following
        return following

    def publish(self, *rows: tuple[str, int] | None, overlay: bool = False, **arguments: JSON) -> None:
        facts: dict[str, JSON] = {"rows": list(rows), "version": str(len(self.seen)), **arguments}
        self.published.append(Gathered(arguments=facts, overlay=overlay))


Subscribe = Callable[..., Subscription]


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    clock = FakeClock(NOW)
    home = a_home(tmp_path, clock=clock, apart=in_this_process)
    return Publisher(home=home, clock=clock, folder=home.data_dir / "test")


@pytest.fixture
def subscribe(publisher: Publisher) -> Iterator[Subscribe]:
    opened: list[Subscription] = []

    def subscription(**options: Any) -> Subscription:
        described: dict[str, Any] = {
            "title": "Test list",
            "mode": ListMode.ACTIVE,
            "every": timedelta(days=1),
            "stale_after": timedelta(days=14),
            "gather": publisher.gather,
            "build": "tests:build_entries",
            "limits": Limits(),
        }
        opened.append(Subscription(publisher.home, options.pop("name", "test"), **{**described, **options}))
        return opened[-1]

    yield subscription
    for one in opened:
        one.close()


ReadsAll = Callable[[Gathering], Awaitable[Gathered]]


def numbers(count: int, first: int = 0) -> Iterable[tuple[str, int]]:
    return [(f"+1303555{first + place:04d}", 1 + place % 5) for place in range(count)]


@pytest.fixture
def some() -> Callable[..., Iterable[tuple[str, int]]]:
    return numbers


@pytest.fixture
def an_entry() -> Callable[..., Entry]:
    def entry(number: str = "+13035550188", **facts: Any) -> Entry:
        return Entry(**{"number": number, "category": Category.FRAUD, "last_seen": date(2026, 1, 1), **facts})

    return entry
