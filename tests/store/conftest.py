import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callguard import (
    Action,
    Call,
    Caller,
    CallRecord,
    Disposition,
    Evidence,
    Leaning,
    Outcome,
    Presentation,
    Rung,
    Verdict,
    new_id,
)
from callguard.model.policy import Policy
from callguard.store import Limits, Opened, Store
from callguard.store.database import sqlite_connect

NOW = datetime(2026, 11, 22, 18, 45, 3, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


MakeRecord = Callable[..., CallRecord]
OpenStore = Callable[..., Opened]


@pytest.fixture(scope="session")
def make() -> MakeRecord:
    """Build the n-th call of an evening, one a minute."""

    def build(
        n: int = 0,
        *,
        number: str | None = "+13035550188",
        name: str = "",
        line: str = "Home",
        action: Action = Action.BLOCK,
        outcome: Outcome | None = Outcome.REJECTED,
        at: datetime | None = None,
        policy: Policy | None = None,
        **more: Any,
    ) -> CallRecord:
        at = at or NOW + timedelta(minutes=n)
        shown = Presentation.SHOWN if number else Presentation.WITHHELD
        record = CallRecord(
            call=Call(
                id=new_id(at, n * 0x1234567 % 2**35),
                line=line,
                received_at=at,
                caller=Caller(presentation=shown, number=number, name=name),
            ),
            evidence=(
                Evidence(code="blocked-number", leaning=Leaning.UNWANTED, rung=Rung.BLOCK_LIST, source="rules"),
            ),
            failures=(),
            policy=policy or Policy(),
            verdict=Verdict(action=action, rung=Rung.BLOCK_LIST),
            disposition=Disposition(outcome=outcome, ended_at=at + timedelta(seconds=1)) if outcome else None,
        )
        return replace(record, **more)

    return build


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "callguard.db"


@pytest.fixture
def open_store(path: Path) -> Iterator[OpenStore]:
    """Open stores, and close them when the test ends."""
    opened: list[Store] = []

    def open_one(at: Path = path, **more: Any) -> Opened:
        result = Store.open(at, now=NOW, **more)
        opened.append(result.store)
        return result

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    opened = open_store()
    assert opened.problems == ()
    return opened.store


class Disk:
    """A disk that can be full, slow or broken, by tampering with what SQLite answers."""

    def __init__(self) -> None:
        self.fails_with: int | None = None
        self.at = "BEGIN IMMEDIATE"
        self.commits = 0
        self.running = threading.Event()
        self.running.set()
        self._failures = threading.Semaphore(0)

    def await_failures(self, count: int = 2) -> None:
        """Return when the store has failed so many times more; after the second the first has been dealt with."""
        for _ in range(count):
            assert self._failures.acquire(timeout=10)

    def ask(self, sql: str) -> None:
        if sql == "COMMIT":
            self.commits += 1
            self.running.wait(10)
        if self.fails_with is not None and sql.strip().startswith(self.at):
            self._failures.release()
            error = sqlite3.OperationalError("the disk of this test fails")
            error.sqlite_errorcode = self.fails_with
            raise error

    def connect(self, uri: str) -> sqlite3.Connection:
        disk = self

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                disk.ask(sql)
                return super().execute(sql, *values)

        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, factory=Connection)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def on_disk(open_store: OpenStore, disk: Disk) -> Callable[..., Store]:
    """Open a store on a disk that can fail, tried again every hundredth of a second."""

    def open_one(**limits: Any) -> Store:
        return open_store(connect=disk.connect, limits=Limits(**{"retry": 0.01, **limits})).store

    return open_one


@pytest.fixture
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """Look at the file behind the store's back."""
    connection = sqlite_connect(path.as_uri())
    yield connection
    connection.close()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait for something the writer's thread does by itself."""

    def wait(condition: Callable[[], bool]) -> None:
        never = threading.Event()
        for _ in range(2000):
            if condition():
                return
            never.wait(0.005)
        pytest.fail("it never happened")

    return wait
