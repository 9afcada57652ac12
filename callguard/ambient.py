"""The real clock, its time zone and real randomness, handed in at the top of the house and nowhere else."""

import os
import time
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_EVEN = 256 // len(_ALPHABET) * len(_ALPHABET)
_PORTION = 4096
_LOCALTIME = Path("/etc/localtime")


class SystemClock:
    """The computer's clocks."""

    def now(self) -> datetime:
        """Return the time of day, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return time.monotonic()


class SystemRandomness:
    """The operating system's unguessable bits, fetched in larger portions: every call needs a few."""

    def __init__(self) -> None:
        self._pool = b""
        self._used = 0

    def bits(self, count: int) -> int:
        """Return *count* random bits."""
        whole = int.from_bytes(self._take((count + 7) // 8), "big")
        return whole >> (-count % 8)

    def token(self, count: int = 16) -> str:
        """Return *count* random characters from 0-9a-z."""
        return "".join(_ALPHABET[self._below(len(_ALPHABET))] for _ in range(count))

    def _below(self, limit: int) -> int:
        while (drawn := self._take(1)[0]) >= _EVEN:
            continue  # keeps every character equally likely
        return drawn % limit

    def _take(self, count: int) -> bytes:
        if self._used + count > len(self._pool):
            self._pool, self._used = os.urandom(max(_PORTION, count)), 0
        self._used += count
        return self._pool[self._used - count : self._used]


@lru_cache(maxsize=8)
def zone_of(name: str) -> tzinfo:
    """Return the time zone called *name*, or the computer's own if empty; ValueError if there is none such."""
    if not name:
        return _computers_zone()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone, such as America/New_York or Europe/Berlin") from error


def _computers_zone() -> tzinfo:
    # Read from the file, not from a clock: an offset alone would be wrong after the next DST change.
    try:
        with _LOCALTIME.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return ZoneInfo("UTC")
