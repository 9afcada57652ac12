"""Against a server that answers badly: the good copy stays, and the trouble is shown."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from callguard import FetchError, Progress, Subscription, TryLaterError
from callguard.testing import FakeClock, Fault, FaultyServer, Page
from callguard_ftc.plugin import Ftc

Build = Callable[..., Ftc]
Daily = Callable[..., bytes]
Silent = Callable[[Progress], None]
INDEX, OLD, NEW, FCC = (
    "/index.html",
    "/f/DNC_Complaint_Numbers_2026-03-05.csv",
    "/f/DNC_Complaint_Numbers_2026-03-06.csv",
    "/fcc.csv",
)
NUMBER = "+13035550147"
FAILURES = (FetchError, TryLaterError)
HARMLESS = {Fault.WRONG_TYPE, Fault.SLOW}
"""What is inside counts, not what it is called; and a small file comes slowly, but it comes."""


@pytest.fixture
async def server(daily: Daily) -> AsyncIterator[FaultyServer]:
    async with FaultyServer() as running:
        running.pages = {
            INDEX: Page(body=f'<a href="{OLD}">old</a>'.encode()),
            OLD: Page(body=daily("3035550147", "3035550147", "3035550148")),
            NEW: Page(body=daily("3035550147", "3035550148", "3035550149", day="2026-03-06")),
            FCC: Page(body=b"id,issue_date,issue,caller_id_number\n1,2026-03-05,Unwanted Calls,303-555-0147\n"),
        }
        yield running


@pytest.fixture
def plugin(build: Build, server: FaultyServer) -> Ftc:
    fcc = {"mode": "active", "url": server.url(FCC)}
    return build({"mode": "active", "index_url": server.url(INDEX), "fcc": fcc}, web=server.web())


def reports(one: Subscription) -> int:
    found = one.look_up(NUMBER).entry
    return found.reports if found else 0


def shown(one: Subscription, clock: FakeClock) -> list[str]:
    return [problem.code for problem in one.problems(clock.now())]


@pytest.mark.parametrize("fault", Fault)
async def test_an_index_gone_wrong_loses_nothing(
    plugin: Ftc, server: FaultyServer, silent: Silent, clock: FakeClock, fault: Fault
) -> None:
    ftc, _ = plugin.number_lists()
    await ftc.update(silent)
    server.faults[INDEX] = fault
    if fault in HARMLESS:
        assert not (await ftc.update(silent)).changed
    else:
        with pytest.raises(FAILURES):
            await ftc.update(silent)
        assert shown(ftc, clock) == ["list-failing"]
    assert reports(ftc) == 2


@pytest.mark.parametrize("fault", Fault)
async def test_a_new_day_gone_wrong_loses_nothing(
    plugin: Ftc, server: FaultyServer, silent: Silent, clock: FakeClock, fault: Fault
) -> None:
    ftc, _ = plugin.number_lists()
    await ftc.update(silent)
    server.pages[INDEX] = Page(body=f'<a href="{OLD}">old</a> <a href="{NEW}">new</a>'.encode())
    server.faults[NEW] = fault
    if fault in HARMLESS:
        assert (await ftc.update(silent)).changed
    elif fault is Fault.NOT_FOUND:
        updated = await ftc.update(silent)
        assert "2026-03-06 is missing" in updated.note
        assert shown(ftc, clock) == []
    else:
        with pytest.raises(FAILURES, match="2026-03-06 is missing"):
            await ftc.update(silent)
        assert shown(ftc, clock) == ["list-failing"]
    assert reports(ftc) == (3 if fault in HARMLESS else 2)
    del server.faults[NEW]
    clock.advance(180)
    await ftc.update(silent)
    assert reports(ftc) == 3, "and it mends itself"
    assert shown(ftc, clock) == []


@pytest.mark.parametrize("fault", Fault)
async def test_a_dataset_gone_wrong_loses_nothing(
    plugin: Ftc, server: FaultyServer, silent: Silent, clock: FakeClock, fault: Fault
) -> None:
    _, fcc = plugin.number_lists()
    await fcc.update(silent)
    server.faults[FCC] = fault
    if fault in HARMLESS:
        await fcc.update(silent)
    else:
        with pytest.raises(FAILURES):
            await fcc.update(silent)
        assert shown(fcc, clock) == ["list-failing"]
    assert reports(fcc) == 1


async def test_nothing_half_fetched_stays_behind(
    plugin: Ftc, server: FaultyServer, silent: Silent, tmp_path: Path
) -> None:
    ftc, _ = plugin.number_lists()
    server.faults[OLD] = Fault.HALF
    with pytest.raises(FetchError):
        await ftc.update(silent)
    assert await asyncio.to_thread(_files_below, tmp_path) == ["list.json", "list.lock"]


def _files_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())
