"""Bursts and repeated calls, which take a memory."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from callguard import Leaning
from callguard.testing import NOON
from callguard_numbercheck.bursts import burst
from callguard_numbercheck.recent import Recent
from callguard_numbercheck.repeats import called_again, passes

DAY = timedelta(hours=24)
MINUTE = timedelta(minutes=1)
CALLER = "+12125550188"


def heard(*calls: tuple[str, timedelta], last_digits: int = 3) -> Recent:
    """A memory of calls, each so long before noon."""
    recent = Recent(last_digits)
    for number, ago in calls:
        recent.add(number, NOON - ago)
    return recent


def first_of(known: Sequence[str]) -> dict[str, datetime]:
    return {number: NOON - timedelta(days=30) for number in known}


def nobody(_: str) -> datetime | None:
    return None


BURSTS = {
    "alone": ([], [], False),
    "two of a block": ([("+12125550101", MINUTE)], [], False),
    "three of a block": ([("+12125550101", MINUTE), ("+12125550102", DAY)], [], True),
    "one too long ago": ([("+12125550101", MINUTE), ("+12125550102", DAY + MINUTE)], [], False),
    "one of another block": ([("+12125550101", MINUTE), ("+12125551102", MINUTE)], [], False),
    "one twice": ([("+12125550101", MINUTE), ("+12125550101", 2 * MINUTE)], [], False),
    "himself again": ([(CALLER, MINUTE), ("+12125550102", MINUTE)], [], False),
    "one known": ([("+12125550101", MINUTE), ("+12125550102", MINUTE)], ["+12125550101"], False),
    "himself known": ([("+12125550101", MINUTE), ("+12125550102", MINUTE)], [CALLER], False),
    "one known of four": ([(f"+1212555010{n}", MINUTE) for n in range(3)], ["+12125550101"], True),
}


@pytest.mark.parametrize(("calls", "known", "expected"), BURSTS.values(), ids=BURSTS.keys())
def test_a_burst_is_several_strangers_of_one_block(
    calls: list[tuple[str, timedelta]], known: list[str], expected: bool
) -> None:
    evidence = burst(CALLER, NOON, heard(*calls), first_of(known).get, within=DAY, at_least=3)
    assert (evidence is not None) is expected
    if evidence is not None:
        assert evidence.weight == 25
        assert evidence.facts == {
            "number": CALLER,
            "block": "+12125550*",
            "numbers": 3,
            "hours": 24,
        }


def test_a_number_that_first_called_within_the_window_is_still_new() -> None:
    recent = heard(("+12125550101", MINUTE), ("+12125550102", MINUTE))
    first = {"+12125550101": NOON - MINUTE, "+12125550102": NOON - DAY}
    assert burst(CALLER, NOON, recent, first.get, within=DAY, at_least=3) is not None


def test_a_burst_is_judged_by_when_the_calls_came() -> None:
    recent = heard(("+12125550101", MINUTE), ("+12125550102", MINUTE))
    assert burst(CALLER, NOON + 2 * DAY, recent, nobody, within=DAY, at_least=3) is None
    assert burst(CALLER, NOON - DAY, recent, nobody, within=DAY, at_least=3) is None


def test_a_flood_from_one_block_asks_for_few_of_its_numbers() -> None:
    recent = heard(*((f"+121255{n:05}", MINUTE) for n in range(50_000, 51_000)), last_digits=4)
    asked: list[str] = []

    def first_heard(number: str) -> datetime | None:
        asked.append(number)
        return None

    assert burst("+12125559999", NOON, recent, first_heard, within=DAY, at_least=3) is not None
    assert len(asked) == 33


def test_of_a_large_block_the_newest_calls_are_looked_at() -> None:
    recent = heard(*((f"+121255{n:05}", DAY + MINUTE) for n in range(50_000, 50_100)), last_digits=4)
    recent.add("+12125550001", NOON - MINUTE)
    assert list(recent.others("+12125559999", NOON, DAY)) == ["+12125550001"]
    assert len(list(recent.others("+12125559999", NOON, 2 * DAY))) == 64


def test_the_memory_is_bounded_and_forgets_who_has_been_silent_longest() -> None:
    recent = Recent(3, most=3)
    for place, number in enumerate(["+12125550101", "+12125550102", "+12125550103"]):
        recent.add(number, NOON + place * MINUTE)
    recent.add("+12125550101", NOON + 3 * MINUTE)
    recent.add("+12125551104", NOON + 4 * MINUTE)
    assert len(recent) == 3
    assert set(recent.others("+12125550199", NOON + DAY, DAY)) == {"+12125550101", "+12125550103"}
    assert recent.calls("+12125550102", NOON + DAY, DAY) == []
    assert len(recent.calls("+12125550101", NOON + DAY, DAY)) == 2


def test_a_call_told_twice_is_one_call_and_only_the_latest_are_kept() -> None:
    recent = heard(*((CALLER, n * MINUTE) for n in (3, 3, 3)))
    assert len(recent.calls(CALLER, NOON, DAY)) == 1
    for n in range(20):
        recent.add(CALLER, NOON - n * MINUTE / 2)
    assert len(recent.calls(CALLER, NOON + MINUTE, DAY)) <= 8


REPEATS: dict[str, tuple[list[float], int]] = {
    "never before": ([], 0),
    "two minutes ago": ([2], 2),
    "twice": ([2, 9], 3),
    "too long ago": ([11], 0),
    "at this moment": ([0], 0),
    "later": ([-1], 0),
}


@pytest.mark.parametrize(("minutes", "calls"), REPEATS.values(), ids=REPEATS.keys())
def test_a_repeated_call_is_noted_and_means_nothing(minutes: list[float], calls: int) -> None:
    recent = heard(*((CALLER, n * MINUTE) for n in minutes))
    evidence = called_again(CALLER, NOON, recent, 10 * MINUTE)
    assert (evidence.facts["calls"] if evidence else 0) == calls
    assert evidence is None or (evidence.leaning, evidence.weight) == (Leaning.NEUTRAL, 0)


@pytest.mark.parametrize(
    ("minutes", "times", "speaks"), [([1], 2, True), ([4], 2, False), ([1], 3, False), ([1, 2], 3, True)]
)
def test_a_repeated_call_speaks_for_its_caller_where_the_household_says_so(
    minutes: list[int], times: int, speaks: bool
) -> None:
    recent = heard(*((CALLER, n * MINUTE) for n in minutes))
    evidence = passes(CALLER, NOON, recent, 3 * MINUTE, times)
    assert (evidence is not None) is speaks
    assert evidence is None or (evidence.leaning, evidence.weight) == (Leaning.WANTED, 30)
