"""`callguard modem`: which modems are there, what they answer, and what they print when somebody calls."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from callguard import ask, plain

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
_line_option = click.option("--line", metavar="LINE", default="", help="Which modem line, where there are several.")
_ASK_WITHIN = 20.0


@click.group()
def modem() -> None:
    """Look at modems: which are plugged in, what they answer, what they print about a call."""


@modem.command("list")
@_json_option
@click.pass_context
def list_ports(ctx: click.Context, *, as_json: bool) -> None:
    """List the serial devices that are plugged in, and which of them are modems; none is opened for it."""
    answer: Mapping[str, Any] = ask(ctx, "modem-list", {}, offline=True, reads_only=True)
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    for port in answer["ports"]:
        what = f"modem ({' or '.join(port['families'])})" if port["families"] else "not known as a modem"
        line = f", line {port['line']}" if port["line"] else ""
        click.echo(f"{port['path']}\n    {port['usb'] or '?'} {port['product']}: {what}{line}")
    if not answer["ports"]:
        click.echo("No serial device is plugged in by USB. Name other ones by their path: `device: /dev/ttyS0`.")


@modem.command()
@click.argument("device", default="")
@_json_option
@click.pass_context
def probe(ctx: click.Context, device: str, *, as_json: bool) -> None:
    """Ask the modem at DEVICE what it is, and show the profile that follows; paste it into a report.

    Without DEVICE: the modem of the only line, or the only known modem that is plugged in.
    """
    answer = ask(ctx, "modem-probe", {"device": device}, offline=True, reads_only=True)
    if as_json:
        click.echo(json.dumps(answer, indent=2))
    else:
        _show_probe(answer)
    if not answer["answers"]:
        ctx.exit(1)


@modem.command()
@_line_option
@click.option("--last", type=click.IntRange(1, 20), default=1, metavar="N", help="How many calls, 1 by default.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.pass_context
def record(ctx: click.Context, *, line: str, last: int, output: Path | None) -> None:
    """Print what the modem said about the last calls, as a test case without anybody's number or name."""
    answer = ask(ctx, "modem-transcripts", {"line": line, "last": last})
    if not answer["transcripts"]:
        raise click.ClickException(
            "no call has been heard since CallGuard was started: call the line, then ask again"
        )
    text = json.dumps(answer, indent=2) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    output.write_text(text, "utf-8")
    click.echo(
        f"{len(answer['transcripts'])} calls, numbers and names masked, are in {output}. Look before you send it."
    )


@modem.command("test-ring")
@_line_option
@click.option(
    "--seconds", type=click.IntRange(5, 600), default=120, metavar="N", help="How long to wait for the call."
)
@_json_option
@click.pass_context
def test_ring(ctx: click.Context, *, line: str, seconds: int, as_json: bool) -> None:
    """Wait while you call the line from another telephone, then say what was heard, and when."""
    asked = {"line": line, "within": 0}
    answer = ask(ctx, "modem-wait", asked)
    if answer["status"] != "protecting":
        raise click.ClickException(f"the line {answer['line']} hears nothing: {answer['detail']}")
    click.echo(f"Call the line {answer['line']} now, let it ring three times, and hang up.", err=True)
    end = time.monotonic() + seconds
    while answer["call"] is None and (left := end - time.monotonic()) > 0:
        asked |= {"after": answer["count"], "within": min(left, _ASK_WITHIN)}
        answer = ask(ctx, "modem-wait", asked)
    if as_json:
        click.echo(json.dumps(answer, indent=2))
    if answer["call"] is None:
        raise click.ClickException(
            f"no call was heard within {seconds} s: see that the modem is at the telephone socket"
        )
    if not as_json:
        _show_call(answer["call"])


def _show_probe(answer: Mapping[str, Any]) -> None:
    click.echo(f"{answer['device']}: profile {answer['profile']} ({plain(answer['seen'])})")
    if answer["line"]:
        click.echo(f"  it is in use by the line {answer['line']}, and was not asked again")
    for command, text in answer["identity"].items():
        click.echo(f"  {command:12} {plain(text)}")
    click.echo(f"  {'classes':12} {' '.join(answer['classes']) or 'unknown'}")
    click.echo(f"  {'hangs up by':12} {', then '.join(answer['hang_up'])}")
    for said in answer["said"]:
        click.echo(f"  {'>' if said['who'] == 'callguard' else '<'} {plain(said['text'])}")
    if not answer["answers"]:
        click.echo("It does not answer like a modem.")


def _show_call(call: Mapping[str, Any]) -> None:
    who = plain(call["number"]) or call["presentation"]
    name = f", name {plain(call['name'])}" if call["name"] else ", no name"
    click.echo(f"{call['rings']} ring{'' if call['rings'] == 1 else 's'} heard; caller: {who}{name}")
    rings, named = call["rings_at"], call["caller_id_at"]
    if len(rings) > 1:
        apart = (rings[-1] - rings[0]) / (len(rings) - 1)
        click.echo(f"rings were {apart:.1f} s apart")
    if named is None:
        click.echo("no caller ID came: ask the telephone company whether the line has it")
    elif rings:
        early = rings[0] - named
        click.echo(f"caller ID came {abs(early):.1f} s {'before' if early > 0 else 'after'} the first ring")
    click.echo(f"time for a verdict: {call['within']:.1f} s; the call {_ENDED.get(call['outcome'], call['outcome'])}")
    if call["note"]:
        click.echo(plain(call["note"]))


_ENDED = {
    "rang": "rang",
    "announced": "was answered and hung up on",
    "gone": "ended before anything was done",
    "not-carried-out": "should have been blocked, but rang",
}
