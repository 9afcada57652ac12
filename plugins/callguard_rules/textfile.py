"""Reads plain text: one number a line, perhaps with a name after it."""

import re

from callguard import RuleKind
from callguard_rules.proposals import Row, Rows, lines_of, proposed, refused

_NUMBER = re.compile(r"(?:tel:)?[+0-9 ()./\-\u00a0\u2010-\u2013*]*", re.IGNORECASE)
_SEPARATORS = "\t,;|"
_QUOTED = " \t\r\n\"'"
_LONGEST_LINE = 1000


def read_text(data: bytes) -> Rows:
    """Yield what each line of *data* says.

    `#` begins a comment, `*` at the end of a number means every number that begins so, and what follows a number
    is its note. UnreadableFileError if it is no text.
    """
    for number, line in enumerate(lines_of(data), start=1):
        yield _row(number, line)


def _row(number: int, line: str) -> Row:
    if len(line) > _LONGEST_LINE:
        return refused(number, line[:80], f"longer than {_LONGEST_LINE} characters")
    text, _, comment = line.partition("#")
    if not text.strip():
        return None
    value, note = _cut(text.strip(_QUOTED))
    if not any(character.isdecimal() for character in value):
        return refused(number, text, "no number at its beginning")
    kind = RuleKind.PREFIX if value.endswith("*") else RuleKind.EXACT
    return proposed(number, kind, value, note=note or comment.strip(), text=text)


def _cut(text: str) -> tuple[str, str]:
    """Cut *text* behind the number: at a separator, else at the space before the first word."""
    for place, character in enumerate(text):
        if character in _SEPARATORS:
            return text[:place].strip(), text[place + 1 :].strip(_SEPARATORS + _QUOTED)
    match = _NUMBER.match(text)
    end = match.end() if match else 0
    if end < len(text):  # a word begins here: it must stand by itself, for 309xxxxxxx is a masked number
        end = max(text.rfind(" ", 0, end), text.rfind("*", 0, end)) + 1
    return text[:end].strip(" -\u2013"), text[end:].strip(" -\u2013\"'")
