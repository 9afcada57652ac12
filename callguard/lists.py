"""The house's lists of reported numbers: kept up to date by jobs, updated on demand, their progress visible."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from callguard.model.health import Problem
from callguard.model.job import Job
from callguard.model.numberlist import ListMode, ListState, Progress, Report, SubscribedList, Updated

_SOON = timedelta(seconds=5)
"""A list that is missing or due is fetched soon after the start, but not before the lines are up."""


class NoSuchListError(ValueError):
    """No list of that name is in the house."""


class Lists:
    """All lists of all plugins, by name."""

    def __init__(self, lists: Sequence[tuple[str, SubscribedList]]) -> None:
        self.all = {one.name: one for _, one in lists}
        self._plugins = {one.name: plugin for plugin, one in lists}
        self.progress: dict[str, Progress] = {}
        "How far the updates under way are."

    def states(self) -> list[ListState]:
        """Return how every list is."""
        return [one.state() for one in self.all.values()]

    def problems(self, now: datetime) -> list[Problem]:
        """Return what is wrong with the lists."""
        return [problem for one in self.all.values() for problem in one.problems(now)]

    def jobs(self, now: datetime) -> Iterator[tuple[str, Job]]:
        """Yield a job for every list that is not off."""
        for name, one in self.all.items():
            state = one.state()
            if state.mode is not ListMode.OFF:
                yield self._plugins[name], self._job(name, state, now)

    def plugin_of(self, name: str) -> str:
        """Return the name of the plugin that keeps list *name*."""
        return self._plugins[name]

    def find(self, name: str) -> SubscribedList:
        """Return the list called *name*; NoSuchListError names those there are."""
        if name not in self.all:
            known = ", ".join(self.all) or "none yet: `callguard lists add`"
            raise NoSuchListError(f"there is no list {name!r}; there are: {known}")
        return self.all[name]

    async def update(self, name: str, report: Report | None = None, *, force: bool = False) -> Updated:
        """Bring one list up to date now; raising says why it stayed as it was."""

        def noted(progress: Progress) -> None:
            self.progress[name] = progress
            if report is not None:
                report(progress)

        try:
            return await self.find(name).update(noted, force=force)
        finally:
            self.progress.pop(name, None)

    def _job(self, name: str, state: ListState, now: datetime) -> Job:
        async def run() -> None:
            await self.update(name)

        return Job(name=f"update {name}", every=state.every, run=run, first_after=_first(state, now), speaks=False)


def _first(state: ListState, now: datetime) -> timedelta:
    due = state.last_succeeded_at + state.every if state.last_succeeded_at and state.info else now
    if state.not_before is not None:
        due = max(due, state.not_before)
    return max(_SOON, due - now)
