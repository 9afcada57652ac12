"""How the house is: status, health, doctor, plugins."""

from datetime import datetime
from typing import Any

import click

from callguard.cli.client import NO_DAEMON, Asker, Told
from callguard.cli.output import LINE_MARKS, counted, finding_line, json_option, print_json, problem_lines

_ASK = click.make_pass_decorator(Asker)


@click.command()
@json_option
@_ASK
def status(asker: Asker, *, as_json: bool) -> None:
    """Show whether the lines are protected, and what is wrong; exits with 1 if a line is deaf, 3 if not running."""
    try:
        answer = asker.ask("status", {})
    except Told as told:
        if told.exit_code != NO_DAEMON or not as_json:
            raise
        print_json({"running": False, "lines": [], "problems": [], "error": told.message})
        raise SystemExit(NO_DAEMON) from told
    if as_json:
        print_json(answer)
    else:
        _print_status(answer)
    if any(problem["severity"] == "deaf" for problem in answer["problems"]):
        raise SystemExit(1)


@click.command()
@json_option
@_ASK
def healthcheck(asker: Asker, *, as_json: bool) -> None:
    """Exit with 0 if every line is protected, 1 if one is not, 3 if CallGuard is not running."""
    answer = asker.ask("healthcheck", {})
    if as_json:
        print_json(answer)
    else:
        for problem in answer["problems"]:
            click.echo(problem_lines(problem))
        for line in answer["starting"]:
            click.echo(f"line {line} is still starting")
    raise SystemExit(0 if answer["protecting"] else 1)


@click.command()
@json_option
@_ASK
def doctor(asker: Asker, *, as_json: bool) -> None:
    """Look everything over and say what to do; exits with 1 if there is a problem."""
    answer = asker.ask("doctor", {})
    if as_json:
        print_json(answer)
    else:
        for finding in answer["findings"]:
            click.echo(finding_line(finding))
        click.echo(f"{counted(answer['problems'], 'problem')}, {counted(answer['warnings'], 'warning')}")
    raise SystemExit(1 if answer["problems"] else 0)


@click.command()
@json_option
@_ASK
def plugins(asker: Asker, *, as_json: bool) -> None:
    """List the plugins and how they are doing."""
    answer = asker.ask("plugins", {})
    if as_json:
        print_json(answer)
        return
    for plugin in answer:
        colour = {"ok": "green", "failing": "yellow", "resting": "yellow"}.get(plugin["state"], "red")
        hooks = ", ".join(plugin["hooks"])
        click.echo(
            f"{plugin['name']:<14} {click.style(format(plugin['state'], '<10'), fg=colour)}  "
            f"{plugin['origin']:<24} {hooks}"
        )
        if plugin["error"] and plugin["state"] != "ok":
            click.echo(f"{'':<14} last error: {plugin['error']}")


@click.command()
@json_option
def version(*, as_json: bool) -> None:
    """Print the version."""
    from importlib.metadata import version as installed  # noqa: PLC0415  (only here)

    found = installed("callguard-home")
    if as_json:
        print_json({"version": found})
    else:
        click.echo(f"CallGuard {found}")


def _print_status(answer: dict[str, Any]) -> None:
    since = datetime.fromisoformat(answer["since"])
    protected = sum(line["status"] == "protecting" for line in answer["lines"])
    click.echo(
        f"CallGuard {answer['version']} – protecting {protected} of {counted(len(answer['lines']), 'line')}, "
        f"running since {since:%a %H:%M}"
    )
    for line in answer["lines"]:
        mark, colour = LINE_MARKS[line["status"]]
        last = line["last_call"]
        heard = f"last call {datetime.fromisoformat(last['at']):%H:%M} {last['headline'].lower()}" if last else ""
        click.echo(
            f"  {click.style(mark, fg=colour)} {line['name']:<12} {line['adapter']:<24} {line['detail']}  {heard}"
        )
    today = answer["today"]
    click.echo(f"Today: {today['block']} blocked, {today['screen']} screened, {today['ring']} rang.")
    for problem in answer["problems"]:
        click.echo(problem_lines(problem))
