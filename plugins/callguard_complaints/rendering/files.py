"""The three files of a draft, in a folder of their own that only this user can read."""

from pathlib import Path

from callguard import Complaint, Draft
from callguard_complaints.profile import write_private
from callguard_complaints.rendering.document import document
from callguard_complaints.rendering.page import page
from callguard_complaints.rendering.text import text


def export(draft: Draft, complaint: Complaint, called_on: str, to: Path) -> list[Path]:
    """Write draft.json, draft.txt and draft.html below *to* and return their paths; OSError if that fails."""
    parts = (_name(part) for part in (called_on, draft.call_id, draft.agency))
    folder = to / "-".join(part for part in parts if part)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    contents = {
        "draft.json": document(draft, complaint),
        "draft.txt": text(draft, complaint),
        "draft.html": page(draft, complaint),
    }
    for name, content in contents.items():
        write_private(folder / name, content)
    return [folder / name for name in contents]


def _name(text: str) -> str:
    """Return what may stand in the name of a folder."""
    return "".join(
        character for character in text if character.isascii() and (character.isalnum() or character == "-")
    )
