"""Runs the plugins' periodic jobs: spread by jitter, repeated with back-off after a failure, their state visible."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callguard.home import Clock, Randomness
from callguard.model.health import Problem, Severity
from callguard.model.job import Job, TryLaterError
from callguard.model.text import plain

_log = logging.getLogger(__name__)
_JITTER = 0.1
"""Up to a tenth of the interval is added, so that a thousand houses do not knock at the same second."""
_FIRST_RETRY = timedelta(seconds=30)
_SPREAD = timedelta(minutes=10)
"""In which work that belongs to an hour of the day begins, for the same reason."""
_LONGEST_RUN = 3600.0
_LONGEST_PAUSE = timedelta(days=30)
"""However long a server wants to be left alone."""
_SHORTEST_INTERVAL = timedelta(seconds=1)
_LONGEST_INTERVAL = timedelta(days=366)
"""Whatever a plugin or a setting says: neither may the house spin, nor may its calendar end."""
_CHANCE = 16


@dataclass(slots=True)
class JobState:
    """How a job has been doing."""

    plugin: str
    job: Job
    running: bool = False
    failures: int = 0
    failing_since: datetime | None = None
    last_tried_at: datetime | None = None
    last_succeeded_at: datetime | None = None
    next_at: datetime | None = None
    not_before: datetime | None = None
    "The job asked to be left alone until then, as a server wanted; None: it did not."
    error: str = ""
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    "Somebody wants it to run now."
    waiting: list[asyncio.Future[None]] = field(default_factory=list)
    "Whoever waits for the end of the next run, or of the one under way."

    def facts(self) -> Mapping[str, object]:
        """Return the state as JSON for `status`."""
        return {
            "plugin": self.plugin,
            "name": self.job.name,
            "running": self.running,
            "last_tried_at": _iso(self.last_tried_at),
            "last_succeeded_at": _iso(self.last_succeeded_at),
            "next_at": _iso(self.next_at),
            "not_before": _iso(self.not_before),
            "error": self.error,
        }


class Jobs:
    """All periodic jobs of the house."""

    def __init__(self, jobs: Sequence[tuple[str, Job]], clock: Clock, randomness: Randomness) -> None:
        self.states = [JobState(plugin, job) for plugin, job in jobs]
        self._clock = clock
        self._randomness = randomness
        self._open = False

    async def run(self) -> None:
        """Run every job again and again until cancelled."""
        self._open = True
        try:
            async with asyncio.TaskGroup() as group:
                for state in self.states:
                    group.create_task(self._repeat(state), name=f"job {state.plugin} {state.job.name}")
        finally:
            self._open = False
            for state in self.states:
                _tell(state, RuntimeError("the house is closing, or is being furnished anew"))

    async def run_now(self, plugin: str, name: str) -> JobState:
        """Run one job now and return how it went; if it is running, wait for the end of that run.

        LookupError if there is none such, RuntimeError if the house closes meanwhile.
        """
        state = next((s for s in self.states if (s.plugin, s.job.name) == (plugin, name)), None)
        if state is None:
            raise LookupError(f"{plugin} has no job “{name}”")
        if not self._open:
            raise RuntimeError("no jobs are run in this house now")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        state.waiting.append(done)
        state.wanted.set()
        await done
        return state

    def problems(self) -> list[Problem]:
        """Return a problem for every job whose last try failed and that has nobody else to say so."""
        return [_failing(s, s.failing_since) for s in self.states if s.failing_since and s.job.speaks]

    def wait_for(self, state: JobState) -> timedelta:
        """Return how long to wait before the next try, with jitter.

        The interval; for the first time as the job wants it; less after a failure; as long as a server asked for.
        """
        pause = max(state.job.every, _SHORTEST_INTERVAL)
        if state.not_before is not None:
            pause = max(state.not_before - self._clock.now(), timedelta())
        elif state.failures:
            pause = min(pause, _FIRST_RETRY * (1 << min(state.failures - 1, 16)))
        elif state.last_tried_at is None and state.job.first_after is not None:
            pause = state.job.first_after
        elif state.job.due is not None:
            return self._until_due(state.job, state.job.due) + _SPREAD * self._chance()
        return min(pause, _LONGEST_INTERVAL) * (1 + _JITTER * self._chance())

    def _until_due(self, job: Job, due: Callable[[datetime], datetime]) -> timedelta:
        now = self._clock.now()
        try:
            return max(_SHORTEST_INTERVAL, min(due(now) - now, _LONGEST_INTERVAL))
        except Exception as error:  # noqa: BLE001  (a plugin may raise anything)
            _log.warning("job %s cannot say when it is due: %s", job.name, plain(f"{type(error).__name__}: {error}"))
            return min(max(job.every, _SHORTEST_INTERVAL), _LONGEST_INTERVAL)

    def _chance(self) -> float:
        return self._randomness.bits(_CHANCE) / (1 << _CHANCE)

    async def try_once(self, state: JobState) -> None:
        """Run the job once and note how it went; never raises what the job raises."""
        state.running, state.last_tried_at, state.not_before = True, self._clock.now(), None
        try:
            async with asyncio.timeout(_LONGEST_RUN):
                await state.job.run()
        except TryLaterError as error:
            self._put_off(state, error)
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            self._failed(state, error)  # something that the job waited for was cancelled, not the job
        except (Exception, SystemExit) as error:  # noqa: BLE001  (a plugin may raise anything)
            self._failed(state, error)
        else:
            state.failures, state.error, state.failing_since = 0, "", None
            state.last_succeeded_at = self._clock.now()
        finally:
            state.running = False

    async def _repeat(self, state: JobState) -> None:
        while True:
            pause = self.wait_for(state)
            state.next_at = self._clock.now() + pause
            with suppress(TimeoutError):
                async with asyncio.timeout(pause.total_seconds()):
                    await state.wanted.wait()
            await self.try_once(state)
            state.wanted.clear()  # only now: who asked during the run got what it brought
            _tell(state)

    def _put_off(self, state: JobState, error: TryLaterError) -> None:
        """Leave the job alone as it asked; that is no failure, but neither does it mend one."""
        after = min(max(error.after, timedelta()), _LONGEST_PAUSE)
        state.not_before = self._clock.now() + after
        state.error = plain(str(error))
        _log.info("job %s of %s is put off for %s: %s", state.job.name, state.plugin, after, state.error)

    def _failed(self, state: JobState, error: BaseException) -> None:
        state.failures += 1
        state.failing_since = state.failing_since or state.last_tried_at
        state.error = plain(f"{type(error).__name__}: {error}")
        _log.warning(
            "job %s of %s failed (%d in a row): %s", state.job.name, state.plugin, state.failures, state.error
        )


def _tell(state: JobState, error: Exception | None = None) -> None:
    """Tell whoever waits for *state* that the run has ended, or why there will be none."""
    waiting, state.waiting = state.waiting, []
    for done in waiting:
        if done.done():
            continue  # went away in the meantime
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


def _failing(state: JobState, since: datetime) -> Problem:
    return Problem(
        code="job-failing",
        severity=Severity.PROBLEM,
        what=f"the job “{state.job.name}” of {state.plugin} failed {state.failures} times in a row: {state.error}",
        since=since,
        cure="It is tried again by itself; `callguard status` shows when.",
        where=f"{state.plugin}: {state.job.name}",
    )


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
