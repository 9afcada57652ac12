"""What is remembered between updates survives, whole or not at all."""

import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard.numberlist.keeping import Memory, load, save

NOW = datetime(2026, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)
EXAMPLES = min(500, int(os.environ.get("CALLGUARD_FUZZ", "100")))


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    memory = Memory(
        last_tried_at=NOW,
        last_succeeded_at=NOW - timedelta(days=1),
        last_changed_at=NOW - timedelta(days=2),
        failing_since=NOW - timedelta(hours=3),
        not_before=NOW + timedelta(hours=1),
        failures=3,
        error="HTTP 503 “busy”",
        refused=True,
        forcible=True,
        state={"version": 7, "conditional": {"": {"etag": '"x"'}}, "files": ["a", "b"]},
    )
    save(tmp_path / "list.json", memory)
    assert load(tmp_path / "list.json") == memory
    assert stat.S_IMODE((tmp_path / "list.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["list.json"]


def test_nothing_saved_is_nothing_remembered(tmp_path: Path) -> None:
    assert load(tmp_path / "list.json") == Memory()


ODD = ["", "{", "[]", "null", "7", '{"failures": "many"}', '{"state": 5}', '{"last_tried_at": "yesterday"}',
       '{"failures": 1e999}', "[" * 100_000, "\x00\xff"]  # fmt: skip


@pytest.mark.parametrize("text", ODD, ids=lambda text: text[:20])
def test_what_cannot_be_read_is_forgotten(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.json").write_text(text, encoding="latin-1")
    assert load(tmp_path / "list.json") == Memory()


def test_a_time_without_a_zone_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(json.dumps({"last_tried_at": "2026-01-02T12:00:00", "failures": 2}))
    assert load(tmp_path / "list.json") == Memory(failures=2)


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.binary(max_size=200))
def test_no_bytes_raise(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(data)
    assert load(path).failures >= 0


def test_a_disk_that_takes_nothing_keeps_what_was_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "list.json", Memory(failures=1))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save(tmp_path / "list.json", Memory(failures=2))
    assert load(tmp_path / "list.json").failures == 1
    assert [path.name for path in tmp_path.iterdir()] == ["list.json"]
