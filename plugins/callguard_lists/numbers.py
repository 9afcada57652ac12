"""Turns rows of a list into entries: every spelling of a number is one number, and nothing stands for too many."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache

from callguard import Category, Entry, NotANumberError, to_e164, to_prefix
from callguard_lists.rows import Row, Skipped
from callguard_lists.words import category_of

INTERNATIONAL = "international"
"""Instead of a country: numbers without + begin with their country code."""
_LONGEST_TEXT = 40
_LONGEST_NUMBER = 16
"""+ and fifteen digits (ITU-T E.164 §6)."""
_SHORTEST_PREFIX = 4
"""Digits; shorter beginnings are whole countries, which only the household itself should block."""
_MOST_REPORTS = 1_000_000
_PATTERN_DIGITS = "+0123456789"
_CODE = 5
"""Characters that hold + and any country code, which has three digits at most."""
_SOME_DIGITS = "2345678923456789" * 3
"""They make a plausible number of any pattern whose length is right."""


class Normaliser:
    """Reads rows as their author in *country* meant them; pure, one for each list."""

    def __init__(self, country: str, *, category: Category = Category.UNKNOWN, today: date) -> None:
        self._country = country
        self._code = "" if country == INTERNATIONAL else to_prefix("9", country)[1:-1]
        self._category = category
        self._today = today

    def entry(self, row: Row) -> Entry | Skipped:
        """Return what *row* says, or why it says nothing."""
        text = row.text.strip()
        found = self._number(text)
        if not found.startswith("+"):
            return Skipped(found, text)
        reports = _reports(row.reports)
        if reports < 1:
            return Skipped("no-reports", text)
        return Entry(
            number=found.rstrip("*"),
            prefix=found.endswith("*"),
            category=category_of(row.category) if row.category else self._category,
            reports=reports,
            weight=float(reports),
            last_seen=_day(row.last_seen, self._today),
        )

    def _number(self, text: str) -> str:
        """Return E.164, with `*` for a beginning; else a reason, which never begins with +."""
        if not text:
            return "blank"
        if len(text) > _LONGEST_TEXT:
            return "too-long"
        if text[-1] == "*":
            return self._beginning(text)
        if "#" in text:
            return self._pattern(text)
        return self._plain(text) or _why_not(text)

    def _plain(self, text: str) -> str | None:
        if self._country == INTERNATIONAL:
            return _abroad(_international(text))
        number = to_e164(text, self._country)
        return number if number and _is_plausible(number) else None

    def _beginning(self, text: str) -> str:
        if "*" in text.rstrip("*") or "#" in text:
            return "wildcard-inside"
        try:
            found = to_prefix(_international(text), "US") if self._country == INTERNATIONAL else self._national(text)
        except NotANumberError:
            return _why_not(text)
        return f"{found}*" if len(found) > _SHORTEST_PREFIX else "too-broad"

    def _national(self, text: str) -> str:
        return to_prefix(text, self._country)

    def _pattern(self, text: str) -> str:
        """Return the beginning that `33162######` stands for, if it stands for exactly the numbers that begin so."""
        stem = text.rstrip("#")
        if not stem:
            return "too-broad"
        if any(character not in _PATTERN_DIGITS for character in stem):
            return _why_not(stem)
        sample = stem + _SOME_DIGITS[: len(text) - len(stem)]
        number = None if stem.startswith(self._code) else self._plain(sample)
        written = "+" + sample.lstrip("+")
        # Whose trunk prefix was taken out of the middle (993 8…) is another number than the pattern says.
        number = number or (written if _abroad(written) == written else None)
        # Where numbers have several lengths, the beginning would cover more than the pattern says.
        if number is None or not _has_one_length(number[:_CODE], len(number)):
            return "pattern-length"
        beginning = number[: len(stem) - len(text)]
        return f"{beginning}*" if len(beginning) > _SHORTEST_PREFIX else "too-broad"


def _international(text: str) -> str:
    return text if text[0] == "+" or text.startswith("00") else "+" + text


def _abroad(text: str) -> str | None:
    """Return a number that is written with its country code."""
    number = to_e164(text, "US")
    return number if number and _is_plausible(number) else None


@lru_cache(maxsize=1024)
def _has_one_length(code: str, length: int) -> bool:
    """Tell whether numbers of the country whose + and code *code* begins with have this length, and no other near."""
    alike = (code + _SOME_DIGITS)[:length]
    return not (_abroad(alike + "2") or _abroad(alike[:-1]))


def _is_plausible(number: str) -> bool:
    """Tell whether a number may be somebody's: lists are full of `0000000000`."""
    if len(number) > _LONGEST_NUMBER or len(set(number[3:])) == 1:
        return False
    return number[1] != "1" or (number[2] in "23456789" and number[5] in "23456789")


def _why_not(text: str) -> str:
    if any(character.isalpha() for character in text):
        return "letters"
    if not text.strip("*#"):
        return "too-broad"
    return "wildcard-inside" if "*" in text or "#" in text else "not-a-number"


def _reports(text: str) -> int:
    """Return how often a number was reported: 1 if the list does not count, 0 if it says nobody did."""
    text = text.strip()
    if not text:
        return 1
    whole = text.partition(".")[0]
    if not (whole.isascii() and whole.isdecimal()):
        return 0 if text[:1] == "-" else 1
    return min(int(whole[:9]), _MOST_REPORTS)


def _day(text: str, today: date) -> date | None:
    """Return the day that *text* (ISO date, seconds or milliseconds since 1970) names; never one to come."""
    text = text.strip()
    for read in _READERS:
        try:
            return min(read(text), today)
        except (ValueError, OverflowError, OSError):
            continue
    return None


def _iso(text: str) -> date:
    return date.fromisoformat(text[:10])


def _epoch(text: str) -> date:
    if not 9 <= len(text) <= 14:
        raise ValueError(text)
    count = int(text)
    return datetime.fromtimestamp(count / 1000 if count > 99_999_999_999 else count, UTC).date()


_READERS: tuple[Callable[[str], date], ...] = (_epoch, _iso)
