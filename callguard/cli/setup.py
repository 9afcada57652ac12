"""The way into the console, for the first person and for everybody after."""

from typing import Any

import click

from callguard.cli.client import Asker
from callguard.cli.output import json_option, print_json, problem_lines

_ASK = click.make_pass_decorator(Asker)


@click.command()
@json_option
@_ASK
def setup(asker: Asker, *, as_json: bool) -> None:
    """Say where the console is and, while nobody can sign in, print a new set-up code for the first person.

    The code lets one person in, once; the one printed before it does not work any more.
    """
    answer = asker.ask("setup", {})
    if as_json:
        print_json(answer)
        return
    for problem in answer["problems"]:
        click.echo(problem_lines(problem))
    where = " or ".join(click.style(address, bold=True) for address in answer["listening"])
    if not where:
        click.echo(_no_console(answer))
    elif answer["setup_code"]:
        click.echo(f"Open {where} and enter the set-up code {click.style(answer['setup_code'], bold=True)}")
    else:
        names = ", ".join(f"{person['name']} ({person['role']})" for person in answer["people"])
        click.echo(f"Open {where} and sign in: {names}.")
        click.echo("Somebody else: `callguard user add NAME`. A forgotten password: `callguard user passwd NAME`.")
    if not where:
        raise SystemExit(1)


def _no_console(answer: dict[str, Any]) -> str:
    if not answer["enabled"]:
        otherwise = "where it does not stand there, `callguard config set web.enabled yes`"
        return f"This house has no console, because web.enabled is no. Say yes in config.yaml; {otherwise}."
    return "The console is not up" + ("." if answer["problems"] else " yet: try again in a few seconds.")
