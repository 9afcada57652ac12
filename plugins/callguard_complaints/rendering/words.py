"""What the text and the page say alike."""

from collections.abc import Mapping

from callguard import Draft, Eligibility

NOT_SUBMITTED = "This is a draft. Nothing has been submitted: you file it yourself, on the agency's own page."
CAUTION = "Read every line before you file it: it is your statement. File only what you know to be true."
_HEADLINES = {
    Eligibility.ELIGIBLE: "You may complain about this call.",
    Eligibility.ROBOCALL_ONLY: "You may complain only if it was a prerecorded sales call.",
    Eligibility.NEEDS_ANSWERS: "Some questions are open; until they are answered, nobody can say.",
    Eligibility.NOT_ELIGIBLE: "By what is known, you cannot complain about this call.",
    Eligibility.OTHER_AGENCY: "Somebody else takes complaints about such calls.",
    Eligibility.NO_FORM: "No complaint form is known; this is for your own files.",
}


def headline(draft: Draft) -> str:
    """Return in one sentence whether one may complain."""
    return _HEADLINES[draft.assessment.eligibility]


def piece_words(piece: Mapping[str, str]) -> str:
    """Return one piece of evidence on one line."""
    return "; ".join(f"{key.replace('_', ' ')}: {value}" for key, value in piece.items())


def title(draft: Draft) -> str:
    """Return what the draft is."""
    to = f" to the {draft.agency_name}" if draft.agency_name else ""
    return f"Complaint{to} about call {draft.call_id} (draft)"
