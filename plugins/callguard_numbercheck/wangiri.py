"""Numbers that cost a lot to call back: premium rates, satellites, and what regulators warned of."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

import yaml
from phonenumbers import PhoneNumberType

from callguard import Evidence
from callguard_numbercheck.findings import against
from callguard_numbercheck.plan import country_of, home_of, kind_of

_SATELLITES = ("+870", "+881", "+882", "+883")  # ITU-T E.164 list of assigned country codes: shared, non-geographic
_LONGEST_PREFIX = 8
_loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Numbers that a regulator warned of."""

    prefix: str
    "`+` and digits."
    place: str
    country: str
    "ISO 3166 code of the place."
    regulator: str
    source: str
    "Where the warning can be read."
    checked_on: date


def warned_ranges(countries: Collection[str]) -> tuple[Range, ...]:
    """Return the ranges that the regulators of *countries* (ISO 3166) warned of."""
    text = files("callguard_numbercheck").joinpath("one_ring.yaml").read_text(encoding="utf-8")
    return tuple(
        Range(
            prefix=str(entry["prefix"]),
            place=str(entry["place"]),
            country=str(entry["country"]),
            regulator=str(notice["regulator"]),
            source=str(notice["source"]),
            checked_on=notice["checked_on"],
        )
        for notice in yaml.load(text, Loader=_loader)["notices"]
        if not set(countries).isdisjoint(notice["for"])
        for entry in notice["ranges"]
    )


class CostlyRanges:
    """Knows what is costly to call back, for households with people in some countries."""

    def __init__(self, ranges: Iterable[Range], people_in: Collection[str]) -> None:
        self._people_in = frozenset(people_in)
        self._warned = {range_.prefix: range_ for range_ in ranges if range_.country not in self._people_in}

    def check(self, number: str, country: str) -> Evidence | None:
        """Say why calling *number* back from *country* would be costly, if it would."""
        if number.startswith(_SATELLITES):
            return against(
                "costly-call-back", number=number, kind="a satellite or global service", source="ITU E.164"
            )
        if kind_of(number) == PhoneNumberType.PREMIUM_RATE:
            there = country_of(number)
            known = there is not None and there in self._people_in
            return None if known else against("costly-call-back", number=number, kind="a premium rate", source="")
        return self._warning(number, country)

    def _warning(self, number: str, country: str) -> Evidence | None:
        # The longest beginning wins; there are at most a few lengths to try.
        lengths = range(min(_LONGEST_PREFIX, len(number)), 2, -1)
        found = next((r for r in (self._warned.get(number[:length]) for length in lengths) if r), None)
        if found is None or found.country == home_of(country):
            return None
        return against(
            "costly-call-back",
            number=number,
            kind=f"{found.place}, which {found.regulator} warned of",
            source=found.source,
            version=found.checked_on.isoformat(),
        )
