"""Keeping what the household has to do with companies that call: it decides whether their calls are allowed."""

from collections.abc import Callable
from typing import Any

import click

from callguard.cli.client import Asker
from callguard.cli.output import json_option, print_json
from callguard.model.law import CallKind

_ASK = click.make_pass_decorator(Asker)
_WORDS = {
    "last_purchase": "last bought on",
    "contract_until": "contract until",
    "last_inquiry": "last asked on",
    "consent_on": "consent given on",
    "consent_revoked_on": "consent revoked on",
}


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def relationships(ctx: click.Context, *, as_json: bool) -> None:
    """List whom you deal or dealt with: a company you bought from may call you for a while, registry or not.

    That only limits complaints; your lists decide who rings.
    """
    if ctx.invoked_subcommand is None:
        _list(ctx.find_object(Asker) or Asker(None, None), as_json=as_json)


@relationships.command("list")
@json_option
@_ASK
def list_all(asker: Asker, *, as_json: bool) -> None:
    """List whom you deal or dealt with, and until when they may call."""
    _list(asker, as_json=as_json)


def _said(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for everything that can be said of a party."""
    kinds = click.Choice([kind.value for kind in CallKind])
    options: list[Callable[..., Any]] = [
        click.option(
            "--number", "numbers", multiple=True, metavar="NUMBER", help="Theirs; +1303555* for a beginning."
        ),
        click.option("--last-purchase", metavar="DATE", help="When you last bought, paid or got something."),
        click.option("--contract-until", metavar="DATE", help="When your contract ends or ended."),
        click.option("--last-inquiry", metavar="DATE", help="When you last asked them about something."),
        click.option("--consent-on", metavar="DATE", help="When you agreed in writing to be called."),
        click.option("--consent-revoked-on", metavar="DATE", help="When you took that back."),
        click.option("--proof", "consent_proof", metavar="TEXT", help="Where that is written down."),
        click.option("--stop-request", "stop_requests", multiple=True, metavar="DATE", help="When you said stop."),
        click.option("--kind", type=kinds, help="What their calls are about."),
        click.option("--note", metavar="TEXT", help="Anything else."),
        json_option,
        _ASK,
    ]
    for option in reversed(options):
        function = option(function)
    return function


@relationships.command()
@click.argument("party")
@_said
def add(asker: Asker, /, *, as_json: bool, **given: Any) -> None:
    """Note what you have to do with PARTY; what you say about one that is known already is added.

    \b
    callguard relationships add "Acme Windows" --number "303 555 0147" --last-purchase 2026-03-01
    callguard relationships add "Acme Windows" --stop-request 2026-05-20
    """
    _save(asker, given, as_json=as_json)


@relationships.command()
@click.argument("id", type=int)
@click.option("--party", metavar="NAME", help="Another name.")
@_said
def change(asker: Asker, /, *, as_json: bool, **given: Any) -> None:
    """Correct relationship ID: what you give takes the place of what was there; "" takes a day or a text out.

    \b
    callguard relationships change 3 --number "303 555 0148"
    callguard relationships change 3 --last-purchase ""
    """
    _save(asker, given, as_json=as_json)


def _save(asker: Asker, given: dict[str, Any], *, as_json: bool) -> None:
    said = {key: list(value) if isinstance(value, tuple) else value for key, value in given.items()}
    answer = asker.ask("relationship-save", {key: value for key, value in said.items() if value not in (None, [])})
    if as_json:
        print_json(answer)
        return
    kept = answer["relationship"]
    if answer["change"] is None:
        click.echo(f"That is known of {kept['party']} already; nothing was changed.")
        return
    done = "Corrected" if "id" in given else "Noted" if answer["added"] else "Added to what is known"
    click.echo(f"{done}: {kept['party']}.  Undo: callguard undo {answer['change']['id']}")
    _print_one(kept)


@relationships.command()
@click.argument("id", type=int)
@json_option
@_ASK
def remove(asker: Asker, *, id: int, as_json: bool) -> None:
    """Forget relationship ID; `callguard undo` brings it back."""
    answer = asker.ask("relationship-remove", {"id": id})
    if as_json:
        print_json(answer)
    else:
        change = answer["change"]
        click.echo(f"Forgotten: {change['subject']}.  Undo: callguard undo {change['id']}")


def _list(asker: Asker, *, as_json: bool) -> None:
    answer = asker.ask("relationships", {})
    if as_json:
        print_json(answer)
        return
    for one in answer:
        _print_one(one)
    if not answer:
        click.echo('Nobody yet: `callguard relationships add "Acme" --last-purchase 2026-03-01`.')


def _print_one(one: dict[str, Any]) -> None:
    kind = f"  ({one['kind']})" if one["kind"] != CallKind.UNKNOWN.value else ""
    numbers = f"  {', '.join(one['readable'])}" if one["readable"] else "  no number known"
    click.echo(f"{one['id']:>5}  {click.style(one['party'], bold=True)}{kind}{numbers}")
    for line in _facts(one):
        click.echo(f"       {line}")


def _facts(one: dict[str, Any]) -> list[str]:
    known = [f"{words} {one[key]}" for key, words in _WORDS.items() if one[key]]
    known += [f"asked to stop on {', '.join(one['stop_requests'])}"] if one["stop_requests"] else []
    said = [", ".join(known)] if known else []
    said += [f"proof of consent: {one['consent_proof']}"] if one["consent_proof"] else []
    said += [f"“{one['note']}”"] if one["note"] else []
    return said + [_law(exempt) for exempt in one["may_call"]]


def _law(exempt: dict[str, Any]) -> str:
    """Return what one exemption means for them."""
    applies = exempt["applies"] == "applies"
    verdict = f"may call until {exempt['until']}" if exempt["until"] and applies else "may call"
    verdict = verdict if applies else "may not call"
    return f"{exempt['jurisdiction']}, {exempt['exemption']}: {verdict}: {exempt['reason']}"
