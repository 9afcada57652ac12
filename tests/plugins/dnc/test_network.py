import socket
from datetime import UTC, date, datetime

import pytest

from callguard import Relationship
from callguard.testing import a_call
from tests.plugins.dnc.conftest import Build


def test_nobody_is_asked_over_the_network(
    build: Build, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    shop = Relationship(party="Shop", numbers=("+13035550164",), last_purchase=date(2026, 1, 1))
    plugin = build({"Home": {"registered_on": "2026-03-01", "proof": "a secret drawer"}}, relationships=[shop])
    assert plugin.dnc_status("Home", datetime(2026, 6, 1, tzinfo=UTC))
    assert plugin.jurisdiction("Home")
    assert plugin.check_call(a_call(received_at=datetime(2026, 6, 1, tzinfo=UTC)))
    assert plugin.health() == []
    assert "Shop" not in caplog.text
    assert "drawer" not in caplog.text
