"""Reads NCID's ncidd.blacklist and ncidd.whitelist.

A line holds expressions, each a word or a text in double quotes, and perhaps a comment; `#= NAME` names the caller
(ncidd.blacklist(5)). With `regex = 0`, `^` ties an expression to the beginning and `1?` makes a leading 1 optional;
else an expression is found anywhere in number or name. With `regex = 1` or `2` they are regular expressions.
"""

import re
from collections.abc import Iterator

from callguard import RuleKind
from callguard_rules.proposals import Refused, Row, Rows, lines_of, proposed, refused

_LONGEST_LINE = 4096
_WORD = re.compile(r'"([^"]*)"|(\S+)')
_LEADING_ONE = re.compile(r"1\?|\(1\)\?|\[1\]\?|\\?\+?1\?")
_CHOICE = re.compile(r"\((\d+(?:\|\d+)*)\)(\d*)", re.ASCII)
_DIGITS = re.compile(r"(?:\(\d+\) ?)?\d+(?:[.\- ]\d+)*", re.ASCII)
_REGEX_SIGNS = frozenset("\\[](){}*+?|$^")
_FEWEST_DIGITS = 7
_HIDDEN = {
    "PRIVATE": "withheld",
    "ANONYMOUS": "withheld",
    "BLOCKED": "withheld",
    "OUT-OF-AREA": "unavailable",
    "OUT OF AREA": "unavailable",
    "UNAVAILABLE": "unavailable",
    "NO-NUMBER": "missing",
    "NO NUMBER": "missing",
}
_PATTERN = "a regular expression: see `callguard block --pattern` for what it could become"
_ANYWHERE = "NCID finds these digits anywhere in a number; write ^ before them if numbers shall begin so"
_ANCHORED_NAME = "NCID means names that begin so, and CallGuard would find it anywhere in a name: add it yourself"


def read_ncid(data: bytes) -> Rows:
    """Yield what each expression of *data* says; UnreadableFileError if it is no text."""
    for number, line in enumerate(lines_of(data), start=1):
        if len(line) > _LONGEST_LINE:
            yield refused(number, line[:80], f"longer than {_LONGEST_LINE} characters")
            continue
        if _is_open(line):
            yield refused(number, line, "a double quote is not closed")
            continue
        words, note = _words(line)
        if not words:
            yield None
        for word in words:
            yield from _rows(number, word, note)


def _is_open(line: str) -> bool:
    return any(match[2] and match[2].startswith('"') for match in _WORD.finditer(line.partition(" #")[0]))


def _words(line: str) -> tuple[list[str], str]:
    """Return the expressions of a line and what its comment says."""
    words: list[str] = []
    for match in _WORD.finditer(line):
        if match[2] and match[2].startswith("#"):
            return words, line[match.start() + 1 :].lstrip("= ").strip()
        words.append(match[1] if match[2] is None else match[2])
    return [word for word in words if word.strip()], ""


def _rows(line: int, word: str, note: str) -> Iterator[Row]:
    if word.upper() in _HIDDEN:
        yield proposed(line, RuleKind.PRESENTATION, _HIDDEN[word.upper()], note=note)
        return
    parts = word.split("|") if "(" not in word else [word]
    found = [row for part in parts for row in _translated(line, part, note)]
    broken = next((row for row in found if isinstance(row, Refused)), None)
    # Half of an alternative would be another rule than the one its author wrote.
    yield from [refused(line, word, broken.why)] if broken else found


def _translated(line: int, word: str, note: str) -> Iterator[Row]:
    bare = word.removeprefix("^")
    anchored = bare != word
    one = _LEADING_ONE.match(bare)
    bare = bare[one.end() :] if one else bare
    anchored = anchored or one is not None
    whole = bare.endswith("$")
    bare = bare.removesuffix("$").removesuffix(".*")
    choice = _CHOICE.fullmatch(bare)
    numbers = [first + choice[2] for first in choice[1].split("|")] if choice else [bare]
    for number in numbers:
        yield _number(line, number, word, note, anchored=anchored, whole=whole) or _name(line, word, note)


def _number(line: int, number: str, word: str, note: str, *, anchored: bool, whole: bool) -> Row:
    if not _DIGITS.fullmatch(number):
        return None
    if anchored and not whole:
        return proposed(line, RuleKind.PREFIX, number, note=note)
    if sum(map(str.isdecimal, number)) < _FEWEST_DIGITS:
        return refused(line, word, _ANYWHERE)
    return proposed(line, RuleKind.EXACT, number, note=note)


def _name(line: int, word: str, note: str) -> Row:
    if _REGEX_SIGNS & set(word.removeprefix("^")) or ".*" in word:
        return refused(line, word, _PATTERN)
    if word.startswith("^"):
        return refused(line, word, _ANCHORED_NAME)
    return proposed(line, RuleKind.NAME, word, note=note)
