"""Lets the first person into the console: the one-time set-up code."""

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from callguard.access import Access, Person
from callguard.ambient import SystemRandomness


@dataclass(frozen=True, slots=True)
class Invitation:
    """How people get in."""

    code: str
    "Lets the first person in, once; empty if somebody has an account."
    people: tuple[Person, ...]


def invite(path: Path, now: datetime, code: str = "") -> Invitation:
    """Return who has an account and, if nobody has, a code: *code* while that is good, else a new one.

    It writes to the disk, so ask in a thread. AccessError if the file of people cannot be used.
    """
    with closing(Access.open(path, SystemRandomness())) as access:
        people = access.people()
        if people or (code and access.use_setup_code(code, now)):
            return Invitation("" if people else code, people)
        return Invitation(access.new_setup_code(now), people)
