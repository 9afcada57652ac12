"""A line's status on a registry, as it follows from what the household declared."""

from datetime import date

from callguard.law.days import takes_effect_on
from callguard.model.dnc import DncState, DncStatus
from callguard.model.law import Registry


def status_of(  # noqa: PLR0913  (one parameter a fact that was declared)
    registry: Registry | None,
    *,
    line: str,
    on: date,
    kind: str = "home",
    registered_on: date | None = None,
    not_registered: bool = False,
    verified_on: date | None = None,
    number: str = "",
    jurisdiction: str = "",
    provenance: str = "",
    version: str = "",
) -> DncStatus:
    """Return the status of *line* for calls of the day *on*, by the calendar where the line is.

    *kind* is home, mobile or business. What nobody declared is unknown, and so is everything without a registry.
    """
    counts_from = takes_effect_on(registered_on, registry.grace_days) if registry and registered_on else None
    return DncStatus(
        line=line,
        state=_state(registry, kind, registered_on, not_registered, on),
        jurisdiction=jurisdiction,
        registry=registry.name if registry else "",
        number=number,
        registered_on=registered_on,
        takes_effect_on=counts_from,
        verified_on=verified_on,
        provenance=provenance,
        version=version,
    )


def _state(
    registry: Registry | None, kind: str, registered_on: date | None, not_registered: bool, on: date
) -> DncState:
    if registry is None:
        return DncState.UNKNOWN
    if kind not in registry.covers:
        return DncState.NOT_APPLICABLE
    if not_registered:
        return DncState.NOT_REGISTERED
    if registered_on is None:
        return DncState.UNKNOWN
    if on < registered_on:
        return DncState.NOT_REGISTERED
    return DncState.GRACE if on < takes_effect_on(registered_on, registry.grace_days) else DncState.REGISTERED
