"""What only the household can say about a call, and how it is read; an unclear answer counts as none."""

from collections.abc import Mapping
from datetime import date

from callguard import CallKind, Question, plain

YES, NO, UNSURE = "yes", "no", "unknown"
YES_NO = (YES, NO, UNSURE)
LONGEST_ANSWER = 2000
"""Characters of one answer that are used."""

_KINDS = tuple(kind.value for kind in CallKind)
_QUESTIONS = {
    "kind": Question(
        key="kind",
        text="What was the call about?",
        options=_KINDS,
        why="Only sales calls fall under the registry; nobody here knows what was said.",
    ),
    "prerecorded": Question(
        key="prerecorded",
        text="Was it a prerecorded message or a computer voice?",
        options=YES_NO,
        why="A prerecorded sales call needs your written consent, registered or not.",
    ),
    "tried_to_sell": Question(
        key="tried_to_sell",
        text="Did the caller also try to sell something?",
        options=YES_NO,
        why="A survey, a charity or a notice that sells is a sales call.",
    ),
    "business": Question(
        key="business",
        text="Have you done business with this company, or asked it for an offer?",
        options=YES_NO,
        why="A company may call its own customers for a while.",
    ),
    "last_purchase": Question(
        key="last_purchase",
        text="When did you last buy from it or pay it (YYYY-MM-DD)?",
        why="From that day the months count in which it may still call.",
    ),
    "asked_to_stop": Question(
        key="asked_to_stop",
        text="Had you asked this company not to call you any more?",
        options=YES_NO,
        why="After that it may not call, customer or not.",
    ),
    "stop_date": Question(
        key="stop_date",
        text="When did you ask it to stop (YYYY-MM-DD)?",
        why="It counts only if it was before the call.",
    ),
    "caller_name": Question(
        key="caller_name",
        text="Which name did the caller give?",
        why="An agency needs the caller's number or name.",
    ),
    "subject": Question(key="subject", text="Which of the form's subjects fits?", why="The form asks for one."),
    "phone_service": Question(
        key="phone_service", text="How do you get your telephone service?", why="The form asks for it."
    ),
}
SUBJECT = "subject"


def question(key: str, options: tuple[str, ...] = (), text: str = "") -> Question:
    """Return the question about *key*; *options* are those of the form, where it has its own."""
    known = _QUESTIONS.get(key) or Question(key=key, text=text or key, why="The form asks for it.")
    if not options or known.options:
        return known
    return Question(key=key, text=known.text, options=options, why=known.why)


def said(answers: Mapping[str, str], key: str) -> str:
    """Return the answer to *key* on one line; empty if there is none."""
    return plain(answers.get(key, ""), LONGEST_ANSWER)


def yes_or_no(answers: Mapping[str, str], key: str) -> bool | None:
    """Return a plain yes or no; None for anything else."""
    return {YES: True, NO: False}.get(said(answers, key).casefold())


def day(answers: Mapping[str, str], key: str) -> date | None:
    """Return a day written YYYY-MM-DD; None for anything else."""
    try:
        return date.fromisoformat(said(answers, key))
    except ValueError:
        return None


def kind_of_call(answers: Mapping[str, str]) -> CallKind:
    """Return what the call was about, as the household says."""
    try:
        return CallKind(said(answers, "kind").casefold() or CallKind.UNKNOWN)
    except ValueError:
        return CallKind.UNKNOWN
