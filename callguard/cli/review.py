"""The review inbox: calls that were stopped on a hunch, or rang unchecked."""

import click

from callguard.cli.client import Asker
from callguard.cli.output import json_option, print_json, verdict_line

_ASK = click.make_pass_decorator(Asker)
_WORDS = {"right": "Noted: that was right.", "wrong": "Noted: that was wrong."}


@click.group(invoke_without_command=True)
@click.option("--limit", "-n", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@json_option
@_ASK
@click.pass_context
def review(ctx: click.Context, asker: Asker, *, limit: int, as_json: bool) -> None:
    """List the calls to review: stopped on a hunch, or let through because something failed.

    \b
    callguard review
    callguard review right 4k2m7q
    callguard review wrong 4k2m7q
    """
    if ctx.invoked_subcommand is not None:
        return
    answer = asker.ask("calls", {"opinion": "open", "limit": limit})
    if as_json:
        print_json(answer["calls"])
        return
    for call in answer["calls"]:
        click.echo(f"{click.style(call['id'][-6:], dim=True)}  {verdict_line(call, day=True)}")
    if answer["calls"]:
        click.secho("`callguard review right ID` or `callguard review wrong ID`", dim=True)
    else:
        click.echo("Nothing to review.")


@review.command()
@click.argument("id", metavar="ID")
@json_option
@_ASK
def right(asker: Asker, *, id: str, as_json: bool) -> None:
    """Say that the call with this ID was treated rightly."""
    _say(asker, id, "right", as_json=as_json)


@review.command()
@click.argument("id", metavar="ID")
@json_option
@_ASK
def wrong(asker: Asker, *, id: str, as_json: bool) -> None:
    """Say that the call with this ID was treated wrongly: a good one was stopped, or a bad one rang."""
    _say(asker, id, "wrong", as_json=as_json)


def _say(asker: Asker, call: str, opinion: str, *, as_json: bool) -> None:
    answer = asker.ask("opinion", {"id": call, "opinion": opinion})
    if as_json:
        print_json(answer)
    elif answer["change"] is None:
        click.echo("You said so already.")
    else:
        click.echo(f"{_WORDS[opinion]}  Undo: callguard undo {answer['change']['id']}")
