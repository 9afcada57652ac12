"""A rule of the household's allow or block list."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RuleList(StrEnum):
    """Which of the household's two lists a rule is on."""

    ALLOW = "allow"
    BLOCK = "block"


class RuleKind(StrEnum):
    """How a rule is compared with a caller's number."""

    EXACT = "exact"
    PREFIX = "prefix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One number, or all numbers with one beginning, that the household wants to hear from or not."""

    id: int = 0
    "Number in the store; 0 for a rule from config.yaml."
    list: RuleList
    kind: RuleKind
    value: str
    "E.164, or the beginning of it."
    note: str = ""
    created_at: datetime | None = None
    origin: str = ""
    "Where it was written: `config.yaml:41`, or who set it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of the household's data, kept so that it can be explained and undone."""

    id: int
    at: datetime
    by: str
    "Who did it: a user name, `console`, a plugin."
    what: str
    "Kind of change: `rule-added`, `rule-removed`, `undone`."
    subject: str
    "What it was about, one line for people."
    undone_by: int | None = None
    "The change that took it back."
