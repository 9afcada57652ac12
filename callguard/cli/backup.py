"""Making backups and bringing them back."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from callguard.cli.client import NO_DAEMON, REFUSED, Asker, Told
from callguard.cli.output import json_option, print_json

if TYPE_CHECKING:
    from callguard.place import Place

_ASK = click.make_pass_decorator(Asker)
_WITHIN = 3600.0
_ONE = {"calls": "call", "rules": "rule", "contacts": "contact", "settings": "setting", "people": "person"}


@click.command()
@click.option(
    "--to", type=click.Path(path_type=Path), help="Folder, or file ending in .zip [the household's folder]."
)
@click.option("--with-secrets", is_flag=True, help="Take passwords and tokens along: keep such a file safe.")
@json_option
@_ASK
def backup(asker: Asker, *, to: Path | None, with_secrets: bool, as_json: bool) -> None:
    """Make a backup: calls, rules, contacts, settings and people in one file; calls are screened meanwhile."""
    question = {"to": str(to.absolute()) if to else "", "with_secrets": with_secrets}
    answer = asker.ask("backup", question, _WITHIN, offline=True)
    if as_json:
        print_json(answer)
        return
    click.echo(f"Made {answer['file']} ({_size(answer['size'])}): {_counted(answer['manifest']['counts'])}.")
    for what in answer["manifest"]["left_out"]:
        click.echo(f"  not in it: {what}")
    if with_secrets:
        click.secho("  It holds passwords: whoever has it can sign in as you.", fg="yellow")


@click.command()
@click.argument("file", required=False)
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--take-back", is_flag=True, help="Bring back what was there before the last restore.")
@json_option
@_ASK
def restore(asker: Asker, *, file: str | None, dry_run: bool, yes: bool, take_back: bool, as_json: bool) -> None:
    """Bring the backup FILE back, after showing what that changes; without FILE, list the backups there are.

    What was there before is kept aside. A running CallGuard goes on with what it has until it is restarted.
    """
    if take_back and file:
        raise click.UsageError("--take-back needs no FILE.")
    if as_json and (file or take_back) and not (yes or dry_run):
        raise click.UsageError("--json does not ask: add --yes or --dry-run.")
    if not file and not take_back:
        _list(asker, as_json=as_json)
        return
    restoring = _Running(asker) if asker.is_running() else _Offline(asker.place())
    shown = None if take_back else restoring.compare(_meant(file or ""))
    if shown and not as_json:
        _show(shown)
    wanted = not dry_run and (yes or click.confirm(_QUESTION, default=False))
    done = restoring.apply(_meant(file or "") if file else None) if wanted else None
    if as_json:
        print_json({"difference": shown, "restored": done})
    elif done:
        click.echo(done["says"])


_QUESTION = "Bring it back?"


def _meant(file: str) -> str:
    path = Path(file)
    return str(path.absolute()) if path.exists() or "/" in file else file


class _Running:
    """Restores where CallGuard runs: it lays the backup ready, and puts it in place when it is restarted."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    def compare(self, file: str) -> Any:
        """Return what would change."""
        return self._asker.ask("restore-compare", {"file": file}, _WITHIN)

    def apply(self, file: str | None) -> dict[str, Any]:
        """Lay *file* ready, or what was there before the last restore."""
        command = "restore-stage" if file else "restore-take-back"
        answer = self._asker.ask(command, {"file": file}, _WITHIN)
        return {"applied": False, **answer, "says": "Ready: restart CallGuard, and it is in place."}


class _Offline:
    """Restores where no CallGuard runs: at once."""

    def __init__(self, place: "Place") -> None:
        self._place = place

    def compare(self, file: str) -> Any:
        """Return what would change."""
        from callguard.backup import BackupError, compare  # noqa: PLC0415  (--help needs none of this)
        from callguard.backup.comparing import facts_of  # noqa: PLC0415
        from callguard.store import DataDir, InUseError  # noqa: PLC0415

        try:
            with DataDir.lock(self._place.data_dir):
                return facts_of(compare(self._path(file), self._place))
        except BackupError as error:
            raise Told(str(error), REFUSED) from error
        except InUseError as error:
            raise Told(f"{error}, but it does not answer: see its log", NO_DAEMON) from error

    def apply(self, file: str | None) -> dict[str, Any]:
        """Put *file* in place, or what was there before the last restore."""
        from callguard.ambient import SystemClock  # noqa: PLC0415  (--help needs none of this)
        from callguard.backup import BackupError, apply_pending, stage, take_back  # noqa: PLC0415
        from callguard.store import DataDir, InUseError  # noqa: PLC0415

        try:
            with DataDir.lock(self._place.data_dir):
                if file:
                    stage(self._path(file), self._place)
                else:
                    take_back(self._place)
                before = apply_pending(self._place, SystemClock().now())
        except BackupError as error:
            raise Told(str(error), REFUSED) from error
        except InUseError as error:
            raise Told(f"{error}, but it does not answer: see its log", NO_DAEMON) from error
        says = f"Done. What was there before is in {self._place.data_dir / (before or '')}."
        return {"applied": True, "folder": before, "says": f"{says}\nUndo: callguard restore --take-back"}

    def _path(self, file: str) -> Path:
        return Path(file) if "/" in file else self._place.data_dir / "backups" / file


def _list(asker: Asker, *, as_json: bool) -> None:
    answer = asker.ask("backups", {}, offline=True, reads_only=True)
    if as_json:
        print_json(answer)
        return
    for one in answer["backups"]:
        told = one["why"] or f"{_size(one['size']):>8}  {_counted(one['counts'])}"
        click.echo(f"{one['name']}  {told}{'  with secrets' if one['with_secrets'] else ''}")
    if not answer["backups"]:
        click.echo(f"There is no backup in {answer['folder']} yet: `callguard backup` makes one.")


def _show(difference: dict[str, Any]) -> None:
    made = difference["backup"]
    click.echo(f"Backup of {datetime.fromisoformat(made['made_at']):%a %d %b %Y %H:%M}, CallGuard {made['software']}")
    for what, part in difference["parts"].items():
        click.echo(
            f"  {what:<9} {part['here']:>9,} here, {part['there']:>9,} in it:"
            f" {part['only_here']:,} would go, {part['only_there']:,} would come back"
        )
        for sign, examples in (("-", part["examples_here"]), ("+", part["examples_there"])):
            if what != "calls" and examples:
                click.echo(f"            {sign} {', '.join(examples)}")
    if difference["config_differs"]:
        click.echo("  config.yaml differs. It is never written: the one in the backup is laid beside it.")
    for what in made["left_out"]:
        click.echo(f"  not in it: {what}")


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{max(1, round(size / 1e3))} kB"


def _counted(counts: dict[str, int]) -> str:
    told = [f"{count:,} {_ONE[what] if count == 1 else what}" for what, count in counts.items() if what in _ONE]
    return ", ".join(told)
