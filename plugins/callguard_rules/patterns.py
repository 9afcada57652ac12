"""Regular expressions over numbers, all of them in one pass by RE2, which cannot backtrack."""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Protocol, cast

CURE = "install callguard-home with the extra [regex] (the library google-re2)"
_MEMORY = 2 * 1024 * 1024


class _Set(Protocol):
    def Add(self, pattern: str) -> int: ...  # noqa: N802  (its own spelling)

    def Compile(self) -> object: ...  # noqa: N802

    def Match(self, text: str) -> list[int] | None: ...  # noqa: N802


class _Sets(Protocol):
    def SearchSet(self, options: object) -> _Set: ...  # noqa: N802


class _Options(Protocol):
    log_errors: bool
    max_mem: int


class _Re2(Protocol):
    """The part of google-re2 that is used here."""

    error: type[Exception]
    Set: _Sets
    Options: Callable[[], _Options]


class PatternsUnavailableError(Exception):
    """The library that matches patterns is not installed."""


class Patterns:
    """Patterns that are looked for together; PatternsUnavailableError without the library."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self.unusable: list[int] = []
        "Places of the patterns that RE2 does not take; they match nothing."
        self._sets = list(self._compiled(_library(), patterns, 0))

    def found_in(self, number: str) -> list[int]:
        """Return the places of the patterns that *number* matches, in order."""
        return [start + place for start, compiled in self._sets for place in sorted(compiled.Match(number) or ())]

    def _compiled(self, re2: _Re2, patterns: Sequence[str], start: int) -> Iterator[tuple[int, _Set]]:
        """Compile *patterns* in as few sets as possible: one that is broken or too large must not spoil the rest."""
        try:
            yield start, _set_of(re2, patterns)
        except (re2.error, UnicodeEncodeError):
            if len(patterns) == 1:
                self.unusable.append(start)
                return
            half = len(patterns) // 2
            yield from self._compiled(re2, patterns[:half], start)
            yield from self._compiled(re2, patterns[half:], start + half)


def _set_of(re2: _Re2, patterns: Sequence[str]) -> _Set:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    together = re2.Set.SearchSet(options)
    for pattern in patterns:
        together.Add(pattern)
    together.Compile()
    return together


def _library() -> _Re2:
    try:
        return cast(_Re2, import_module("re2"))
    except ImportError as error:
        raise PatternsUnavailableError from error
