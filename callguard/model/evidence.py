"""What checks say about a call, and what it means when one does not answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

Fact = str | int | float | bool | None


class Rung(IntEnum):
    """The ladder of the household's policy, from the top; the first rung that speaks decides."""

    EMERGENCY = 1
    ALLOW_LIST = 2
    CONTACTS = 3
    EXPECTED = 4
    BLOCK_LIST = 5
    SIGNALS = 6
    UNKNOWN = 7

    @property
    def words(self) -> str:
        """What people call this rung."""
        return _RUNG_WORDS[self]


_RUNG_WORDS = {
    Rung.EMERGENCY: "emergency and never-block numbers",
    Rung.ALLOW_LIST: "your allow list",
    Rung.CONTACTS: "your contacts",
    Rung.EXPECTED: "expecting a call",
    Rung.BLOCK_LIST: "your block list",
    Rung.SIGNALS: "signals",
    Rung.UNKNOWN: "unknown callers",
}


class Leaning(StrEnum):
    """Which way a piece of evidence points."""

    WANTED = "wanted"
    UNWANTED = "unwanted"
    NEUTRAL = "neutral"
    "Worth recording, means nothing for the verdict."


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One finding of one check about one call: a code and facts, never prose, never a decision."""

    code: str
    "Stable and short, such as `blocked-number`; with `source` it finds the sentence that explains it."
    leaning: Leaning
    rung: Rung = Rung.SIGNALS
    "Where on the ladder it speaks; a plugin must have declared every rung but SIGNALS in `speaks_on`."
    weight: int = 0
    "0 to 100, how strongly a signal leans; other rungs have no weight."
    proof: bool = False
    "A signal that suffices alone, such as a number that cannot exist."
    basis: str = ""
    "What a signal rests on, such as `complaints`; empty: the plugin itself. However many say it, it counts once."
    doubts: str = ""
    """The basis that this finding makes doubtful: signals resting on it may screen, but no longer help to block.

    On the block list: that somebody is known on no other basis does not let the call through any more.
    """
    log_only: bool = False
    "The household only wants to see what this signal would have done; it is recorded and counts for nothing."
    facts: Mapping[str, Fact] = field(default_factory=dict)
    "What was found, for the sentence and for judging again later."
    version: str = ""
    "Which version of a list or of data files said so."
    source: str = ""
    "The plugin's name; filled in by CallGuard."


class FailureKind(StrEnum):
    """How a check failed to answer."""

    RAISED = "raised"
    TIMED_OUT = "timed-out"
    NONSENSE = "nonsense"
    "It returned something that is no evidence."
    RESTING = "resting"
    "It failed so often that it is not asked for a while."
    BUSY = "busy"
    "It still hangs in an earlier call."


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A check that did not answer: the call went on without it, and the record says so."""

    source: str
    kind: FailureKind
    error: str = ""
    "One line, control characters removed."
    rungs: tuple[Rung, ...] = (Rung.SIGNALS,)
    "Where it might have spoken; a rung below must not block while one above could not answer."
