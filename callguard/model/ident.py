"""Identifiers of call records: short enough to type, sortable by time, unguessable."""

from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_TIME_DIGITS = 9  # 45 bits of milliseconds: until the year 3084
_CHANCE_DIGITS = 7
CHANCE_BITS = 5 * _CHANCE_DIGITS
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
_SHIFTS = range(5 * (_TIME_DIGITS + _CHANCE_DIGITS) - 10, -1, -10)


def new_id(now: datetime, chance: int) -> str:
    """Return a 16-character id for something that happened at *now*; *chance* is CHANCE_BITS random bits."""
    value = int(now.timestamp() * 1000) << CHANCE_BITS | chance & (1 << CHANCE_BITS) - 1
    return "".join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])


def looks_like_id(text: str) -> bool:
    """Tell whether *text* may be an id, or the end of one that a person typed (four characters or more)."""
    return 4 <= len(text) <= _TIME_DIGITS + _CHANCE_DIGITS and all(c in _ALPHABET for c in text.lower())
