"""What is wrong in the house, since when, and what to do; a line that stopped hearing calls is the worst of it."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo

from callguard.asking import Plugged
from callguard.finding import Found
from callguard.home import Clock
from callguard.jobs import Jobs
from callguard.lines import WatchedLine
from callguard.lists import Lists
from callguard.model.health import Problem, Severity
from callguard.model.line import Line, LineState, LineStatus
from callguard.model.text import plain
from callguard.plugins import Plugins

_log = logging.getLogger(__name__)
_NO_LINE = "no line is configured: CallGuard hears no calls"
_NO_LINE_CURE = "Add a telephone line to config.yaml, for example a `sip:` account, or try `callguard run --demo`."


class Health:
    """Gathers problems from the lines, the plugins, the jobs and the store."""

    def __init__(self, plugins: Plugins, clock: Clock, timezone: tzinfo, started_at: datetime) -> None:
        self.lines: list[Line] = []
        self.jobs: Jobs | None = None
        self.lists = Lists([])
        self.fixed: list[Problem] = []
        "Problems known from the start, such as a configuration note."
        self.refused: Problem | None = None
        "A configuration that could not be taken over at the last reload."
        self.configured_lines: Collection[str] = ()
        "Names of lines that have settings of their own."
        self.store_problems: Callable[[], Iterable[Problem]] = list
        self.front_problems: Callable[[], Iterable[Problem]] = list
        "Why the console cannot be reached."
        self.restores: Callable[[], Iterable[Problem]] = list
        "Backups that wait to be put in place, or were; asked beside the loop, because it looks at the disk."
        self._plugins = plugins
        self._clock = clock
        self._timezone = timezone
        self._started_at = started_at
        self._seen: dict[str, LineStatus] = {}
        self._last: list[Problem] = []

    def deaf_lines(self) -> list[Problem]:
        """Return a problem for every line that hears no calls, or one for having no line at all."""
        if not self.lines:
            return [_no_line(self._started_at)]
        return [_deaf(line, state) for line in self.lines if (state := line.state()).status is LineStatus.DEAF]

    async def problems(self) -> list[Problem]:
        """Return everything that is wrong now, the worst first; each keeps the time it was first seen."""
        now = self._clock.now()
        found = [*self.deaf_lines(), *self.fixed, *self.store_problems(), *([self.refused] if self.refused else [])]
        found += self.front_problems()
        found += await asyncio.to_thread(self.restores)
        found += [_unknown_line(name, now) for name in self._unknown_lines()]
        found += [problem for _, problem in await self._plugins.health()]
        both = [*self._plugins.all.values(), *self._plugins.online.values()]
        found += [_failing(plugged, now, self._clock) for plugged in both if _fails(plugged)]
        found += self.lists.problems(now)
        found += self.jobs.problems() if self.jobs else []
        return sorted(self._kept(found), key=lambda p: (list(Severity).index(p.severity), p.since))

    def watch(self) -> None:
        """Log every line that lost or regained its hearing since the last look."""
        for line in self.lines:
            state = line.state()
            if isinstance(line, WatchedLine):
                line.note(state)
            before = self._seen.get(line.name, LineStatus.STARTING)
            if state.status is before:
                continue
            self._seen[line.name] = state.status
            self._log_change(line, state, before)

    def _unknown_lines(self) -> list[str]:
        opened = {line.name for line in self.lines}
        return sorted(set(self.configured_lines) - opened) if opened else []

    def _log_change(self, line: Line, state: LineState, before: LineStatus) -> None:
        name = plain(line.name)
        if state.status is LineStatus.DEAF:
            since = state.since.astimezone(self._timezone)
            _log.error(
                "line %s is not protecting since %s, because %s: %s",
                name,
                f"{since:%H:%M}",
                plain(state.detail),
                plain(state.cure),
            )
        elif state.status is LineStatus.PROTECTING:
            again = " again" if before is LineStatus.DEAF else ""
            _log.info("line %s is protecting%s: %s", name, again, plain(state.detail))

    def _kept(self, found: Iterable[Problem]) -> list[Problem]:
        """Give each problem the time when it was first seen."""
        first = {(p.code, p.where): p.since for p in self._last}
        self._last = [replace(p, since=min(p.since, first.get((p.code, p.where), p.since))) for p in found]
        return self._last


def import_failures(found: Iterable[Found], now: datetime) -> list[Problem]:
    """Return a problem for each plugin that could not be imported."""
    return [
        Problem(
            code="plugin-not-loaded",
            severity=Severity.PROBLEM,
            what=f"the plugin {plugin.name} is not working: {plugin.error}",
            since=now,
            cure=f"Repair or reinstall {plugin.origin}, or add it to disabled_plugins in config.yaml.",
            where=plugin.name,
        )
        for plugin in found
        if plugin.error
    ]


def line_facts(line: Line) -> Mapping[str, object]:
    """Return a line's state as JSON for `status`."""
    state = line.state()
    return {
        "name": line.name,
        "adapter": line.adapter,
        "status": state.status.value,
        "since": state.since.isoformat(),
        "detail": plain(state.detail),
        "cure": plain(state.cure),
        "facts": {key: plain(str(value)) for key, value in state.facts.items()},
    }


def _deaf(line: Line, state: LineState) -> Problem:
    return Problem(
        code="line-deaf",
        severity=Severity.DEAF,
        what=f"line {plain(line.name)} is not protecting, because {plain(state.detail)}",
        since=state.since,
        cure=plain(state.cure),
        where=line.name,
    )


def _unknown_line(name: str, now: datetime) -> Problem:
    return Problem(
        code="unknown-line",
        severity=Severity.NOTE,
        what=f"config.yaml has settings for a line {plain(name)!r}, but no such line is open",
        since=now,
        cure="Write the line's name under `lines` as the line itself has it; `callguard status` lists the lines.",
        where=name,
    )


def _no_line(since: datetime) -> Problem:
    return Problem(code="no-line", severity=Severity.DEAF, what=_NO_LINE, since=since, cure=_NO_LINE_CURE)


def _fails(plugged: Plugged) -> bool:
    return plugged.standing.in_a_row > 0


def _failing(plugged: Plugged, now: datetime, clock: Clock) -> Problem:
    standing = plugged.standing
    rest = standing.resting_until - clock.monotonic()
    resting = f", it rests for {rest:.0f} s more" if rest > 0 else ""
    return Problem(
        code="plugin-failing",
        severity=Severity.PROBLEM,
        what=f"the plugin {plugged.name} did not answer {standing.in_a_row} times in a row "
        f"(last: {standing.last_error}){resting}",
        since=now,
        cure=f"Calls go on without it. Look at {plugged.origin or plugged.name}, or add it to disabled_plugins.",
        where=plugged.name,
    )
