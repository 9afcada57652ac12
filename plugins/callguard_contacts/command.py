"""`callguard contacts`: import, list, synchronise and remove the household's contacts."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

_SHOWN = 20
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


@click.group()
def contacts() -> None:
    """Import, list and synchronise your contacts, whose calls ring."""


@contacts.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--book", default="", metavar="NAME", help="Address book to put them in [the file's name].")
@click.option("--yes", is_flag=True, help="Apply without asking.")
@click.option("--yes-remove", is_flag=True, help="Apply even if more than half of the book would be removed.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@_json_option
@click.pass_context
def import_file(  # noqa: PLR0913  (one parameter an option)
    ctx: click.Context, file: Path, *, book: str, yes: bool, yes_remove: bool, dry_run: bool, as_json: bool
) -> None:
    """Import FILE into an address book, after a preview; what was in that book before is replaced.

    Read are vCard (.vcf) of phones, Nextcloud and iCloud, CSV of Google and Outlook, and a FRITZ!Box's XML.

    \b
    callguard contacts import contacts.vcf --book family
    """
    if as_json and not (yes or yes_remove or dry_run):
        raise click.UsageError("--json does not ask: add --yes or --dry-run.")
    house = _House(ctx)
    question, reading = _read(house, file, book or _safe(file.name))
    plan = house.ask("contacts-plan", question, reads_only=True)
    if not as_json:
        click.echo(f"{_safe(file.name)} → address book “{reading['book']}”")
        _show(plan, reading)
    nothing = not (plan["new"] or plan["changed"] or plan["removed"])
    wanted = not dry_run and not nothing and _is_wanted(plan, asked=yes or yes_remove, remove=yes_remove)
    applied = house.ask("contacts-apply", {**question, "remove": yes_remove}) if wanted else None
    if as_json:
        click.echo(json.dumps({**reading, "plan": plan, "applied": applied}, indent=2))
    elif applied:
        click.echo(f"Done: {_counted(applied['counts'])}.{_undo(applied['change'])}")
    elif nothing:
        click.echo("Nothing to change.")


@contacts.command("list")
@click.option("--book", default="", metavar="NAME", help="Only this address book.")
@_json_option
@click.pass_context
def list_contacts(ctx: click.Context, *, book: str, as_json: bool) -> None:
    """List your contacts, and how their address books are doing."""
    answer = _House(ctx).ask("contacts-list", {"book": book}, reads_only=True)
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    people: list[Mapping[str, Any]] = answer["contacts"]
    for name in sorted({person["book"] for person in people}):
        members = sorted((p for p in people if p["book"] == name), key=lambda p: str(p["name"]).casefold())
        click.secho(f"{_safe(name)} ({len(members)})", bold=True)
        for person in members:
            click.echo(f"  {_safe(person['name']):<32} {_readable(person['numbers'], answer['country'])}")
    if not people:
        click.echo("No contacts. They are the best protection against mistakes: callguard contacts import FILE")
    for source in answer["sources"]:
        _show_source(source)


@contacts.command()
@click.option("--accept", is_flag=True, help="Also take over an address book that has become much smaller.")
@_json_option
@click.pass_context
def sync(ctx: click.Context, *, accept: bool, as_json: bool) -> None:
    """Read the address books named in config.yaml now, from servers (CardDAV) and files.

    CallGuard must be running.
    """
    results = _House(ctx).ask("contacts-sync", {"accept": accept}, offline=False)
    if as_json:
        click.echo(json.dumps(results, indent=2))
    else:
        for result in results:
            _show_result(result)
        if not results:
            click.echo("config.yaml names no address book (contacts.carddav, contacts.files).")
    if any(result["state"] in ("failed", "refused") for result in results):
        ctx.exit(1)


@contacts.command()
@click.argument("book")
@_json_option
@click.pass_context
def remove(ctx: click.Context, *, book: str, as_json: bool) -> None:
    """Remove the address book BOOK with all its contacts."""
    answer = _House(ctx).ask("contacts-remove", {"book": book})
    if as_json:
        click.echo(json.dumps(answer, indent=2))
    else:
        click.echo(f"Removed {answer['removed']} contacts of “{_safe(book)}”.{_undo(answer['change'])}")


class _House:
    """The house, whose files are opened here where no daemon runs."""

    def __init__(self, ctx: click.Context) -> None:
        self._ctx = ctx

    def ask(self, command: str, arguments: dict[str, Any], *, offline: bool = True, reads_only: bool = False) -> Any:
        from callguard import ask  # noqa: PLC0415  (keeps `callguard --help` fast)

        return ask(self._ctx, command, arguments, offline=offline, reads_only=reads_only)


def _read(house: _House, file: Path, book: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read *file* here, with the rights of whoever asks: what the house is asked about it, and what is told of it."""
    from callguard_contacts.reading.file import read_file  # noqa: PLC0415
    from callguard_contacts.reading.rows import UnreadableFileError  # noqa: PLC0415

    country = house.ask("contacts-list", {"book": book}, reads_only=True)["country"]
    try:
        reading = read_file(file, book, country)
    except UnreadableFileError as error:
        raise click.ClickException(f"{_safe(str(file))}: {_safe(str(error))}") from error
    facts: Mapping[str, Any] = reading.facts()
    told = {key: facts[key] for key in ("unreadable", "unreadable_count", "without_number")}
    return {"book": book, "contacts": facts["contacts"]}, {"book": book, "country": country, **told}


def _is_wanted(plan: Mapping[str, Any], *, asked: bool, remove: bool) -> bool:
    if plan["shrinks"] and not remove:
        left = plan["unchanged"] + len(plan["changed"]) + len(plan["new"])
        raise click.ClickException(
            f"only {left} contacts would be left, fewer than half: nothing was changed. If that is right, add"
            " --yes-remove."
        )
    return asked or click.confirm("Apply?")


def _show(plan: Mapping[str, Any], reading: Mapping[str, Any]) -> None:
    country = reading["country"]
    _listed("new", [_person(one, country) for one in plan["new"]])
    _listed("changed", [_difference(one, country) for one in plan["changed"]])
    _listed("removed", [_person(one, country) for one in plan["removed"]])
    if plan["unchanged"]:
        click.echo(f"  {plan['unchanged']:,} unchanged")
    _listed("not read", [_problem(item) for item in reading["unreadable"]], reading["unreadable_count"])
    if reading["without_number"]:
        click.echo(f"  {reading['without_number']:,} without any telephone number left out")


def _listed(title: str, lines: Sequence[str], count: int | None = None) -> None:
    count = len(lines) if count is None else count
    if not count:
        return
    click.echo(f"  {count:,} {title}:")
    for line in lines[:_SHOWN]:
        click.echo(f"    {line}")
    if count > _SHOWN:
        click.echo(f"    … and {count - min(_SHOWN, len(lines)):,} more (all with --json)")


def _person(person: Mapping[str, Any], country: str) -> str:
    return f"{_safe(person['name'])}  {_readable(person['numbers'], country)}"


def _difference(pair: Mapping[str, Any], country: str) -> str:
    before, after = pair["before"], pair["after"]
    name = _safe(after["name"])
    if before["name"] != after["name"]:
        name = f"{_safe(before['name'])} → {name}"
    came = [number for number in after["numbers"] if number not in before["numbers"]]
    went = [number for number in before["numbers"] if number not in after["numbers"]]
    parts = [f"+ {_readable(came, country)}" if came else "", f"− {_readable(went, country)}" if went else ""]
    return "  ".join([name, *filter(None, parts)])


def _problem(item: Mapping[str, Any]) -> str:
    name = f" “{_safe(item['name'])}”" if item["name"] else ""
    what = f" {_safe(item['what'])}:" if item["what"] else ""
    return f"{_safe(item['place'])}{name}:{what} {_safe(item['why'])}"


def _show_source(source: Mapping[str, Any]) -> None:
    state = _safe(source["failing"] or source["refused"])
    since = (
        f", last taken over {source['taken_over_at'][:16].replace('T', ' ')} UTC" if source["taken_over_at"] else ""
    )
    click.echo(f"{_safe(source['book'])} comes from {_safe(source['from'])}{since}")
    if state:
        click.secho(f"  {state}", fg="yellow")
    _listed("not read", [_problem(item) for item in source["unreadable"]], source["unreadable_count"])


def _show_result(result: Mapping[str, Any]) -> None:
    book = _safe(result["book"])
    if result["state"] in ("failed", "refused"):
        click.secho(f"{book}: {result['state']}: {_safe(result['why'])}", fg="yellow")
        click.echo(f"  → {_safe(result['cure'])}")
        return
    unreadable = f", {result['unreadable']:,} not read" if result["unreadable"] else ""
    click.echo(f"{book}: {_counted(result['counts'])}{unreadable}.{_undo(result['change'])}")


def _counted(counts: Mapping[str, int]) -> str:
    from callguard_contacts.plan import in_words  # noqa: PLC0415

    return in_words(counts)


def _undo(change: int | None) -> str:
    return "" if change is None else f"  Undo: callguard undo {change}"


def _readable(numbers: Sequence[str], country: str) -> str:
    from callguard import pretty  # noqa: PLC0415

    return " · ".join(pretty(number, country) for number in numbers)


def _safe(text: str) -> str:
    from callguard import plain  # noqa: PLC0415

    return plain(text, 400)
