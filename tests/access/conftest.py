from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callguard.access import Access, Person, Role
from callguard.testing.fakes import FakeRandomness

NOW = datetime(2026, 11, 22, 18, 45, 3, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "access.db"


@pytest.fixture
def access(path: Path) -> Iterator[Access]:
    opened = Access.open(path, FakeRandomness())
    yield opened
    opened.close()


@pytest.fixture
def ana(access: Access) -> Person:
    return access.add_person("Ana", Role.ADMIN, "hash of Ana", NOW)


@pytest.fixture
def ben(access: Access, ana: Person) -> Person:
    return access.add_person("Ben", Role.MEMBER, "hash of Ben", NOW, by=ana.name)
