"""`callguard complaints`: prepare complaints about calls, which you file yourself."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from callguard import Complaint, Draft

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
_agency_option = click.option("--agency", default="", metavar="ID", help="To whom, such as ftc or fcc.")
_YES_NO = click.Choice(("yes", "no", "unknown"))
_KINDS = click.Choice(("sales", "charity", "political", "survey", "debt", "information", "fraud", "unknown"))
_ANSWERS: Mapping[str, tuple[click.Choice[str] | None, str]] = {
    "kind": (_KINDS, "What the call was about."),
    "prerecorded": (_YES_NO, "Whether it was a recording or a computer voice."),
    "tried_to_sell": (_YES_NO, "Whether something was sold as well."),
    "medium": (click.Choice(("call", "text")), "Whether it was a call or a text message."),
    "business": (_YES_NO, "Whether you do business with the company."),
    "last_purchase": (None, "When you last bought from it: YYYY-MM-DD."),
    "asked_to_stop": (_YES_NO, "Whether you had asked it not to call."),
    "stop_date": (None, "When you asked: YYYY-MM-DD."),
    "caller_name": (None, "The name the caller gave."),
    "subject": (None, "The form's subject that fits, by its label."),
    "comments": (None, "What else happened, in your own words."),
}


def _complaint_options(function: Callable[..., None]) -> Callable[..., None]:
    function = _json_option(_agency_option(click.pass_context(function)))
    return click.argument("id")(function)


@click.group()
def complaints() -> None:
    """Prepare complaints about unwanted calls; you file them yourself, CallGuard never submits one."""


@complaints.command("list")
@_json_option
@click.pass_context
def list_calls(ctx: click.Context, *, as_json: bool) -> None:
    """List calls that were blocked or marked, and whether you may complain about each."""
    answer = _ask(ctx, "complaints", {})
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    for one in answer:
        call, found, state = one["call"], one["assessment"], one["complaint"]["state"]
        click.echo(
            f"{_safe(call['at'][:16].replace('T', ' '))}  {_safe(found['eligibility'].replace('-', ' ')):<14} "
            f"{_safe(state):<10} {_safe(call['who'])}"
        )
        click.secho(_safe(f"  {call['id']}  {' '.join(found['reasons'][:1])}"), dim=True)
    if not answer:
        click.echo("No call was blocked or marked lately.")


@complaints.command()
@_complaint_options
def draft(ctx: click.Context, *, id: str, agency: str, as_json: bool) -> None:
    """Say whether you may complain about call ID, why, and what is still open."""
    answer = _ask(ctx, "complaint-draft", {"id": id, "agency": agency})
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    from callguard_complaints.rendering.words import headline, title  # noqa: PLC0415

    made = _draft_in(answer)
    for line in (title(made), headline(made), *(f"- {one}" for one in made.assessment.reasons)):
        click.echo(_safe(line))
    for line in made.assessment.warnings:
        click.secho(_safe(f"! {line}"), fg="yellow")
    for question in made.assessment.questions:
        click.echo(_safe(f"? {question.text} ({question.key})"))
    if made.assessment.questions:
        click.echo(f"Answer: callguard complaints answer {_safe(made.call_id)}")
    else:
        click.echo(f"All of it: callguard complaints show {_safe(made.call_id)}")


def _answer_options(function: Callable[..., None]) -> Callable[..., None]:
    for key, (kind, text) in reversed(list(_ANSWERS.items())):
        name = f"--{key.replace('_', '-')}"
        function = click.option(name, key, type=kind, metavar=None if kind else "TEXT", help=text)(function)
    return function


@complaints.command()
@_complaint_options
@_answer_options
@click.option(
    "--set", "others", multiple=True, metavar="KEY=TEXT", help="Any other answer, such as phone_service=VOIP."
)
def answer(
    ctx: click.Context, *, id: str, agency: str, as_json: bool, others: tuple[str, ...], **given: str | None
) -> None:
    """Answer the open questions about call ID, one by one or by options; an empty text takes an answer back.

    \b
    callguard complaints answer ID
    callguard complaints answer ID --kind sales --prerecorded yes
    """
    said = {key: text for key, text in given.items() if text is not None} | dict(_pair(one) for one in others)
    _check_days(said)
    asked = {"id": id, "agency": agency}
    if not said:
        if as_json:
            raise click.UsageError("--json does not ask: say what you answer by options.")
        _answer_one_by_one(ctx, asked)
        return
    kept = _ask(ctx, "complaint-answer", {**asked, "answers": said})
    if as_json:
        click.echo(json.dumps(kept, indent=2))
    else:
        click.echo(f"Noted: {_safe(', '.join(said))}.{_undo(kept)}")


@complaints.command()
@_complaint_options
def show(ctx: click.Context, *, id: str, agency: str, as_json: bool) -> None:
    """Show the whole draft about call ID in the order of the form, with your name from your profile."""
    from callguard_complaints.rendering.document import document  # noqa: PLC0415
    from callguard_complaints.rendering.text import text  # noqa: PLC0415

    made, complaint, _ = _with_profile(ctx, id, agency)
    click.echo((document if as_json else text)(made, complaint), nl=False)


@complaints.command()
@_complaint_options
def reviewed(ctx: click.Context, *, id: str, agency: str, as_json: bool) -> None:
    """Note that you have read the draft about call ID."""
    _state(ctx, {"id": id, "agency": agency, "state": "reviewed"}, as_json=as_json)


@complaints.command()
@_complaint_options
@click.option("--on", "filed_on", default="", metavar="DATE", help="When you filed it: YYYY-MM-DD  [default: today].")
@click.option("--reference", default="", metavar="TEXT", help="What the agency gave you.")
def filed(ctx: click.Context, *, id: str, agency: str, as_json: bool, filed_on: str, reference: str) -> None:
    """Note that you have filed the complaint about call ID yourself, on the agency's page."""
    done = {"id": id, "agency": agency, "state": "filed", "reference": reference}
    _state(ctx, {**done, "filed_on": filed_on} if filed_on else done, as_json=as_json)


@complaints.command()
@_complaint_options
def dismiss(ctx: click.Context, *, id: str, agency: str, as_json: bool) -> None:
    """Note that you do not want to complain about call ID."""
    _state(ctx, {"id": id, "agency": agency, "state": "dismissed"}, as_json=as_json)


@complaints.command()
@_complaint_options
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), default=".", metavar="DIR",
    help="Where to put its folder  [default: here].",
)  # fmt: skip
@click.option("--without-profile", is_flag=True, help="Leave your name and address out, to show it to somebody.")
def export(ctx: click.Context, *, id: str, agency: str, as_json: bool, to: Path, without_profile: bool) -> None:
    """Write draft.json, draft.txt and draft.html about call ID, for you to print and to copy from."""
    from callguard_complaints.rendering.files import export as write  # noqa: PLC0415

    made, complaint, called_on = _with_profile(ctx, id, agency, merge=not without_profile)
    try:
        paths = write(made, complaint, called_on, to)
    except OSError as error:
        raise click.ClickException(f"{to} cannot be written to: {error.strerror}") from error
    if as_json:
        click.echo(json.dumps([str(path) for path in paths], indent=2))
        return
    for path in paths:
        click.echo(path)
    click.echo("Nothing was submitted. Open draft.html, follow its link, and file it yourself.")


@complaints.group()
def profile() -> None:
    """Keep your name and address for your drafts, in a file of your own that the daemon never sees."""


@profile.command("set")
@click.option("--first-name", metavar="TEXT", help="Your first name.")
@click.option("--last-name", metavar="TEXT", help="Your last name.")
@click.option("--street", metavar="TEXT", help="Street and number.")
@click.option("--city", metavar="TEXT", help="City.")
@click.option("--state", metavar="TEXT", help="State or province, as the form has it: CO.")
@click.option("--postcode", metavar="TEXT", help="Zip or postal code.")
@click.option("--email", metavar="TEXT", help="E-mail address.")
@click.option("--phone", metavar="TEXT", help="Where the agency may call you.")
@_json_option
@click.pass_context
def profile_set(ctx: click.Context, /, *, as_json: bool, **given: str | None) -> None:
    """Set what you say; without options every field is asked for. An empty text removes one."""
    from callguard_complaints.profile import write_profile  # noqa: PLC0415

    path, kept = _profile(ctx)
    said = {key: text for key, text in given.items() if text is not None}
    if not said and as_json:
        raise click.UsageError("--json does not ask: say what to set by options.")
    said = said or {key: _prompted(key, kept.get(key, "")) for key in given}
    _told(write_profile, path, {**kept, **said})
    click.echo(json.dumps({"file": str(path)}) if as_json else f"Kept in {path}, for you only.")


@profile.command("show")
@_json_option
@click.pass_context
def profile_show(ctx: click.Context, *, as_json: bool) -> None:
    """Show what is kept."""
    path, kept = _profile(ctx)
    if as_json:
        click.echo(json.dumps(dict(kept), indent=2, ensure_ascii=False))
        return
    for key, text in kept.items():
        click.echo(f"{key.replace('_', ' ')}: {_safe(text)}")
    click.echo(f"({path})" if kept else "Nothing is kept. Set it: callguard complaints profile set")


@profile.command("forget")
@_json_option
@click.pass_context
def profile_forget(ctx: click.Context, *, as_json: bool) -> None:
    """Delete your name and address."""
    from callguard import data_folder  # noqa: PLC0415
    from callguard_complaints.profile import forget_profile, profile_path  # noqa: PLC0415

    gone = forget_profile(profile_path(data_folder(ctx)))
    said = "Deleted. Files you exported before still hold it." if gone else "Nothing was kept."
    click.echo(json.dumps({"forgotten": gone}) if as_json else said)


def _ask(ctx: click.Context, command: str, arguments: dict[str, Any]) -> Any:
    from callguard import ask  # noqa: PLC0415  (keeps `callguard --help` fast)

    return ask(ctx, command, arguments)


def _draft_in(answer: Mapping[str, Any]) -> "Draft":
    from callguard_complaints.reading import draft_in  # noqa: PLC0415

    made: Draft = _told(draft_in, answer)
    return made


def _with_profile(ctx: click.Context, id: str, agency: str, *, merge: bool = True) -> "tuple[Draft, Complaint, str]":
    """Return the draft with the person's name in it, what was done about it, and the day of the call."""
    from callguard_complaints.profile import merged  # noqa: PLC0415
    from callguard_complaints.reading import complaint_in  # noqa: PLC0415

    answer = _ask(ctx, "complaint-draft", {"id": id, "agency": agency})
    made, complaint = _draft_in(answer), _told(complaint_in, answer)
    kept = _profile(ctx)[1] if merge else {}
    return merged(made, kept), complaint, str(answer["call"]["at"])[:10]


def _profile(ctx: click.Context) -> tuple[Path, Mapping[str, str]]:
    from callguard import data_folder  # noqa: PLC0415
    from callguard_complaints.profile import profile_path, read_profile  # noqa: PLC0415

    path = profile_path(data_folder(ctx))
    return path, _told(read_profile, path)


def _told(function: Callable[..., Any], *arguments: object) -> Any:
    """Return what *function* returns; a profile or an answer that cannot be used is told in a sentence."""
    from callguard_complaints.profile import ProfileError  # noqa: PLC0415
    from callguard_complaints.reading import UnreadableError  # noqa: PLC0415

    try:
        return function(*arguments)
    except (ProfileError, UnreadableError) as error:
        raise click.ClickException(str(error)) from error


def _answer_one_by_one(ctx: click.Context, asked: dict[str, Any]) -> None:
    from callguard_complaints.asking import ask_all  # noqa: PLC0415
    from callguard_complaints.rendering.words import headline  # noqa: PLC0415

    def again() -> "Draft":
        return _draft_in(_ask(ctx, "complaint-draft", asked))

    count = ask_all(again, lambda key, text: _ask(ctx, "complaint-answer", {**asked, "answers": {key: text}}))
    click.echo(f"\n{count} answered. {headline(again())}")
    click.echo(f"All of it: callguard complaints show {_safe(str(asked['id']))}")


def _state(ctx: click.Context, asked: dict[str, Any], *, as_json: bool) -> None:
    kept = _ask(ctx, "complaint-state", asked)
    if as_json:
        click.echo(json.dumps(kept, indent=2))
    else:
        click.echo(f"Noted: {_safe(kept['complaint']['state'])}.{_undo(kept)}")


def _undo(kept: Mapping[str, Any]) -> str:
    change = kept.get("change")
    return f"  Undo: callguard undo {change['id']}" if change else ""


def _check_days(said: Mapping[str, str]) -> None:
    for key in ("last_purchase", "stop_date"):
        try:
            date.fromisoformat(said.get(key) or "2000-01-01")
        except ValueError as error:
            raise click.UsageError(f"{said[key]!r:.40} is no day: write 2026-03-01.") from error


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise click.UsageError(f"--set takes KEY=TEXT, not {text!r:.60}.")
    return key, value


def _prompted(key: str, now: str) -> str:
    return str(click.prompt(key.replace("_", " ").capitalize(), default=now, show_default=bool(now))).strip()


def _safe(text: str) -> str:
    from callguard import plain  # noqa: PLC0415

    return plain(text, 1000)
