"""How networks and PBXs spell telephone numbers in SIP, read as somebody with this line means them."""

from functools import lru_cache

import phonenumbers

from callguard import to_e164

_SHORTEST = 7  # shorter ones are extensions, service codes or local numbers without their area code
_SHORTEST_NATIONAL = 9  # without trunk prefix; shorter ones are more likely local
_LONGEST = 40
_PUNCTUATION = str.maketrans("", "", "-.() /")
_NANP = 1


def e164(text: str, context: str, country: str) -> str | None:
    """Return the number in a SIP user part or tel URI as E.164, None if it is none that the public network has.

    Understood: ``+E.164``, the same without ``+`` (sipgate, Vonage, 1&1), national with or without trunk prefix,
    ``00`` and ``011`` (PBXs), and a *context* such as ``+49`` (RFC 3966 §5.1.5). Codes with ``*`` or ``#`` and
    extensions are None.
    """
    if len(text) > _LONGEST or len(context) > _LONGEST:
        return None
    return _e164(text, context, country)


@lru_cache(maxsize=4096)
def _e164(text: str, context: str, country: str) -> str | None:
    written = text.translate(_PUNCTUATION)
    if context[:1] == "+" and written[:1] != "+":
        written = context.translate(_PUNCTUATION) + written
    digits = written.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) < _SHORTEST:
        return None
    guesses = _guesses(written, digits, country)
    numbers = [number for guess in guesses if (number := to_e164(guess, country)) is not None]
    if len(numbers) > 1:
        # Both are possible by length: then an assigned number is likelier than one that nobody can have.
        return next((number for number in numbers if _assigned(number)), numbers[0])
    return numbers[0] if numbers else None


def _guesses(written: str, digits: str, country: str) -> tuple[str, ...]:
    """Return what *written* may mean, the likeliest first."""
    code, trunk = _plan(country)
    if written != digits or digits.startswith("00"):
        return (written,)
    if code == _NANP:
        return _nanp_guesses(digits)
    if trunk != "0":
        return (digits, "+" + digits)
    if digits.startswith("0"):
        return (digits,)
    # Where national numbers begin with 0, a number without it is an international one that lost its plus.
    return ("+" + digits, digits) if len(digits) >= _SHORTEST_NATIONAL else ("+" + digits,)


def _nanp_guesses(digits: str) -> tuple[str, ...]:
    if len(digits) == 10 or digits.startswith("011"):
        return (digits,)
    if len(digits) == 11 and digits[0] == "1":
        return ("+" + digits,)
    return ("+" + digits,) if len(digits) > 10 else ()


def _assigned(number: str) -> bool:
    return phonenumbers.is_valid_number(phonenumbers.parse(number))


@lru_cache(maxsize=64)
def _plan(country: str) -> tuple[int, str]:
    """Return the country code and the trunk prefix of *country*."""
    trunk = phonenumbers.ndd_prefix_for_region(country, strip_non_digits=True)
    return phonenumbers.country_code_for_region(country), trunk or ""
