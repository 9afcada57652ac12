"""After the household called for help, everybody may ring: whoever calls may be who was called."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache

import phonenumbers

from callguard import Acquaintance, Evidence
from callguard_numbercheck.findings import emergency
from callguard_numbercheck.plan import country_code

_LONGEST = 7
_PUNCTUATION = str.maketrans("", "", " -.()/\u00a0")


def window(
    dialled: Collection[Acquaintance], at: datetime, country: str, further: Collection[str]
) -> Evidence | None:
    """Say which emergency number the household *dialled* lately, if any; *further* ones count as well."""
    for call in dialled:
        if call.dialled_at is not None and call.dialled_at <= at and is_emergency(call.number, country, further):
            minutes = int((at - call.dialled_at).total_seconds() // 60)
            return emergency("emergency-window", dialled=call.number, minutes=minutes)
    return None


def is_emergency(number: str, country: str, further: Collection[str]) -> bool:
    """Tell whether dialling *number* in *country* calls for help: a short code as dialled, or made E.164."""
    return number in further or (len(number) <= _LONGEST and _is_emergency(number, country))


@lru_cache(maxsize=256)
def _is_emergency(number: str, country: str) -> bool:
    bare = number.translate(_PUNCTUATION)
    own = f"+{country_code(country)}"
    bare = bare[len(own) :] if bare.startswith(own) else bare
    return bare.isascii() and bare.isdecimal() and phonenumbers.is_emergency_number(bare, country)
