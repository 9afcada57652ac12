"""Runs the plugins' periodic jobs: spread by jitter, repeated with back-off after a failure, their state visible."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callguard.home import Clock, Randomness
from callguard.model.health import Problem, Severity
from callguard.model.job import Job
from callguard.model.text import plain

_log = logging.getLogger(__name__)
_JITTER = 0.1
"""Up to a tenth of the interval is added, so that a thousand houses do not knock at the same second."""
_FIRST_RETRY = timedelta(seconds=30)
_LONGEST_RUN = 3600.0
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
    error: str = ""

    def facts(self) -> Mapping[str, object]:
        """Return the state as JSON for `status`."""
        return {
            "plugin": self.plugin,
            "name": self.job.name,
            "running": self.running,
            "last_tried_at": _iso(self.last_tried_at),
            "last_succeeded_at": _iso(self.last_succeeded_at),
            "next_at": _iso(self.next_at),
            "error": self.error,
        }


class Jobs:
    """All periodic jobs of the house."""

    def __init__(self, jobs: Sequence[tuple[str, Job]], clock: Clock, randomness: Randomness) -> None:
        self.states = [JobState(plugin, job) for plugin, job in jobs]
        self._clock = clock
        self._randomness = randomness

    async def run(self) -> None:
        """Run every job again and again until cancelled."""
        async with asyncio.TaskGroup() as group:
            for state in self.states:
                group.create_task(self._repeat(state), name=f"job {state.plugin} {state.job.name}")

    def problems(self) -> list[Problem]:
        """Return a problem for every job whose last try failed."""
        return [_failing(state, state.failing_since) for state in self.states if state.failing_since]

    def wait_for(self, state: JobState) -> timedelta:
        """Return how long to wait before the next try: the interval, or less after a failure; with jitter."""
        pause = state.job.every
        if state.failures:
            pause = min(pause, _FIRST_RETRY * (1 << min(state.failures - 1, 16)))
        return pause * (1 + _JITTER * self._randomness.bits(_CHANCE) / (1 << _CHANCE))

    async def try_once(self, state: JobState) -> None:
        """Run the job once and note how it went; never raises what the job raises."""
        state.running, state.last_tried_at = True, self._clock.now()
        try:
            async with asyncio.timeout(_LONGEST_RUN):
                await state.job.run()
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
            await asyncio.sleep(pause.total_seconds())
            await self.try_once(state)

    def _failed(self, state: JobState, error: BaseException) -> None:
        state.failures += 1
        state.failing_since = state.failing_since or state.last_tried_at
        state.error = plain(f"{type(error).__name__}: {error}")
        _log.warning(
            "job %s of %s failed (%d in a row): %s", state.job.name, state.plugin, state.failures, state.error
        )


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
