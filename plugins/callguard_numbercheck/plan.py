"""What the numbering plans of the world say about a number, asked as seldom as possible."""

from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

DATA = f"phonenumbers {phonenumbers.__version__}"
"""Which edition of the plans answers; it may lag behind new area codes."""

_NANP_LENGTH = 12
_OF_NO_COUNTRY = "+12215550164"
"""A number that all twenty-five countries of the North American plan have to be asked about."""
_NOWHERE = frozenset(
    {PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.PERSONAL_NUMBER, PhoneNumberType.UAN}
)
_SAME_COUNTRY = {
    **dict.fromkeys(("PR", "VI", "GU", "AS", "MP"), "US"),
    **dict.fromkeys(("GG", "JE", "IM"), "GB"),
    "AX": "FI",
    "SJ": "NO",
    "VA": "IT",
    "CC": "AU",
    "CX": "AU",
}
"""Territories that people do not think of as abroad."""


def nanp(number: str) -> str | None:
    """Return the ten digits of a number of the North American plan, None if it is another one's."""
    return number[2:] if number[:2] == "+1" and len(number) == _NANP_LENGTH else None


@lru_cache(maxsize=4096)
def kind_of(number: str) -> int:
    """Return the `PhoneNumberType` of an E.164 *number*; UNKNOWN says that it is not valid in its plan."""
    parsed = _parsed(number)
    return PhoneNumberType.UNKNOWN if parsed is None else phonenumbers.number_type(parsed)


def is_valid(number: str) -> bool:
    """Tell whether *number* fits the plan of its country, as far as our data goes."""
    return kind_of(number) != PhoneNumberType.UNKNOWN


@lru_cache(maxsize=4096)
def country_of(number: str) -> str | None:
    """Return the ISO 3166 code of the country that an E.164 *number* belongs to; None if it belongs to none.

    Toll-free and other numbers without a place, satellites and international services belong to none.
    """
    parsed = _parsed(number)
    region = phonenumbers.region_code_for_number(parsed) if parsed is not None else None
    if region is None or region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY:
        return None
    if nanp(number) is not None and kind_of(number) in _NOWHERE:
        return None  # 800 and 900 serve the whole plan, not the country that comes first in the data
    return home_of(region)


def prepare(country: str) -> None:
    """Load the plan of *country*, so that its first call is not judged 10 ms late."""
    example = phonenumbers.example_number(country)
    if example is not None:
        phonenumbers.number_type(example)
    if country_code(country) == 1:
        kind_of(_OF_NO_COUNTRY)


def home_of(country: str) -> str:
    """Return the country that *country* is a territory of, or itself."""
    return _SAME_COUNTRY.get(country, country)


def known_country(country: str) -> bool:
    """Tell whether *country* is an ISO 3166 code with a numbering plan."""
    return phonenumbers.country_code_for_region(country) != 0


def country_code(country: str) -> int:
    """Return the country code of an ISO 3166 *country*, 0 if it has none."""
    return phonenumbers.country_code_for_region(country)


@lru_cache(maxsize=64)
def _parsed(number: str) -> PhoneNumber | None:
    ten = nanp(number)
    if ten is not None and ten.isdecimal():
        return PhoneNumber(country_code=1, national_number=int(ten))  # a third of the time of parse()
    try:
        return phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
