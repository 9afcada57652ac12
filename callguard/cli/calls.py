"""Looking at calls: the list, the why, and what would happen."""

from typing import Any

import click

from callguard.cli.client import Asker
from callguard.cli.output import json_option, print_json, verdict_line

_ASK = click.make_pass_decorator(Asker)
_UNITS = {"m": 60, "h": 3600, "d": 86400}


class _Span(click.ParamType[int]):
    """A stretch of time as people write it: 30m, 12h, 7d."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value).strip().lower()
        if not (text[:-1].isdecimal() and text[-1:] in _UNITS):
            self.fail(f"{value!r} is no stretch of time: write 30m, 12h or 7d", param, ctx)
        return int(text[:-1]) * _UNITS[text[-1]]


@click.command()
@click.option("--limit", "-n", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@click.option("--blocked", "action", flag_value="block", help="Only blocked calls.")
@click.option("--rang", "action", flag_value="ring", help="Only calls that rang.")
@click.option("--number", help="Only calls from this number, in any spelling.")
@click.option("--search", "text", metavar="TEXT", help="Only calls whose number or name holds this.")
@click.option("--line", help="Only calls on this line.")
@click.option("--since", "seconds", type=_Span(), metavar="TIME", help="Only calls of the last 30m, 12h, 7d …")
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
@json_option
@_ASK
def try_number(asker: Asker, *, number: str | None, name: str, withheld: bool, line: str, as_json: bool) -> None:
    """Say what would happen if NUMBER called now; nothing is recorded.

    \b
    callguard try "(212) 555-0199"
    callguard try --withheld
    """
    if not number and not withheld:
        raise click.UsageError("Write a number, or --withheld.")
    arguments = {"number": number or "", "name": name, "withheld": withheld, "line": line}
    answer = asker.ask("try", arguments)
    if as_json:
        print_json(answer)
    else:
        _print_explanation(answer)


def _print_explanation(answer: dict[str, Any]) -> None:
    first, *rest = answer["lines"]
    click.secho(first, bold=True)
    for line in rest:
        click.secho(line, bold="■" in line[:6])
