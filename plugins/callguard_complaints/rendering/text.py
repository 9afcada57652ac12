"""A draft as plain text: the fields in the form's order, ready to be copied."""

from collections.abc import Iterator

from callguard import Complaint, Draft, DraftField, plain
from callguard_complaints.rendering.words import CAUTION, NOT_SUBMITTED, headline, piece_words, title

_WIDEST = 10_000


def text(draft: Draft, complaint: Complaint) -> str:
    """Return `draft.txt`."""
    return "\n".join(plain(line, _WIDEST) for line in _lines(draft, complaint)) + "\n"


def _lines(draft: Draft, complaint: Complaint) -> Iterator[str]:
    yield title(draft)
    yield NOT_SUBMITTED
    yield from ("", f"So far: {complaint.state.value}{_filed(complaint)}")
    yield headline(draft)
    yield from _section("", [*draft.assessment.reasons, *(f"Warning: {one}" for one in draft.assessment.warnings)])
    if draft.assessment.deadline:
        yield f"File it by {draft.assessment.deadline}."
    yield from _section("Still open", [f"{one.text} ({one.key})" for one in draft.assessment.questions])
    if draft.fields:
        yield from ("", f"The form, {draft.agency_url}", "")
        yield from (_field(one) for one in draft.fields)
        yield from _section("Nobody has filled yet, and the form needs", draft.unanswered)
    yield from ("", "What happened", draft.narrative)
    yield from _section("Evidence", [piece_words(piece) for piece in draft.evidence])
    yield from _section("Other calls of the same campaign, each a complaint of its own", draft.related)
    yield from ("", CAUTION)


def _section(heading: str, items: list[str] | tuple[str, ...]) -> Iterator[str]:
    if items:
        yield from ("", heading) if heading else ()
        yield from (f"- {item}" for item in items)


def _field(field: DraftField) -> str:
    if field.value:
        return f"{field.label}: {field.value}"
    choices = f" (one of: {'; '.join(field.options)})" if 0 < len(field.options) <= 24 else ""
    return f"{field.label}: ________{choices}"


def _filed(complaint: Complaint) -> str:
    on = f" on {complaint.filed_on}, by yourself" if complaint.filed_on else ""
    return f"{on}, reference {complaint.reference}" if complaint.reference else on
