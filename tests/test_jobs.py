"""Jobs are spread, repeated after failures, and visible."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from callguard import Job, TryLaterError
from callguard.jobs import Jobs
from callguard.testing import FakeClock, FakeRandomness


class Work:
    def __init__(self, *errors: BaseException | None) -> None:
        self.errors = list(errors)
        self.runs = 0

    async def run(self) -> None:
        self.runs += 1
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error


class Held:
    """A job that lasts until the test lets it go."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.runs = 0

    async def run(self) -> None:
        self.runs += 1
        self.begun.set()
        await self.go_on.wait()


def a_job(work: Work | Held, every: timedelta = timedelta(hours=1), first_after: timedelta | None = None) -> Job:
    return Job(name="refresh", every=every, run=work.run, first_after=first_after)


@asynccontextmanager
async def running(*works: Work | Held, first_after: timedelta | None = None) -> AsyncIterator[Jobs]:
    jobs = Jobs([("sip", a_job(work, first_after=first_after)) for work in works], FakeClock(), FakeRandomness())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(jobs.run())
        await asyncio.sleep(0)
        yield jobs
        task.cancel()


async def test_a_failing_job_is_a_problem_until_it_succeeds_again() -> None:
    clock = FakeClock()
    work = Work(OSError("no route"), SystemExit(1))
    jobs = Jobs([("sip", a_job(work))], clock, FakeRandomness())
    (state,) = jobs.states
    begun = clock.now()
    for failures in (1, 2):
        await jobs.try_once(state)
        (problem,) = jobs.problems()
        assert f"failed {failures} times" in problem.what
        assert problem.since == begun
        clock.advance(30)
    await jobs.try_once(state)
    assert jobs.problems() == []
    assert state.last_succeeded_at == clock.now()
    assert state.facts()["error"] == ""


@pytest.mark.parametrize(
    ("failures", "shortest"),
    [
        pytest.param(0, timedelta(hours=1), id="well: the interval"),
        pytest.param(1, timedelta(seconds=30), id="first failure: half a minute"),
        pytest.param(3, timedelta(minutes=2), id="third: two minutes"),
        pytest.param(20, timedelta(hours=1), id="never longer than the interval"),
    ],
)
def test_a_job_waits_its_interval_or_less_after_failures_and_at_most_a_tenth_more(
    failures: int, shortest: timedelta
) -> None:
    jobs = Jobs([("sip", a_job(Work()))], FakeClock(), FakeRandomness())
    jobs.states[0].failures = failures
    for _ in range(20):
        assert shortest <= jobs.wait_for(jobs.states[0]) <= shortest * 1.1


@pytest.mark.parametrize(
    ("every", "at_least", "at_most"),
    [
        pytest.param(timedelta(days=-1), timedelta(seconds=1), timedelta(seconds=2), id="never without a pause"),
        pytest.param(timedelta.max, timedelta(days=366), timedelta(days=403), id="never beyond the calendar"),
    ],
)
def test_a_senseless_interval_harms_nobody(every: timedelta, at_least: timedelta, at_most: timedelta) -> None:
    jobs = Jobs([("sip", a_job(Work(), every=every))], FakeClock(), FakeRandomness())
    assert at_least <= jobs.wait_for(jobs.states[0]) <= at_most


def test_a_job_without_a_stretch_of_time_is_refused_where_it_is_made() -> None:
    with pytest.raises(TypeError, match="the job 'refresh': `every` and `first_after` must be timedelta"):
        a_job(Work(), every=60)  # type: ignore[arg-type]  # a plugin may write anything


async def test_a_job_may_run_for_the_first_time_sooner() -> None:
    work = Held()
    async with running(work, first_after=timedelta(0)) as jobs:
        await work.begun.wait()
        work.go_on.set()
        state = await jobs.run_now("sip", "refresh")
        assert jobs.wait_for(state) >= timedelta(hours=1)


def first_pause(seed: int) -> timedelta:
    job = a_job(Work(), first_after=timedelta(minutes=1))
    jobs = Jobs([("sip", job)], FakeClock(), FakeRandomness(seed))
    return jobs.wait_for(jobs.states[0])


def test_the_first_run_is_spread_too() -> None:
    pauses = {first_pause(seed) for seed in range(10)}
    assert len(pauses) > 5
    assert all(timedelta(minutes=1) <= pause <= timedelta(minutes=1.1) for pause in pauses)


@pytest.mark.parametrize(
    ("after", "at_least"),
    [
        pytest.param(timedelta(seconds=1), timedelta(seconds=1), id="shorter than the usual back-off"),
        pytest.param(timedelta(days=2), timedelta(days=2), id="longer than the interval"),
        pytest.param(timedelta(days=-1), timedelta(0), id="not at all"),
        pytest.param(timedelta.max, timedelta(days=30), id="for ever"),
    ],
)
async def test_a_job_is_left_alone_as_long_as_a_server_asked(after: timedelta, at_least: timedelta) -> None:
    clock = FakeClock()
    jobs = Jobs([("ftc", a_job(Work(TryLaterError("429 Too Many Requests", after))))], clock, FakeRandomness())
    (state,) = jobs.states
    await jobs.try_once(state)
    assert at_least <= jobs.wait_for(state) <= at_least * 1.1
    assert state.facts()["not_before"] == (clock.now() + at_least).isoformat()
    assert state.facts()["error"] == "429 Too Many Requests"
    assert jobs.problems() == []
    await jobs.try_once(state)
    assert (state.facts()["not_before"], state.facts()["error"]) == (None, "")
    assert jobs.wait_for(state) >= timedelta(hours=1)


async def test_being_put_off_does_not_mend_a_failure() -> None:
    later = TryLaterError("429", timedelta(minutes=5))
    jobs = Jobs([("ftc", a_job(Work(OSError("no route"), later)))], FakeClock(), FakeRandomness())
    for _ in range(2):
        await jobs.try_once(jobs.states[0])
    assert len(jobs.problems()) == 1
    assert jobs.wait_for(jobs.states[0]) >= timedelta(minutes=5)


async def test_a_job_can_be_run_now_and_says_how_it_went() -> None:
    work = Work(OSError("no route"))
    async with running(work) as jobs:
        assert (await jobs.run_now("sip", "refresh")).error == "OSError: no route"
        assert (await jobs.run_now("sip", "refresh")).error == ""
    assert work.runs == 2


async def test_a_job_is_never_run_twice_at_once() -> None:
    work = Held()
    async with running(work) as jobs, asyncio.TaskGroup() as group:
        asking = [group.create_task(jobs.run_now("sip", "refresh")) for _ in range(3)]
        await work.begun.wait()
        asking.append(group.create_task(jobs.run_now("sip", "refresh")))
        await asyncio.sleep(0)
        assert not any(task.done() for task in asking)
        work.go_on.set()
        await asyncio.gather(*asking)
        for _ in range(5):
            await asyncio.sleep(0)
        assert work.runs == 1


async def test_one_who_does_not_wait_any_longer_does_not_end_the_job() -> None:
    work = Held()
    async with running(work) as jobs, asyncio.TaskGroup() as group:
        gone = group.create_task(jobs.run_now("sip", "refresh"))
        await work.begun.wait()
        stays = group.create_task(jobs.run_now("sip", "refresh"))
        gone.cancel()
        await asyncio.sleep(0)
        work.go_on.set()
        assert (await stays).error == ""
    assert work.runs == 1


async def test_who_waits_is_told_that_the_house_closes() -> None:
    work = Held()
    async with asyncio.TaskGroup() as group:
        async with running(work) as jobs:
            asking = group.create_task(refused(jobs))
            await work.begun.wait()
        assert "closing" in await asking
    assert "no jobs are run" in await refused(jobs)


async def refused(jobs: Jobs) -> str:
    with pytest.raises(RuntimeError) as raised:
        await jobs.run_now("sip", "refresh")
    return str(raised.value)


async def test_a_job_that_does_not_exist_is_said_so() -> None:
    async with running(Work()) as jobs:
        with pytest.raises(LookupError, match="sip has no job “refrehs”"):
            await jobs.run_now("sip", "refrehs")


async def test_a_job_whose_help_was_cancelled_has_failed_and_goes_on() -> None:
    work = Work(asyncio.CancelledError())
    async with running(work) as jobs:
        assert (await jobs.run_now("sip", "refresh")).error.startswith("CancelledError")
        assert (await jobs.run_now("sip", "refresh")).error == ""


async def test_a_job_whose_thing_speaks_for_itself_is_no_problem_of_its_own() -> None:
    async def fails() -> None:
        raise OSError("no network")

    quiet = Job(name="update ftc", every=timedelta(days=1), run=fails, speaks=False)
    jobs = Jobs([("ftc", quiet)], FakeClock(), FakeRandomness())
    await jobs.try_once(jobs.states[0])
    assert jobs.states[0].failures == 1
    assert jobs.problems() == []


@pytest.mark.parametrize(
    ("due", "soonest"),
    [
        pytest.param(lambda now: now + timedelta(hours=5), timedelta(hours=5), id="in five hours"),
        pytest.param(lambda now: now - timedelta(hours=5), timedelta(seconds=1), id="over already"),
        pytest.param(
            lambda now: now.replace(year=0), timedelta(hours=1), id="who cannot say is asked as often as usual"
        ),
    ],
)
def test_work_of_an_hour_of_the_day_begins_within_ten_minutes_of_it(
    due: Callable[[datetime], datetime], soonest: timedelta
) -> None:
    job = Job(name="night", every=timedelta(hours=1), run=Work().run, due=due)
    jobs = Jobs([("callguard", job)], FakeClock(), FakeRandomness())
    assert all(soonest <= jobs.wait_for(jobs.states[0]) <= soonest + timedelta(minutes=10) for _ in range(50))


async def test_work_of_an_hour_of_the_day_is_tried_again_soon_when_it_fails() -> None:
    job = Job(name="night", every=timedelta(days=1), run=Work(OSError("full")).run, due=lambda now: now)
    jobs = Jobs([("callguard", job)], FakeClock(), FakeRandomness())
    await jobs.try_once(jobs.states[0])
    assert timedelta(seconds=30) <= jobs.wait_for(jobs.states[0]) <= timedelta(seconds=33)
