"""What lists and rules found, counted; and the questions asked of past calls at a start and by a replay."""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from callguard import Action, CallRecord, Evidence, Leaning, Outcome, Rung, Verdict
from callguard.model.verdict import Step, StepOutcome
from callguard.store import Hits, Store

Make = Callable[..., CallRecord]
FTC = Evidence(code="listed", leaning=Leaning.UNWANTED, weight=60, source="ftc", facts={"list": "ftc"})
RULE = Evidence(
    code="blocked-number", leaning=Leaning.UNWANTED, rung=Rung.BLOCK_LIST, source="rules", facts={"rule_id": 7}
)
DAY = timedelta(days=1)


def judged(record: CallRecord, *evidence: Evidence, decided: tuple[int, ...] = (0,)) -> CallRecord:
    ladder = (Step(Rung.SIGNALS, StepOutcome.DECIDED, decided),)
    return replace(record, evidence=evidence, verdict=Verdict(action=Action.BLOCK, rung=Rung.SIGNALS, ladder=ladder))


def append(store: Store, *records: CallRecord) -> None:
    for receipt in [store.append(record) for record in records]:
        receipt.result(10)


# --- hits ----------------------------------------------------------------------------------------


def test_hits_are_counted_by_list_and_rule_with_how_many_decided(store: Store, make: Make, now: datetime) -> None:
    append(store, judged(make(0), FTC, RULE, decided=(1,)), judged(make(1), FTC, decided=(0,)))
    assert store.hits(now) == {
        ("ftc", "ftc"): Hits(hits=2, decided=1, last_at=make(1).call.received_at),
        ("rules", "7"): Hits(hits=1, decided=1, last_at=make(0).call.received_at),
    }


@pytest.mark.parametrize(
    ("changed", "counted"),
    [
        pytest.param({}, (1, 1), id="a hit"),
        pytest.param({"leaning": Leaning.WANTED}, (1, 1), id="a good word"),
        pytest.param({"leaning": Leaning.NEUTRAL}, None, id="not listed, stale, unavailable"),
        pytest.param({"log_only": True}, (1, 0), id="only to be seen"),
        pytest.param({"facts": {}}, None, id="no list and no rule"),
        pytest.param({"facts": {"list": ""}}, None, id="a nameless list"),
        pytest.param({"facts": {"list": 5}}, None, id="a number for a list"),
        pytest.param({"facts": {"rule_id": True}}, None, id="a yes for a rule"),
        pytest.param({"facts": {"rule_id": "7"}}, None, id="a text for a rule"),
    ],
)
def test_only_what_speaks_of_a_list_or_a_rule_is_a_hit(
    store: Store, make: Make, now: datetime, changed: dict[str, Any], counted: tuple[int, int] | None
) -> None:
    append(store, judged(make(), replace(FTC, **changed)))
    found = {key: (hits.hits, hits.decided) for key, hits in store.hits(now).items()}
    assert found == ({("ftc", "ftc"): counted} if counted else {})


def test_a_rule_that_names_the_households_list_it_is_on_is_counted_as_that_rule(
    store: Store, make: Make, now: datetime
) -> None:
    append(store, judged(make(), replace(RULE, facts={"rule_id": 7, "list": "block"})))
    assert list(store.hits(now)) == [("rules", "7")]


def test_a_list_that_says_two_things_of_a_call_is_one_hit(store: Store, make: Make, now: datetime) -> None:
    append(store, judged(make(), FTC, replace(FTC, code="prefix-listed"), decided=(1,)))
    assert store.hits(now)["ftc", "ftc"] == Hits(hits=1, decided=1, last_at=now)


def test_a_record_appended_again_counts_once_and_as_it_is_now(store: Store, make: Make, now: datetime) -> None:
    first = judged(make(outcome=None), FTC)
    append(store, first, first)
    assert store.hits(now)["ftc", "ftc"].hits == 1
    append(store, judged(make(), FTC, RULE, decided=(1,)))
    counted = {key: (hits.hits, hits.decided) for key, hits in store.hits(now).items()}
    assert counted == {("ftc", "ftc"): (1, 0), ("rules", "7"): (1, 1)}
    append(store, judged(make(), RULE))
    assert {key: hits.hits for key, hits in store.hits(now).items()} == {("rules", "7"): 1}


def test_a_record_appended_again_in_the_same_transaction_counts_once(
    on_disk: Callable[..., Store], disk: Any, make: Make, now: datetime
) -> None:
    store = on_disk()
    disk.running.clear()  # the disk hangs, so that all wait together
    receipts = [store.append(judged(make(n % 3), FTC)) for n in range(30)]
    disk.running.set()
    for receipt in receipts:
        receipt.result(10)
    assert store.hits(now)["ftc", "ftc"].hits == 3


def test_hits_are_added_up_from_a_day_on(store: Store, make: Make, now: datetime) -> None:
    append(store, *(judged(make(at=now + n * DAY), FTC) for n in range(5)))
    midnight = now.replace(hour=0, minute=0, second=0)
    assert [store.hits(midnight + n * DAY)["ftc", "ftc"].hits for n in range(5)] == [5, 4, 3, 2, 1]
    assert store.hits(midnight + 5 * DAY) == {}
    assert store.hits(now + 4 * DAY)["ftc", "ftc"].last_at == now + 4 * DAY


def test_a_transaction_that_failed_counts_nothing(
    on_disk: Callable[..., Store], disk: Any, make: Make, now: datetime
) -> None:
    store = on_disk()
    disk.fails_with, disk.at = sqlite3.SQLITE_FULL, "COMMIT"
    receipt = store.append(judged(make(), FTC))
    disk.await_failures(3)
    disk.fails_with = None
    receipt.result(10)
    assert store.hits(now)["ftc", "ftc"].hits == 1


def test_one_bad_record_in_a_transaction_does_not_cost_the_hits_of_the_others(
    on_disk: Callable[..., Store], disk: Any, make: Make, now: datetime
) -> None:
    store = on_disk()
    disk.running.clear()
    bad = replace(make(1), call=replace(make(1).call, received_at=datetime(2026, 11, 22)))  # noqa: DTZ001
    receipts = [store.append(record) for record in (make(9), judged(make(0), FTC), bad, judged(make(2), FTC))]
    disk.running.set()
    with pytest.raises(Exception, match="no time zone"):
        receipts[2].result(10)
    receipts[3].result(10)
    assert store.hits(now)["ftc", "ftc"].hits == 2


def test_names_of_lists_are_kept_clean_and_short(store: Store, make: Make, now: datetime) -> None:
    append(store, judged(make(), replace(FTC, facts={"list": "a\x1b[31m" + "x" * 1000})))
    ((_, key),) = store.hits(now)
    assert key.startswith("a[31m")
    assert len(key) <= 200


# --- past calls ----------------------------------------------------------------------------------


def test_calls_heard_since_are_listed_newest_first(store: Store, make: Make, now: datetime) -> None:
    append(store, *(make(n, name=f"caller {n}") for n in range(5)))
    heard = store.heard_since(now + timedelta(minutes=2))
    assert heard == tuple(make(n, name=f"caller {n}").call for n in (4, 3, 2))
    assert store.heard_since(now + timedelta(hours=1)) == ()


def test_a_thousand_calls_heard_are_enough_and_unreadable_ones_are_left_out(
    store: Store, make: Make, now: datetime, raw: sqlite3.Connection
) -> None:
    append(store, *(make(n) for n in range(1010)))
    raw.execute("UPDATE calls SET body = '{}' WHERE id = ?", (make(1009).call.id,))
    heard = store.heard_since(now)
    assert (len(heard), heard[0]) == (999, make(1008).call)


def test_the_first_time_a_number_called_is_known(store: Store, make: Make, now: datetime) -> None:
    append(store, *(make(n, number=f"+1303555010{n % 3}") for n in (5, 3, 4, 0, 2, 1)))
    first = [store.first_heard(f"+1303555010{n}") for n in range(4)]
    assert first == [now, now + timedelta(minutes=1), now + timedelta(minutes=2), None]


@pytest.mark.parametrize("batch", [1, 7, 100])
def test_every_record_is_gone_through_once_newest_first(store: Store, make: Make, now: datetime, batch: int) -> None:
    records = [make(n // 2, at=now + timedelta(minutes=n // 2)) for n in range(40)]
    records = [replace(r, call=replace(r.call, id=f"{r.call.id[:14]}{n:02}")) for n, r in enumerate(records)]
    append(store, *records)
    batches = list(store.each(now, batch=batch))
    assert [record for some in batches for record in some] == records[::-1]
    assert {len(some) for some in batches[:-1]} <= {batch}


def test_only_records_of_the_wanted_time_are_gone_through(store: Store, make: Make, now: datetime) -> None:
    append(store, *(make(n) for n in range(10)))
    minute = timedelta(minutes=1)
    found = [record for some in store.each(now + 2 * minute, now + 5 * minute) for record in some]
    assert found == [make(4), make(3), make(2)]
    assert list(store.each(now + 60 * minute)) == []


def test_records_that_cannot_be_read_are_counted_on_the_way(
    store: Store, make: Make, now: datetime, raw: sqlite3.Connection
) -> None:
    append(store, *(make(n) for n in range(10)))
    for n in (0, 3, 4, 9):
        raw.execute("UPDATE calls SET body = '[]' WHERE id = ?", (make(n).call.id,))
    going_through = store.each(now, batch=2)
    assert sum(map(len, going_through)) == 6
    assert going_through.unreadable == 4


def test_going_through_records_blocks_no_writing_and_meets_none_twice(
    store: Store, make: Make, now: datetime
) -> None:
    append(store, *(make(n) for n in range(50)))
    seen = []
    for n, batch in enumerate(store.each(now, batch=10)):
        append(store, make(100 + n), make(n, outcome=Outcome.GONE))
        seen += [record.call.id for record in batch]
    assert seen == [make(n).call.id for n in range(49, -1, -1)]


def test_records_can_be_gone_through_in_a_thread_while_others_write(store: Store, make: Make, now: datetime) -> None:
    append(store, *(make(n) for n in range(200)))
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(sum(map(len, store.each(now, batch=20)))))
    thread.start()
    append(store, *(make(n, outcome=Outcome.GONE) for n in range(100)))
    thread.join(10)
    assert seen == [200]
