"""Calls without a number: recorded here, decided by the household's own setting for them."""

from callguard import Caller, Evidence, Presentation
from callguard_numbercheck.findings import note

_CODES = {
    Presentation.WITHHELD: "number-withheld",
    Presentation.UNAVAILABLE: "number-unavailable",
    Presentation.MISSING: "number-missing",
}


def hidden(caller: Caller) -> Evidence | None:
    """Say why no number is shown, and whether the network knows it all the same."""
    code = _CODES.get(caller.presentation)
    return None if code is None else note(code, known_to_network=bool(caller.asserted))
