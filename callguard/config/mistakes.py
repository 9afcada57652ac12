"""What is wrong in a configuration, in words for the person who wrote it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from callguard.config.origins import Origin, OriginKind

_MOST_PRINTED = 200
_LONGEST_LINE = 600
_LONGEST_WORD = 60
_ALIKE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing that is wrong or worth knowing, where it was written and what would be right.

    As text: `config.yaml:17: sip.accounts.0.adpter: unknown key (did you mean 'adapter'?); hint`.
    """

    origin: Origin
    key: str = ""
    "Dotted, list entries by number from 0; empty for the file as a whole."
    what: str
    suggestion: str = ""
    hint: str = ""

    def __str__(self) -> str:
        text = ": ".join(part for part in (str(self.origin), self.key, self.what) if part)
        text += f" (did you mean '{self.suggestion}'?)" if self.suggestion else ""
        return shown(text + (f"; {self.hint}" if self.hint else ""), _LONGEST_LINE)


class ConfigError(Exception):
    """The configuration cannot be used; `mistakes` holds everything that is wrong, in the order of the file."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(dict.fromkeys(mistakes), key=_place))
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        lines = [str(mistake) for mistake in self.mistakes[:_MOST_PRINTED]]
        more = len(self.mistakes) - len(lines)
        return "\n".join([*lines, f"and {more} more"] if more else lines)


def shown(text: str, limit: int = _LONGEST_WORD) -> str:
    """Return *text* fit for a terminal: control characters replaced, cut to *limit* characters."""
    head = text if len(text) <= limit else text[: limit - 1] + "…"
    return head if head.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in head)


def closest(word: str, candidates: Iterable[str]) -> str:
    """Return the candidate that *word* was probably meant to be, or nothing."""
    if len(word) > _LONGEST_WORD:
        return ""
    known = {candidate.lower(): candidate for candidate in candidates}
    found = get_close_matches(word.lower(), known, n=1, cutoff=_ALIKE)
    return known[found[0]] if found and known[found[0]] != word else ""


def dotted(path: Iterable[str | int]) -> str:
    """Return *path* as people write it: `sip.accounts.0.user`."""
    return ".".join(shown(step) if isinstance(step, str) else str(step) for step in path)


def _place(mistake: Mistake) -> tuple[bool, int, int]:
    return mistake.origin.kind is not OriginKind.FILE, mistake.origin.line, mistake.origin.column
