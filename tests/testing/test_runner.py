import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from callguard import (
    Action,
    Call,
    CallRecord,
    Command,
    Evidence,
    Home,
    Job,
    Leaning,
    Problem,
    Rung,
    Severity,
    hookimpl,
)
from callguard.config import ConfigError
from callguard.model.evidence import FailureKind
from callguard.testing import FakeLine, HookFailedError, HookRunner, a_call, a_record


class Whom(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: str = Field(description="whom to speak about", default="+12125550199")


class Base:
    Config = Whom
    phrases: Mapping[str, str] = {"seen": "{number} was seen before"}

    def __init__(self, config: Whom, home: Home) -> None:
        self.config = config
        self.home = home


class Everything(Base):
    """A plugin with every hook."""

    speaks_on = frozenset({Rung.BLOCK_LIST})

    def __init__(self, config: Whom, home: Home) -> None:
        super().__init__(config, home)
        self.finished: list[CallRecord] = []

    @hookimpl
    def check_call(self, call: Call) -> Evidence | None:
        if call.caller.number != self.config.number:
            return None
        facts = {"number": call.caller.number}
        return Evidence(code="seen", leaning=Leaning.UNWANTED, rung=Rung.BLOCK_LIST, facts=facts)

    @hookimpl
    async def call_finished(self, record: CallRecord) -> None:
        self.finished.append(record)

    @hookimpl
    def open_lines(self) -> Sequence[FakeLine]:
        return [FakeLine("Attic")]

    @hookimpl
    def services(self) -> Sequence[object]:
        return []

    @hookimpl
    def periodic_jobs(self) -> Sequence[Job]:
        async def run() -> None:
            self.home.data_dir.mkdir(parents=True)

        return [Job(name="tidy", every=timedelta(days=1), run=run)]

    @hookimpl
    def health(self) -> Sequence[Problem]:
        return [
            Problem(code="x", severity=Severity.NOTE, what="It rains.", since=self.home.clock.now(), cure="Wait.")
        ]

    @hookimpl
    def register_commands(self) -> Mapping[str, Command]:
        async def echo(arguments: Mapping[str, Any]) -> Any:
            if not arguments:
                raise ValueError("nothing to echo")
            return dict(arguments)

        return {"echo": echo}


def test_evidence_comes_back_signed_with_the_plugins_name(tmp_path: Path) -> None:
    runner = HookRunner(Everything, tmp_path)
    (evidence,) = runner.check(a_call("+12125550199")).evidence
    assert evidence.source == runner.name == "everything"
    assert runner.check().evidence == []


def test_the_config_goes_through_the_real_validation(tmp_path: Path) -> None:
    runner = HookRunner(Everything, tmp_path, {"number": "+13035550110"})
    assert runner.plugin.config.number == "+13035550110"
    with pytest.raises(ConfigError, match="numbr"):
        HookRunner(Everything, tmp_path, {"numbr": "+13035550110"})


def test_a_call_is_screened_and_explained_by_this_plugin_alone(tmp_path: Path) -> None:
    runner = HookRunner(Everything, tmp_path)
    record = runner.screen(a_call("+12125550199"))
    assert record.verdict.action is Action.BLOCK
    assert runner.sentences(a_call("+12125550199")) == ["(212) 555-0199 was seen before"]
    assert "(212) 555-0199 was seen before" in runner.explain(record)


def test_every_other_hook_can_be_asked(tmp_path: Path) -> None:
    runner = HookRunner(Everything, tmp_path)
    runner.finish(a_record())
    assert len(runner.plugin.finished) == 1
    assert [line.name for line in runner.lines()] == ["Attic"]
    assert runner.services() == []
    assert runner.problems()[0].what == "It rains."
    assert runner.command("echo", a=1) == {"a": 1}
    with pytest.raises(ValueError, match="nothing to echo"):
        runner.command("echo")
    runner.run_job("tidy")
    assert runner.plugin.home.data_dir.is_relative_to(tmp_path)
    assert runner.plugin.home.data_dir.is_dir()
    assert "check_call" in runner.hooks


class Raises(Base):
    @hookimpl
    def check_call(self, call: Call) -> None:
        raise KeyError(call.id)

    @hookimpl
    def health(self) -> Sequence[Problem]:
        raise OSError("the disk is gone")


class Hangs(Base):
    @hookimpl
    async def check_call(self, call: Call) -> None:
        await asyncio.sleep(60)


class Nonsense(Base):
    @hookimpl
    def check_call(self, call: Call) -> Any:
        return f"blocked {call.id}"

    @hookimpl
    def open_lines(self) -> Any:
        return 7


@pytest.mark.parametrize(
    ("plugin", "kind"),
    [(Raises, FailureKind.RAISED), (Hangs, FailureKind.TIMED_OUT), (Nonsense, FailureKind.NONSENSE)],
)
def test_a_check_that_does_not_answer_is_a_failure_that_names_the_plugin(
    tmp_path: Path, plugin: type, kind: FailureKind
) -> None:
    checked = HookRunner(plugin, tmp_path, name="mine").check(within=0.2)
    assert checked.evidence == []
    assert [(failure.source, failure.kind) for failure in checked.failures] == [("mine", kind)]


def test_any_other_hook_that_fails_fails_the_test(tmp_path: Path) -> None:
    with pytest.raises(HookFailedError, match="the disk is gone"):
        HookRunner(Raises, tmp_path).problems()
    with pytest.raises(HookFailedError, match="did not return a list of lines"):
        HookRunner(Nonsense, tmp_path).lines()


class Misspelt(Base):
    @hookimpl
    def chekc_call(self, call: Call) -> None:
        raise NotImplementedError(call)


def test_a_misspelt_hook_is_found_when_the_plugin_is_built(tmp_path: Path) -> None:
    with pytest.raises(HookFailedError, match="chekc_call"):
        HookRunner(Misspelt, tmp_path)


async def test_an_async_test_awaits_the_facade(tmp_path: Path) -> None:
    runner = HookRunner(Everything, tmp_path)
    checked = await runner.plugins.check_call(a_call("+12125550199"), 1.0)
    assert len(checked.evidence) == 1
    with pytest.raises(RuntimeError, match="event loop"):
        runner.check()
