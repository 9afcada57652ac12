"""The list of commands comes fast, because nothing is loaded for it."""

import subprocess
import sys

from click.testing import CliRunner

from callguard.cli.main import cli


def test_help_names_the_commands_of_plugins_with_their_first_sentence() -> None:
    shown = CliRunner().invoke(cli, ["--help"], terminal_width=120).stdout
    for command in ("import", "contacts", "ring"):
        line = next(line for line in shown.splitlines() if line.split()[:1] == [command])
        assert line.rstrip().endswith(".")
        assert "From callguard" not in line


def test_help_loads_no_plugin_and_no_numbering_plan() -> None:
    code = "import sys; from callguard.cli.main import cli; cli(['-h'], standalone_mode=False); print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = set(shown.splitlines()[-1].split())
    assert not {name for name in loaded if name.startswith("callguard_") and "." in name}
    assert not loaded & {"phonenumbers", "pydantic", "yaml", "sqlite3", "aiohttp", "asyncio"}
