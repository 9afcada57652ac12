"""The telephone lines: how each is, how it was in the last day, and what is set for it alone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from callguard.cli.client import Asker
from callguard.cli.output import LINE_MARKS, json_option, print_json

_ASK = click.make_pass_decorator(Asker)


@click.command()
@json_option
@_ASK
def lines(asker: Asker, *, as_json: bool) -> None:
    """Show each line: how it is and was in the last 24 hours, its calls today, and what is set for it alone."""
    answer = asker.ask("lines", {})
    if as_json:
        print_json(answer)
        return
    for line in answer:
        mark, colour = LINE_MARKS[line["status"]]
        click.echo(f"{click.style(mark, fg=colour)} {click.style(line['name'], bold=True)}  {line['adapter']}")
        click.echo(f"    {line['status']}: {line['detail']}" + (f" → {line['cure']}" if line["cure"] else ""))
        click.echo(f"    today: {_today(line['today'])}")
        for setting in _settings(line["settings"]):
            click.echo(f"    only here: {setting}")
        for was in line["history"]:
            click.secho(
                f"    {datetime.fromisoformat(was['at']):%a %H:%M}  {was['status']}: {was['detail']}", dim=True
            )
    if not answer:
        click.echo("No line is open: add one to config.yaml, or try `callguard run --demo`.")


def _today(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.items()) or "no calls"


def _settings(own: Mapping[str, Any], before: str = "") -> list[str]:
    """Return what is set for a line alone, as it would be written by command."""
    found = []
    for key, value in own.items():
        found += _settings(value, f"{before}{key}.") if isinstance(value, Mapping) else [f"{before}{key} = {value}"]
    return found
