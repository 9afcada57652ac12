"""Telephone numbers: every spelling of a number is the same number, E.164."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

_NANP_CODE = 1
# Address books of telephones put invisible marks around a number that is copied.
_INVISIBLE = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_PUNCTUATION = str.maketrans("", "", " -.()/\u00a0\u2009\u202f\u2010\u2011\u2012\u2013\u2212" + _INVISIBLE)
_E164_DIGITS = 15  # ITU-T E.164 §6: at most fifteen digits
_LONGEST_TEXT = 80
_BETWEEN = re.compile(r"\.\.+|…|–|—|\bto\b| - ")
_MOST_DASHES = 12


class NotANumberError(ValueError):
    """A text that was expected to be a telephone number is not one."""


def to_e164(text: str, country: str) -> str | None:
    """Return *text* as E.164 (``+15551234567``) as somebody in *country* means it, or None.

    *country* is an ISO 3166 code such as ``US``. National, international, ``00`` and ``011`` spellings and
    ``tel:`` URIs (RFC 3966) are understood. Letters are refused: ``309xxxxxxx`` is a masked number, not a
    vanity number. Short codes, extensions of a PBX and impossible lengths yield None.
    """
    if len(text) > _LONGEST_TEXT:
        return None
    return _to_e164(text, country)


def require_e164(text: str, country: str) -> str:
    """Return *text* as E.164; NotANumberError says what is wrong with it, in words for its author."""
    number = to_e164(text, country)
    if number is None:
        raise NotANumberError(f"{text!r} is not a complete telephone number in {country} or abroad")
    return number


def to_prefix(text: str, country: str) -> str:
    """Return the beginning of numbers (``+44``, ``0900``, ``303 555``) as ``+`` and digits.

    Without ``+`` or what is dialled before numbers abroad (``00``, ``011``), it begins a national number of
    *country*. NotANumberError if it is none.
    """
    bare = _bare(text.strip().rstrip("*")) if len(text) <= _LONGEST_TEXT else ""
    for international in _dialled_abroad(country):
        if bare.startswith(international) and bare[len(international) :].isdecimal():
            return _checked_prefix("+" + _plain_digits(bare[len(international) :]), text)
    if not bare.isdecimal():
        raise NotANumberError(f"{text!r:.80} is not the beginning of a number: write it like +44 or 0900")
    return _checked_prefix(_national_prefix(_plain_digits(bare), country), text)


def to_range(text: str, country: str) -> tuple[str, str]:
    """Return the first and the last number of ``303 555 0100 to 303 555 0199``, in E.164 and equally long.

    `-`, `..` and `to` may stand between them, and the last one may be written by its end alone
    (``+1 303 555 0100-0199``). NotANumberError says what is wrong, in words for its author.
    """
    found = {ends for halves in _halves(text[: 2 * _LONGEST_TEXT]) if (ends := _ends(*halves, country))}
    if len(found) > 1:
        raise NotANumberError(f"{text!r:.80} can be read in several ways: write FIRST to LAST, each with its +")
    if not found:
        raise NotANumberError(
            f"{text!r:.80} is not a range in {country} or abroad: write two numbers of equal length, the smaller"
            " one first, like 303 555 0100 to 303 555 0199"
        )
    return found.pop()


def pretty(number: str, country: str) -> str:
    """Return an E.164 *number* as people in *country* read it: ``(303) 555-0188`` or ``+44 20 7946 0958``."""
    ten = number[2:]
    if number[:2] == "+1" and len(ten) == 10 and ten.isdecimal() and _country_code(country) == _NANP_CODE:
        return f"({ten[:3]}) {ten[3:6]}-{ten[6:]}"
    return _pretty(number, country)


@lru_cache(maxsize=1024)
def _pretty(number: str, country: str) -> str:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    abroad = parsed.country_code != phonenumbers.country_code_for_region(country)
    shape = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, shape.INTERNATIONAL if abroad else shape.NATIONAL)


def calling_code(number: str) -> str:
    """Return what an E.164 *number* begins with: ``+1``, ``+44``; '' if it is none. Loads no numbering plan."""
    if not (number.isascii() and number[:1] == "+" and number[1:].isdecimal()):
        return ""
    known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    return next((number[:end] for end in (2, 3, 4) if int(number[1:end]) in known), "")


def prepare(country: str) -> None:
    """Load the numbering plan of *country*, so that its first call is not judged 20 ms late."""
    phonenumbers.PhoneMetadata.metadata_for_region(country)


def known_country(country: str) -> bool:
    """Tell whether *country* is an ISO 3166 code that has a numbering plan."""
    return phonenumbers.country_code_for_region(country) != 0


@lru_cache(maxsize=8192)
def _to_e164(text: str, country: str) -> str | None:
    bare = _bare(text)
    if not bare or not _is_digits(bare[1:] if bare[0] == "+" else bare):
        return None
    return _nanp(bare, country) or _parsed(bare, country)


def _bare(text: str) -> str:
    text = text.strip()
    if text[:4].lower() == "tel:":
        text = text[4:]
    number, _, parameters = text.partition(";")
    context = next((p[14:] for p in parameters.split(";") if p[:14].lower() == "phone-context="), "")
    bare = number.translate(_PUNCTUATION)
    if "+" in number and "(0)" in number and not bare.startswith("+39"):  # in Italy the 0 is dialled from abroad too
        bare = number.replace("(0)", "").translate(_PUNCTUATION)
    return context.translate(_PUNCTUATION) + bare if context[:1] == "+" and bare[:1] != "+" else bare


def _is_digits(text: str) -> bool:
    return text.isdecimal()


def _nanp(bare: str, country: str) -> str | None:
    """Take the plain ten-digit shapes of the North American plan without phonenumbers (1.4 against 28 µs)."""
    if not bare.isascii():
        return None
    if bare[0] == "+":
        ten = bare[2:] if bare[1:2] == "1" else ""
    elif _country_code(country) == _NANP_CODE:
        ten = bare[1:] if len(bare) == 11 and bare[0] == "1" else bare
    else:
        ten = ""
    return "+1" + ten if len(ten) == 10 and ten[0] in "23456789" and ten[3] in "23456789" else None


def _parsed(bare: str, country: str) -> str | None:
    # People and PBXs write 00 in 011 countries and the other way round: the spelling that yields a number in
    # service wins over one that merely has a possible length.
    guesses = [bare, *("+" + bare[len(p) :] for p in ("011", "00") if bare.startswith(p))]
    possible = [p for p in (_possible(guess, country) for guess in guesses) if p is not None]
    best = next((p for p in possible if phonenumbers.is_valid_number(p)), possible[0] if possible else None)
    return None if best is None else phonenumbers.format_number(best, phonenumbers.PhoneNumberFormat.E164)


def _possible(guess: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(guess, country)
    except phonenumbers.NumberParseException:
        return None
    # Local-only lengths are refused: without its area code a number is nobody's in particular.
    fits = phonenumbers.is_possible_number_with_reason(parsed) == phonenumbers.ValidationResult.IS_POSSIBLE
    return parsed if fits else None


@lru_cache(maxsize=64)
def _country_code(country: str) -> int:
    return phonenumbers.country_code_for_region(country)


@lru_cache(maxsize=64)
def _dialled_abroad(country: str) -> tuple[str, ...]:
    # Only where it is dialled: 011 begins national numbers elsewhere, in Turin for one.
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(country)
    written = (metadata.preferred_international_prefix or metadata.international_prefix or "") if metadata else ""
    own = {written} if written.isdecimal() else set()
    return tuple(sorted({"+", "00"} | own, key=len, reverse=True))


def _plain_digits(digits: str) -> str:
    return digits if digits.isascii() else "".join(str(unicodedata.decimal(digit)) for digit in digits)


def _national_prefix(digits: str, country: str) -> str:
    trunk = phonenumbers.ndd_prefix_for_region(country, strip_non_digits=True) or ""
    if trunk and digits.startswith(trunk):
        digits = digits[len(trunk) :]
    return f"+{_country_code(country)}{digits}"


def _checked_prefix(prefix: str, text: str) -> str:
    if not 1 < len(prefix) <= _E164_DIGITS + 1:
        raise NotANumberError(f"{text!r} is not the beginning of a number: 1 to {_E164_DIGITS} digits")
    if prefix[1] == "0":
        raise NotANumberError(f"{text!r} is not the beginning of a number: no country code begins with 0")
    return prefix


def _halves(text: str) -> Iterator[tuple[str, str]]:
    """Yield every way to cut *text* into the two ends of a range."""
    clear = _BETWEEN.search(text)
    if clear:
        yield text[: clear.start()], text[clear.end() :]
        return
    dashes = [place for place, character in enumerate(text) if character in "-\u2010\u2011\u2012\u2212"]
    for place in dashes[:_MOST_DASHES]:
        yield text[:place], text[place + 1 :]


def _ends(first: str, last: str, country: str) -> tuple[str, str] | None:
    low, high = to_e164(first, country), to_e164(last, country)
    if low is None:
        return None
    if high is None or len(high) != len(low):
        tail = _bare(last)
        if not tail.isdecimal() or len(tail) > len(low) - 3:
            return None
        high = low[: -len(tail)] + _plain_digits(tail)
    return (low, high) if low <= high else None
