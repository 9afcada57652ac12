"""What can be used is documented, and what is documented exists."""

import re
import runpy
from pathlib import Path

import click
import pytest

from callguard.cli.main import cli

ROOT = Path(__file__).parent.parent
CLI = (ROOT / "docs" / "cli.md").read_text()
DOCTOR = (ROOT / "docs" / "doctor.md").read_text()
EVERYWHERE = {"--help", "--json"}


def commands(group: click.Group, prefix: str = "callguard") -> dict[str, click.Command]:
    context = click.Context(group)
    found: dict[str, click.Command] = {}
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found |= commands(command, f"{prefix} {name}")
        if not isinstance(command, click.Group) or command.invoke_without_command:
            found[f"{prefix} {name}"] = command
    return found


COMMANDS = commands(cli)


def section_of(name: str) -> str:
    start = re.search(rf"^## .*`{re.escape(name)}\b", CLI, re.MULTILINE)
    assert start, f"docs/cli.md has no section for `{name}`"
    return CLI[start.start() :].split("\n## ")[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    section = section_of(name)
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Option):
            assert any(o in section for o in parameter.opts) or set(parameter.opts) & EVERYWHERE, parameter.opts


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_text_that_begins_with_a_sentence(name: str) -> None:
    assert re.match(r"[A-Z].*?[.;:]", COMMANDS[name].help or "", re.DOTALL), COMMANDS[name].help


def test_every_documented_command_exists() -> None:
    for heading in re.findall(r"`(callguard [^`]+)`", "\n".join(re.findall("^## .*", CLI, re.M))):
        words = [word for word in heading.split() if word.islower()]
        assert " ".join(words) in COMMANDS, heading


def problem_codes() -> set[str]:
    sources = [*(ROOT / "callguard").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    found: set[str] = set()
    for path in sources:
        found |= set(re.findall(r"Problem\(\s*code=\"([a-z-]+)\"", path.read_text()))
    return found


def test_every_problem_is_described_with_its_cure() -> None:
    codes = problem_codes()
    assert "line-deaf" in codes
    assert {code for code in codes if f"`{code}`" not in DOCTOR} == set()


def test_every_setting_is_documented_as_it_is() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "generate.py"))["page"]
    assert (ROOT / "docs" / "settings.md").read_text() == page(), "run `make docs`"
