"""Asks a plugin's hooks the way the daemon does: configured for real, each by itself, in time, its answer checked."""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml

from callguard.blueprint import Blueprint, Surroundings, furnish
from callguard.config import read
from callguard.finding import Found
from callguard.model.call import Call
from callguard.model.complaint import Circumstances, Draft
from callguard.model.dnc import DncStatus
from callguard.model.health import Problem
from callguard.model.job import Job
from callguard.model.law import Jurisdiction
from callguard.model.line import Line
from callguard.model.numberlist import SubscribedList
from callguard.model.policy import Policy
from callguard.model.record import CallRecord
from callguard.model.rule import Rule
from callguard.model.service import Service
from callguard.place import Place
from callguard.plugins import Checked, Plugins
from callguard.screening import Screening
from callguard.sentences import Phrases, sentence
from callguard.settings import settings_model
from callguard.story import explanation
from callguard.testing.calls import a_call
from callguard.testing.fakes import FakeClock, FakeHousehold, FakeRandomness

_Answer = TypeVar("_Answer")
_WITHIN = 1.0


class HookFailedError(Exception):
    """A hook, other than a check, that raised, hung or returned nonsense; the text is what the health page says."""


class HookRunner:
    """A house with one plugin in it.

    The methods block, so that a test needs no event loop; a test that has one awaits the methods of `plugins`.
    """

    def __init__(
        self,
        plugin: type,
        data_dir: Path,
        config: Mapping[str, Any] | None = None,
        *,
        name: str = "",
        country: str = "US",
        rules: Iterable[Rule] = (),
    ) -> None:
        """Build *plugin* from its section *config* of config.yaml; its files go below *data_dir*.

        Mistakes in *config* are a
        callguard.config.ConfigError, as at the daemon's start; a plugin that cannot be built is a HookFailedError.
        """
        self.name = name or plugin.__name__.lower()
        self.clock = FakeClock()
        self.household = FakeHousehold(rules)
        self.randomness = FakeRandomness()
        self.plugins = self._furnished(plugin, {self.name: dict(config or {}), "country": country}, data_dir)
        self._country = country

    @property
    def plugin(self) -> Any:
        """The plugin itself, as it was built."""
        return self.plugins.all[self.name].instance

    @property
    def hooks(self) -> list[str]:
        """Return the names of the hooks that the plugin implements."""
        return self.plugins.hooks_of(self.name)

    def check(self, call: Call | None = None, *, within: float = _WITHIN) -> Checked:
        """Return the evidence the plugin gives about *call*, or its failure if it gives none within *within* s."""
        return _run(self.plugins.check_call(call or a_call(), within))

    def look_up(self, call: Call | None = None, *, within: float = _WITHIN) -> Checked:
        """Return what the plugin learns about *call* from outside the house, or its failure."""
        return _run(self.plugins.look_up_caller(call or a_call(), within))

    def screen(self, call: Call | None = None, policy: Policy | None = None) -> CallRecord:
        """Return the record of *call* in a house where this plugin alone advises."""
        given = policy or Policy()
        screening = Screening(self.plugins, lambda _: given, lambda _: None, self.clock, "test")

        async def judged() -> CallRecord:
            return (await screening.screen(call or a_call(), _WITHIN)).record

        return _run(judged())

    def sentences(self, call: Call | None = None) -> list[str]:
        """Return what people read about *call*: one sentence for each piece of evidence."""
        return [sentence(item, self._phrases, self._country) for item in self.check(call).evidence]

    def explain(self, record: CallRecord) -> str:
        """Return what `callguard explain` prints about *record*."""
        return "\n".join(explanation(record, self._phrases, UTC))

    def finish(self, record: CallRecord) -> None:
        """Tell the plugin that a call ended."""
        self._asked(self.plugins.call_finished(record))

    def lines(self) -> list[Line]:
        """Return the lines the plugin opens."""
        return [line for _, line in self._asked(self.plugins.open_lines())]

    def services(self) -> list[Service]:
        """Return what the plugin keeps running."""
        return [service for _, service in self._asked(self.plugins.services())]

    def jobs(self) -> dict[str, Job]:
        """Return the plugin's periodic jobs by name."""
        return {job.name: job for _, job in self._asked(self.plugins.periodic_jobs())}

    def number_lists(self) -> dict[str, SubscribedList]:
        """Return the lists the plugin keeps up to date, by name."""
        return {one.name: one for _, one in self._asked(self.plugins.number_lists())}

    def dnc_status(self, line: str, at: datetime) -> DncStatus | None:
        """Return what the plugin says of the line's registration."""
        return self._asked(self.plugins.dnc_status(line, at))

    def jurisdiction(self, line: str) -> Jurisdiction | None:
        """Return the law the plugin knows for the line."""
        return self._asked(self.plugins.jurisdiction(line))

    def draft_complaint(self, record: CallRecord, household: Circumstances, agency: str = "") -> Draft | None:
        """Return the draft the plugin makes."""
        return self._asked(self.plugins.draft_complaint(record, household, agency))

    def stated_rules(self) -> list[Rule]:
        """Return the rules the plugin takes from files."""
        return self._asked(self.plugins.stated_rules())

    def run_job(self, name: str) -> None:
        """Run one periodic job once; what it raises is raised."""
        _run(_settled(self.jobs()[name].run()))

    def problems(self) -> list[Problem]:
        """Return what the plugin says is wrong."""
        return [problem for _, problem in self._asked(self.plugins.health())]

    def command(self, name: str, **arguments: Any) -> Any:
        """Return the answer of one of the plugin's commands; what it raises is raised."""
        return _run(_settled(self._asked(self.plugins.commands())[name](arguments)))

    @property
    def _phrases(self) -> Phrases:
        plugged = self.plugins.all[self.name]
        return {(self.name, code): text for code, text in plugged.phrases.items()}

    def _asked(self, question: Coroutine[Any, Any, _Answer]) -> _Answer:
        standing = self.plugins.all[self.name].standing
        failed_before = standing.failed
        answer = _run(question)
        if standing.failed > failed_before:
            raise HookFailedError(standing.last_error)
        return answer

    def _furnished(self, plugin: type, config: Mapping[str, Any], data_dir: Path) -> Plugins:
        found = [Found(name=self.name, origin=plugin.__module__, cls=plugin)]
        text = yaml.safe_dump(config)
        loaded = read(text, "config.yaml", settings_model(found), environment={}, base_dir=data_dir)
        place = Place(data_dir=data_dir, config=data_dir / "config.yaml")
        surroundings = Surroundings(clock=self.clock, randomness=self.randomness, environment={})
        plugins = furnish(Blueprint(place=place, loaded=loaded, found=found), self.household, surroundings)
        if found[0].error:
            raise HookFailedError(found[0].error)
        return plugins


async def _settled(answer: Awaitable[_Answer]) -> _Answer:
    return await answer


def _run(question: Coroutine[Any, Any, _Answer]) -> _Answer:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(question)
    question.close()
    raise RuntimeError("this test has an event loop of its own: await the methods of `runner.plugins` instead")
