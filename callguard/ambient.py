"""The real clock and real randomness, handed in at the top of the house and nowhere else."""

import secrets
import time
from datetime import UTC, datetime

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


class SystemClock:
    """The computer's clocks."""

    def now(self) -> datetime:
        """Return the time of day, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return time.monotonic()


class SystemRandomness:
    """The operating system's unguessable bits."""

    def bits(self, count: int) -> int:
        """Return *count* random bits."""
        return secrets.randbits(count)

    def token(self, count: int = 16) -> str:
        """Return *count* random characters from 0-9a-z."""
        return "".join(secrets.choice(_ALPHABET) for _ in range(count))
