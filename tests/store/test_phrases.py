import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

from callguard.store import Store

BLOCKED = {("rules", "blocked-number"): "{number} is on your block list{note}"}
LISTED = {("ftc", "complaints"): "{count} complaints about {number}"}


async def test_a_sentence_is_remembered_after_its_plugin_is_gone(
    open_store: Callable[..., Any], now: datetime
) -> None:
    first = open_store().store
    await first.remember_phrases(BLOCKED | LISTED, now=now)
    first.close()
    second = open_store().store
    await second.remember_phrases(BLOCKED, now=now)
    assert second.phrases() == BLOCKED | LISTED


async def test_the_newest_wording_wins(store: Store, now: datetime) -> None:
    await store.remember_phrases(BLOCKED, now=now)
    await store.remember_phrases({("rules", "blocked-number"): "you block {number}"}, now=now)
    assert store.phrases() == {("rules", "blocked-number"): "you block {number}"}


async def test_remembering_what_is_known_writes_nothing(store: Store, now: datetime, raw: sqlite3.Connection) -> None:
    await store.remember_phrases(BLOCKED, now=now)
    (before,) = raw.execute("PRAGMA data_version").fetchone()
    await store.remember_phrases(BLOCKED, now=now)
    assert raw.execute("PRAGMA data_version").fetchone() == (before,)
    await store.remember_phrases(LISTED, now=now)
    assert raw.execute("PRAGMA data_version").fetchone() != (before,), "this test would notice"


async def test_a_sentence_is_stored_clean(store: Store, now: datetime) -> None:
    await store.remember_phrases({("x", "y"): "a\x1b\nb"}, now=now)
    assert store.phrases() == {("x", "y"): "a b"}
