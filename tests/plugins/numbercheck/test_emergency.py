from collections.abc import Callable
from datetime import timedelta

import pytest

from callguard import Acquaintance, Rung
from callguard.testing import NOON, FakeHousehold, a_call
from callguard_numbercheck.emergency import is_emergency, window
from callguard_numbercheck.plugin import NumberCheck

Build = Callable[..., NumberCheck]

EMERGENCY = {
    "911 in the US": ("911", "US", True),
    "112 in the US": ("112", "US", True),
    "911 as a number": ("+1911", "US", True),
    "112 in Germany": ("112", "DE", True),
    "110 in Germany": ("110", "DE", True),
    "112 in Germany as a number": ("+49112", "DE", True),
    "999 in Britain": ("999", "GB", True),
    "000 in Australia": ("000", "AU", True),
    "119 in Japan": ("119", "JP", True),
    "911 in Germany": ("911", "DE", False),
    "a directory": ("411", "US", False),
    "a crisis line": ("988", "US", False),
    "a number that begins so": ("9115550", "US", False),
    "an ordinary number": ("+13035550164", "US", False),
    "the household's own": ("+18005550122", "US", True),
    "nothing": ("", "US", False),
    "letters": ("help", "US", False),
}


@pytest.mark.parametrize(("number", "country", "expected"), EMERGENCY.values(), ids=EMERGENCY.keys())
def test_emergency_numbers_are_those_of_the_country(number: str, country: str, expected: bool) -> None:
    assert is_emergency(number, country, {"+18005550122"}) is expected


def dialled(number: str, minutes: float) -> Acquaintance:
    return Acquaintance(number=number, dialled_at=NOON - timedelta(minutes=minutes))


def test_the_newest_emergency_call_explains_it() -> None:
    evidence = window([dialled("+13035550164", 1), dialled("911", 2), dialled("911", 50)], NOON, "US", ())
    assert evidence is not None
    assert (evidence.rung, evidence.facts) == (Rung.EMERGENCY, {"dialled": "911", "minutes": 2})


def test_what_is_dialled_after_the_call_does_not_count() -> None:
    assert window([dialled("911", -1)], NOON, "US", ()) is None
    assert window([Acquaintance(number="911", answered_at=NOON)], NOON, "US", ()) is None


WINDOWS = {
    "just now": ("PT90M", 0, True),
    "at the end": ("PT90M", 90, True),
    "over": ("PT90M", 91, False),
    "a short window": ("PT10M", 11, False),
    "off": ("PT0S", 0, False),
}


@pytest.mark.parametrize(("setting", "minutes", "rings"), WINDOWS.values(), ids=WINDOWS.keys())
def test_everybody_may_ring_after_an_emergency_call(
    setting: str, minutes: float, rings: bool, build: Build, household: FakeHousehold
) -> None:
    household.acquaintances = [dialled("911", minutes)]
    plugin = build(emergency_window=setting)
    for number in ("+12125550188", None, "+10035550164"):
        codes = [evidence.code for evidence in plugin.check_call(a_call(number)) or ()]
        assert ("emergency-window" in codes) is rings
