"""`callguard dnc`: whether your lines are on a Do Not Call registry, and what you say about it."""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from callguard import ask, plain

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
_SETTABLE = re.compile("[A-Za-z0-9_-]{1,40}", re.ASCII)
"""Names of lines that can be part of a setting's key."""
_STATES = {
    "registered": ("registered", "green"),
    "grace": ("registered, but it does not count yet", "yellow"),
    "not-registered": ("not registered", "yellow"),
    "not-applicable": ("not covered by the registry", "cyan"),
    "unknown": ("unknown: nobody has said", "yellow"),
}


def _day(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no day: write it like 2026-03-01") from error


def _line(_: click.Context, __: click.Parameter, name: str) -> str:
    if not _SETTABLE.fullmatch(name):
        raise click.BadParameter(f"{_safe(name)!r} cannot be set by command: write it in config.yaml (dnc: lines:)")
    return name


@click.group()
def dnc() -> None:
    """Say whether your lines are on a Do Not Call registry, and see what that means."""


@dnc.command()
@click.argument("line", required=False, default="")
@_json_option
@click.pass_context
def status(ctx: click.Context, *, line: str, as_json: bool) -> None:
    """Show what is known about your lines, or one LINE."""
    lines: list[Mapping[str, Any]] = ask(ctx, "dnc-status", {"line": line}, offline=True, reads_only=True)["lines"]
    if as_json:
        click.echo(json.dumps({"lines": lines}, indent=2))
        return
    for known in lines:
        _show(known)
    if not lines:
        click.echo("No line has been declared: callguard dnc set LINE --registered-on DATE, or --not-registered")


@dnc.command("set")
@click.argument("line", callback=_line)
@click.option("--registered-on", callback=_day, metavar="DATE", help="Day on which it was put on the registry.")
@click.option("--not-registered", is_flag=True, help="It is not on the registry.")
@click.option("--jurisdiction", metavar="ID", help="Whose law holds there: us, us-pa, us-ny, ca, no, gb.")
@click.option("--kind", type=click.Choice(["home", "mobile", "business"]), help="What the line is used for.")
@click.option("--proof", metavar="TEXT", help="Where the proof is.")
@_json_option
@click.pass_context
def set_line(  # noqa: PLR0913  (one parameter an option)
    ctx: click.Context,
    *,
    line: str,
    registered_on: str | None,
    not_registered: bool,
    jurisdiction: str | None,
    kind: str | None,
    proof: str | None,
    as_json: bool,
) -> None:
    """Say of LINE whether it is on the registry; each change can be undone, and config.yaml is never rewritten.

    \b
    callguard dnc set Home --registered-on 2026-03-01 --jurisdiction us-pa
    callguard dnc set Office --kind business
    """
    if registered_on and not_registered:
        raise click.UsageError("either --registered-on or --not-registered.")
    wanted: list[tuple[str, str | bool | None]] = []
    if registered_on:
        wanted += [("not_registered", None), ("registered_on", registered_on)]
    if not_registered:
        wanted += [("registered_on", None), ("verified_on", None), ("not_registered", True)]
    wanted += [
        (key, value) for key, value in (("jurisdiction", jurisdiction), ("kind", kind), ("proof", proof)) if value
    ]
    if not wanted:
        raise click.UsageError(
            "what about it? Give --registered-on DATE, --not-registered, --jurisdiction or --kind."
        )
    _settle(ctx, line, wanted, as_json=as_json)


@dnc.command()
@click.argument("line", callback=_line)
@click.option("--verified-on", callback=_day, metavar="DATE", help="Note that you verified it on that day.")
@_json_option
@click.pass_context
def verify(ctx: click.Context, *, line: str, verified_on: str | None, as_json: bool) -> None:
    """Tell how to verify that LINE is on the registry; CallGuard does not ask the registry itself."""
    if verified_on:
        _settle(ctx, line, [("verified_on", verified_on)], as_json=as_json)
        return
    known = ask(ctx, "dnc-status", {"line": line}, offline=True, reads_only=True)["lines"][0]
    if as_json:
        click.echo(json.dumps({key: known[key] for key in ("line", "registry", "verify", "verify_url")}, indent=2))
    elif known["registry"]:
        click.echo(f"{_safe(known['registry'])}: {known['verify']}\n{known['verify_url']}")
        click.echo(f"Then: callguard dnc verify {_safe(line)} --verified-on DATE")
    else:
        click.echo("No registry is known where this line is.")


def _settle(ctx: click.Context, line: str, wanted: list[tuple[str, str | bool | None]], *, as_json: bool) -> None:
    answers = []
    for key, value in wanted:
        answers.append(ask(ctx, "set-setting", {"key": f"dnc.lines.{line}.{key}", "value": value}))
    changed = [answer["change"] for answer in answers if answer["change"] is not None]
    if as_json:
        click.echo(json.dumps({"changes": changed}, indent=2))
        return
    for change in changed:
        click.echo(f"{_safe(change['subject'])}.  Undo: callguard undo {change['id']}")
    if not changed:
        click.echo("It was so already; nothing was changed.")


def _show(known: Mapping[str, Any]) -> None:
    words, colour = _STATES[known["state"]]
    click.secho(f"{_safe(known['line'])}: {words}", fg=colour, bold=True)
    where = f"{known['registry'] or 'no registry known'} ({known['law'] or 'law unknown'})"
    click.echo(f"  registry    {where}, {known['kind']} line")
    if known["registered_on"]:
        click.echo(f"  since       {known['registered_on']}, counts from {known['takes_effect_on']} on")
    if known["provenance"]:
        click.echo(f"  known from  {_safe(known['provenance'])}")
    if known["trouble"]:
        click.echo(f"  trouble     {_safe(known['trouble'])}")
    if known["registry"] and known["state"] in ("registered", "grace"):
        click.echo(f"  verified    {known['verified_on'] or 'never: callguard dnc verify ' + _safe(known['line'])}")
    for gap in known["unknown"]:
        click.secho(f"  not known   {gap}", dim=True)


def _safe(text: object) -> str:
    return plain(str(text), 300)
