"""Lists of reported numbers: how they are, updating them, switching them on and off."""

import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from callguard.cli.client import Asker
from callguard.cli.output import json_option, print_json
from callguard.model.text import plain

_ASK = click.make_pass_decorator(Asker)
_LOOK_EVERY = 0.3
_FETCHED_WITHIN = 180.0
_MODES = {"active": "active", "log-only": "only logged", "off": "off"}


@click.group()
def lists() -> None:
    """Subscribe to lists of reported numbers, and see how they are.

    A new list begins in log-only: it is asked and recorded, but changes no verdict. Look at
    `callguard replay --list NAME=active` before you let it.
    """


@lists.command()
@json_option
@_ASK
def status(asker: Asker, *, as_json: bool) -> None:
    """Show every list: how many numbers, how old, its hits, and what is wrong."""
    answer = asker.ask("lists", {})
    if as_json:
        print_json(answer)
        return
    for one in answer:
        _print_list(one)
    if not answer:
        click.echo("No lists yet: `callguard lists add`.")


@lists.command()
@click.argument("name", required=False)
@click.option("--force", is_flag=True, help="Take the new copy although its size looks wrong.")
@json_option
@_ASK
def update(asker: Asker, *, name: str | None, force: bool, as_json: bool) -> None:
    """Bring the list NAME up to date now; without NAME, all that are not off.

    Whatever goes wrong, the copy at hand stays in use.
    """
    names = [name] if name else [one["name"] for one in asker.ask("lists", {}) if one["mode"] != "off"]
    if not names:
        raise click.ClickException("no list is on: `callguard lists enable NAME`")
    answers, failed = [], []
    for one in names:
        try:
            answers.append(_update(asker, one, force=force, quiet=as_json))
        except click.ClickException as error:
            failed.append(one)
            answers.append({"name": one, "error": error.message})
        if not as_json:
            _print_updated(answers[-1])
    if as_json:
        print_json(answers)
    if failed:
        raise SystemExit(1)


@lists.command()
@click.argument("name")
@click.option("--active", "mode", flag_value="active", help="It may screen, and help to block.")
@click.option("--log-only", "mode", flag_value="log-only", help="It is only recorded what it would do.  [default]")
@json_option
@_ASK
def enable(asker: Asker, *, name: str, mode: str | None, as_json: bool) -> None:
    """Switch the list NAME on: first log-only, later --active."""
    _set_mode(asker, name, mode or "log-only", as_json=as_json)


@lists.command()
@click.argument("name")
@json_option
@_ASK
def disable(asker: Asker, *, name: str, as_json: bool) -> None:
    """Switch the list NAME off; its copy is kept."""
    _set_mode(asker, name, "off", as_json=as_json)


@lists.command()
@click.argument("source", required=False)
@click.option("--name", default="", help="How to call it; default: made from SOURCE.")
@click.option("--format", "form", default="auto", help="text, csv or json; default: found out.")
@click.option("--column", default="", help="The column of the numbers, for csv.")
@click.option("--country", default="", help="Where its national numbers belong; default: the house's country.")
@click.option("--active", is_flag=True, help="Let it count at once, not only log.")
@click.option("--preview", is_flag=True, help="Only show what is on it, and whom you know.")
@json_option
@_ASK
def add(asker: Asker, /, *, source: str | None, preview: bool, as_json: bool, **given: Any) -> None:
    """Subscribe to a list: an address, a file, or a name of the catalogue; without SOURCE, show the catalogue.

    \b
    callguard lists add
    callguard lists add fr-telemarketing
    callguard lists add https://example.org/numbers.txt --preview
    callguard lists add https://example.org/numbers.txt --name example
    """
    if source is None:
        _print_catalogue(asker.ask("catalogue", {}), as_json=as_json)
        return
    settings = {key: given[key] for key in ("column", "country") if given[key]}
    question = {
        "source": str(Path(source).resolve()) if Path(source).is_file() else source,
        "name": given["name"],
        "settings": settings | ({"format": given["form"]} if given["form"] != "auto" else {}),
        "mode": "active" if given["active"] else "log-only",
    }
    answer = asker.ask("preview", question, within=_FETCHED_WITHIN) if preview else asker.ask("lists-add", question)
    if as_json:
        print_json(answer)
        return
    if preview:
        _print_preview(answer)
        return
    click.echo(f"Added: {answer['name']} ({_MODES[answer['mode']]}).  Undo: callguard undo {answer['change']['id']}")
    click.echo(f"Fetch it now: callguard lists update {answer['name']}")


def _set_mode(asker: Asker, name: str, mode: str, *, as_json: bool) -> None:
    answer = asker.ask("lists-mode", {"name": name, "mode": mode})
    if as_json:
        print_json(answer)
        return
    if answer["change"] is None:
        click.echo(f"{name} is {_MODES[mode]} already; nothing was changed.")
        return
    click.echo(f"{name} is {_MODES[mode]} now.  Undo: callguard undo {answer['change']['id']}")
    if mode == "log-only":
        click.echo(f"See what it would do: callguard replay --list {name}=active; then: lists enable {name} --active")


def _update(asker: Asker, name: str, *, force: bool, quiet: bool) -> Any:
    """Update one list, and show meanwhile how far it is."""
    result: list[Any] = []
    refused: list[click.ClickException] = []

    def run() -> None:
        try:
            result.append(asker.ask("lists-update", {"name": name, "force": force}, within=3600.0))
        except click.ClickException as error:
            refused.append(error)

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    shows = not quiet and sys.stderr.isatty() and asker.is_running()
    while worker.is_alive():
        worker.join(_LOOK_EVERY)
        if shows and worker.is_alive():
            _show_progress(asker, name)
    if shows:
        click.echo("\r\033[K", nl=False, err=True)
    if refused:
        raise refused[0]
    return result[0]


def _show_progress(asker: Asker, name: str) -> None:
    progress = next(
        (one["progress"] for one in asker.ask("lists", {}) if f".{one['name']}".endswith(f".{name}")), None
    )
    if not progress:
        return
    done, total, unit = progress["done"], progress["total"], progress["unit"]
    if total:
        share = min(1.0, done / total)
        bar = ("█" * round(share * 30)).ljust(30, "░")
        text = f"{bar} {share:4.0%}"
    else:
        text = f"{done:,} {unit}"
    click.echo(f"\r\033[K{name}: {progress['step']} {text}", nl=False, err=True)


def _print_updated(answer: dict[str, Any]) -> None:
    if "error" in answer:
        click.secho(f"✖ {answer['error']}", fg="red", err=True)
        return
    note = f" ({answer['note']})" if answer["note"] else ""
    if answer["changed"]:
        grown = answer["after"] - answer["before"]
        click.echo(
            f"{answer['name']}: {answer['before']:,} → {answer['after']:,} numbers ({grown:+,}), "
            f"{answer['seconds']:.1f} s{note}"
        )
    else:
        click.echo(f"{answer['name']}: nothing new{note}")


def _print_list(one: dict[str, Any]) -> None:
    info = one["info"]
    size = f"{info['numbers'] + info['prefixes']:,} numbers, version {info['version']}" if info else "no copy yet"
    mark, colour = ("▲", "red") if one["error"] or one["stale"] else ("●", "green")
    mark, colour = ("○", "white") if one["mode"] == "off" else (mark, colour)
    hits = f" · {one['hits']} hits in 30 days, decided {one['decided']}" if one["hits"] else ""
    click.echo(f"{click.style(mark, fg=colour)} {one['name']:<18} {_MODES[one['mode']]:<12} {size}{hits}")
    click.echo(f"    {one['title']}")
    if one["mode"] == "off":
        return
    click.echo(f"    last success {_ago(one['last_succeeded_at'])}, last change {_ago(one['last_changed_at'])}")
    if one["error"]:
        click.secho(f"    last try {_ago(one['last_tried_at'])}: {one['error']}", fg="red")
    if one["stale"]:
        click.secho("    too old: that a number is not on it means nothing", fg="yellow")


def _print_catalogue(catalogue: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(catalogue)
        return
    for name, entry in catalogue.items():
        added = click.style("  (added)", fg="green") if entry["added"] else ""
        click.echo(f"{name:<28} {entry['title']}{added}")
        click.secho(f"    {entry['what']} Licence: {entry['licence']}.", dim=True)
    click.echo("Add one: callguard lists add NAME, or an address or file of your own.")


def _print_preview(seen: Any) -> None:
    click.echo(f"{plain(seen['title'])}: {seen['numbers']:,} numbers and {seen['prefixes']:,} beginnings of numbers")
    if seen["first"]:
        click.echo(f"  such as {', '.join(map(plain, seen['first']))}")
    for why, count in sorted(seen["skipped"].items(), key=lambda pair: -pair[1]):
        samples = ", ".join(f"“{plain(row, 60)}”" for row in seen["samples"][why])
        click.echo(f"  {count:,} skipped ({why}): {samples}")
    if seen["known_count"]:
        click.secho(
            f"  {seen['known_count']:,} on it whom you know (contacts and allowed callers ring all the same):",
            fg="yellow",
        )
    for one in seen["known"]:
        click.echo(f"    {one['number']} {plain(one['name'])} ({plain(one['entry'])})")
    click.echo("Nothing was added: leave out --preview for that.")


def _ago(moment: str | None) -> str:
    if moment is None:
        return "never"
    seconds = (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit} ago"
    return "just now"
