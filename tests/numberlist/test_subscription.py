"""Keeping a list up to date: whatever goes wrong, the good copy stays and the house says what it was."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from callguard import (
    JSON,
    Answer,
    Fetched,
    FetchError,
    Gathered,
    Gathering,
    Limits,
    ListMode,
    Problem,
    Progress,
    RefusedError,
    Severity,
    SubscribedList,
    Subscription,
    TryLaterError,
    conditional,
    remember,
)
from callguard.apart.aside import Aside
from callguard.testing import NOON, FakeClock, a_home

NUMBER = "+13035550188"
Row = tuple[str, int]
Subscribe = Callable[..., Subscription]
Some = Callable[..., list[Row]]


class Publisher(Protocol):
    clock: FakeClock
    folder: Path
    published: list[Gathered | Exception]
    seen: list[Gathering]
    states: list[dict[str, JSON]]

    async def gather(self, gathering: Gathering) -> Gathered: ...

    def publish(self, *rows: Row | None, overlay: bool = False, **arguments: JSON) -> None: ...


def nothing(_: Progress) -> None:
    return None


def codes(subscription: Subscription) -> list[str]:
    return [problem.code for problem in subscription.problems(NOON)]


def only(subscription: Subscription, at: Any = NOON) -> Problem:
    (problem,) = subscription.problems(at)
    return problem


def listed(subscription: Subscription, number: str = NUMBER) -> int:
    entry = subscription.look_up(number).entry
    return entry.reports if entry else 0


async def test_a_list_is_fetched_built_and_asked(publisher: Publisher, subscribe: Subscribe) -> None:
    one: SubscribedList = (subscription := subscribe())
    publisher.publish((NUMBER, 3), ("+44", 1), None)
    told: list[Progress] = []
    updated = await one.update(told.append)
    assert (updated.changed, updated.before, updated.after, updated.note) == (True, 0, 2, "1 row skipped")
    assert (listed(subscription), listed(subscription, "+442079460000")) == (3, 1)
    assert codes(subscription) == []
    assert [progress.step for progress in told][-1] == "swapping"
    assert {progress.step for progress in told} == {"reading", "sorting", "swapping"}
    state = subscription.state()
    assert (state.last_tried_at, state.last_succeeded_at, state.last_changed_at) == (NOON, NOON, NOON)
    assert (state.failures, state.error, state.updating, state.stale) == (0, "", False, False)
    assert state.info
    assert state.size == (publisher.folder / "list.sqlite").stat().st_size


async def test_nothing_is_written_before_the_first_update(publisher: Publisher, subscribe: Subscribe) -> None:
    subscription = subscribe()
    assert subscription.look_up(NUMBER).answer is Answer.UNAVAILABLE
    assert subscription.state().info is None
    assert subscription.problems(NOON)
    assert not publisher.folder.exists()


@pytest.mark.parametrize("name", ["", "../x", "A", "a/b", ".hidden", "a b", "x" * 65])
def test_a_name_that_is_no_folder_is_refused(subscribe: Subscribe, name: str) -> None:
    with pytest.raises(ValueError, match="no name for a list"):
        subscribe(name=name)


async def test_only_the_owner_may_look_into_the_folder(publisher: Publisher, subscribe: Subscribe) -> None:
    publisher.publish((NUMBER, 3))
    await subscribe().update(nothing)
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in publisher.folder.iterdir()}
    assert modes == {
        "gathered": "0o700",
        "list.json": "0o600",
        "list.lock": "0o600",
        "list.sqlite": "0o600",
    }
    assert oct(publisher.folder.stat().st_mode & 0o777) == "0o700"


# --- what the plugin sees --------------------------------------------------------------------------


async def test_what_the_plugin_notes_comes_back_after_a_restart(publisher: Publisher, subscribe: Subscribe) -> None:
    for _ in range(2):
        publisher.publish((NUMBER, 3))
        await subscribe().update(nothing)
    assert publisher.states == [{}, {"updates": 1}]


async def test_what_the_plugin_notes_in_vain_is_forgotten(publisher: Publisher, subscribe: Subscribe) -> None:
    subscription = subscribe()
    publisher.publish((NUMBER, 3))
    await subscription.update(nothing)
    publisher.publish()  # empty: refused
    publisher.publish((NUMBER, 4))
    with pytest.raises(RefusedError):
        await subscription.update(nothing)
    await subscription.update(nothing)
    assert publisher.states == [{}, {"updates": 1}, {"updates": 1}]


async def test_without_a_sound_copy_nothing_is_remembered(publisher: Publisher, subscribe: Subscribe) -> None:
    subscription = subscribe()
    for _ in range(2):
        publisher.publish((NUMBER, 3))
        await subscription.update(nothing)
        (publisher.folder / "list.sqlite").write_bytes(b"spoiled")
        publisher.clock.advance(1)
        assert subscription.look_up(NUMBER).answer is Answer.UNAVAILABLE
        assert codes(subscription) == ["list-missing"]
    assert publisher.states == [{}, {}]


async def test_force_asks_for_everything_again(
    publisher: Publisher, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, str]] = []

    async def gather(gathering: Gathering) -> Gathered:
        asked.append(conditional(gathering.state))
        remember(gathering.state, Fetched(status=200, url="https://example.com", headers={"etag": '"1"'}))
        return await publisher.gather(gathering)

    subscription = subscribe(gather=gather)
    for force in (False, False, True):
        publisher.publish((NUMBER, 3))
        await subscription.update(nothing, force=force)
    assert asked == [{}, {"If-None-Match": '"1"'}, {}]
    assert [gathering.force for gathering in publisher.seen] == [False, False, True]
    assert publisher.states[2]["updates"] == 2, "only the marks are held back"


async def test_the_plugins_folder_is_kept(publisher: Publisher, subscribe: Subscribe) -> None:
    subscription = subscribe()
    publisher.publish((NUMBER, 3))
    await subscription.update(nothing)
    (publisher.seen[0].folder / "2026-01-01.csv").write_text("x")
    publisher.publish((NUMBER, 3))
    await subscription.update(nothing)
    assert (publisher.seen[1].folder / "2026-01-01.csv").exists()


async def test_a_plugin_cannot_choose_where_the_file_is_built(publisher: Publisher, subscribe: Subscribe) -> None:
    subscription = subscribe()
    publisher.publish((NUMBER, 3), path="/nowhere/else", now="yesterday", name="another")
    await subscription.update(nothing)
    assert listed(subscription) == 3


# --- nothing new -----------------------------------------------------------------------------------


async def test_a_copy_that_is_still_the_newest_is_fresh(publisher: Publisher, subscribe: Subscribe) -> None:
    subscription = subscribe()
    publisher.publish((NUMBER, 3))
    await subscription.update(nothing)
    publisher.clock.advance(20 * 86400)
    assert subscription.look_up(NUMBER).answer is Answer.STALE
    assert only(subscription, publisher.clock.now()).code == "list-stale"
    publisher.published.append(Gathered(changed=False))
    updated = await subscription.update(nothing)
    assert (updated.changed, updated.before, updated.after, updated.note) == (False, 1, 1, "not modified")
    found = subscription.look_up(NUMBER)
    assert (found.answer, found.retrieved_at) == (Answer.LISTED, publisher.clock.now())
    state = subscription.state()
    assert (state.last_succeeded_at, state.last_changed_at) == (publisher.clock.now(), NOON)
    assert subscribe().look_up(NUMBER).answer is Answer.LISTED, "after a restart as well"


async def test_nothing_new_is_a_failure_where_there_is_no_copy(publisher: Publisher, subscribe: Subscribe) -> None:
    subscription = subscribe()
    for gathered in (Gathered(changed=False), Gathered(overlay=True, arguments={"rows": [], "version": "1"})):
        publisher.published.append(gathered)
        with pytest.raises(ValueError, match="no sound copy"):
            await subscription.update(nothing)
    assert subscription.state().failures == 2


# --- refused ---------------------------------------------------------------------------------------


async def test_half_a_list_is_refused_until_somebody_insists(
    publisher: Publisher, subscribe: Subscribe, some: Some
) -> None:
    subscription = subscribe()
    publisher.publish(*some(100))
    await subscription.update(nothing)
    publisher.publish(*some(10))
    with pytest.raises(RefusedError, match="it shrank from 100 entries to 10") as refused:
        await subscription.update(nothing)
    assert refused.value.forcible
    assert isinstance(refused.value, ValueError), "told in words, as whatever else does not look right"
    assert listed(subscription, "+13035550050") == 1
    problem = only(subscription)
    assert (problem.code, problem.severity, problem.where) == ("list-refused", Severity.PROBLEM, "test")
    assert problem.what == (
        "An update of the list “Test list” was refused, its old copy stays in use: it shrank from 100 entries to 10."
    )
    assert problem.cure == "If that is right, `callguard lists update test --force` takes it all the same."
    publisher.publish(*some(10))
    assert (await subscription.update(nothing, force=True)).after == 10
    assert codes(subscription) == []


async def test_force_does_not_take_what_is_damaged(publisher: Publisher, subscribe: Subscribe, some: Some) -> None:
    subscription = subscribe()
    publisher.publish(*some(100))
    await subscription.update(nothing)
    publisher.publish()
    publisher.publish(*some(100), *[None] * 50)
    publisher.publish(*some(100), called="another")
    while publisher.published:
        with pytest.raises(RefusedError) as refused:
            await subscription.update(nothing, force=True)
        assert not refused.value.forcible
        assert "--force" not in only(subscription).cure
        assert listed(subscription, "+13035550050") == 1
    assert leftovers(publisher) == []


def leftovers(publisher: Publisher) -> list[str]:
    known = {"gathered", "list.json", "list.lock", "list.sqlite", "list.overlay.sqlite"}
    return sorted({path.name for path in publisher.folder.iterdir()} - known)


async def test_a_builder_that_writes_no_list_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    async def idle(function: str, arguments: object, report: object = None) -> JSON:
        return None

    home = a_home(tmp_path, clock=publisher.clock, apart=idle)
    subscription = Subscription(home, "test", title="Test list", mode=ListMode.ACTIVE, every=timedelta(days=1),
                                stale_after=timedelta(days=3), gather=publisher.gather, build="x:y")  # fmt: skip
    publisher.publish((NUMBER, 3))
    with pytest.raises(RefusedError, match="the new copy is no list: there is no copy yet"):
        await subscription.update(nothing)
    assert [problem.code for problem in subscription.problems(NOON)] == ["list-refused", "list-missing"]


# --- failures --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [FetchError("HTTP 503 from example.com", status=503), RuntimeError("killed"),
     OSError(28, "No space left on device"), KeyError("x")],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
async def test_whatever_fails_the_copy_stays_and_the_next_success_heals(
    publisher: Publisher, subscribe: Subscribe, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    subscription = subscribe()
    publisher.publish((NUMBER, 3))
    await subscription.update(nothing)
    publisher.clock.advance(3600)
    for _ in range(2):
        publisher.published.append(error)
        with pytest.raises(type(error)), caplog.at_level(logging.WARNING):
            await subscription.update(nothing)
        publisher.clock.advance(60)
    assert listed(subscription) == 3
    problem = only(subscription)
    assert (problem.code, problem.severity) == ("list-failing", Severity.NOTE)
    assert "2 times in a row" in problem.what
    assert problem.since == NOON + timedelta(hours=1)
    assert str(error).rstrip(".") in problem.what
    assert "list test could not be updated" in caplog.text
    state = subscription.state()
    assert (state.failures, state.last_succeeded_at) == (2, NOON)
    assert state.last_tried_at == NOON + timedelta(hours=1, minutes=1)
    publisher.publish((NUMBER, 4))
    await subscription.update(nothing)
    assert (listed(subscription), codes(subscription), subscription.state().error) == (4, [], "")


async def test_a_web_page_instead_of_the_list_is_refused(publisher: Publisher, subscribe: Subscribe) -> None:
    subscription = subscribe()
    publisher.publish((NUMBER, 3))
    await subscription.update(nothing)
    publisher.published.append(ValueError("a web page came instead of CSV"))
    with pytest.raises(ValueError, match="web page"):
        await subscription.update(nothing, force=True)
    assert listed(subscription) == 3
    problem = only(subscription)
    assert (problem.code, problem.severity) == ("list-refused", Severity.PROBLEM)
    assert "a web page came instead of CSV" in problem.what
    assert "--force" not in problem.cure


async def test_the_words_of_an_error_are_made_harmless(publisher: Publisher, subscribe: Subscribe) -> None:
    subscription = subscribe()
    publisher.published.append(ValueError("<html>\x1b[2J\n\n" + "x" * 10_000))
    with pytest.raises(ValueError, match="html"):
        await subscription.update(nothing)
    assert subscription.state().error.startswith("<html>[2J x")
    assert len(subscription.state().error) <= 200


@pytest.mark.parametrize(
    "error",
    [FetchError("HTTP 429", status=429, retry_after=timedelta(hours=2)), TryLaterError("busy", timedelta(hours=2))],
    ids=["Retry-After", "the plugin"],
)
async def test_a_publisher_that_wants_to_be_left_alone_is(
    publisher: Publisher, subscribe: Subscribe, error: Exception
) -> None:
    subscription = subscribe()
    publisher.published.append(error)
    with pytest.raises(TryLaterError) as first:
        await subscription.update(nothing)
    assert first.value.after == timedelta(hours=2)
    assert subscription.state().not_before == NOON + timedelta(hours=2)
    publisher.clock.advance(3600)
    with pytest.raises(TryLaterError, match="left alone until 02 Jan 14:00 UTC") as second:
        await subscribe().update(nothing, force=True)
    assert second.value.after == timedelta(hours=1)
    assert len(publisher.seen) == 1, "nobody was asked"
    publisher.clock.advance(3600)
    publisher.publish((NUMBER, 3))
    await subscription.update(nothing)
    assert subscription.state().not_before is None


async def test_nobody_is_left_alone_for_years(publisher: Publisher, subscribe: Subscribe) -> None:
    subscription = subscribe()
    publisher.published.append(FetchError("HTTP 429", retry_after=timedelta(days=99_999)))
    with pytest.raises(TryLaterError) as later:
        await subscription.update(nothing)
    assert later.value.after == timedelta(days=7)


async def test_one_update_at_a_time(publisher: Publisher, subscribe: Subscribe) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def gather(gathering: Gathering) -> Gathered:
        begun.set()
        await go_on.wait()
        return await publisher.gather(gathering)

    subscription, other = subscribe(gather=gather), subscribe()
    publisher.publish((NUMBER, 3))
    async with asyncio.TaskGroup() as group:
        group.create_task(subscription.update(nothing))
        await begun.wait()
        assert subscription.state().updating
        for one in (subscription, other):
            with pytest.raises(TryLaterError, match="another update"):
                await one.update(nothing)
        go_on.set()
    assert not subscription.state().updating
    assert subscription.state().failures == 0


async def test_a_cancelled_update_leaves_everything_as_it_was(publisher: Publisher, subscribe: Subscribe) -> None:
    async def gather(_: Gathering) -> Gathered:
        await asyncio.Event().wait()
        raise AssertionError

    good, subscription = subscribe(), subscribe(gather=gather)
    publisher.publish((NUMBER, 3))
    await good.update(nothing)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await subscription.update(nothing)
    assert not subscription.state().updating
    assert (listed(subscription), codes(subscription), leftovers(publisher)) == (3, [], [])


async def test_a_state_that_cannot_be_written_costs_no_list(
    publisher: Publisher, subscribe: Subscribe, caplog: pytest.LogCaptureFixture
) -> None:
    (publisher.folder / "list.json").mkdir(parents=True)
    subscription = subscribe()
    publisher.publish((NUMBER, 3))
    await subscription.update(nothing)
    assert listed(subscription) == 3
    assert "cannot be written" in caplog.text


# --- changes laid over -----------------------------------------------------------------------------


async def test_changes_are_laid_over_the_list_and_dropped_by_the_next_whole_one(
    publisher: Publisher, subscribe: Subscribe, some: Some
) -> None:
    subscription = subscribe()
    publisher.publish(*some(100))
    await subscription.update(nothing)
    base = (publisher.folder / "list.sqlite").stat().st_ino
    publisher.publish((NUMBER, 9), ("+13035550000", 0), overlay=True)
    await subscription.update(nothing)
    publisher.publish(("+13035550001", 0), overlay=True)
    updated = await subscription.update(nothing)
    assert (updated.before, updated.after) == (100, 99)
    assert [listed(subscription, n) for n in (NUMBER, "+13035550000", "+13035550001", "+13035550002")] == [9, 0, 0, 3]
    assert (publisher.folder / "list.sqlite").stat().st_ino == base
    assert subscription.state().size > (publisher.folder / "list.sqlite").stat().st_size
    publisher.publish(*some(100))
    await subscription.update(nothing)
    assert [listed(subscription, number) for number in (NUMBER, "+13035550000")] == [0, 1]
    assert leftovers(publisher) == []
    assert not (publisher.folder / "list.overlay.sqlite").exists()


async def test_changes_that_remove_half_the_list_are_refused(
    publisher: Publisher, subscribe: Subscribe, some: Some
) -> None:
    subscription = subscribe(limits=Limits(at_least=0.9))
    publisher.publish(*some(100))
    await subscription.update(nothing)
    publisher.publish(*((number, 0) for number, _ in some(20)), overlay=True)
    with pytest.raises(RefusedError, match="it shrank from 100 entries to 80"):
        await subscription.update(nothing)
    assert listed(subscription, "+13035550001") == 2
    assert leftovers(publisher) == []


async def test_an_empty_change_is_no_empty_list(publisher: Publisher, subscribe: Subscribe, some: Some) -> None:
    subscription = subscribe()
    publisher.publish(*some(100))
    await subscription.update(nothing)
    publisher.publish(overlay=True, version="later")
    assert (await subscription.update(nothing)).after == 100
    assert subscription.look_up("+13035550001").version == "later"


async def test_a_damaged_overlay_is_mended_by_fetching_all(
    publisher: Publisher, subscribe: Subscribe, some: Some
) -> None:
    subscription = subscribe()
    publisher.publish(*some(100))
    await subscription.update(nothing)
    publisher.publish((NUMBER, 9), overlay=True)
    await subscription.update(nothing)
    subscription.close()
    (publisher.folder / "list.overlay.sqlite").write_bytes(b"spoiled")
    publisher.publish(*some(100))
    await subscription.update(nothing)
    assert publisher.states[2] == {}


# --- off, missing ----------------------------------------------------------------------------------


async def test_a_list_that_is_off_is_neither_asked_nor_complained_of(
    publisher: Publisher, subscribe: Subscribe
) -> None:
    off = subscribe(mode=ListMode.OFF)
    assert off.look_up(NUMBER).answer is Answer.UNAVAILABLE
    assert off.problems(NOON) == ()
    assert off.state().mode is ListMode.OFF


async def test_a_list_never_fetched_is_only_worth_a_note(publisher: Publisher, subscribe: Subscribe) -> None:
    subscription = subscribe()
    assert (only(subscription).code, only(subscription).severity) == ("list-missing", Severity.NOTE)
    publisher.published.append(FetchError("HTTP 403 from example.com"))
    with pytest.raises(FetchError):
        await subscription.update(nothing)
    problem = only(subscription)
    assert (problem.code, problem.severity) == ("list-missing", Severity.PROBLEM)
    assert problem.what == (
        "The list “Test list” cannot be asked, its numbers are not recognised: there is no copy yet; "
        "the last update failed: HTTP 403 from example.com."
    )


async def test_an_update_by_another_process_is_seen(publisher: Publisher, subscribe: Subscribe) -> None:
    mine, other = subscribe(), subscribe()
    assert mine.state().info is None
    publisher.publish((NUMBER, 3))
    await other.update(nothing)
    publisher.clock.advance(1)
    assert listed(mine) == 3
    assert mine.state() == other.state()


# --- with a real second process --------------------------------------------------------------------

BUILDING = """
from datetime import datetime
from pathlib import Path
from callguard import Entry, ListBuilder

def build(arguments, report):
    with ListBuilder(Path(arguments["path"]), name=arguments["name"], report=report) as builder:
        for number in range(arguments["count"]):
            builder.add(Entry(number=f"+1303{number:07d}"))
        now = datetime.fromisoformat(arguments["now"])
        builder.finish(version="1", as_of=now.date(), retrieved_at=now, source="")
        if arguments.get("late"):
            raise ValueError("seen too late")
"""


async def test_a_list_is_built_and_laid_over_by_a_real_second_process(
    tmp_path: Path, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "callguard_abuilding.py").write_text(BUILDING)
    monkeypatch.syspath_prepend(tmp_path)
    home = a_home(tmp_path, clock=publisher.clock, apart=Aside())
    subscription = Subscription(home, "test", title="Test", mode=ListMode.ACTIVE, every=timedelta(days=1),
                                stale_after=timedelta(days=3), gather=publisher.gather,
                                build="callguard_abuilding:build")  # fmt: skip
    told: list[Progress] = []
    publisher.publish(count=50_000)
    publisher.publish(count=1, overlay=True)
    publisher.publish(count=2, late=True)
    assert (await subscription.update(told.append)).after == 50_000
    assert "reading" in {progress.step for progress in told}
    assert (await subscription.update(nothing)).after == 50_000
    with pytest.raises(ValueError, match="seen too late"):
        await subscription.update(nothing)
    assert listed(subscription, "+13030049999") == 1
    assert leftovers(publisher) == []
    subscription.close()
