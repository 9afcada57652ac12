"""Which updates look so odd that the good copy stays."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from callguard import Limits, ListInfo
from callguard.numberlist.limits import refusal


def a_list(numbers: int = 1000, **facts: Any) -> ListInfo:
    return ListInfo(**{"name": "test", "version": "1", "as_of": date(2026, 1, 1), "numbers": numbers,
                       "retrieved_at": datetime(2026, 1, 1, tzinfo=UTC), "accepted": numbers, **facts})  # fmt: skip


CASES: dict[str, tuple[ListInfo, ListInfo | None, str | None, bool]] = {
    "the first copy": (a_list(1), None, None, False),
    "half as many": (a_list(500), a_list(), None, False),
    "fewer than half": (a_list(499), a_list(), "it shrank from 1,000 entries to 499", True),
    "three times as many": (a_list(3000), a_list(), None, False),
    "more than three times": (a_list(3001), a_list(), "it grew from 1,000 entries to 3,001", True),
    "after one that was empty": (a_list(5), a_list(0), None, False),
    "prefixes count as well": (a_list(400, prefixes=100), a_list(), None, False),
    "empty": (a_list(0), a_list(), "the new copy is empty", False),
    "the first copy is empty": (a_list(0), None, "the new copy is empty", False),
    "twelve of a hundred bad": (a_list(accepted=88, rejected={"odd": 12}), None, None, False),
    "thirteen of a hundred bad": (
        a_list(accepted=87, rejected={"odd": 1, "blank": 12}),
        None,
        "13% of its rows cannot be read (blank 12, odd 1)",
        False,
    ),
    "five bad rows of six": (a_list(1, rejected={"odd": 5}), None, None, False),
    "six bad rows of seven": (
        a_list(1, rejected={"odd": 6}),
        None,
        "86% of its rows cannot be read (odd 6)",
        False,
    ),
    "all bad": (a_list(0, rejected={"html": 10}), a_list(), "the new copy is empty", False),
    "another list": (a_list(name="other"), a_list(), "it is the list “other”, not “test”", False),
}


@pytest.mark.parametrize(("new", "before", "why", "size"), CASES.values(), ids=CASES)
def test_an_odd_update_is_refused_in_one_sentence(
    new: ListInfo, before: ListInfo | None, why: str | None, size: bool
) -> None:
    found = refusal(new, before, Limits(), name="test")
    assert (found.why if found else None) == why
    assert bool(found and found.size) == size


@pytest.mark.parametrize(
    ("limits", "refused"),
    [
        (Limits(), False),
        (Limits(smallest=1001), True),
        (Limits(smallest=1000), False),
        (Limits(known_bad=0.0, rejected=0.0), True),
        (Limits(at_least=1.1), True),
        (Limits(at_most=0.9), True),
    ],
    ids=str,
)
def test_every_limit_is_the_lists_own(limits: Limits, refused: bool) -> None:
    new = a_list(accepted=990, rejected={"odd": 10})
    assert bool(refusal(new, a_list(), limits, name="test")) == refused


def test_too_few_entries_are_named() -> None:
    found = refusal(a_list(1), None, Limits(smallest=2), name="test")
    assert found
    assert found.why == "the new copy has only 1 entry"
