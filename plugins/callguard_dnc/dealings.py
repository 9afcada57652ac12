"""What the household's dealings with a caller mean under the law where the line is."""

from collections.abc import Iterator, Sequence
from datetime import date

from callguard import (
    Applies,
    CallKind,
    Evidence,
    Exempt,
    Fact,
    Jurisdiction,
    Leaning,
    Relationship,
    exemptions_for,
    plain,
    relationship_with,
    rests_on_relationship,
)

_UNLAWFUL = "unlawful"
_NO_END = "further notice"


def dealings(
    numbers: Sequence[str], law: Jurisdiction, relationships: Sequence[Relationship], on: date
) -> Iterator[Evidence]:
    """Say which of the caller's numbers belongs to somebody who may call a registered line, or was asked not to.

    It speaks neither for nor against the caller: only what others call telemarketing may be lawful by it.
    """
    for number in numbers:
        known = relationship_with(relationships, number)
        if known is None:
            continue
        exempt = _exempt(law, known, on)
        stopped = min((day for day in known.stop_requests if day < on), default=None)
        if exempt is not None:
            yield _relationship(number, known, exempt)
        elif stopped is not None:
            facts: dict[str, Fact] = {"party": plain(known.party), "number": number, "on": stopped.isoformat()}
            yield Evidence(code="asked-to-stop", leaning=Leaning.NEUTRAL, facts=facts, version=law.version)


def _exempt(law: Jurisdiction, known: Relationship, on: date) -> Exempt | None:
    """Return the exemption that the dealings give and that holds longest; None if none does."""
    by_dealings = {one.id for one in law.exemptions if rests_on_relationship(one)}
    holding = [
        one
        for one in exemptions_for(law, CallKind.UNKNOWN, known, on)
        if one.exemption in by_dealings and one.applies is Applies.APPLIES
    ]
    return max(holding, key=lambda one: one.until or date.max, default=None)


def _relationship(number: str, known: Relationship, exempt: Exempt) -> Evidence:
    facts: dict[str, Fact] = {
        "party": plain(known.party),
        "number": number,
        "until": exempt.until.isoformat() if exempt.until else _NO_END,
        "exemption": exempt.exemption,
    }
    return Evidence(code="existing-relationship", leaning=Leaning.NEUTRAL, doubts=_UNLAWFUL, facts=facts)
