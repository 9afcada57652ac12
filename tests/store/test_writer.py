import asyncio
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from callguard import CallRecord, Disposition, Outcome, Rule, RuleKind, RuleList, Severity
from callguard.store import LostError, NotWritableError, Receipt, Store, UnreadableError

Make = Callable[..., CallRecord]
OnDisk = Callable[..., Store]
BLOCK = Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value="+13035550188")


def codes(store: Store) -> list[str]:
    return [problem.code for problem in store.problems()]


def is_lost(receipt: Receipt[None]) -> bool:
    try:
        receipt.result(0)
    except LostError:
        return True
    except NotWritableError:  # not decided yet
        return False
    return False


def test_what_waits_is_written_in_one_transaction(on_disk: OnDisk, disk: Any, make: Make) -> None:
    store = on_disk()
    disk.running.clear()
    receipts = [store.append(make(n)) for n in range(200)]
    disk.running.set()
    for receipt in receipts:
        receipt.result(10)
    assert disk.commits <= 3


def test_appending_does_not_wait_for_the_disk(on_disk: OnDisk, disk: Any, make: Make) -> None:
    store = on_disk()
    disk.running.clear()
    receipt = store.append(make())
    assert not receipt.done
    disk.running.set()
    receipt.result(10)


def test_reading_does_not_wait_for_a_write(on_disk: OnDisk, disk: Any, make: Make) -> None:
    store = on_disk()
    store.append(make(0)).result(10)
    disk.running.clear()
    receipt = store.append(make(1))
    assert store.newest().records == (make(0),)
    assert not receipt.done
    disk.running.set()


def test_many_threads_may_read_at_once(store: Store, make: Make) -> None:
    store.append(make()).result(10)
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(store.counts().total)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert seen == [1] * 12


# --- receipts ------------------------------------------------------------------------------------


async def test_several_may_await_one_receipt(store: Store, make: Make) -> None:
    receipt = store.append(make())

    async def wait() -> bool:
        await receipt
        return store.record(make().call.id) is not None

    assert all(await asyncio.gather(wait(), wait(), wait()))
    await receipt


async def test_giving_up_waiting_does_not_take_the_call_back(on_disk: OnDisk, disk: Any, make: Make) -> None:
    store = on_disk()
    disk.running.clear()
    receipt = store.append(make())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await receipt
    disk.running.set()
    await receipt
    assert store.record(make().call.id)


def test_a_receipt_can_be_waited_for_only_so_long(on_disk: OnDisk, disk: Any, make: Make) -> None:
    store = on_disk()
    disk.running.clear()
    with pytest.raises(NotWritableError, match=r"within 0\.01 seconds"):
        store.append(make()).result(0.01)
    disk.running.set()


def test_a_loop_that_has_ended_harms_nobody(on_disk: OnDisk, disk: Any, make: Make) -> None:
    store = on_disk()
    disk.running.clear()
    receipts: list[Receipt[None]] = []

    async def leave() -> None:
        receipts.append(store.append(make(0)))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await receipts[0]

    asyncio.run(leave())
    disk.running.set()
    receipts[0].result(10)
    store.append(make(1)).result(10)


# --- a disk in trouble ---------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["BEGIN IMMEDIATE", "INSERT INTO calls", "COMMIT"])
@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param(sqlite3.SQLITE_FULL, "the disk is full", id="full"),
        pytest.param(sqlite3.SQLITE_IOERR_WRITE, "the disk of this test fails", id="failing"),
        pytest.param(sqlite3.SQLITE_READONLY, "read-only", id="read-only"),
        pytest.param(sqlite3.SQLITE_BUSY, "locked", id="locked"),
    ],
)
def test_calls_wait_for_the_disk_and_are_recorded_when_it_is_well_again(
    on_disk: OnDisk, disk: Any, make: Make, at: str, code: int, words: str
) -> None:
    store = on_disk()
    store.append(make(0)).result(10)
    disk.fails_with, disk.at = code, at
    receipts = [store.append(make(n)) for n in range(1, 5)]
    disk.await_failures()
    (problem,) = store.problems()
    assert problem.code == "store-not-writing"
    assert problem.severity is Severity.PROBLEM
    assert words in problem.what
    assert problem.since == make(1).call.received_at
    assert problem.cure
    disk.fails_with = None
    for receipt in receipts:
        receipt.result(10)
    assert store.problems() == ()
    assert [r.call.id for r in store.newest().records] == [make(n).call.id for n in (4, 3, 2, 1, 0)]


def test_the_order_is_kept_through_an_outage(on_disk: OnDisk, disk: Any, make: Make) -> None:
    store = on_disk()
    disk.fails_with = sqlite3.SQLITE_FULL
    end = Disposition(outcome=Outcome.RANG, ended_at=make().call.received_at)
    receipts = [store.append(make(0, outcome=None)), store.finish(make(0).call.id, end)]
    disk.await_failures()
    receipts += [store.append(make(1, outcome=None)), store.finish(make(1).call.id, end)]
    disk.await_failures()
    disk.fails_with = None
    for receipt in receipts:
        receipt.result(10)
    assert store.counts().by_outcome[Outcome.RANG] == 2


def test_a_person_is_told_at_once_that_a_rule_cannot_be_saved(
    on_disk: OnDisk, disk: Any, make: Make, eventually: Callable[..., None]
) -> None:
    store = on_disk()
    now = make().call.received_at
    disk.fails_with = sqlite3.SQLITE_FULL
    with pytest.raises(NotWritableError, match="the disk is full"):
        store.add_rule(BLOCK, by="ada", now=now).result(10)
    with pytest.raises(NotWritableError, match="the disk is full"):
        store.add_rule(BLOCK, by="ada", now=now).result(10)
    assert store.rules() == ()
    assert store.revision() == 0
    disk.fails_with = None
    eventually(lambda: codes(store) == [])
    store.add_rule(BLOCK, by="ada", now=now).result(10)
    assert [rule.value for rule in store.rules()] == [BLOCK.value]


def test_the_disk_is_found_well_again_although_nobody_asks(
    on_disk: OnDisk, disk: Any, make: Make, eventually: Callable[..., None]
) -> None:
    store = on_disk()
    disk.fails_with = sqlite3.SQLITE_FULL
    with pytest.raises(NotWritableError):
        store.add_rule(BLOCK, by="ada", now=make().call.received_at).result(10)
    disk.await_failures()
    assert codes(store) == ["store-not-writing"]
    disk.fails_with = None
    eventually(lambda: codes(store) == [])


def test_only_so_many_calls_wait_and_the_oldest_are_lost_and_counted(
    on_disk: OnDisk, disk: Any, make: Make, eventually: Callable[..., None]
) -> None:
    store = on_disk(waiting=10)
    disk.fails_with, disk.at = sqlite3.SQLITE_FULL, "COMMIT"
    disk.running.clear()
    first = store.append(make(0))
    eventually(lambda: store._writer._in_flight == 1)
    receipts = [first, *(store.append(make(n)) for n in range(1, 25))]
    disk.running.set()
    disk.await_failures()
    assert store._writer.waiting <= 10
    disk.fails_with = None
    for receipt in (first, *receipts[-9:]):  # the one in flight, and the newest
        receipt.result(10)
    lost = [n for n, receipt in enumerate(receipts) if is_lost(receipt)]
    assert len(lost) == 15
    assert store.counts().total == 25 - len(lost)
    (problem,) = store.problems()
    assert problem.code == "calls-lost"
    assert problem.what.startswith(f"{len(lost)} calls were")
    assert problem.since == make(lost[0]).call.received_at


def test_memory_is_bounded_by_size_too(on_disk: OnDisk, disk: Any, make: Make) -> None:
    store = on_disk(waiting_bytes=1_000_000)
    disk.running.clear()
    records = [replace(r, call=replace(r.call, identity=("x" * 50_000,))) for r in map(make, range(100))]
    receipts = [store.append(record) for record in records]
    assert store._writer.waiting <= 20
    assert sum(is_lost(receipt) for receipt in receipts) >= 80
    disk.running.set()


def test_a_disk_that_does_not_answer_is_noticed(on_disk: OnDisk, disk: Any, make: Make) -> None:
    store = on_disk()
    disk.running.clear()
    receipts = [store.append(make(n)) for n in range(1100)]
    (problem,) = store.problems()
    assert problem.code == "store-slow"
    disk.running.set()
    receipts[-1].result(10)
    store.append(make(1101)).result(10)
    assert store.problems() == ()


def test_people_are_refused_when_too_much_waits_already(on_disk: OnDisk, disk: Any, make: Make) -> None:
    store = on_disk(waiting=3)
    disk.running.clear()
    now = make().call.received_at
    receipts = [store.add_rule(replace(BLOCK, value=f"+1303555{n:04}"), by="x", now=now) for n in range(20)]
    refusals = sum(receipt.done for receipt in receipts)
    assert refusals >= 15
    disk.running.set()


def test_a_request_that_can_never_succeed_harms_no_other(on_disk: OnDisk, disk: Any, make: Make) -> None:
    store = on_disk()
    huge = make(1)
    huge = replace(huge, verdict=replace(huge.verdict, rung=2**70))  # type: ignore[arg-type]
    disk.running.clear()
    receipts = [store.append(make(n)) for n in (0, 2)]
    receipts.insert(1, store.append(huge))
    disk.running.set()
    receipts[0].result(10)
    receipts[2].result(10)
    with pytest.raises(Exception, match="cannot be stored"):
        receipts[1].result(10)
    assert store.problems() == ()
    assert store.counts().total == 2


# --- the end -------------------------------------------------------------------------------------


def test_closing_a_store_whose_disk_is_full_tries_once_more_then_counts_whatis_lost(
    on_disk: OnDisk, disk: Any, make: Make
) -> None:
    store = on_disk(retry=60)
    disk.fails_with = sqlite3.SQLITE_FULL
    receipts = [store.append(make(n)) for n in range(3)]
    disk.await_failures(1)
    store.close()
    for receipt in receipts:
        with pytest.raises(LostError, match="the disk is full"):
            receipt.result(0)
    assert "calls-lost" in codes(store)


def test_closing_a_store_whose_disk_got_well_loses_nothing(
    on_disk: OnDisk, open_store: Callable[..., Any], disk: Any, make: Make
) -> None:
    store = on_disk(retry=60)
    disk.fails_with = sqlite3.SQLITE_FULL
    receipt = store.append(make())
    disk.await_failures(1)
    disk.fails_with = None
    store.close()
    receipt.result(0)
    assert open_store().store.record(make().call.id) == make()


def test_a_disk_that_hangs_does_not_keep_the_store_from_closing(on_disk: OnDisk, disk: Any, make: Make) -> None:
    store = on_disk()
    disk.running.clear()
    receipt = store.append(make())
    store.close(patience=0.05)
    assert not receipt.done
    disk.running.set()
    store.close()
    receipt.result(0)


def test_a_closed_store_refuses(store: Store, make: Make) -> None:
    store.close()
    with pytest.raises(NotWritableError, match="closed"):
        store.append(make()).result(0)
    with pytest.raises(UnreadableError, match="closed"):
        store.newest()
    store.close()


def test_times_of_the_losses_are_the_calls_own(
    on_disk: OnDisk, disk: Any, make: Make, eventually: Callable[..., None]
) -> None:
    store = on_disk(waiting=1)
    disk.running.clear()
    receipts = [store.append(make(0))]
    eventually(lambda: disk.commits == 1)
    receipts += [store.append(make(n)) for n in range(1, 5)]
    losses = store._writer.losses
    assert losses
    assert losses.count == sum(is_lost(receipt) for receipt in receipts) == 3
    assert (losses.first, losses.last) == (make(1).call.received_at, make(3).call.received_at)
    disk.running.set()
