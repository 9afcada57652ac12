"""`callguard import`: takes over the lists of another program, as one change that can be undone."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, TypedDict

import click

if TYPE_CHECKING:
    from callguard_rules.importing import Reading


class _Refusal(TypedDict):
    index: int
    why: str


class _Answer(TypedDict):
    """What `add-rules` answers."""

    added: int
    there_already: int
    refused: Sequence[_Refusal]
    "The first thousand."
    change: Mapping[str, object] | None


_FORMS = ("text", "csv", "callattendant", "ncid")
_LISTS = ("block", "allow", "never-block")
_NOTHING: _Answer = {"added": 0, "there_already": 0, "refused": (), "change": None}
_SHOWN = 20
_PATIENCE = 1.0
_MANY = 2000


@click.command(name="import")
@click.argument("what", nargs=-1, required=True, metavar="[text|csv|callattendant|ncid] FILE")
@click.option("--list", "which", type=click.Choice(_LISTS), help="The list, where the file does not say.")
@click.option("--dry-run", is_flag=True, help="Show what would happen, change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def import_rules(
    ctx: click.Context, what: tuple[str, ...], *, which: str | None, dry_run: bool, as_json: bool
) -> None:
    """Take over the allow and block lists of another program.

    \b
    callguard import callattendant ~/callattendant.db --dry-run
    callguard import ncid /etc/ncid/ncidd.blacklist
    callguard import text numbers.txt --list block

    Nothing in FILE is changed. All rules are added as one change: `callguard undo` takes them back.
    """
    from callguard import ask  # noqa: PLC0415  (keeps `callguard --help` fast)

    form, path = _wanted(what)
    reading = _read(path, form, which)
    if len(reading.proposals) > _MANY:
        click.echo(f"Asking the house about {len(reading.proposals):,} rules …", err=True)
    subject = f"rules out of {_plain(path.name)}"
    question = {"rules": reading.as_rules(), "dry_run": dry_run, "by": "import", "subject": subject}
    answer: _Answer = ask(ctx, "add-rules", question) if reading.proposals else _NOTHING
    _take_refusals(reading, answer)
    result = _result(path, reading, answer, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(result, indent=2))
    else:
        _show(reading, result)
    if reading.refusals and not (result["new"] or result["there_already"]):
        ctx.exit(1)


def _wanted(what: tuple[str, ...]) -> tuple[str | None, Path]:
    if len(what) > 2 or (len(what) == 2 and what[0] not in _FORMS):
        raise click.UsageError(f"Give one FILE, and before it its form if it cannot be guessed: {', '.join(_FORMS)}.")
    return (what[0] if len(what) == 2 else None), Path(what[-1])


def _read(path: Path, form: str | None, which: str | None) -> "Reading":
    from callguard import RuleList  # noqa: PLC0415
    from callguard_rules.importing import Form, WhichListError, read_file  # noqa: PLC0415
    from callguard_rules.proposals import UnreadableFileError  # noqa: PLC0415

    try:
        with _Progress() as advance:
            return read_file(path, Form(form) if form else None, RuleList(which) if which else None, advance)
    except WhichListError as error:
        raise click.UsageError(f"{error}.") from error
    except UnreadableFileError as error:
        raise click.ClickException(f"{_plain(str(path))}: {error}") from error
    except OSError as error:
        raise click.ClickException(f"{_plain(str(path))}: {error.strerror or error}") from error


def _take_refusals(reading: "Reading", answer: _Answer) -> None:
    from callguard_rules.proposals import refused as refusal  # noqa: PLC0415

    for one in answer["refused"]:
        proposal = reading.proposals[one["index"]]
        reading.refuse(refusal(proposal.line, proposal.value, _plain(one["why"])))
    untold = len(reading.proposals) - answer["added"] - answer["there_already"] - len(answer["refused"])
    reading.refusals += max(0, untold)
    gone = {one["index"] for one in answer["refused"]}
    reading.proposals = [proposal for place, proposal in enumerate(reading.proposals) if place not in gone]
    reading.refused.sort(key=lambda row: row.line)


class _Progress:
    """A progress bar on a terminal, for files that take longer than a second."""

    def __init__(self) -> None:
        self._begun = monotonic()
        self._shown = False

    def __enter__(self) -> Callable[[int, int], None]:
        return self._advance

    def __exit__(self, *_: object) -> None:
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)

    def _advance(self, lines: int, of: int) -> None:
        if _is_watched() and monotonic() - self._begun > _PATIENCE:
            self._shown = True
            click.echo(f"\rReading … {100 * lines // of:>3} %", nl=False, err=True)


def _is_watched() -> bool:
    return sys.stderr.isatty()


def _result(path: Path, reading: "Reading", answer: _Answer, *, dry_run: bool) -> dict[str, object]:
    return {
        "file": str(path),
        "form": reading.form.value,
        "lists": reading.lists(),
        "new": answer["added"],
        "there_already": answer["there_already"],
        "refused": reading.refusals,
        "refused_rows": [{"line": row.line, "text": row.text, "why": row.why} for row in reading.refused],
        "calls": reading.calls.facts() if reading.calls else None,
        "dry_run": dry_run,
        "change": answer["change"],
    }


def _show(reading: "Reading", result: Mapping[str, object]) -> None:
    for row in reading.refused[:_SHOWN]:
        click.echo(f"  line {row.line:<6} {row.text:<30}  refused: {row.why}")
    if reading.refusals > _SHOWN:
        click.echo(f"  … and {reading.refusals - _SHOWN:,} more")
    would = "would be " if result["dry_run"] else ""
    click.echo(
        (f"{_on_lists(reading.lists())}: " if reading.proposals else "")
        + f"{result['new']:,} {would}new, {result['there_already']:,} there already, {reading.refusals:,} refused"
    )
    if reading.calls is not None:
        click.echo(_calls_line(reading))
    change = result["change"]
    if isinstance(change, Mapping):
        click.echo(f"Undo: callguard undo {change['id']}")
    elif result["dry_run"]:
        click.echo("Nothing was changed: this was a dry run.")


def _on_lists(lists: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} for the {which} list" for which, count in sorted(lists.items()))


def _calls_line(reading: "Reading") -> str:
    calls = reading.calls
    if calls is None or not calls.total:
        return "No calls are logged in it."
    actions = ", ".join(f"{count:,} {action.lower()}" for action, count in calls.by_action.items())
    counted = f" ({actions})" if actions else ""
    return (
        f"It saw {calls.total:,} calls{counted} from {calls.oldest} to {calls.newest}. They are not taken over:"
        " CallGuard keeps no record of calls that it did not witness."
    )


def _plain(text: str) -> str:
    from callguard import plain  # noqa: PLC0415

    return plain(text)
