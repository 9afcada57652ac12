"""The house's lists of reported numbers: kept up to date by jobs, updated on demand, their progress visible."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from callguard.model.health import Problem, Severity
from callguard.model.job import Job
from callguard.model.numberlist import ListMode, ListState, Progress, Report, SubscribedList, Updated
from callguard.model.text import plain

_log = logging.getLogger(__name__)
_SOON = timedelta(seconds=5)
"""A list that is missing or due is fetched soon after the start, but not before the lines are up."""


_LONGEST_REST = timedelta(days=7)
"""However far away the time seems until which a publisher wants to be left alone."""


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
        return [_state_of(name, one) for name, one in self.all.items()]

    def problems(self, now: datetime) -> list[Problem]:
        """Return what is wrong with the lists."""
        return [problem for name in self.all for problem in self._problems(name, now)]

    def jobs(self, now: datetime) -> Iterator[tuple[str, Job]]:
        """Yield a job for every list that is not off."""
        for name, one in self.all.items():
            state = _state_of(name, one)
            if state.mode is not ListMode.OFF:
                yield self._plugins[name], self._job(name, state, now)

    def plugin_of(self, name: str) -> str:
        """Return the name of the plugin that keeps list *name*."""
        return self._plugins[name]

    def whole_name(self, name: str) -> str:
        """Return the name of the list that *name* means: `web` means `lists.web`, where only that ends so."""
        ending = [one for one in self.all if one.endswith(f".{name}")]
        return ending[0] if name not in self.all and len(ending) == 1 else name

    def find(self, name: str) -> SubscribedList:
        """Return the list called *name*; NoSuchListError names those there are."""
        name = self.whole_name(name)
        if name not in self.all:
            known = ", ".join(self.all) or "none yet: `callguard lists add`"
            raise NoSuchListError(f"there is no list {name!r}; there are: {known}")
        return self.all[name]

    async def update(self, name: str, report: Report | None = None, *, force: bool = False) -> Updated:
        """Bring one list up to date now; raising says why it stayed as it was."""
        name = self.whole_name(name)

        def noted(progress: Progress) -> None:
            self.progress[name] = progress
            if report is not None:
                report(progress)

        try:
            return await self.find(name).update(noted, force=force)
        finally:
            self.progress.pop(name, None)

    def close(self, but: Sequence[SubscribedList] = ()) -> None:
        """Close the files of all lists *but* those that stay in use, where the lists can be closed."""
        for name, one in self.all.items():
            close = getattr(one, "close", None)
            if not callable(close) or any(one is other for other in but):
                continue
            try:
                close()
            except Exception as error:  # noqa: BLE001  (a plugin may raise anything)
                _log.warning("the list %s of the plugin %s: %s", plain(name), self._plugins[name], _said(error))

    def _problems(self, name: str, now: datetime) -> Sequence[Problem]:
        try:
            return list(self.all[name].problems(now))
        except Exception as error:  # noqa: BLE001  (a plugin may raise anything)
            what = f"the list {plain(name)} of the plugin {self._plugins[name]} cannot say how it is: {_said(error)}"
            cure = f"Look at the plugin {self._plugins[name]}, or add it to disabled_plugins."
            return [
                Problem(
                    code="plugin-failing",
                    severity=Severity.PROBLEM,
                    what=what,
                    since=now,
                    cure=cure,
                    where=plain(name),
                )
            ]

    def _job(self, name: str, state: ListState, now: datetime) -> Job:
        async def run() -> None:
            await self.update(name)

        return Job(name=f"update {name}", every=state.every, run=run, first_after=_first(state, now), speaks=False)


def _state_of(name: str, one: SubscribedList) -> ListState:
    """Return how a list is; one whose plugin cannot say is as good as off, and ends nothing else."""
    try:
        state: object = one.state()
        if isinstance(state, ListState):
            return state
        raise TypeError(f"state() returned {type(state).__name__}")
    except Exception as error:  # noqa: BLE001  (a plugin may raise anything)
        return ListState(name=name, title=name, mode=ListMode.OFF, error=_said(error), failures=1)


def _said(error: Exception) -> str:
    return plain(f"{type(error).__name__}: {error}")


def _first(state: ListState, now: datetime) -> timedelta:
    """Return how soon a list is due; that the clock was wrong does not put it off for longer than usual."""
    wait = timedelta()
    if state.last_succeeded_at and state.info:
        wait = min(state.last_succeeded_at - now, timedelta()) + state.every
    if state.not_before is not None:
        wait = max(wait, min(state.not_before - now, _LONGEST_REST))
    return max(_SOON, wait)
