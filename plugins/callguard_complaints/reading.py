"""What the daemon answers, read back into drafts, to be rendered."""

from collections.abc import Mapping

from pydantic import TypeAdapter, ValidationError

from callguard import Complaint, Draft

_DRAFT = TypeAdapter(Draft)
_COMPLAINT = TypeAdapter(Complaint)


class UnreadableError(Exception):
    """The daemon's answer is no draft, in words for the person who asked."""


def draft_in(answer: Mapping[str, object]) -> Draft:
    """Return the draft in the answer to `complaint-draft`."""
    try:
        return _DRAFT.validate_python(answer.get("draft"))
    except ValidationError as error:
        raise UnreadableError("that is no draft; is the daemon of another version?") from error


def complaint_in(answer: Mapping[str, object]) -> Complaint:
    """Return what the household said and did, in the answer to `complaint-draft`."""
    try:
        return _COMPLAINT.validate_python(answer.get("complaint"))
    except ValidationError as error:
        raise UnreadableError("that is no complaint; is the daemon of another version?") from error
