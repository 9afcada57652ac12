"""Forgetting a number: everything that CallGuard noted of it by itself."""

from typing import Any

import click

from callguard.cli.client import Asker
from callguard.cli.output import counted, json_option, print_json

_ASK = click.make_pass_decorator(Asker)
_WRITTEN = (("rules", "rule"), ("contacts", "contact"), ("relationships", "relationship"))


@click.command()
@click.argument("number")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@_ASK
def forget(asker: Asker, *, number: str, yes: bool, as_json: bool) -> None:
    """Remove all that was noted of calls from NUMBER, for ever; says first what that is, and asks.

    What you wrote down yourself stays: rules, contacts, relationships. It says how many of those still name it.
    """
    if not yes:
        would = asker.ask("forget", {"number": number, "dry_run": True})
        calls = counted(would["calls"] + would["past_calls"], "call")
        click.echo(f"{would['readable']}: {calls} would be forgotten. {_stays(would)}", err=True)
        click.confirm("This cannot be undone. Forget it?", abort=True, err=True)
    answer = asker.ask("forget", {"number": number})
    if as_json:
        print_json(answer)
        return
    click.echo(f"{counted(answer['calls'] + answer['past_calls'], 'call')} from {answer['readable']} forgotten.")
    if stays := _stays(answer):
        click.echo(stays)


def _stays(answer: dict[str, Any]) -> str:
    named = [counted(answer[key], noun) for key, noun in _WRITTEN if answer[key]]
    return f"Still naming it, because you wrote that: {', '.join(named)}." if named else ""
