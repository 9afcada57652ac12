"""Jobs are spread, repeated after failures, and visible."""

from datetime import timedelta

import pytest

from callguard import Job
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


def a_job(work: Work, every: timedelta = timedelta(hours=1)) -> Job:
    return Job(name="refresh", every=every, run=work.run)


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
