import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest

from callguard import CallRecord, Complaint, ComplaintState
from callguard.store import Filter, Gone, NotWritableError, Store, retiring

Make = Callable[..., CallRecord]
DAY = timedelta(days=1)
SECRET = b"a key kept elsewhere"


def keep(store: Store, *records: CallRecord) -> None:
    for receipt in [store.append(record) for record in records]:
        receipt.result(10)


def retire(store: Store, before: datetime, *, pseudonymise: bool = True) -> int:
    return store.retire(before, pseudonymise=pseudonymise, secret=SECRET, now=before).result(30)


@pytest.fixture
def daily(store: Store, make: Make, now: datetime) -> Store:
    """Keep a call a day for ten days, of three callers and one who hides."""
    numbers = ("+13035550101", "+442079460958", "+13035550103", None)
    keep(store, *(make(at=now + n * DAY, number=numbers[n % 4], name=f"Caller {n}") for n in range(10)))
    return store


def test_calls_older_than_wanted_go_and_the_others_stay(daily: Store, make: Make, now: datetime) -> None:
    assert retire(daily, now + 6 * DAY) == 6
    assert [r.call.received_at for r in daily.newest().records] == [now + n * DAY for n in (9, 8, 7, 6)]
    assert daily.oldest() == now + 6 * DAY
    assert daily.record(make(at=now).call.id) is None
    assert retire(daily, now + 6 * DAY) == 0
    assert daily.check() == ()


def test_a_page_can_say_up_to_when_calls_were_removed(daily: Store, now: datetime) -> None:
    assert retire(daily, now) == 0
    assert daily.gone() is None, "nothing was removed yet"
    retire(daily, now + 3 * DAY)
    assert daily.gone() == Gone(before=now + 3 * DAY, pseudonymised=True, at=now + 3 * DAY)
    retire(daily, now + 5 * DAY, pseudonymise=False)
    retire(daily, now + 4 * DAY)
    assert daily.gone() == Gone(before=now + 5 * DAY, pseudonymised=False, at=now + 5 * DAY)


def test_what_was_removed_is_found_by_no_search(daily: Store, now: datetime) -> None:
    retire(daily, now + 5 * DAY)
    assert daily.count(Filter(text="Caller")) == 5
    assert daily.count(Filter(text="Caller 3")) == 0


def test_counters_stay(daily: Store, now: datetime) -> None:
    before = daily.counts(), daily.statistics(now - DAY, now + 20 * DAY, UTC).total
    retire(daily, now + 8 * DAY)
    assert (daily.counts(), daily.statistics(now - DAY, now + 20 * DAY, UTC).total) == before


def test_how_often_a_number_called_is_known_to_who_has_the_secret_only(daily: Store, now: datetime) -> None:
    retire(daily, now + 9 * DAY)
    assert [daily.past(number, SECRET) for number in ("+13035550101", "+442079460958", "+13035550199")] == [3, 2, 0]
    assert daily.past("+13035550101", b"another") == 0


def test_what_is_left_names_no_number(daily: Store, now: datetime, raw: sqlite3.Connection) -> None:
    retire(daily, now + 9 * DAY)
    rows = raw.execute("SELECT line, experience, calling_code, pseudonym FROM past_calls").fetchall()
    assert {code for _, _, code, _ in rows} == {"+1", "+44", ""}
    assert len({pseudonym for *_, pseudonym in rows}) == 4
    assert {(line, experience) for line, experience, *_ in rows} == {("Home", "blocked")}
    assert not any("303555" in str(row) for row in rows)
    assert raw.execute("SELECT number FROM callers").fetchall() == [("+442079460958",)]


def test_nothing_is_left_where_nothing_shall_be(daily: Store, now: datetime, raw: sqlite3.Connection) -> None:
    retire(daily, now + 3 * DAY)
    retire(daily, now + 6 * DAY, pseudonymise=False)
    assert raw.execute("SELECT count(*) FROM past_calls").fetchone() == (0,)
    assert daily.past("+13035550101", SECRET) == 0


def test_all_pseudonyms_go_though_no_call_is_left_to_remove(
    daily: Store, now: datetime, raw: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retiring, "_MOST_AT_ONCE", 2)
    retire(daily, now + 7 * DAY)
    assert retire(daily, now + 7 * DAY, pseudonymise=False) == 0
    assert raw.execute("SELECT count(*) FROM past_calls").fetchone() == (0,)
    gone = daily.gone()
    assert gone
    assert not gone.pseudonymised


def test_a_caller_who_still_has_calls_keeps_the_first_time(daily: Store, now: datetime) -> None:
    retire(daily, now + 2 * DAY)
    history = daily.caller("+13035550101")
    assert history
    assert (history.calls, history.first_at, daily.first_heard("+13035550101")) == (3, now, now)
    retire(daily, now + 9 * DAY)
    assert (daily.caller("+13035550101"), daily.first_heard("+13035550101")) == (None, None)


@pytest.mark.parametrize("state", list(ComplaintState))
def test_a_call_that_a_complaint_was_made_about_stays(
    daily: Store, make: Make, now: datetime, state: ComplaintState
) -> None:
    filed = now.date() if state is ComplaintState.FILED else None
    call = make(at=now + DAY).call.id
    complaint = Complaint(call_id=call, agency="ftc", state=state, filed_on=filed, answers={"kind": "sales"})
    daily.save_complaint(complaint, by="ada", now=now).result(10)
    kept = state is not ComplaintState.DRAFT
    assert retire(daily, now + 6 * DAY) == (5 if kept else 6)
    assert (daily.record(call) is not None) is kept
    assert len(daily.complaints()) == kept, "a draft goes with its call"
    assert daily.oldest() == (now + DAY if kept else now + 6 * DAY)
    assert retire(daily, now + 6 * DAY) == 0


def test_a_complaint_nobody_understands_keeps_its_call(
    daily: Store, make: Make, now: datetime, raw: sqlite3.Connection
) -> None:
    raw.execute("INSERT INTO complaints VALUES (?, 'ftc', 'not JSON', 1)", (make(at=now).call.id,))
    assert retire(daily, now + 6 * DAY) == 5


def test_calls_are_removed_in_slices_and_new_ones_are_written_in_between(
    store: Store, make: Make, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retiring, "SLICE", 0.0)
    monkeypatch.setattr(retiring, "FIRST", 1)
    keep(store, *(make(n) for n in range(40)))
    removing = store.retire(now + DAY, pseudonymise=True, secret=SECRET, now=now)
    keep(store, make(at=now + 2 * DAY))
    assert not removing.done, "the new call did not wait for the old ones"
    assert removing.result(30) == 40
    assert store.count() == 1


def test_a_disk_in_trouble_ends_it_and_the_next_time_does_the_rest(
    on_disk: Callable[..., Store],
    disk: Any,
    make: Make,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[..., None],
) -> None:
    monkeypatch.setattr(retiring, "SLICE", 0.0)
    monkeypatch.setattr(retiring, "FIRST", 1)
    store = on_disk()
    keep(store, *(make(n) for n in range(10)))
    disk.fails_with, disk.at = sqlite3.SQLITE_FULL, "SELECT seq, number, name"
    with pytest.raises(NotWritableError, match="the disk is full"):
        retire(store, now + DAY)
    disk.fails_with = None
    assert (store.count(), store.gone()) == (10, None)
    eventually(lambda: store.problems() == ())
    assert retire(store, now + DAY) == 10
    assert store.past("+13035550188", SECRET) == 10, "a slice that was rolled back counts once"


def test_closing_leaves_the_rest_for_another_time(
    open_store: Callable[..., Any], make: Make, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retiring, "SLICE", 0.0)
    monkeypatch.setattr(retiring, "FIRST", 1)
    first = open_store().store
    keep(first, *(make(n) for n in range(60)))
    removing = first.retire(now + DAY, pseudonymise=True, secret=SECRET, now=now)
    first.close()
    with pytest.raises(NotWritableError, match="left for another time"):
        removing.result(10)
    second = open_store().store
    left = second.count()
    assert 0 < left < 60
    assert second.past("+13035550188", SECRET) == 60 - left
    assert retire(second, now + DAY) == left


def test_a_slice_is_short(store: Store, make: Make, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store, *(make(n, name=f"Caller {n}") for n in range(500)))
    took: list[float] = []
    run = retiring.Retirement.run

    def timed(self: retiring.Retirement, connection: sqlite3.Connection) -> int:
        begun = monotonic()
        try:
            return run(self, connection)
        finally:
            took.append(monotonic() - begun)

    monkeypatch.setattr(retiring.Retirement, "run", timed)
    assert retire(store, now + DAY) == 500
    assert sorted(took)[len(took) // 2] < 0.05


# --- the log of changes ---------------------------------------------------------------------------


def test_old_changes_are_removed_but_never_the_newest(store: Store, now: datetime) -> None:
    for n in range(5):
        store.set_setting("policy.block_at", 80 + n, by="ada", now=now + n * DAY).result(10)
    assert store.prune_changes(now + 3 * DAY).result(10) == 3
    assert [change.id for change in store.changes()] == [5, 4]
    assert store.prune_changes(now + 30 * DAY).result(10) == 1
    assert [change.id for change in store.changes()] == [5]
    store.set_setting("policy.block_at", 99, by="ada", now=now).result(10)
    assert [change.id for change in store.changes()] == [6, 5], "no number is given twice"
    store.undo(6, by="ada", now=now).result(10)
    assert store.settings() == {"policy.block_at": 84}


def test_nothing_is_pruned_where_nothing_changed(store: Store, now: datetime) -> None:
    assert store.prune_changes(now).result(10) == 0


def test_retiring_in_one_thread_while_others_read(store: Store, make: Make, now: datetime) -> None:
    keep(store, *(make(n, name="Caller") for n in range(300)))
    wrong: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                store.newest(50, wanted=Filter(text="Caller"))
                store.statistics(now - DAY, now + DAY, UTC)
            except Exception as error:  # noqa: BLE001
                wrong.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    retire(store, now + DAY)
    done.set()
    thread.join(10)
    assert wrong == []


def test_a_record_of_a_call_that_was_removed_is_kept_again(daily: Store, make: Make, now: datetime) -> None:
    retire(daily, now + 5 * DAY)
    keep(daily, replace(make(at=now), software="again"))
    assert daily.oldest() == now
