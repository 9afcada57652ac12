"""People the household knows."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One person or company in one of the household's address books."""

    book: str
    "Which address book it came from: a file's name, `carddav:family`."
    uid: str
    "Unique within the book; stays the same from one import to the next."
    name: str
    numbers: tuple[str, ...] = ()
    "In E.164, none twice."


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintance:
    """What the house itself had to do with a number lately, as far as its lines can tell."""

    number: str
    dialled_at: datetime | None = None
    "When the household last called it."
    answered_at: datetime | None = None
    "When somebody of the household last took a call from it."
