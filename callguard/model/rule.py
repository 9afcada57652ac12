"""The household's rules: whom it allows, expects and blocks."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callguard.model.schedule import Schedule


class RuleList(StrEnum):
    """Which of the household's lists a rule is on, from the top of the ladder."""

    NEVER_BLOCK = "never-block"
    "Rung 1: rings whatever else is known."
    ALLOW = "allow"
    EXPECTED = "expected"
    "Rung 4: a timed “let everyone ring”, or the one call the household waits for."
    BLOCK = "block"


class RuleKind(StrEnum):
    """How a rule is compared with a call, and what its value is."""

    EXACT = "exact"
    "A number in E.164."
    PREFIX = "prefix"
    "The beginning of numbers: + and digits."
    RANGE = "range"
    "First and last number, both in E.164 and equally long: `+13035550100-+13035550199`."
    COUNTRY = "country"
    "ISO 3166 code of the country or territory the number belongs to: `GB`."
    TYPE = "type"
    "Kind of number by the numbering plan, such as `premium-rate` or `toll-free`."
    NAME = "name"
    "Text in the caller name, any case; `*` stands for any text."
    PRESENTATION = "presentation"
    "No number was shown: `withheld`, `unavailable` or `missing`."
    PATTERN = "pattern"
    "A regular expression over the E.164 number; the advanced form."
    ANYONE = "anyone"
    "Every call; its value is `*`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One wish of the household about some callers."""

    id: int = 0
    "Number in the store; 0 for a rule from config.yaml."
    list: RuleList
    kind: RuleKind
    value: str
    "In the canonical form of its kind."
    note: str = ""
    line: str = ""
    "Only on this line; empty: on every line."
    schedule: Schedule | None = None
    "Only at these hours, by the clock of the line that rings."
    until: datetime | None = None
    "From then on it does not apply any more."
    uses_left: int | None = None
    "How many more calls it may decide; None: any number."
    created_at: datetime | None = None
    origin: str = ""
    "Where it was written: `config.yaml:41`, or who set it."

    @property
    def locked(self) -> bool:
        """Whether it stands in a file that CallGuard never rewrites."""
        return self.id == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of the household's data, kept so that it can be explained and undone."""

    id: int
    at: datetime
    by: str
    "Who did it: a user name, `console`, a plugin."
    what: str
    "Kind of change: `rule-added`, `rule-removed`, `contacts-replaced`, `setting-changed`, `rule-expired`, `undone`."
    subject: str
    "What it was about, one line for people."
    undone_by: int | None = None
    "The change that took it back."
    about: str = ""
    "`rules`, `book:NAME`, `setting:KEY`, `relationship:ID`, `complaint:CALL:AGENCY` …: who may take it back differs."
