"""A house without a daemon, asked by the command line."""

import json
from typing import Any

from click.testing import CliRunner, Result

from callguard.cli.main import cli
from callguard.place import Place


class House:
    def __init__(self, place: Place) -> None:
        self.place = place

    def run(self, *words: str) -> Result:
        where = ["--config", str(self.place.config), "--data-dir", str(self.place.data_dir)]
        return CliRunner().invoke(cli, [*where, *words])

    def json(self, *words: str) -> Any:
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)
