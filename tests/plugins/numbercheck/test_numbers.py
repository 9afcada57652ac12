"""Hidden, own, neighbouring, costly and foreign numbers."""

from datetime import date

import pytest

from callguard import Attestation, Caller, Leaning, Presentation
from callguard.testing import a_caller
from callguard_numbercheck.abroad import international
from callguard_numbercheck.neighbour import exchanges, neighbour, own
from callguard_numbercheck.plan import country_code, country_of
from callguard_numbercheck.presentation import hidden
from callguard_numbercheck.wangiri import CostlyRanges, Range, warned_ranges

OURS = frozenset({"+13035550100", "+442079460958"})
NEAR = exchanges(OURS)

HIDDEN = {
    "shown": (a_caller("+13035550164"), None),
    "withheld": (a_caller(None), "number-withheld"),
    "unavailable": (Caller(presentation=Presentation.UNAVAILABLE), "number-unavailable"),
    "missing": (Caller(presentation=Presentation.MISSING), "number-missing"),
}


@pytest.mark.parametrize(("caller", "code"), HIDDEN.values(), ids=HIDDEN.keys())
def test_a_hidden_number_is_only_noted(caller: Caller, code: str | None) -> None:
    evidence = hidden(caller)
    assert (evidence.code if evidence else None) == code
    assert evidence is None or (evidence.leaning, evidence.weight) == (Leaning.NEUTRAL, 0)


def test_a_hidden_number_that_the_network_knows_is_noted_as_such() -> None:
    evidence = hidden(a_caller(None, asserted=("+13035550164",)))
    assert evidence is not None
    assert evidence.facts == {"known_to_network": True}


@pytest.mark.parametrize("proof", [True, False])
def test_our_own_number_is_a_proof_only_if_the_household_says_so(proof: bool) -> None:
    evidence = own("+13035550100", OURS, is_proof=proof)
    assert evidence is not None
    assert (evidence.weight, evidence.proof) == (80, proof)
    assert own("+13035550101", OURS, is_proof=proof) is None


NEIGHBOURS = {
    "next door": ("+13035550164", None, True),
    "same area code only": ("+13035560164", None, False),
    "our own": ("+13035550100", None, False),
    "vouched for": ("+13035550164", Attestation.FULL, False),
    "half vouched for": ("+13035550164", Attestation.PARTIAL, True),
    "a British neighbour": ("+442079460959", None, False),
    "longer than the plan has": ("+130355501640", None, False),
}


@pytest.mark.parametrize(("number", "attested", "expected"), NEIGHBOURS.values(), ids=NEIGHBOURS.keys())
def test_a_neighbour_shares_our_exchange(number: str, attested: Attestation | None, expected: bool) -> None:
    evidence = neighbour(number, NEAR, OURS, attested)
    assert (evidence is not None) is expected
    assert evidence is None or (evidence.weight, evidence.facts["exchange"]) == (15, "303-555")


COSTLY = {
    "ordinary": ("+13035550164", "US", set(), None),
    "toll-free": ("+18005550164", "US", set(), None),
    "premium": ("+19005550164", "US", set(), "a premium rate"),
    "British premium": ("+449012345678", "US", set(), "a premium rate"),
    "British premium, with people there": ("+449012345678", "US", {"GB"}, None),
    "Inmarsat": ("+870773111632", "US", set(), "a satellite or global service"),
    "Iridium": ("+881612345678", "US", set(), "a satellite or global service"),
    "global service 882": ("+88210123456", "US", set(), "a satellite or global service"),
    "global service 883": ("+883510012345678", "US", set(), "a satellite or global service"),
    "Jamaica": ("+18765230164", "US", set(), "Jamaica, which the FTC warned of"),
    "Jamaica, with people there": ("+18765230164", "US", {"JM"}, None),
    "Jamaica, called from there": ("+18765230164", "JM", set(), None),
    "Mauritania": ("+22222123456", "CA", set(), "Mauritania, which the FCC warned of"),
    "Germany": ("+493012345678", "US", set(), None),
    "a country only others warned of": ("+21322123456", "US", set(), None),
}


@pytest.mark.parametrize(("number", "country", "people", "kind"), COSTLY.values(), ids=COSTLY.keys())
def test_what_costs_a_lot_to_call_back_says_why(
    number: str, country: str, people: set[str], kind: str | None
) -> None:
    evidence = CostlyRanges(warned_ranges({"US"}), people).check(number, country)
    assert (evidence.facts["kind"] if evidence else None) == kind
    assert evidence is None or (evidence.weight, evidence.proof, evidence.code) == (50, False, "costly-call-back")


def test_a_regulator_speaks_to_its_own_country() -> None:
    assert {r.regulator for r in warned_ranges({"US"})} == {"the FTC", "the FCC"}
    assert {r.regulator for r in warned_ranges({"DE"})} == {"the Bundesnetzagentur"}
    assert warned_ranges({"FR"}) == warned_ranges(()) == ()
    evidence = CostlyRanges(warned_ranges({"DE"}), ()).check("+21322123456", "DE")
    assert evidence is not None
    assert str(evidence.facts["source"]).startswith("https://bundesnetzagentur.de/")


def test_the_longest_warned_beginning_explains_it() -> None:
    ranges = [
        Range(
            prefix=p,
            place=place,
            country="KM",
            regulator="X",
            source="https://x.example",
            checked_on=date(2026, 1, 1),
        )
        for p, place in (("+269", "the Comoros"), ("+26932", "an island"))
    ]
    evidence = CostlyRanges(ranges, ()).check("+2693212345", "DE")
    assert evidence is not None
    assert evidence.facts["kind"] == "an island, which X warned of"


EVERYBODY = warned_ranges({"US", "DE"})


@pytest.mark.parametrize("warned", EVERYBODY, ids=[f"{r.prefix} {r.regulator}" for r in EVERYBODY])
def test_every_warned_range_is_sourced_and_where_it_says(warned: Range) -> None:
    assert warned.source.startswith("https://")
    assert date(2026, 1, 1) <= warned.checked_on
    assert warned.prefix[0] == "+"
    assert warned.prefix[1:].isdecimal()
    assert len(warned.prefix) <= 8
    assert warned.prefix.startswith(f"+{country_code(warned.country)}")
    if warned.prefix.startswith("+1"):
        assert warned.country == country_of_area(warned.prefix)


def country_of_area(prefix: str) -> str | None:
    """The country of an area code, by the first exchange that is valid there."""
    numbers = (f"{prefix}{exchange}0164" for exchange in range(200, 1000))
    return next((country for country in map(country_of, numbers) if country), None)


COUNTRIES = {
    "at home": ("+13035550164", "US", "US"),
    "in a territory": ("+17872345678", "US", "US"),
    "in Canada": ("+14165550164", "US", "CA"),
    "toll-free": ("+18005550164", "CA", None),
    "in Britain": ("+442079460958", "US", "GB"),
    "on Jersey": ("+441534480164", "GB", "GB"),
    "on a satellite": ("+881612345678", "US", None),
    "nowhere": ("+12215550164", "US", None),
}


@pytest.mark.parametrize(("number", "line", "country"), COUNTRIES.values(), ids=COUNTRIES.keys())
def test_calls_from_abroad_are_those_of_other_countries(number: str, line: str, country: str | None) -> None:
    assert country_of(number) == country
    evidence = international(number, line, ())
    abroad = country is not None and country != line
    assert (evidence.facts["country"] if evidence else None) == (country if abroad else None)
    assert evidence is None or evidence.weight == 40
    assert international(number, line, {country or ""}) is None


def test_a_line_in_a_territory_is_at_home_in_its_country() -> None:
    assert international("+13035550164", "PR", ()) is None
