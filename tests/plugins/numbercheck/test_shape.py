import os
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import Caller, Presentation, to_e164
from callguard_numbercheck.plan import country_of, is_valid, kind_of
from callguard_numbercheck.shape import impossible, invalid

EXAMPLES = min(3000, int(os.environ.get("CALLGUARD_FUZZ", "300")))


def shown(text: str, country: str = "US") -> Caller:
    """A caller as a line builds him: the number read, the text as it arrived."""
    return Caller(presentation=Presentation.SHOWN, number=to_e164(text, country), text=text)


PROOF, SIGNAL, NOTHING = (40, True), (40, False), None
SHAPES: dict[str, tuple[str, tuple[int, bool] | None]] = {
    "an ordinary number": ("+13035550164", NOTHING),
    "an ordinary number, ten digits": ("303-555-0164", NOTHING),
    "a fictional number": ("+12125550100", NOTHING),
    "area code with 0": ("+10035550164", PROOF),
    "area code with 1": ("+11235550164", PROOF),
    "area code with 0 behind 00": ("00 1 003 555 0164", PROOF),
    "area code with 0 behind a 1": ("10035550164", PROOF),
    "area code N11": ("+19115550164", PROOF),
    "area code N11, ten digits": ("9115550164", PROOF),
    "exchange with 0": ("+13030550164", PROOF),
    "exchange with 1": ("+13031550164", PROOF),
    "exchange with 1, ten digits": ("(303) 155-0164", PROOF),
    "exchange N11": ("+13039110164", PROOF),
    "exchange N11 in Canada": ("+14162110164", PROOF),
    "exchange N11 of a toll-free number, in use": ("+18666110164", NOTHING),
    "exchange N11 elsewhere in the plan": ("+18092110164", NOTHING),
    "ten digits that begin with 0, a French number": ("0612345678", SIGNAL),
    "ten digits that begin with 1, a German number": ("1712345678", SIGNAL),
    "one digit too many": ("+130355501640", SIGNAL),
    "one digit too few": ("+1303555016", SIGNAL),
    "longer than any number": ("+1234567890123456", PROOF),
    "longer than any number, without plus": ("1234567890123456", SIGNAL),
    "no such country code": ("+99912345678", SIGNAL),
    "a number from abroad": ("+442079460958", NOTHING),
    "a number from abroad whose plus got lost": ("442079460958", NOTHING),
    "a German number with a long extension": ("+49 30 1234567890123", NOTHING),
    "a German number, far too long": ("+49 30 12345678901234567", PROOF),
    "a local number": ("5550164", NOTHING),
    "an emergency number": ("911", NOTHING),
    "a service number": ("22000", NOTHING),
    "an extension": ("**612", NOTHING),
    "an extension of digits": ("612", NOTHING),
    "zeros": ("0000000000000", NOTHING),
    "a name": ("alice@example.org", NOTHING),
    "letters": ("303555xxxx", NOTHING),
    "nothing": ("", NOTHING),
}


@pytest.mark.parametrize(("text", "expected"), SHAPES.values(), ids=SHAPES.keys())
def test_only_what_cannot_exist_is_impossible(text: str, expected: tuple[int, bool] | None) -> None:
    evidence = impossible(shown(text), people_abroad=False)
    assert (None if evidence is None else (evidence.weight, evidence.proof)) == expected


CAREFUL = {
    "ten digits": ("3031550164", False),
    "an N11 exchange, ten digits": ("3039110164", False),
    "with its country code": ("+13031550164", True),
    "eleven digits": ("13031550164", True),
    "too long": ("+1234567890123456", True),
}


@pytest.mark.parametrize(("text", "proof"), CAREFUL.values(), ids=CAREFUL.keys())
def test_with_people_abroad_ten_bare_digits_prove_nothing(text: str, proof: bool) -> None:
    evidence = impossible(shown(text), people_abroad=True)
    assert evidence is not None
    assert evidence.proof is proof


def test_the_evidence_names_what_is_impossible() -> None:
    evidence = impossible(shown("+13039110164"), people_abroad=False)
    assert evidence is not None
    assert evidence.facts == {"number": "+13039110164", "part": "the exchange", "digits": "911"}


def test_what_arrived_is_cut_and_made_harmless() -> None:
    evidence = impossible(shown("+" + "1" * 200), people_abroad=False)
    assert evidence is not None
    assert len(str(evidence.facts["number"])) <= 80


@pytest.mark.parametrize("presentation", [p for p in Presentation if p is not Presentation.SHOWN])
def test_a_number_that_is_not_shown_has_no_shape(presentation: Presentation) -> None:
    assert impossible(Caller(presentation=presentation, text="+10035550164"), people_abroad=False) is None


VALID = {
    "ordinary": ("+13035550164", True),
    "fictional": ("+12125550100", True),
    "toll-free": ("+18005550164", True),
    "premium": ("+19005550164", True),
    "area code of nowhere": ("+12215550164", False),
    "British": ("+442079460958", True),
    "British mobile, kept for films": ("+447700900123", False),
    "German": ("+493012345678", True),
    "satellite": ("+881612345678", True),
}


@pytest.mark.parametrize(("number", "expected"), VALID.values(), ids=VALID.keys())
def test_a_number_of_no_plan_is_invalid(number: str, expected: bool) -> None:
    evidence = invalid(number)
    assert (evidence is None) is expected
    assert evidence is None or (evidence.weight, evidence.proof, evidence.version[:12]) == (40, False, "phonenumbers")


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.one_of(st.from_regex(r"\+1[0-9]{10}", fullmatch=True), st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
)
def test_the_short_ways_agree_with_phonenumbers(number: str) -> None:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        assert not is_valid(number)
        assert country_of(number) is None
        return
    assert is_valid(number) is phonenumbers.is_valid_number(parsed)
    assert kind_of(number) == phonenumbers.number_type(parsed)


def test_no_assigned_exchange_is_impossible() -> None:
    """N11 stands in the table as unassignable; every other code of it is one people have."""
    shared = Path(os.environ.get("CALLGUARD_SHARED", Path(__file__).parents[3].parent / "shared"))
    table = shared / "data" / "nanpa" / "npa_nxx_assigned_2022-10.txt"
    if not table.exists():
        pytest.skip(f"{table} is not here")
    codes = [code for code in table.read_text().split() if code[4:] != "11"]
    assert len(codes) > 200_000
    flawed = [c for c in codes[::7] if impossible(shown(f"+1{c}0164"), people_abroad=False)]
    assert flawed == []
