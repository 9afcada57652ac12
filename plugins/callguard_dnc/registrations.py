"""A file of registered numbers, as a small business or a test may have one; never the registry's own list."""

from collections.abc import Iterable
from datetime import date

_MOST_LINES = 100_000
_LONGEST_LINE = 80


def registered_on(lines: Iterable[str], number: str, file_from: date) -> date | None:
    """Return since when *number* (E.164) is registered by the file; None if the file does not name it.

    A line is `303,5550100` or `+13035550100`, and may end in `,2026-03-01`. Without a day that of the file counts
    (*file_from*): the number was there at the latest then. What is no such line is passed over.
    """
    for count, line in enumerate(lines):
        if count >= _MOST_LINES:
            return None
        found, day = _entry(line[:_LONGEST_LINE].strip())
        if found == number:
            return day or file_from
    return None


def _entry(line: str) -> tuple[str, date | None]:
    parts = [part.strip() for part in line.split(",")]
    day = _day(parts[-1])
    if day is not None:
        parts.pop()
    digits = "".join(parts)
    if digits.startswith("+"):
        return (digits, day) if len(parts) == 1 and digits[1:].isdecimal() and digits.isascii() else ("", None)
    fits = [len(part) for part in parts] == [3, 7] and digits.isdecimal() and digits.isascii()
    return (f"+1{digits}", day) if fits else ("", None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text[4:5] == "-" else None
    except ValueError:
        return None
