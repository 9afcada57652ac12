"""Problems: what is wrong, what it means and what to do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """How much a problem matters to the household."""

    DEAF = "deaf"
    "A line does not hear calls: nothing is blocked there."
    PROBLEM = "problem"
    "Something works less well than promised."
    NOTE = "note"
    "Worth knowing; nothing is broken."


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something a person should know, with its cure."""

    code: str
    "Stable, such as `line-deaf`; names the section in docs/doctor.md."
    severity: Severity
    what: str
    "One sentence in domain words."
    since: datetime
    cure: str
    "What to do about it, one sentence."
    where: str = ""
    "The line, plugin or file it is about."
