"""Watching the house live: a line for every call, as it comes."""

import json
from contextlib import suppress
from typing import Any

import click

from callguard.cli.client import Asker
from callguard.cli.output import json_option, verdict_line

_ASK = click.make_pass_decorator(Asker)


@click.command()
@json_option
@_ASK
def watch(asker: Asker, *, as_json: bool) -> None:
    """Print each call as it comes, until Ctrl-C; with --json everything that happens, one object a line.

    \b
    callguard watch
    callguard watch --json | jq 'select(.event == "call") | .call.number'
    """
    with suppress(KeyboardInterrupt):
        for event in asker.watch():
            words = json.dumps(event) if as_json else _words(event)
            if words:
                click.echo(words)


def _words(event: dict[str, Any]) -> str:
    """Return what a person wants to know of an event; most are for pages that must be drawn anew."""
    if event["event"] == "call":
        return verdict_line(event["call"])
    return {
        "hello": click.style("Watching; Ctrl-C ends it.", dim=True),
        "resync": click.style("Something was missed here: see `callguard calls`.", dim=True),
    }.get(event["event"], "")
