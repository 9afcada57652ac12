"""What a network said about the right to use a number, as it is spelt in the field (ATIS-1000074, 3GPP TS 24.229)."""

from collections.abc import Iterable

from callguard import Attestation

_LEVELS = {"a": Attestation.FULL, "b": Attestation.PARTIAL, "c": Attestation.GATEWAY}
_PASSED = "tn-validation-passed"


def read_verstat(text: str) -> Attestation | None:
    """Read a verstat value, with or without a level as Twilio appends it (``-A``, ``-B-Passthrough`` …)."""
    word = text.strip().lower()
    if word.startswith("no-tn-validation"):
        return Attestation.NOT_VALIDATED
    if word.startswith("tn-validation-failed"):
        return Attestation.FAILED
    if not word.startswith(_PASSED):
        return None
    level = word[len(_PASSED) :].lstrip("-").partition("-")[0]
    return _LEVELS.get(level, Attestation.PASSED)


def statement_of(texts: Iterable[str]) -> Attestation | None:
    """Return what several verstat values say together: failure if any does, else the first."""
    found = [attestation for text in texts if (attestation := read_verstat(text)) is not None]
    if Attestation.FAILED in found:
        return Attestation.FAILED
    # One place may tell only that it passed, and another one the level.
    return next((a for a in found if a is not Attestation.PASSED), None) or next(iter(found), None)
