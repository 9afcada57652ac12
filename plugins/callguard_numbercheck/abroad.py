"""Calls from abroad, where the household says that it knows nobody there."""

from collections.abc import Collection

from callguard import Evidence
from callguard_numbercheck.findings import against
from callguard_numbercheck.plan import country_of, home_of


def international(number: str, country: str, people_in: Collection[str]) -> Evidence | None:
    """Say whether *number* is of another country than the line's, and of none where the household has people."""
    there = country_of(number)
    if there is None or there == home_of(country) or there in people_in:
        return None
    return against("international", number=number, country=there)
