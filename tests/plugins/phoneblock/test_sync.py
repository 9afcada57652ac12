"""The list at home: fetched as PhoneBlock asks, built whole or laid over, never lost."""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from callguard import JSON, Evidence, FetchError, Report, TryLaterError, Updated
from callguard.testing import FakeClock, Fault, Page, a_call, a_caller, apart_here
from callguard_phoneblock.plugin import PhoneBlock

Build = Callable[..., PhoneBlock]
LISTED, ANOTHER, OTHER = "+13035550110", "+13035550120", "+13035550199"
HOUR, DAY = 3600.0, 86400.0
HARMLESS = (Fault.WRONG_TYPE, Fault.SLOW)
"""Whatever it is called and however slowly it comes, it is the answer."""
WHOLE = ("/api/blocklist", {"format": "json"})


class Update(Protocol):
    def __call__(self, plugin: PhoneBlock, *, force: bool = False) -> Awaitable[Updated]: ...


class Fake(Protocol):
    """What conftest calls FakePhoneBlock."""

    server: Any
    version: int

    def asked(self) -> list[tuple[str, dict[str, str]]]: ...
    def change(self, **votes: int) -> None: ...


def since(version: int) -> tuple[str, dict[str, str]]:
    return "/api/blocklist", {"format": "json", "since": str(version)}


def says(plugin: PhoneBlock, number: str) -> Evidence:
    evidence = plugin.check_call(a_call(number))
    assert evidence is not None
    return evidence


def find(folder: Path, pattern: str) -> list[Path]:
    """What lies in *folder*, at whatever depth."""
    return list(folder.rglob(pattern))


async def test_the_whole_list_is_fetched_once_and_explains_its_hits(
    phoneblock: Fake, build: Build, update: Update
) -> None:
    plugin = build()
    answer = await update(plugin)
    assert (answer.changed, answer.after) == (True, 41)
    assert phoneblock.asked() == [WHOLE]
    evidence = says(plugin, LISTED)
    assert (evidence.code, evidence.weight, evidence.basis, evidence.version) == (
        "listed-number",
        35,
        "complaints",
        "1",
    )
    assert evidence.facts["category"] == "fraud"
    assert evidence.facts["last_seen"] == "2025-12-24"
    assert says(plugin, OTHER).code == "not-listed"


async def test_the_next_day_only_what_changed_is_fetched(
    phoneblock: Fake, build: Build, update: Update, clock: FakeClock
) -> None:
    plugin = build()
    await update(plugin)
    phoneblock.change(n10=0, n20=20, n99=2)
    clock.advance(DAY)
    answer = await update(plugin)
    assert phoneblock.asked() == [WHOLE, since(1)]
    assert (answer.changed, answer.before, answer.after) == (True, 41, 41)
    assert says(plugin, LISTED).code == "not-listed"  # votes 0: removed
    assert says(plugin, ANOTHER).facts["reports"] == 20
    assert says(plugin, ANOTHER).facts["category"] == "fraud"
    assert says(plugin, OTHER).code == "listed-number"
    assert says(plugin, OTHER).version == "2"


async def test_changes_of_several_days_add_up(
    phoneblock: Fake, build: Build, update: Update, clock: FakeClock
) -> None:
    plugin = build()
    await update(plugin)
    for changes in ({"n10": 0}, {"n20": 0}, {"n10": 10}):
        phoneblock.change(**changes)
        clock.advance(DAY)
        await update(plugin)
    assert phoneblock.asked() == [WHOLE, since(1), since(2), since(3)]
    assert says(plugin, LISTED).facts["reports"] == 10
    assert says(plugin, ANOTHER).code == "not-listed"


async def test_a_day_without_changes_keeps_the_copy_fresh(
    phoneblock: Fake, build: Build, update: Update, clock: FakeClock
) -> None:
    plugin = build()
    await update(plugin)
    for _ in range(20):
        clock.advance(DAY)
        answer = await update(plugin)
        assert (answer.changed, answer.note) == (False, "nothing has changed at PhoneBlock")
    assert says(plugin, OTHER).code == "not-listed"
    assert phoneblock.asked() == [WHOLE] + [since(1)] * 20


@pytest.mark.parametrize("force", [False, True], ids=["by itself", "by force"])
async def test_nobody_makes_it_ask_twice_a_day(
    force: bool, phoneblock: Fake, build: Build, update: Update, clock: FakeClock
) -> None:
    await update(build())
    for _ in range(5):
        clock.advance(DAY / 5 - 1)
        answer = await update(build(), force=force)
        assert not answer.changed
        assert answer.note.startswith("PhoneBlock is asked at most once a day, even by force; the next time in")
    assert phoneblock.asked() == [WHOLE]


async def test_the_whole_list_comes_again_after_a_month(
    phoneblock: Fake, build: Build, update: Update, clock: FakeClock
) -> None:
    await update(build())
    days = []
    for day in range(1, 61):
        clock.advance(DAY)
        await update(build())
        if phoneblock.asked()[-1] == WHOLE:
            days.append(day)
    assert days == [30, 60]
    assert len(phoneblock.asked()) == 61


async def test_a_lost_copy_is_built_again_without_asking(
    phoneblock: Fake, build: Build, update: Update, clock: FakeClock, tmp_path: Path
) -> None:
    await update(build())
    for file in find(tmp_path, "list*.sqlite"):
        file.unlink()
    clock.advance(HOUR)
    plugin = build()
    answer = await update(plugin)
    assert (answer.changed, answer.after) == (True, 41)
    assert answer.note == "built of what had come already; PhoneBlock was not asked"
    assert phoneblock.asked() == [WHOLE]
    assert says(plugin, LISTED).code == "listed-number"
    clock.advance(DAY)
    await update(plugin)
    assert phoneblock.asked() == [WHOLE, since(1)]


class Killed(BaseException):
    """The process ends here."""


def killed_at(function: str, times: int = 1) -> Any:
    """A second process during which the power fails, as often as told."""
    left = [times]

    async def apart(name: str, arguments: Mapping[str, JSON], report: Report | None = None) -> JSON:
        if name.endswith(function) and left[0]:
            left[0] -= 1
            raise Killed
        return await apart_here(name, arguments, report)

    return apart


async def test_a_kill_after_the_download_does_not_fetch_it_twice(
    phoneblock: Fake, build: Build, update: Update, clock: FakeClock
) -> None:
    with pytest.raises(Killed):
        await update(build(apart=killed_at(":build")))
    plugin = build()
    answer = await update(plugin)
    assert answer.note == "built of what had come already; PhoneBlock was not asked"
    assert phoneblock.asked() == [WHOLE]
    phoneblock.change(n10=0)
    clock.advance(DAY)
    with pytest.raises(Killed):
        await update(build(apart=killed_at(":build")))
    assert says(plugin, LISTED).code == "listed-number"
    answer = await update(plugin)
    assert answer.note == "built of what had come already; PhoneBlock was not asked"
    assert says(plugin, LISTED).code == "not-listed"
    assert phoneblock.asked() == [WHOLE, since(1)]


async def test_kills_during_the_download_ask_less_and_less_often(
    phoneblock: Fake, build: Build, update: Update, clock: FakeClock
) -> None:
    asked_at = []
    for minute in range(0, 3 * 24 * 60, 10):
        before = len(phoneblock.asked())
        with suppress(Killed, TryLaterError):
            await update(build(apart=killed_at(":inspect")), force=True)
        asked_at += [minute] * (len(phoneblock.asked()) - before)
        clock.advance(600)
    assert asked_at == [0, 10, 30, 70, 150, 310, 630, 1270, 2550, 3990]
    clock.advance(DAY)
    assert (await update(build())).changed


@pytest.mark.parametrize("fault", Fault)
async def test_no_fault_of_the_server_costs_the_good_copy(
    fault: Fault, phoneblock: Fake, build: Build, update: Update, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callguard_phoneblock.fetching._LIMIT", 1_000_000)
    plugin = build()
    await update(plugin)
    phoneblock.change(n10=0)
    phoneblock.server.faults["/api/blocklist"] = fault
    clock.advance(DAY)
    if fault not in HARMLESS:
        with pytest.raises((FetchError, TryLaterError, ValueError)):
            await update(plugin)
        assert says(plugin, LISTED).code == "listed-number"
    phoneblock.server.faults.clear()
    clock.advance(DAY)
    await update(plugin)
    assert says(plugin, LISTED).code == "not-listed"


async def test_a_refused_key_is_a_problem_until_it_is_taken(
    phoneblock: Fake, build: Build, update: Update, clock: FakeClock
) -> None:
    plugin = build(token="wrong")
    with pytest.raises(FetchError, match="does not take the API key"):
        await update(plugin)
    (problem,) = plugin.health()
    assert problem.code == "phoneblock-token"
    assert "wrong" not in problem.what + problem.cure
    right = build()
    await update(right)  # at once: a refusal at the door cost PhoneBlock nothing
    assert not right.health()
    assert len(phoneblock.asked()) == 2


async def test_too_many_requests_are_followed_by_the_silence_asked_for(
    phoneblock: Fake, build: Build, update: Update, clock: FakeClock
) -> None:
    phoneblock.server.faults["/api/blocklist"] = Fault.TOO_MANY
    with pytest.raises(TryLaterError):
        await update(build())
    phoneblock.server.faults.clear()
    for _ in range(3):
        clock.advance(30)
        with pytest.raises(TryLaterError, match="left alone"):
            await update(build(), force=True)
    assert len(phoneblock.asked()) == 1
    clock.advance(600)
    assert (await update(build())).changed


async def test_another_list_is_refused(phoneblock: Fake, build: Build, update: Update, clock: FakeClock) -> None:
    plugin = build()
    await update(plugin)
    page = Page(body=json.dumps({"numbers": [{"phone": LISTED, "votes": 2}], "version": 9}).encode())
    phoneblock.server.pages["/api/blocklist"] = page
    clock.advance(30 * DAY)
    with pytest.raises(Exception, match="it shrank from 41 entries to 1"):
        await update(plugin)
    assert says(plugin, ANOTHER).code in {"listed-number", "list-stale"}
    answer = await update(plugin, force=True)  # a person has looked at it, and PhoneBlock need not be asked again
    assert answer.after == 1
    assert len(phoneblock.asked()) == 2


async def test_a_diary_that_cannot_be_read_begins_anew(
    phoneblock: Fake, build: Build, update: Update, tmp_path: Path
) -> None:
    await update(build())
    (diary,) = find(tmp_path, "requests.json")
    for text in ("", "[]", "{}", '{"whole": 1}', "\0"):
        diary.write_text(text)
        assert (await update(build())).changed
    assert phoneblock.asked() == [WHOLE] * 6


async def test_a_clock_that_was_set_back_does_not_silence_it_for_long(
    phoneblock: Fake, build: Build, update: Update, clock: FakeClock
) -> None:
    plugin = build()
    await update(plugin)
    clock.set_time_of_day(clock.now() - timedelta(days=365))
    clock.advance(31 * DAY)
    await update(plugin)
    assert len(phoneblock.asked()) == 1  # not sooner than in a month by any clock
    clock.set_time_of_day(clock.now() + timedelta(days=365))
    await update(plugin)
    assert len(phoneblock.asked()) == 2


def test_nothing_is_asked_or_said_while_it_is_off(build: Build) -> None:
    plugin = build(mode="off")
    assert plugin.check_call(a_call(LISTED)) is None
    assert plugin.health() == []


async def test_a_log_only_list_says_so(build: Build, update: Update) -> None:
    plugin = build(mode="log-only")
    await update(plugin)
    assert says(plugin, LISTED).log_only


async def test_an_asserted_number_counts_like_a_shown_one(build: Build, update: Update) -> None:
    plugin = build()
    await update(plugin)
    evidence = plugin.check_call(a_call(caller=a_caller(OTHER, asserted=(LISTED,))))
    assert evidence is not None
    assert evidence.facts["number"] == LISTED
