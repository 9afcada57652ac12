"""Changing the household's lists, and taking changes back."""

from datetime import datetime
from typing import Any

import click

from callguard.cli.client import Asker
from callguard.cli.output import json_option, print_json

_ASK = click.make_pass_decorator(Asker)


def _options(function: Any) -> Any:
    for option in (
        _ASK,
        json_option,
        click.option("--note", default="", help="Who or what that is."),
        click.option("--prefix", is_flag=True, help="NUMBER is the beginning of numbers (or write +44*)."),
        click.argument("number"),
    ):
        function = option(function)
    return function


@click.command()
@_options
def allow(asker: Asker, **given: Any) -> None:
    """Put NUMBER on your allow list: it always rings.

    \b
    callguard allow "303 555 0147" --note "Dr. Lee's office"
    """
    _add(asker, "allow", **given)


@click.command()
@_options
def block(asker: Asker, **given: Any) -> None:
    """Put NUMBER on your block list, or all numbers that begin so.

    \b
    callguard block +12125550199 --note "card services"
    callguard block "+44*"
    """
    _add(asker, "block", **given)


def _add(asker: Asker, command: str, *, number: str, prefix: bool, note: str, as_json: bool) -> None:
    answer = asker.ask(command, {"number": number, "prefix": prefix, "note": note})
    if as_json:
        print_json(answer)
        return
    done = {"allow": "Allowed", "block": "Blocked"}[command]
    readable = answer["rule"]["readable"]
    if answer["change"]:
        click.echo(f"{done}: {readable}.  Undo: callguard undo {answer['change']['id']}")
    else:
        click.echo(f"{readable} is on your {command} list already; nothing was changed.")
    wanted = {"allow": "ring", "block": "block"}[command]
    if answer["now"] and answer["now"]["action"] != wanted:
        click.secho(f"But it would still {answer['now']['action']}: {answer['now']['reason']}.", fg="yellow")


@click.command()
@click.argument("change", type=int, required=False)
@json_option
@_ASK
def undo(asker: Asker, *, change: int | None, as_json: bool) -> None:
    """Take a change back; without CHANGE, the newest one. `callguard changes` lists them."""
    answer = asker.ask("undo", {"change": change})
    if as_json:
        print_json(answer)
    else:
        again = answer["change"]["id"]
        click.echo(f"Taken back: {answer['change']['subject']}.  Do it again: callguard undo {again}")


@click.command()
@click.option("--limit", "-n", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@json_option
@_ASK
def changes(asker: Asker, *, limit: int, as_json: bool) -> None:
    """List what was changed, newest first."""
    answer = asker.ask("changes", {"limit": limit})
    if as_json:
        print_json(answer)
        return
    for change in answer:
        at = datetime.fromisoformat(change["at"]).astimezone()
        undone = f"  (undone by {change['undone_by']})" if change["undone_by"] else ""
        click.echo(
            f"{change['id']:>5}  {at:%a %d %b %H:%M}  {change['what']:<13} {change['subject']}"
            f"  by {change['by']}{undone}"
        )
    if not answer:
        click.echo("Nothing has been changed yet.")
