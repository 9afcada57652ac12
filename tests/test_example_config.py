"""The example works unedited and shows every way of writing that it speaks of."""

import re
from pathlib import Path

from click.testing import CliRunner

from callguard.cli.main import cli

EXAMPLE = Path(__file__).parent.parent / "config.example.yaml"


def test_the_example_has_no_mistakes_and_is_short() -> None:
    result = CliRunner().invoke(cli, ["--config", str(EXAMPLE), "config", "check"])
    assert (result.exit_code, result.stdout) == (0, f"{EXAMPLE}: no mistakes\n"), result.output
    assert len(EXAMPLE.read_text().splitlines()) <= 60


def test_the_account_that_is_commented_out_would_work_too(tmp_path: Path) -> None:
    text = re.sub(r"^  # ", "  ", EXAMPLE.read_text().replace("  accounts: []\n", ""), flags=re.MULTILINE)
    path = tmp_path / "config.yaml"
    path.write_text(text)
    environment = {"CALLGUARD_SIP_PASSWORD": "correct horse", "CALLGUARD_DATA_DIR": str(tmp_path / "data")}
    result = CliRunner(env=environment).invoke(cli, ["config", "check", str(path)])
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "data").exists(), "checking a configuration leaves nothing behind"
