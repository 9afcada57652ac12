"""No call is lost between the verdict and the disk, and none is announced before it is there."""

import asyncio

import pytest

from callguard import journal
from callguard.journal import Journal
from callguard.model.record import CallRecord
from callguard.store import LostError
from callguard.testing import a_record


class Disk:
    """A store whose commits the test makes."""

    def __init__(self) -> None:
        self.rows: list[CallRecord] = []
        self.receipts: list[asyncio.Future[None]] = []

    def append(self, record: CallRecord) -> asyncio.Future[None]:
        self.rows.append(record)
        self.receipts.append(asyncio.get_running_loop().create_future())
        return self.receipts[-1]


async def run_until_idle(task: "asyncio.Task[None]") -> None:
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done()


async def test_a_call_is_announced_only_after_the_disk_has_it() -> None:
    disk, told = Disk(), list[CallRecord]()
    log = Journal(disk, told.append)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(log.run())
        log.keep(a_record(disposition=None))
        log.keep(a_record())
        await run_until_idle(running)
        assert (len(disk.rows), told) == (1, [])
        disk.receipts[0].set_result(None)
        await run_until_idle(running)
        assert told == disk.rows
        running.cancel()


async def test_a_record_that_was_lost_is_announced_all_the_same() -> None:
    disk, told = Disk(), list[CallRecord]()
    log = Journal(disk, told.append)
    log.keep(a_record())
    disk.receipts[0].set_exception(LostError("the disk is full"))
    await log.close()
    assert len(told) == 1


async def test_a_call_still_going_on_is_stored_when_the_house_closes() -> None:
    disk, told = Disk(), list[CallRecord]()
    log = Journal(disk, told.append)
    log.keep(a_record(disposition=None))
    await log.close()
    assert [row.disposition for row in disk.rows] == [None]
    assert told == []


async def test_a_call_that_lasts_is_stored_without_its_end_and_then_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "PENDING_AFTER", 0.0)
    disk, told = Disk(), list[CallRecord]()
    log = Journal(disk, told.append)
    log.keep(a_record(disposition=None))
    for _ in range(4):
        await asyncio.sleep(0.001)
    log.keep(a_record())
    assert [row.disposition is None for row in disk.rows] == [True, False]
    disk.receipts[1].set_result(None)
    await log.close()
    assert len(told) == 1
