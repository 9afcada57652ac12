"""Changing the household's lists, and taking changes back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from callguard.cli.client import Asker
from callguard.cli.output import json_option, print_json
from callguard.cli.spans import Span

_ASK = click.make_pass_decorator(Asker)
_TITLES = {
    "never-block": "Never blocked",
    "allow": "Your allow list",
    "expected": "Expecting a call",
    "block": "Your block list",
}
_DONE = {"never-block": "Never blocked from now on", "allow": "Allowed", "block": "Blocked"}
_WANTED = {"never-block": "ring", "allow": "ring", "block": "block"}
_CHANGED = {
    "rule-added": "added",
    "rule-replaced": "changed",
    "rules-added": "added",
    "rule-removed": "removed",
    "rule-expired": "over",
    "rule-used-up": "used up",
    "contacts-replaced": "contacts",
    "setting-changed": "set",
    "undone": "taken back",
}
_KINDS = {
    "country": ("country", "Numbers of this country, such as GB."),
    "type": ("type", "Numbers of this kind, such as premium-rate or toll-free."),
    "name_contains": ("name", "Callers whose name contains this text; * stands for any text."),
    "pattern": ("pattern", "Numbers that match this regular expression (advanced)."),
}


def _rule_options(function: Callable[..., Any]) -> Callable[..., Any]:
    options: list[Callable[..., Any]] = [
        click.argument("number", required=False),
        click.option("--prefix", is_flag=True, help="NUMBER is the beginning of numbers (or write +44*)."),
        click.option("--range", "is_range", is_flag=True, help="NUMBER is FIRST-LAST, both numbers included."),
        *(click.option(f"--{key.replace('_', '-')}", metavar="TEXT", help=text) for key, (_, text) in _KINDS.items()),
        click.option("--withheld", "presentation", flag_value="withheld", help="Callers who hide their number."),
        click.option("--unavailable", "presentation", flag_value="unavailable", help="Calls without a known number."),
        click.option("--line", default="", help="Only on this line."),
        click.option("--hours", default="", metavar="HOURS", help='Only then, such as "mon-fri 09:00-17:00".'),
        click.option("--for", "seconds", type=Span(), metavar="TIME", help="Only for the next 30m, 24h, 7d …"),
        click.option("--until", default="", metavar="TIME", help="Only until then, such as 2026-12-01T18:00."),
        click.option("--next-call", is_flag=True, help="Only for the next such call."),
        click.option("--note", default="", help="Who or what that is."),
        json_option,
        _ASK,
    ]
    for option in reversed(options):
        function = option(function)
    return function


@click.command()
@_rule_options
def allow(asker: Asker, /, **given: Any) -> None:
    """Put NUMBER on your allow list: it always rings.

    \b
    callguard allow "303 555 0147" --note "Dr. Lee's office"
    callguard allow +13035550188 --for 24h --note pharmacy
    """
    _add(asker, "allow", **given)


@click.command()
@_rule_options
def block(asker: Asker, /, **given: Any) -> None:
    """Put NUMBER on your block list, or whole groups of callers.

    \b
    callguard block +12125550199 --note "card services"
    callguard block "+44*" --hours "mon-sun 20:00-08:00"
    callguard block --country GB
    callguard block --name-contains "card services"
    callguard block --withheld --line Office
    """
    _add(asker, "block", **given)


@click.command("never-block")
@_rule_options
def never_block(asker: Asker, /, **given: Any) -> None:
    """Make sure that NUMBER is never blocked, whatever else is known: rung 1 of the ladder."""
    _add(asker, "never-block", **given)


def _add(asker: Asker, on: str, *, as_json: bool, next_call: bool, **given: Any) -> None:
    kind, value = _what(given)
    if given["seconds"] and given["until"]:
        raise click.UsageError("Say either --for or --until.")
    rule = {key: given[key] for key in ("line", "hours", "seconds", "until", "note")}
    asked = {**rule, "list": on, "value": value, "uses": 1 if next_call else None}
    answer = asker.ask("add-rule", asked | ({"kind": kind} if kind else {}))
    exact = answer["rule"]["kind"] == "exact"
    answer["now"] = asker.ask("try", {"number": answer["rule"]["value"], "line": given["line"]}) if exact else None
    if as_json:
        print_json(answer)
        return
    rule = answer["rule"]
    if answer["change"]:
        click.echo(f"{_DONE[on]}: {rule['readable']}{_limits(rule)}.  Undo: callguard undo {answer['change']['id']}")
    else:
        click.echo(f"{rule['readable']} is on your {on} list already; nothing was changed.")
    now = answer["now"]
    if now and now["action"] != _WANTED[on]:
        click.secho(f"But it would still {now['action']}: {now['reason']}.", fg="yellow")


def _what(given: dict[str, Any]) -> tuple[str, str]:
    """Return the kind of rule, empty where the value says it, and the value."""
    chosen = [(kind, given[key]) for key, (kind, _) in _KINDS.items() if given[key]]
    chosen += [("presentation", given["presentation"])] if given["presentation"] else []
    if given["number"]:
        kind = "prefix" if given["prefix"] else "range" if given["is_range"] else ""
        chosen.append((kind, given["number"]))
    if len(chosen) > 1:
        raise click.UsageError("Say whom in one way only: two groups are two rules.")
    if not chosen:
        raise click.UsageError("Say whom: a NUMBER, or one of --country, --type, --name-contains, --withheld …")
    return chosen[0]


@click.command()
@click.argument("number", required=False)
@click.option("--for", "seconds", type=Span(), metavar="TIME", help="For so long: 30m, 2h …  [default: 30m]")
@click.option("--until-tonight", "tonight", is_flag=True, help="Until 22:00, or midnight if it is later already.")
@click.option("--next-call", is_flag=True, help="Only the next call.")
@click.option("--line", default="", help="Only on this line.")
@click.option("--note", default="", help="Whom you wait for.")
@json_option
@_ASK
def expect(asker: Asker, /, *, as_json: bool, **given: Any) -> None:
    """Let everyone ring for a while, because you expect a call; with NUMBER only that one.

    \b
    callguard expect --for 2h --note "plumber"
    callguard expect --next-call
    """
    if given["seconds"] and given["tonight"]:
        raise click.UsageError("Say either --for or --until-tonight.")
    answer = asker.ask("expect", {key: value for key, value in given.items() if value})
    if as_json:
        print_json(answer)
        return
    whom = "Everyone" if answer["rule"]["kind"] == "anyone" else answer["rule"]["readable"]
    undo_it = f"  Undo: callguard undo {answer['change']['id']}" if answer["change"] else ""
    click.echo(f"{whom} may ring{_limits(answer['rule'])}.{undo_it}")


@click.group(invoke_without_command=True)
@click.option("--list", "wanted", type=click.Choice(list(_TITLES)), help="Only this list.")
@json_option
@click.pass_context
def rules(ctx: click.Context, *, wanted: str | None, as_json: bool) -> None:
    """List your rules with their hits of the last 30 days; `rules remove ID` takes one away."""
    if ctx.invoked_subcommand is not None:
        return
    asker = ctx.find_object(Asker) or Asker(None, None)
    answer = asker.ask("rules", {"list": wanted} if wanted else {})
    if as_json:
        print_json(answer)
        return
    for on, title in _TITLES.items():
        mine = [rule for rule in answer if rule["list"] == on]
        if mine:
            click.secho(f"{title} ({len(mine)})", bold=True)
        for rule in mine:
            click.echo(_rule_line(rule))
    if not answer:
        click.echo("No rules yet: `callguard allow NUMBER`, `callguard block NUMBER`.")


@rules.command("remove")
@click.argument("id", type=int)
@json_option
@_ASK
def remove(asker: Asker, *, id: int, as_json: bool) -> None:
    """Take rule ID away; `callguard undo` brings it back."""
    answer = asker.ask("remove-rule", {"id": id})
    if as_json:
        print_json(answer)
    else:
        change = answer["change"]
        click.echo(f"Removed: {change['subject']}.  Undo: callguard undo {change['id']}")


@click.command()
@click.argument("number")
@click.option("--at", default="", metavar="TIME", help="When, such as 2026-12-01T18:00; default: now.")
@json_option
@_ASK
def dialled(asker: Asker, *, number: str, at: str, as_json: bool) -> None:
    """Tell CallGuard that you called NUMBER, where your line cannot: it counts as known for a while.

    After a call to an emergency number everyone may ring for 90 minutes. A dial plan or router script can run this.
    """
    answer = asker.ask("dialled", {"number": number, "at": at})
    if as_json:
        print_json(answer)
    else:
        click.echo(f"Noted: you called {answer['readable']}.")


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
        at = datetime.fromisoformat(change["at"])
        undone = f"  (undone by {change['undone_by']})" if change["undone_by"] else ""
        done = _CHANGED.get(change["what"], change["what"])
        click.echo(
            f"{change['id']:>5}  {at:%a %d %b %H:%M}  {done:<11}  {change['subject']}  by {change['by']}{undone}"
        )
    if not answer:
        click.echo("Nothing has been changed yet.")


def _rule_line(rule: dict[str, Any]) -> str:
    number = f"{rule['id']:>5}" if rule["id"] else "    –"
    note = f"  “{rule['note']}”" if rule["note"] else ""
    locked = f"  from {rule['origin']} (locked)" if rule["locked"] else ""
    hits = f"  {rule['hits']} {'hit' if rule['hits'] == 1 else 'hits'} in 30 days" if rule["hits"] else ""
    return f"{number}  {rule['readable']}{_limits(rule)}{note}{locked}{hits}"


def _limits(rule: dict[str, Any]) -> str:
    parts = [
        f"on line {rule['line']}" if rule["line"] else "",
        f"at {rule['hours']}" if rule["hours"] else "",
        _until(datetime.fromisoformat(rule["until"])) if rule["until"] else "",
        {None: "", 1: "for the next call"}.get(rule["uses"], f"for {rule['uses']} more calls"),
    ]
    said = ", ".join(part for part in parts if part)
    return f" {said}" if said else ""


def _until(until: datetime) -> str:
    # The daemon takes such a rule away within a minute; where none runs, it still stands there.
    over = " (over)" if until <= datetime.now(UTC) else ""
    return f"until {until:%a %d %b %H:%M}{over}"
