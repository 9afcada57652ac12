"""What a change would have done to past calls."""

from datetime import datetime
from typing import Any

import click

from callguard.cli.client import Asker
from callguard.cli.output import json_option, print_json
from callguard.cli.spans import Span

_ASK = click.make_pass_decorator(Asker)
_PAST = {"ring": "rang", "screen": "screened", "block": "blocked"}


@click.command()
@click.option("--rules", multiple=True, metavar="CHANGE", help="'block +44*', 'allow name school', 'remove 12'.")
@click.option("--list", "lists", multiple=True, metavar="NAME=MODE", help="A list active, log-only or off.")
@click.option("--profile", help="Another profile: gentle, normal, strict or contacts-only.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Another setting of `policy`.")
@click.option(
    "--since", "seconds", type=Span(), default="90d", show_default=True, metavar="TIME", help="How far back."
)
@click.option("--limit", "-n", type=click.IntRange(0, 200), default=10, show_default=True, help="How many to name.")
@json_option
@_ASK
def replay(asker: Asker, /, *, profile: str | None, limit: int, as_json: bool, **given: Any) -> None:
    """Judge past calls again, as if a change had been made; nothing is changed.

    \b
    callguard replay --rules "block +44*"
    callguard replay --rules "block name 'card services'" --since 30d
    callguard replay --list ftc=active
    callguard replay --profile strict
    """
    settings = [*given["settings"], *([f"policy.profile={profile}"] if profile else [])]
    asked = {"rules": list(given["rules"]), "lists": list(given["lists"]), "settings": settings}
    answer = asker.ask("replay", {**asked, "seconds": given["seconds"]})
    if as_json:
        print_json(answer)
    else:
        _print(answer, limit)


def _print(answer: dict[str, Any], limit: int) -> None:
    moves = [f"{move['calls']} {_PAST[move['from']]} → {_PAST[move['to']]}" for move in answer["moves"]]
    unjudged = sum(answer["unjudged"].values())
    parts = [*moves, f"{unjudged} cannot be judged"] if unjudged else moves
    details = f": {', '.join(parts)}" if parts else ""
    click.secho(f"{answer['changed']} of {answer['calls']} calls would change{details}.", bold=True)
    if answer["contacts"] or answer["answered"]:
        lost = f"Careful: {answer['lost']} of these would not ring any more. " if answer["lost"] else ""
        known = f"{answer['contacts']} of them from your contacts, {answer['answered']} were answered."
        click.secho(f"{known} {lost}".rstrip(), fg="red" if lost else None)
    for one in answer["differences"][:limit]:
        click.echo(_line(one))
    left = answer["changed"] - min(limit, len(answer["differences"]))
    if left > 0:
        click.secho(f"… and {left} more (--limit, --json)", dim=True)
    for why, calls in answer["unjudged"].items():
        click.secho(f"{calls} cannot be judged: {why}.", dim=True)
    click.secho(f"These are all calls since {datetime.fromisoformat(answer['since']):%Y-%m-%d %H:%M}.", dim=True)


def _line(one: dict[str, Any]) -> str:
    at = datetime.fromisoformat(one["at"])
    known = f"  your contact {one['contact']}" if one["contact"] else ""
    known += "  answered" if one["answered"] else ""
    told = click.style(f"{_PAST[one['before']]} → {_PAST[one['after']]}", bold=True)
    return f"  {at:%a %d %b %H:%M}  {told}  {one['who']}{click.style(known, fg='red')}  {one['reason']}"
