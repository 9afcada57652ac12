"""Looking at calls: the list, the why, and what would happen."""

from typing import Any

import click

from callguard.cli.client import Asker
from callguard.cli.output import json_option, print_json, verdict_line
from callguard.cli.spans import Span

_ASK = click.make_pass_decorator(Asker)


@click.command()
@click.option("--limit", "-n", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@click.option("--blocked", "action", flag_value="block", help="Only blocked calls.")
@click.option("--rang", "action", flag_value="ring", help="Only calls that rang.")
@click.option("--number", help="Only calls from this number, in any spelling.")
@click.option("--search", "text", metavar="TEXT", help="Only calls whose number or name holds this.")
@click.option("--line", help="Only calls on this line.")
@click.option("--since", "seconds", type=Span(), metavar="TIME", help="Only calls of the last 30m, 12h, 7d …")
@click.option("--before", metavar="CURSOR", help="The page after this one: `next` of the JSON output.")
@json_option
@_ASK
def calls(asker: Asker, /, *, as_json: bool, **wanted: Any) -> None:
    """List the calls, newest first.

    \b
    callguard calls --blocked --since 7d
    callguard calls --number "(303) 555-0188" --json
    """
    answer = asker.ask("calls", {key: value for key, value in wanted.items() if value is not None})
    if as_json:
        print_json(answer["calls"])
        return
    for call in answer["calls"]:
        click.echo(f"{click.style(call['id'][-6:], dim=True)}  {verdict_line(call, day=True)}")
    if not answer["calls"]:
        click.echo("No calls like that yet.")
    elif answer["next"]:
        click.secho(f"Older ones: --before {answer['next']}", dim=True)
    if answer["unreadable"]:
        click.echo(f"{answer['unreadable']} record(s) could not be read; see `callguard doctor`.", err=True)


@click.command()
@click.argument("id", default="last", metavar="[ID]")
@json_option
@_ASK
def explain(asker: Asker, *, id: str, as_json: bool) -> None:
    """Say why a call rang or was blocked; without ID, the last one.

    ID is the one `callguard calls` shows, or the beginning or end of a whole one.
    """
    answer = asker.ask("explain", {"id": id})
    if as_json:
        print_json(answer)
        return
    _print_explanation(answer)
    if not answer["reproduced"]:
        click.echo("  This version of CallGuard would judge the same evidence differently.", err=True)


@click.command("try")
@click.argument("number", required=False)
@click.option("--name", default="", help="The caller name that would be sent.")
@click.option("--withheld", is_flag=True, help="The caller hides the number.")
@click.option("--line", default="", help="The line it would ring on.")
@click.option("--at", default="", metavar="TIME", help="When it would ring, such as 2026-12-01T23:30; default: now.")
@click.option("--online", is_flag=True, help="Ask online services too: what they are sent, docs/lists.md says.")
@json_option
@_ASK
def try_number(asker: Asker, /, *, as_json: bool, **imagined: Any) -> None:
    """Say what would happen if NUMBER called now; nothing is recorded, and nobody outside is asked.

    \b
    callguard try "(212) 555-0199" --name "CARD SERVICES"
    callguard try --withheld --at 2026-12-01T23:30
    """
    if not imagined["number"] and not imagined["withheld"]:
        raise click.UsageError("Write a number, or --withheld.")
    answer = asker.ask("try", {**imagined, "number": imagined["number"] or ""})
    if as_json:
        print_json(answer)
    else:
        _print_explanation(answer)


def _print_explanation(answer: dict[str, Any]) -> None:
    first, *rest = answer["lines"]
    click.secho(first, bold=True)
    for line in rest:
        click.secho(line, bold="■" in line[:6])
