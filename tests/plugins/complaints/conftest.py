"""A household in three jurisdictions, and a plugin that has no network."""

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from callguard import Jurisdiction, Relationship
from callguard.testing import FakeClock, a_home
from callguard_complaints.plugin import Complaints
from tests.plugins.complaints.helpers.house import House
from tests.plugins.complaints.helpers.law import CANADA, NOW, US


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(Complaints(Complaints.Config(), a_home(tmp_path, name="complaints", clock=FakeClock(NOW))))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a socket fails the test."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a complaint opened a socket")

    for name in ("socket", "create_connection", "getaddrinfo", "socketpair"):
        monkeypatch.setattr(socket, name, refuse)


@pytest.fixture
def us() -> Jurisdiction:
    return US


@pytest.fixture
def canada() -> Jurisdiction:
    return CANADA


@pytest.fixture
def a_party() -> Callable[..., Relationship]:
    return lambda **facts: replace(Relationship(party="Acme Solar", numbers=("+13035550164",)), **facts)
