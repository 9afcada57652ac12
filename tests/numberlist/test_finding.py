"""The evidence that a list's answer is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from string import Formatter

import pytest

from callguard import (
    LIST_PHRASES,
    Answer,
    Category,
    Entry,
    Evidence,
    Leaning,
    ListMode,
    LookUp,
    complaint_weight,
    evidence_of,
)

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
NUMBER = "+13035550188"
MakeEntry = Callable[..., Entry]


def found(answer: Answer, entry: Entry | None = None, days: int = 0, why: str = "") -> LookUp:
    return LookUp(answer=answer, entry=entry, version="v7", retrieved_at=NOW - timedelta(days=days), why=why)


def evidence(answer: LookUp, mode: ListMode = ListMode.ACTIVE) -> Evidence:
    return evidence_of(answer, list_name="ftc", title="FTC complaints", number=NUMBER, mode=mode, now=NOW)


@pytest.mark.parametrize(
    ("complaints", "weight"),
    [(0.0, 0), (-5.0, 0), (float("nan"), 0), (0.1, 2), (1.0, 15), (3.0, 30), (7.0, 45), (14.0, 59), (15.0, 60),
     (1e9, 60), (float("inf"), 60)],
)  # fmt: skip
def test_complaints_weigh_by_their_logarithm_and_at_most_60(complaints: float, weight: int) -> None:
    assert complaint_weight(complaints) == weight


def test_a_hit_is_unwanted_and_says_all_it_knows(an_entry: MakeEntry) -> None:
    entry = an_entry(reports=112, weight=3.0, first_seen=date(2025, 11, 1), last_seen=date(2025, 12, 31))
    said = evidence(found(Answer.LISTED, entry))
    assert (said.code, said.leaning, said.weight) == ("listed-number", Leaning.UNWANTED, 30)
    assert (said.basis, said.version, said.log_only, said.proof) == ("complaints", "v7", False, False)
    assert said.facts == {
        "list": "ftc",
        "title": "FTC complaints",
        "number": NUMBER,
        "reports": 112,
        "category": "fraud",
        "first_seen": "2025-11-01",
        "last_seen": "2025-12-31",
        "days": 2,
    }


def test_a_hit_by_a_prefix_names_the_prefix(an_entry: MakeEntry) -> None:
    said = evidence(found(Answer.LISTED, an_entry("+1303", prefix=True, last_seen=None)))
    assert said.code == "listed-prefix"
    assert (said.facts["prefix"], said.facts["number"], said.facts["days"]) == ("+1303", NUMBER, None)


def test_a_stale_list_counts_half_and_says_so(an_entry: MakeEntry) -> None:
    said = evidence(found(Answer.STALE, an_entry(weight=3.0), days=20))
    assert (said.code, said.weight) == ("listed-number", 15)
    assert (said.facts["stale"], said.facts["list_days"]) == (True, 20)


def test_a_number_reported_as_wanted_is_not_held_against_it(an_entry: MakeEntry) -> None:
    said = evidence(found(Answer.LISTED, an_entry(category=Category.LEGITIMATE, weight=100.0)))
    assert (said.code, said.leaning, said.weight) == ("listed-as-wanted", Leaning.NEUTRAL, 0)


@pytest.mark.parametrize(
    ("answer", "code", "facts"),
    [
        (found(Answer.NOT_LISTED), "not-listed", {}),
        (found(Answer.STALE, days=20), "list-stale", {"days": 20, "version": "v7"}),
        (found(Answer.UNAVAILABLE, why="gone"), "list-unavailable", {"why": "gone"}),
    ],
    ids=["not listed", "stale", "unavailable"],
)
def test_silence_is_neutral_and_says_which_version_was_asked(
    answer: LookUp, code: str, facts: dict[str, object]
) -> None:
    said = evidence(answer)
    assert (said.code, said.leaning, said.weight, said.version) == (code, Leaning.NEUTRAL, 0, "v7")
    assert said.facts == {"list": "ftc", "title": "FTC complaints", **facts}


@pytest.mark.parametrize("answer", [Answer.LISTED, Answer.NOT_LISTED])
def test_a_list_that_only_logs_says_the_same_without_weight_in_the_verdict(
    an_entry: MakeEntry, answer: Answer
) -> None:
    entry = an_entry() if answer is Answer.LISTED else None
    active, logged = (evidence(found(answer, entry), mode) for mode in (ListMode.ACTIVE, ListMode.LOG_ONLY))
    assert logged == replace(active, log_only=True)


def test_a_list_may_weigh_in_its_own_way(an_entry: MakeEntry) -> None:
    answer = found(Answer.LISTED, an_entry())
    for weighed, weight in ((60, 60), (700, 100), (-5, 0)):
        said = evidence_of(answer, list_name="x", number=NUMBER, mode=ListMode.ACTIVE, now=NOW, basis="numbering",
                           weigh=lambda _, weighed=weighed: weighed)  # type: ignore[misc]  # fmt: skip
        assert (said.weight, said.basis) == (weight, "numbering")


def test_everything_it_says_has_a_sentence_whose_places_are_facts(an_entry: MakeEntry) -> None:
    answers = [
        found(Answer.LISTED, an_entry()),
        found(Answer.LISTED, an_entry("+1", prefix=True)),
        found(Answer.LISTED, an_entry(category=Category.LEGITIMATE)),
        *(found(answer) for answer in (Answer.NOT_LISTED, Answer.STALE, Answer.UNAVAILABLE)),
    ]
    said = {one.code: one for one in map(evidence, answers)}
    assert set(said) == set(LIST_PHRASES)
    for code, phrase in LIST_PHRASES.items():
        places = {name for _, name, _, _ in Formatter().parse(phrase) if name}
        assert places <= set(said[code].facts), code
