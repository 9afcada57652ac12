"""The telephone number in a complaint: typed by an annoyed person, or copied from a display that lied."""

import re
from enum import StrEnum

import phonenumbers

from callguard import to_e164


class Odd(StrEnum):
    """Why a row of a complaint file is not counted."""

    BLANK = "blank"
    "No number was given."
    LETTERS = "letters"
    "`951677xxxx` is a masked number and `none` is none; a telephone's keypad would turn both into digits."
    MASKED = "masked"
    "Digits were left out on purpose or are in doubt: `781558****`, `321503203?`."
    PUNCTUATION = "punctuation"
    "Something between the digits that is in no telephone number, such as a comma between two of them."
    NO_AREA_CODE = "no-area-code"
    "Seven digits; guessing the complainant's own area code would list a neighbour."
    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    IMPOSSIBLE = "impossible"
    "The right length, but no number begins so: an area code or an exchange with 0 or 1, or a country without it."
    COLUMNS = "columns"
    "Too few or too many columns."
    DATE = "date"
    "The day of the complaint cannot be read."
    FUTURE = "future"
    "The complaint is dated after the file was fetched; it would never age."
    SPOOFED = "spoofed-victim"
    "The complainant's own number was misused by others: the number is a victim's."
    TEXT_MESSAGE = "text-message"
    "It is about a text message, not a call."


# NANP: the area code and the exchange begin with 2 to 9. Whether they are in service is not asked: a false caller ID
# need not be, and what is unassigned is another plugin's business.
_NANP = re.compile(r"(?:\+?1)?([2-9][0-9]{2}[2-9][0-9]{6})")
_NANP_CODE = 10_000_000_000
_PUNCTUATION = str.maketrans("", "", " -.()/\u00a0\u2010\u2011\u2012\u2013\u2212")
_ABROAD = ("+", "00", "011")
_LONGEST_TEXT = 80


def read_number(text: str) -> int | Odd:
    """Return the number that *text* means to somebody in the United States, E.164 without +, or why it is none."""
    # Nineteen of twenty are ten plain digits; without a pattern they take two thirds of the time.
    if len(text) == 10 and text.isdecimal() and text.isascii() and text[0] > "1" and text[3] > "1":
        return _NANP_CODE + int(text)
    return _unusual(text.strip())


def _unusual(text: str) -> int | Odd:
    if not text:
        return Odd.BLANK
    if len(text) > _LONGEST_TEXT:
        return Odd.TOO_LONG
    if any(character.isalpha() for character in text):
        return Odd.LETTERS
    if any(character in "_*?" for character in text):
        return Odd.MASKED
    # An extension (`;222`, `#1`) does not make it another caller.
    bare = text.partition(";")[0].partition("#")[0].translate(_PUNCTUATION)
    digits = bare.removeprefix("+")
    if not digits.isdecimal() or not digits.isascii():
        return Odd.PUNCTUATION
    match = _NANP.fullmatch(bare)
    if match:
        return _NANP_CODE + int(match[1])
    return (bare.startswith(_ABROAD) and _abroad(bare)) or _misfit(digits)


def _abroad(bare: str) -> int | None:
    """Return the number with a country code, if it is one in service; only here is a guess about its parts made."""
    number = to_e164(bare, "US")
    if number is None:
        return None
    if number.startswith("+1"):
        return int(number[1:]) if _NANP.fullmatch(number) else None
    return int(number[1:]) if phonenumbers.is_valid_number(phonenumbers.parse(number)) else None


def _misfit(digits: str) -> Odd:
    if len(digits) == 7:
        return Odd.NO_AREA_CODE
    if len(digits) < 10:
        return Odd.TOO_SHORT
    complete = len(digits) == 10 or (len(digits) == 11 and digits[0] == "1")
    return Odd.IMPOSSIBLE if complete else Odd.TOO_LONG
