"""How long to rest after a failure before trying again: doubled each round, never exactly the same."""

from typing import NamedTuple

from callguard import Randomness
from callguard_sip.core.events import Trouble


class _Pause(NamedTuple):
    first: float
    longest: float


_PAUSES = {
    # A registrar that is away is missed by nobody but us, and back in seconds.
    Trouble.SILENT: _Pause(0.75, 8),
    Trouble.REFUSED: _Pause(0.75, 8),
    Trouble.LOST: _Pause(0.5, 8),
    Trouble.CERTIFICATE: _Pause(5, 60),
    # Repeating a wrong password gets an address banned.
    Trouble.PASSWORD: _Pause(30, 300),
    Trouble.DOWNGRADE: _Pause(30, 300),
    Trouble.DIGEST: _Pause(30, 300),
}
_OTHERWISE = _Pause(2, 60)


def pause_after(trouble: Trouble, rounds: int, chance: Randomness) -> float:
    """Return seconds to rest after *rounds* rounds in vain: half to all of the doubled time (RFC 5626 §4.5)."""
    pause = _PAUSES.get(trouble, _OTHERWISE)
    bound = min(pause.first * 2.0 ** min(max(rounds - 1, 0), 16), pause.longest)
    return bound * (0.5 + chance.bits(16) / 2**17)
