"""`callguard dnc` on a terminal: the daemon's part answered by the plugin itself, the settings kept in a list."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from callguard.cli.client import Asker
from callguard.testing import HookRunner
from callguard_dnc.command import dnc
from callguard_dnc.plugin import Dnc

Run = Callable[..., Result]


class House(Asker):
    """Answers as the daemon does."""

    def __init__(self, runner: HookRunner) -> None:
        super().__init__(None, None)
        self.runner = runner
        self.settings: list[tuple[str, Any]] = []

    def ask(
        self,
        command: str,
        arguments: dict[str, Any],
        within: float = 60.0,
        *,
        offline: bool = False,
        reads_only: bool = False,
    ) -> Any:
        if command == "set-setting":
            self.settings.append((arguments["key"], arguments["value"]))
            change = {"id": len(self.settings), "subject": f"{arguments['key']} = {arguments['value']}"}
            return {"change": change if arguments["value"] is not None else None}
        return self.runner.command(command, **arguments)


@pytest.fixture
def house(tmp_path: Path) -> House:
    lines = {"Home": {"registered_on": "2025-03-01"}, "Office": {"kind": "business"}}
    return House(HookRunner(Dnc, tmp_path, {"lines": lines}))


@pytest.fixture
def run(house: House) -> Run:
    return lambda *words: CliRunner().invoke(dnc, list(words), obj=house)


def test_status_shows_every_line_and_what_is_not_known(run: Run) -> None:
    shown = run("status").stdout
    assert "Home: registered" in shown
    assert "since       2025-03-01, counts from 2025-04-01 on" in shown
    assert "known from  declared in config.yaml:5" in shown
    assert "verified    never: callguard dnc verify Home" in shown
    assert "Office: not covered by the registry" in shown
    assert "not known   The wording of the questions on the FTC's form" in shown


def test_status_as_json_is_for_scripts(run: Run) -> None:
    lines = json.loads(run("status", "Home", "--json").stdout)["lines"]
    assert [(line["line"], line["state"], line["jurisdiction"]) for line in lines] == [("Home", "registered", "us")]


def test_without_lines_it_is_told_how_to_declare_one(tmp_path: Path) -> None:
    house = House(HookRunner(Dnc, tmp_path, {}))
    assert "callguard dnc set LINE" in CliRunner().invoke(dnc, ["status"], obj=house).stdout


def test_a_registration_takes_back_that_there_was_none(run: Run, house: House) -> None:
    result = run("set", "Home", "--registered-on", "2026-03-01", "--jurisdiction", "us-pa", "--kind", "mobile")
    assert result.exit_code == 0, result.output
    assert house.settings == [
        ("dnc.lines.Home.not_registered", None),
        ("dnc.lines.Home.registered_on", "2026-03-01"),
        ("dnc.lines.Home.jurisdiction", "us-pa"),
        ("dnc.lines.Home.kind", "mobile"),
    ]
    assert "Undo: callguard undo 2" in result.stdout


def test_not_registered_takes_back_the_day_and_its_proof(run: Run, house: House) -> None:
    run("set", "Home", "--not-registered")
    assert house.settings == [
        ("dnc.lines.Home.registered_on", None),
        ("dnc.lines.Home.verified_on", None),
        ("dnc.lines.Home.not_registered", True),
    ]


def test_verify_tells_how_and_notes_the_day(run: Run, house: House) -> None:
    told = run("verify", "Home").stdout
    assert "https://www.donotcall.gov/verify.html" in told
    assert "callguard dnc verify Home --verified-on DATE" in told
    assert house.settings == []
    run("verify", "Home", "--verified-on", "2026-04-02")
    assert house.settings == [("dnc.lines.Home.verified_on", "2026-04-02")]


REFUSED = {
    "nothing said": ("set", "Home"),
    "both said": ("set", "Home", "--registered-on", "2026-03-01", "--not-registered"),
    "no day": ("set", "Home", "--registered-on", "yesterday"),
    "a name with a dot": ("set", "Home.Sweet", "--not-registered"),
    "a name with a space": ("set", "Front Door", "--not-registered"),
    "a day that is none": ("verify", "Home", "--verified-on", "2026-02-30"),
}


@pytest.mark.parametrize("words", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_unclear_is_refused_and_changes_nothing(run: Run, house: House, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2
    assert house.settings == []
