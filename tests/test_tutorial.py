"""docs/plugins/tutorial.md, carried out word by word in an empty folder with the real command line."""

import doctest
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "plugins" / "tutorial.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`([\w./-]+\.(?:py|yaml))`")
# What the reader's own pip would do, but without the network and beside this environment instead of into it.
PIP = """#!/bin/sh
shift
exec "{python}" -m pip install --no-deps --no-build-isolation --no-index --disable-pip-version-check \\
  --target "{site}" "$@"
"""
PYTHON = '#!/bin/sh\nexec "{python}" "$@" -p no:asyncio -p no:cacheprovider\n'
TOOLS = {"callguard": '#!/bin/sh\nexec "{python}" -m callguard "$@"\n', "pip": PIP, "python": PYTHON}


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    before: str
    line: int


@dataclass
class Reader:
    """Somebody who follows the page: a folder, a shell that remembers where it is, and what was written where."""

    folder: Path
    state: Path

    def write(self, block: Block) -> None:
        named = FILE.findall(block.before)
        assert named, f"{PAGE.name}:{block.line}: which file is this?"
        path = self.folder / "my-house" / named[-1]
        path.parent.mkdir(exist_ok=True)
        path.write_text(block.text, encoding="utf-8")

    def carry_out(self, block: Block) -> None:
        for command, expected in commands(block.text):
            got = self.run(command)
            options = doctest.ELLIPSIS
            if not doctest.OutputChecker().check_output(expected, got, options):
                pytest.fail(f"{PAGE.name}:{block.line}: {command}\n--- the page says\n{expected}\n--- it was\n{got}")

    def run(self, command: str) -> str:
        script = f'. "{self.state}"\n{command}\n{{ export -p; echo "cd \\"$PWD\\""; }} > "{self.state}"\n'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout


def blocks() -> Iterator[Block]:
    text = PAGE.read_text("utf-8")
    for found in BLOCK.finditer(text):
        before = text[: found.start()]
        yield Block(found[1], found[2], before.rpartition("```")[2], before.count("\n") + 1)


def commands(text: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        yield command, expected


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    tools, site, state = tmp_path / "bin", tmp_path / "site", tmp_path / "state"
    tools.mkdir()
    for name, script in TOOLS.items():
        tool = tools / name
        tool.write_text(script.format(python=sys.executable, site=site))
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    path = os.pathsep.join((str(tools), os.environ["PATH"]))
    work = tmp_path / "work"
    work.mkdir()
    state.write_text(f'export PATH="{path}" PYTHONPATH="{site}" COLUMNS=200 NO_COLOR=1\ncd "{work}"\n')
    return Reader(work, state)


def test_the_page_can_be_followed_word_by_word(reader: Reader) -> None:
    seen = {"python": 0, "yaml": 0, "console": 0}
    for block in blocks():
        seen[block.language] += 1
        if block.language == "console":
            reader.carry_out(block)
        else:
            reader.write(block)
    assert min(seen.values()) >= 3, seen


def test_every_command_on_the_page_is_found() -> None:
    text = PAGE.read_text("utf-8")
    found = sum(len(list(commands(block.text))) for block in blocks() if block.language == "console")
    assert found == len(re.findall(r"^\$ ", text, flags=re.MULTILINE)) >= 15
    assert text.count("```") == 2 * len(list(blocks()))


def test_the_page_is_not_fooled_by_output_that_differs() -> None:
    checker = doctest.OutputChecker()
    assert checker.check_output("a ... c\n", "a b c\n", doctest.ELLIPSIS)
    assert not checker.check_output("3 passed in ...\n", "2 failed in 0.1s\n", doctest.ELLIPSIS)
