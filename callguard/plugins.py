"""One method for each hook: the only place that knows pluggy.

pluggy's own loop loses every answer when one plugin raises, and knows no await. So each implementation is asked
by itself, with a deadline, its answer checked, and its failure named.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any, TypeVar

import pluggy

from callguard import hookspecs
from callguard.asking import FAILURES_BEFORE_REST, NonsenseError, Plugged, checked_evidence, settle
from callguard.home import Clock
from callguard.hookspecs import Command
from callguard.model.call import Call
from callguard.model.complaint import Circumstances, Draft
from callguard.model.dnc import DncStatus
from callguard.model.evidence import Evidence, Failure, FailureKind, Rung
from callguard.model.health import Problem
from callguard.model.job import Job
from callguard.model.law import Jurisdiction
from callguard.model.line import Line
from callguard.model.numberlist import SubscribedList
from callguard.model.record import CallRecord
from callguard.model.rule import Rule
from callguard.model.service import Service

_log = logging.getLogger(__name__)
_START_WITHIN = 10.0
_OBSERVE_WITHIN = 10.0
_STATUS_WITHIN = 0.1
_Answer = TypeVar("_Answer")
PLUGIN_TASK = "plugin "
"""How the names of tasks begin that run a plugin's code; the plugin's name follows."""


@dataclass(slots=True)
class Checked:
    """What all checks said about one call."""

    evidence: list[Evidence] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Implementation:
    plugged: Plugged
    function: Callable[..., Any]
    arguments: tuple[str, ...]


class Plugins:
    """The plugins of the house, and one method for each hook."""

    def __init__(self, clock: Clock) -> None:
        self.all: dict[str, Plugged] = {}
        self.online: dict[str, Plugged] = {}
        "The same plugins, as far as they ask somebody outside the house."
        self.offline_commands: set[str] = set()
        "Which of the commands need no running house."
        self._clock = clock
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._by_hook: dict[str, list[_Implementation]] = {}
        self._late: set[asyncio.Future[Any]] = set()

    def add(self, plugged: Plugged) -> None:
        """Plug in a plugin; a misspelt hook or argument raises pluggy.PluginValidationError."""
        self._manager.register(plugged.instance, plugged.name)
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError:
            self._manager.unregister(plugged.instance)
            raise
        self.all[plugged.name] = plugged
        # What it asks outside the house may be down while what it knows at home is well: two standings.
        self.online[plugged.name] = plugged.twin((Rung.SIGNALS,))
        self._by_hook.clear()

    def has(self, hook: str) -> bool:
        """Tell whether any plugin implements *hook*."""
        return bool(self._implementations(hook))

    def speakers(self) -> dict[str, Rung]:
        """Return the names of the checks, with the highest rung of the ladder that each may speak on."""
        return {impl.plugged.name: impl.plugged.rungs[0] for impl in self._implementations("check_call")}

    def hooks_of(self, name: str) -> list[str]:
        """Return the names of the hooks that plugin *name* implements."""
        callers = self._manager.get_hookcallers(self.all[name].instance) or []
        return sorted(caller.name for caller in callers)

    async def check_call(self, call: Call, within: float) -> Checked:
        """Ask every check about *call* at once; whoever has not answered after *within* seconds has failed.

        As soon as no answer still out could change the verdict, the answers so far are returned.
        """
        return await self._ask_about(call, "check_call", within)

    async def look_up_caller(self, call: Call, within: float) -> Checked:
        """Ask, outside the house, about *call*; whoever has not answered after *within* seconds has failed."""
        return await self._ask_about(call, "look_up_caller", within)

    async def _ask_about(self, call: Call, hook: str, within: float) -> Checked:
        checked = Checked()
        begun = perf_counter()
        waiting: dict[asyncio.Future[Any], Plugged] = {}
        for impl in self._implementations(hook):
            self._begin_check(impl, call, checked, waiting)
        if waiting:
            await self._collect(waiting, begun, within, checked)
        return checked

    async def open_lines(self) -> list[tuple[str, Line]]:
        """Return every line of every plugin, with the plugin's name."""
        return await self._gather("open_lines", _is_line, "a list of lines")

    async def services(self) -> list[tuple[str, Service]]:
        """Return what the plugins keep running, with their names."""
        return await self._gather("services", _is_service, "a list of services")

    async def periodic_jobs(self) -> list[tuple[str, Job]]:
        """Return every plugin's jobs, with the plugin's name."""
        return await self._gather("periodic_jobs", lambda item: isinstance(item, Job), "a list of jobs")

    async def dnc_status(self, line: str, at: datetime) -> DncStatus | None:
        """Return whether *line* was on a Do Not Call registry then, by the first plugin that knows."""
        if not self.has("dnc_status"):
            return None
        return await self._first("dnc_status", {"line": line, "at": at}, DncStatus, _STATUS_WITHIN)

    async def jurisdiction(self, line: str) -> Jurisdiction | None:
        """Return the rules on telemarketing where *line* is, by the first plugin that knows them."""
        return await self._first("jurisdiction", {"line": line}, Jurisdiction, 1.0)

    async def draft_complaint(self, record: CallRecord, household: Circumstances, agency: str) -> Draft | None:
        """Return the first draft that a plugin makes of a complaint about a call."""
        given = {"record": record, "household": household, "agency": agency}
        return await self._first("draft_complaint", given, Draft, _OBSERVE_WITHIN)

    async def _first(
        self, hook: str, given: Mapping[str, object], kind: type[_Answer], within: float
    ) -> _Answer | None:
        for impl in self._implementations(hook):
            answer = await self._ask(impl, given, within)
            if isinstance(answer, kind):
                return answer
            if answer is not None:
                self._refuse(impl.plugged, NonsenseError(f"{hook} did not return {kind.__name__}"))
        return None

    async def stated_rules(self) -> list[Rule]:
        """Return the rules that plugins take from files."""
        fits = await self._gather("stated_rules", lambda item: isinstance(item, Rule), "a list of rules", within=1.0)
        return [rule for _, rule in fits]

    async def number_lists(self) -> list[tuple[str, SubscribedList]]:
        """Return the lists that the plugins keep up to date, with the plugins' names."""
        return await self._gather("number_lists", _is_list, "a list of number lists")

    async def health(self) -> list[tuple[str, Problem]]:
        """Return what is wrong in every plugin, by its own account."""
        return await self._gather("health", lambda item: isinstance(item, Problem), "a list of problems", within=1.0)

    async def commands(self) -> dict[str, Command]:
        """Return the commands that plugins add to the daemon, by name; the first plugin to claim a name has it."""
        found: dict[str, Command] = {}
        offline: set[str] = set()
        for impl in self._implementations("register_commands"):
            answer = await self._ask(impl, {}, _START_WITHIN)
            if isinstance(answer, Mapping):
                added = {str(name): command for name, command in answer.items() if str(name) not in found}
                found |= added
                offline |= added.keys() & impl.plugged.offline_commands
            elif answer is not None:
                self._refuse(impl.plugged, NonsenseError("register_commands did not return a mapping"))
        self.offline_commands = offline
        return found

    async def call_finished(self, record: CallRecord) -> None:
        """Tell every observer how a call ended."""
        impls = self._implementations("call_finished")
        await asyncio.gather(*(self._ask(impl, {"record": record}, _OBSERVE_WITHIN) for impl in impls))

    def blame(self, name: str, seconds: float) -> None:
        """Note that plugin *name* held up the whole house for *seconds*: it rests at once."""
        plugged = self.all.get(name)
        if plugged is None:
            return
        plugged.standing.in_a_row = max(plugged.standing.in_a_row, FAILURES_BEFORE_REST - 1)
        error = f"held up the house for {seconds:.1f} s: an `async def` hook must await, and never block"
        self._note(plugged, plugged.failure(FailureKind.BUSY, error), None)

    def _implementations(self, hook: str) -> list[_Implementation]:
        found = self._by_hook.get(hook)
        if found is None:
            impls = getattr(self._manager.hook, hook).get_hookimpls()
            known = self.online if hook == "look_up_caller" else self.all
            found = [_Implementation(known[i.plugin_name], i.function, tuple(i.argnames)) for i in impls]
            self._by_hook[hook] = found
        return found

    def _begin_check(
        self, impl: _Implementation, call: Call, checked: Checked, waiting: dict[asyncio.Future[Any], Plugged]
    ) -> None:
        plugged = impl.plugged
        unfit = self._unfit(plugged)
        if unfit is not None:
            checked.failures.append(unfit)
            return
        begun = perf_counter()
        try:
            answer = plugged.begin(impl.function, *((call,) if impl.arguments else ()))
            if inspect.isawaitable(answer):
                waiting[_task(answer, plugged)] = plugged
                return
            evidence = checked_evidence(answer, plugged)
        except (Exception, SystemExit) as error:  # noqa: BLE001  (a plugin may raise anything)
            self._failed(plugged, error, checked)
        else:
            self._answered(plugged, evidence, begun, checked)

    async def _collect(
        self, waiting: dict[asyncio.Future[Any], Plugged], begun: float, within: float, checked: Checked
    ) -> None:
        left = within - (perf_counter() - begun)
        while waiting and left > 0 and not _settled(checked, waiting.values()):
            done, _ = await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            for future in done:
                self._take(future, waiting.pop(future), begun, checked)
            left = within - (perf_counter() - begun)
        for future, plugged in waiting.items():
            if left > 0:
                self._expect_later(future, plugged, begun, left)
            else:
                self._too_late(future, plugged, checked)

    def _expect_later(self, future: asyncio.Future[Any], plugged: Plugged, begun: float, left: float) -> None:
        """Let a check go on whose answer no longer matters, so that one which fails is noticed all the same."""
        timer = asyncio.get_running_loop().call_later(left, self._too_late, future, plugged, None)

        def arrived(answer: asyncio.Future[Any]) -> None:
            timer.cancel()
            if not answer.cancelled():
                self._take(answer, plugged, begun, Checked())

        future.add_done_callback(arrived)
        self._keep(future)

    def _too_late(self, future: asyncio.Future[Any], plugged: Plugged, checked: Checked | None) -> None:
        # Cancelled, but not awaited: a plugin may swallow the cancellation, and the telephone rings meanwhile.
        future.cancel()
        self._keep(future)
        self._note(plugged, plugged.failure(FailureKind.TIMED_OUT, "no answer in time"), checked)

    def _take(self, future: asyncio.Future[Any], plugged: Plugged, begun: float, checked: Checked) -> None:
        try:
            evidence = checked_evidence(future.result(), plugged)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  (a plugin may raise anything)
            self._failed(plugged, error, checked)
        else:
            self._answered(plugged, evidence, begun, checked)

    def _answered(self, plugged: Plugged, evidence: Sequence[Evidence], begun: float, checked: Checked) -> None:
        milliseconds = (perf_counter() - begun) * 1000
        plugged.standing.answered(milliseconds)
        checked.timings[plugged.name] = round(milliseconds, 3)
        if evidence:
            checked.evidence.extend(evidence)

    def _failed(self, plugged: Plugged, error: BaseException, checked: Checked) -> None:
        kind = FailureKind.NONSENSE if isinstance(error, NonsenseError) else FailureKind.RAISED
        self._note(plugged, plugged.failure(kind, error), checked)

    def _note(self, plugged: Plugged, failure: Failure, checked: Checked | None) -> None:
        standing = plugged.standing
        rested = standing.resting_until
        standing.failed_to_answer(failure, self._clock.monotonic())
        _log.warning("plugin %s did not answer (%s): %s", plugged.name, failure.kind.value, failure.error)
        if standing.resting_until > rested:
            rest = standing.resting_until - self._clock.monotonic()
            _log.warning("plugin %s failed %d times, it rests for %.0f s", plugged.name, standing.in_a_row, rest)
        if checked is not None:
            checked.failures.append(failure)

    def _unfit(self, plugged: Plugged) -> Failure | None:
        if plugged.standing.resting_until and plugged.standing.resting_until > self._clock.monotonic():
            return plugged.failure(FailureKind.RESTING, plugged.standing.last_error)
        if plugged.hangs:
            failure = plugged.failure(FailureKind.BUSY, "still hangs in an earlier call")
            plugged.standing.failed_to_answer(failure, self._clock.monotonic())
            return failure
        return None

    def _keep(self, future: asyncio.Future[Any]) -> None:
        if future not in self._late:
            self._late.add(future)
            future.add_done_callback(self._forget)

    def _forget(self, future: asyncio.Future[Any]) -> None:
        self._late.discard(future)
        if not future.cancelled():
            future.exception()

    async def _gather(
        self, hook: str, fits: Callable[[Any], bool], wanted: str, within: float = _START_WITHIN
    ) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []
        for impl in self._implementations(hook):
            answer = await self._ask(impl, {}, within)
            if answer is None:
                continue
            if not _all_fit(answer, fits):
                self._refuse(impl.plugged, NonsenseError(f"{hook} did not return {wanted}"))
                continue
            found.extend((impl.plugged.name, item) for item in answer)
        return found

    async def _ask(self, impl: _Implementation, given: Mapping[str, object], within: float) -> Any:
        """Ask one implementation; None also where it failed, which is noted."""
        if impl.plugged.hangs:
            return None
        try:
            answer = impl.plugged.begin(impl.function, *(given[name] for name in impl.arguments))
            if inspect.isawaitable(answer):
                return await self._in_time(answer, impl.plugged, within)
        except (Exception, SystemExit) as error:  # noqa: BLE001  (a plugin may raise anything)
            self._refuse(impl.plugged, error)
            return None
        return answer

    async def _in_time(self, answer: Awaitable[Any], plugged: Plugged, within: float) -> Any:
        task = _task(answer, plugged)
        done, _ = await asyncio.wait([task], timeout=within)
        if not done:
            task.cancel()
            self._keep(task)
            raise TimeoutError(f"no answer within {within:.3g} s")
        return task.result()

    def _refuse(self, plugged: Plugged, error: BaseException) -> None:
        kind = FailureKind.NONSENSE if isinstance(error, NonsenseError) else FailureKind.RAISED
        self._note(plugged, plugged.failure(kind, error), None)


def _settled(checked: Checked, waiting: Iterable[Plugged]) -> bool:
    """Tell whether no answer that is still out could change the verdict: all could speak only further down."""
    deciding = [item.rung for item in checked.evidence if item.rung < Rung.SIGNALS]
    return bool(deciding) and all(plugged.rungs[0] >= min(deciding) for plugged in waiting)


def _task(answer: Awaitable[Any], plugged: Plugged) -> asyncio.Future[Any]:
    # No TaskGroup: its end would wait for a plugin that ignores its cancellation.
    return asyncio.get_running_loop().create_task(settle(answer), name=PLUGIN_TASK + plugged.name)


def _all_fit(answer: object, fits: Callable[[Any], bool]) -> bool:
    try:
        return isinstance(answer, Sequence) and all(fits(item) for item in answer)
    except Exception:  # noqa: BLE001  (looking at a name may run a plugin's code, which may raise anything)
        return False


def _is_line(item: Any) -> bool:
    return isinstance(getattr(item, "name", None), str) and all(
        callable(getattr(item, part, None)) for part in ("run", "state")
    )


def _is_list(item: Any) -> bool:
    return isinstance(getattr(item, "name", None), str) and all(
        callable(getattr(item, part, None)) for part in ("state", "update", "problems")
    )


def _is_service(item: Any) -> bool:
    return isinstance(getattr(item, "name", None), str) and callable(getattr(item, "run", None))
