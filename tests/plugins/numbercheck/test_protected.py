from collections import Counter
from datetime import date
from urllib.parse import urlsplit

import pytest

from callguard import Leaning
from callguard_numbercheck.plan import country_code, is_valid
from callguard_numbercheck.protected import Protected, ProtectedNumbers, shipped

SHIPPED = shipped()
BANK = Protected(value="+18005550111", name="A Bank", source="https://bank.example", checked_on="2026-01-01")
CLINICS = Protected(value="+1800555", name="Clinics", source="config.yaml:9", is_prefix=True)


@pytest.mark.parametrize("entry", SHIPPED, ids=[f"{e.value} {e.name}" for e in SHIPPED])
def test_every_protected_number_is_sourced_checked_and_valid(entry: Protected) -> None:
    page = urlsplit(entry.source)
    assert page.scheme in ("http", "https")
    assert "." in page.netloc
    assert date(2026, 1, 1) <= date.fromisoformat(entry.checked_on)
    assert entry.name == entry.name.strip() != ""
    if entry.is_prefix:
        assert entry.value[0] == "+"
        assert entry.value[1:].isdecimal()
        assert len(entry.value) > len(f"+{country_code('GB')}")
    else:
        assert is_valid(entry.value)


def test_no_protected_number_is_there_twice() -> None:
    assert [value for value, count in Counter(entry.value for entry in SHIPPED).items() if count > 1] == []
    prefixes = [entry.value for entry in SHIPPED if entry.is_prefix]
    assert [e.value for e in SHIPPED if not e.is_prefix and e.value.startswith(tuple(prefixes))] == []


def test_the_most_imitated_are_protected() -> None:
    names = {entry.name for entry in SHIPPED}
    assert names >= {"Internal Revenue Service", "Social Security Administration", "Chase", "Wells Fargo", "AT&T"}
    assert len(names) >= 20


def test_a_protected_number_makes_complaints_doubtful_and_says_whose_it_is() -> None:
    evidence = ProtectedNumbers([BANK]).check(["+18005550111"])
    assert evidence is not None
    assert (evidence.leaning, evidence.weight, evidence.doubts) == (Leaning.NEUTRAL, 0, "complaints")
    assert evidence.facts == {"number": "+18005550111", "name": "A Bank", "source": "https://bank.example"}
    assert evidence.version == "2026-01-01"


NUMBERS = {
    "the number": (["+18005550111"], "A Bank"),
    "its beginning": (["+18005550112"], "Clinics"),
    "the second number": (["+12125550188", "+18005550111"], "A Bank"),
    "another": (["+12125550188"], None),
    "none": ([], None),
}


@pytest.mark.parametrize(("numbers", "name"), NUMBERS.values(), ids=NUMBERS.keys())
def test_every_number_of_the_caller_is_looked_up(numbers: list[str], name: str | None) -> None:
    evidence = ProtectedNumbers([BANK, CLINICS]).check(numbers)
    assert (evidence.facts["name"] if evidence else None) == name
