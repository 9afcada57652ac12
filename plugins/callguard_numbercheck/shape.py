"""Numbers that cannot exist, and numbers that no plan knows."""

from typing import NamedTuple

from phonenumbers import PhoneNumberType

from callguard import Caller, Evidence, Presentation, plain
from callguard_numbercheck.findings import against
from callguard_numbercheck.plan import DATA, country_of, is_valid, kind_of, nanp

_E164_DIGITS = 15  # ITU-T E.164 §6: at most fifteen digits
_SHORT = 7  # short codes, extensions and local numbers, which PBXs show as they are
_LONGEST_TEXT = 80
_PUNCTUATION = str.maketrans("", "", " -.()/\u00a0")
_PLACES = frozenset({PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_N11_COUNTRIES = frozenset({"US", "CA"})


class Flaw(NamedTuple):
    """What is wrong with a number."""

    part: str
    digits: str
    certain: bool
    "No number anywhere can look like that, however it was mangled on its way."


def impossible(caller: Caller, *, people_abroad: bool) -> Evidence | None:
    """Say whether the presented number cannot exist.

    A proof only where nothing else explains it. *people_abroad*: a foreign number that lost its country code on the
    way is to be expected, so ten bare digits prove nothing.
    """
    if caller.presentation is not Presentation.SHOWN:
        return None
    flaw = _flaw_of_number(caller.number, caller.text, people_abroad) if caller.number else _flaw_of_text(caller.text)
    if flaw is None:
        return None
    shown = caller.number or plain(caller.text, _LONGEST_TEXT)
    return against("impossible-number", proof=flaw.certain, number=shown, part=flaw.part, digits=flaw.digits)


def invalid(number: str) -> Evidence | None:
    """Say whether *number* is one that its country's plan does not know; no proof, because plans grow."""
    return None if is_valid(number) else against("invalid-number", version=DATA, number=number)


def _flaw_of_number(number: str, text: str, people_abroad: bool) -> Flaw | None:
    ten = nanp(number)
    if ten is None:
        return None  # what is no possible number of another country has not become a number at all
    area, exchange = ten[:3], ten[3:6]
    if area[0] in "01" or area[1:] == "11":
        return Flaw("the area code", area, _certain(ten, text, people_abroad))
    if exchange[0] in "01" or (exchange[1:] == "11" and _has_exchanges(number)):
        return Flaw("the exchange", exchange, _certain(ten, text, people_abroad))
    return None


def _has_exchanges(number: str) -> bool:
    """Tell whether the digits after the area code are an exchange: 1-866-611-… is a toll-free number in use."""
    return kind_of(number) in _PLACES and country_of(number) in _N11_COUNTRIES


def _certain(ten: str, text: str, people_abroad: bool) -> bool:
    bare = text.translate(_PUNCTUATION)
    if bare and bare != ten:
        return True  # it claims the North American plan by its country code
    return not people_abroad and ten[0] not in "01"  # 0612345678 is a national number of somewhere else


def _flaw_of_text(text: str) -> Flaw | None:
    bare = text.strip()[:_LONGEST_TEXT].translate(_PUNCTUATION)
    international = bare[:1] == "+"
    digits = bare[1:] if international else bare
    if len(digits) <= _SHORT or not (digits.isascii() and digits.isdecimal()) or not digits.strip("0"):
        return None
    if not international and is_valid("+" + digits):
        return None  # from abroad, only the plus is missing
    certain = international and len(digits) > _E164_DIGITS
    return Flaw("a length of", f"{len(digits)} digits", certain)
