"""The open questions of a draft, asked one by one at the terminal."""

from collections.abc import Callable

import click

from callguard import Draft, Question, plain

_MOST = 30


def ask_all(draft_again: Callable[[], Draft], keep: Callable[[str, str], None]) -> int:
    """Ask every open question, new ones that an answer raises as well; return how many were answered.

    An empty answer leaves a question open. Whether a question is still open is decided by the house, not here.
    """
    asked: set[str] = set()
    answered = 0
    while len(asked) < _MOST:
        questions = [one for one in draft_again().assessment.questions if one.key not in asked]
        if not questions:
            break
        asked.add(questions[0].key)
        text = _prompt(questions[0])
        if text:
            keep(questions[0].key, text)
            answered += 1
    return answered


def _prompt(question: Question) -> str:
    click.echo("")
    click.secho(plain(question.text, 400), bold=True)
    if question.why:
        click.secho(plain(question.why, 400), dim=True)
    for number, option in enumerate(question.options, 1):
        click.echo(f"  {number}  {plain(option, 200)}")
    while True:
        text = str(click.prompt("Answer, or Enter to leave it open", default="", show_default=False)).strip()
        chosen = choice(text, question.options)
        if chosen is not None:
            return chosen
        click.secho("That is none of them.", fg="yellow")


def choice(text: str, options: tuple[str, ...]) -> str | None:
    """Return the option that *text* means, by its number or the beginning of its words; None if that is not clear."""
    if not text or not options:
        return text
    if text.isascii() and text.isdigit() and len(text) <= 4:
        number = int(text)
        return options[number - 1] if 0 < number <= len(options) else None
    same = [option for option in options if option.casefold() == text.casefold()]
    fitting = same or [option for option in options if option.casefold().startswith(text.casefold())]
    return fitting[0] if len(fitting) == 1 else None
