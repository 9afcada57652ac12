"""The fields of an agency's form, filled from the record, the answers and the form itself; never guessed."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from callguard import DraftField, FormField, Origin, plain
from callguard_complaints.answers import NO, SUBJECT, YES, said
from callguard_complaints.case import Case
from callguard_complaints.formats import moment_text, number_text
from callguard_complaints.narrative import fitted, sentences

PROFILE = ("first_name", "last_name", "street", "city", "state", "postcode", "email", "phone")
"""What only the profile knows; it is merged when a draft is rendered, in another process."""

_Filled: TypeAlias = tuple[str, Origin]
_OPEN: _Filled = ("", Origin.NOBODY)


def fill(case: Case) -> tuple[DraftField, ...]:
    """Return the form's fields in its order."""
    return tuple(_filled(case, field) for field in (case.agency.fields if case.agency else ()))


def _filled(case: Case, field: FormField) -> DraftField:
    value, origin = _content(case, field)
    fits = field.longest is None or len(value) <= field.longest
    if not value or not (fits and (not field.options or value in field.options)):
        value, origin = _OPEN
    return DraftField(
        label=field.label,
        holds=field.holds,
        value=value,
        origin=origin,
        required=field.required,
        options=field.options,
    )


def _content(case: Case, field: FormField) -> _Filled:
    if field.holds in PROFILE:
        return _OPEN
    filler = _FILLERS.get(field.holds, _answered)
    found = filler(case, field)
    if found is _OPEN and len(field.options) == 1:
        return field.options[0], Origin.JURISDICTION  # the form leaves no choice
    return found


def _answered(case: Case, field: FormField) -> _Filled:
    text = said(case.household.answers, field.holds)
    return (_option(text, field.options), Origin.ANSWER) if text else _OPEN


def _option(text: str, options: tuple[str, ...]) -> str:
    """Return the form's own spelling of a choice; empty if it is none of them."""
    if not options:
        return text
    return next((one for one in options if _folded(one) == _folded(text)), "")


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _called_number(case: Case, field: FormField) -> _Filled:
    called, status = case.record.call.called, case.dnc
    if called.startswith("+"):
        return number_text(called, field.shape), Origin.RECORD
    if status and status.number:
        kept = case.record.dnc and case.record.dnc.number == status.number
        return number_text(status.number, field.shape), Origin.RECORD if kept else Origin.ANSWER
    return _OPEN


def _caller_number(case: Case, field: FormField) -> _Filled:
    return (number_text(case.number, field.shape), Origin.RECORD) if case.number else _OPEN


def _moment(otherwise: str) -> Callable[[Case, FormField], _Filled]:
    def fill_in(case: Case, field: FormField) -> _Filled:
        local = case.household.local_time
        return (moment_text(local, field.shape, otherwise), Origin.RECORD) if local else _OPEN

    return fill_in


def _subject(case: Case, field: FormField) -> _Filled:
    answered = _answered(case, field)
    if answered is not _OPEN or case.agency is None:
        return answered
    label = _option(case.agency.subjects.get(case.kind, ""), field.options)
    return (label, Origin.JURISDICTION) if label else _OPEN


def _yes_no(value: bool | None, field: FormField) -> _Filled:
    if value is None:
        return _OPEN
    return _option(YES if value else NO, field.options or ("Yes", "No")), Origin.ANSWER


def _medium(case: Case, field: FormField) -> _Filled:
    """Say that it was a call, which the record shows, unless the household says that it was a text message."""
    fitting = [option for option in field.options if ("text" in option.casefold()) is case.is_text]
    if len(fitting) != 1:
        return _OPEN
    return fitting[0], Origin.ANSWER if case.is_text else Origin.RECORD


def _call_type(case: Case, field: FormField) -> _Filled:
    answered = _answered(case, field)
    word = "text" if case.is_text else "prerecorded" if case.prerecorded else ""
    if answered is not _OPEN or not word:
        return answered
    fitting = [option for option in field.options if word in option.casefold()]
    return (fitting[0], Origin.ANSWER) if len(fitting) == 1 else _OPEN


def _narrative(case: Case, field: FormField) -> _Filled:
    return plain(fitted(sentences(case), field.longest), 10_000), Origin.RECORD


_FILLERS: Mapping[str, Callable[[Case, FormField], _Filled]] = {
    "called_number": _called_number,
    "caller_number": _caller_number,
    "call_date": _moment("%Y-%m-%d"),
    "call_time": _moment("%H:%M"),
    "prerecorded": lambda case, field: _yes_no(case.prerecorded, field),
    "business": lambda case, field: _yes_no(case.is_customer, field),
    "asked_to_stop": lambda case, field: _yes_no(case.asked_to_stop, field),
    "medium": _medium,
    SUBJECT: _subject,
    "call_type": _call_type,
    "narrative": _narrative,
}
