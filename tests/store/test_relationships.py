"""Whom the household deals with: kept, changed, forgotten, and each of it taken back."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callguard import CallKind, Household, Relationship
from callguard.store import CannotUndoError, NoSuchRelationshipError, Store, UnstorableError
from callguard.store.validity import storable_relationship

ACME = Relationship(
    party="Acme Windows",
    numbers=("+13035550147", "+1303555*"),
    kind=CallKind.SALES,
    last_purchase=date(2026, 3, 1),
    contract_until=date(2027, 3, 1),
    last_inquiry=date(2026, 2, 1),
    consent_on=date(2026, 3, 1),
    consent_revoked_on=date(2026, 5, 1),
    consent_proof="contract, page 3",
    stop_requests=(date(2026, 5, 20),),
    note="windows of the kitchen",
)


def save(store: Store, wanted: Relationship, now: datetime) -> Any:
    return store.save_relationship(wanted, by="ada", now=now).result(10)


def parties(store: Store) -> list[str]:
    return [one.party for one in store.relationships()]


def test_a_relationship_is_known_with_all_that_was_said_once_it_is_acknowledged(store: Store, now: datetime) -> None:
    household: Household = store
    before = household.revision()
    saved = save(store, ACME, now)
    assert saved.relationship == replace(ACME, id=1, created_at=now)
    assert household.relationships() == (saved.relationship,)
    assert household.revision() > before, "whoever keeps an index of it must look again"
    assert (saved.change.what, saved.change.subject, saved.change.by) == ("relationship-added", "Acme Windows", "ada")


def test_relationships_survive_a_restart(open_store: Callable[..., Any], now: datetime) -> None:
    first = open_store().store
    save(first, ACME, now)
    known = first.relationships()
    first.close()
    assert open_store().store.relationships() == known


def test_a_change_keeps_the_day_it_was_first_noted(store: Store, now: datetime) -> None:
    number = save(store, ACME, now).relationship.id
    later = now + timedelta(days=1)
    changed = save(store, replace(ACME, id=number, note="doors"), later)
    assert (changed.relationship.note, changed.relationship.created_at) == ("doors", now)
    assert changed.change.what == "relationship-changed"
    assert store.relationships() == (changed.relationship,)


def test_saying_the_same_again_changes_nothing(store: Store, now: datetime) -> None:
    kept = save(store, ACME, now).relationship
    assert save(store, kept, now + timedelta(days=1)).change is None
    assert len(store.changes()) == 1


def test_they_are_listed_by_party_in_any_case(store: Store, now: datetime) -> None:
    for party in ("zeta", "Beta", "alpha"):
        save(store, Relationship(party=party), now)
    assert parties(store) == ["alpha", "Beta", "zeta"]


def test_the_number_of_a_forgotten_one_is_not_given_to_another(store: Store, now: datetime) -> None:
    save(store, ACME, now)
    removed = store.remove_relationship(1, by="ada", now=now).result(10)
    assert parties(store) == []
    assert save(store, Relationship(party="Bond"), now).relationship.id == 2
    store.undo(removed.id, by="ada", now=now).result(10)
    assert [(one.id, one.party) for one in store.relationships()] == [(1, "Acme Windows"), (2, "Bond")]


def test_every_change_is_taken_back_and_done_again(store: Store, now: datetime) -> None:
    kept = save(store, ACME, now).relationship
    change = save(store, replace(kept, last_purchase=None), now).change
    undone = store.undo(change.id, by="bob", now=now).result(10)
    assert store.relationships() == (kept,)
    store.undo(undone.id, by="bob", now=now).result(10)
    assert store.relationships() == (replace(kept, last_purchase=None),)


def test_what_was_changed_since_is_not_taken_back(store: Store, now: datetime) -> None:
    added = save(store, ACME, now)
    save(store, replace(added.relationship, note="doors"), now)
    with pytest.raises(CannotUndoError, match="relationship 1 was changed since"):
        store.undo(added.change.id, by="bob", now=now).result(10)


@pytest.mark.parametrize("number", [7, -1])
def test_one_that_is_not_there_can_be_neither_changed_nor_forgotten(store: Store, now: datetime, number: int) -> None:
    with pytest.raises(NoSuchRelationshipError, match=f"no relationship {number}"):
        save(store, replace(ACME, id=number), now)
    with pytest.raises(NoSuchRelationshipError):
        store.remove_relationship(number, by="ada", now=now).result(10)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"party": " "}, "no name of a party", id="nobody"),
        pytest.param({"party": "\x1b"}, "no name of a party", id="nobody a terminal could show"),
        pytest.param({"party": "x" * 201}, "no name of a party", id="a novel"),
        pytest.param({"numbers": ("303",)}, "neither a number", id="no number"),
        pytest.param({"numbers": ("+1303*5",)}, "neither a number", id="a star in the middle"),
        pytest.param({"numbers": tuple(f"+1303555{n:04}" for n in range(101))}, "more numbers", id="too many"),
        pytest.param(
            {"stop_requests": tuple(date(2026, 1, 1) + timedelta(days=n) for n in range(101))}, "more", id="pestered"
        ),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(
    store: Store, now: datetime, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(UnstorableError, match=says):
        save(store, replace(ACME, **changes), now)
    assert store.relationships() == ()


def test_numbers_and_days_are_kept_once_and_texts_without_control_characters(store: Store, now: datetime) -> None:
    days = (date(2026, 5, 2), date(2026, 5, 1), date(2026, 5, 2))
    messy = replace(ACME, numbers=("+44*", "+44*"), stop_requests=days, note="a\x1b[2Jb", consent_proof="c\x00")
    kept = save(store, messy, now).relationship
    assert (kept.numbers, kept.stop_requests) == (("+44*",), (date(2026, 5, 1), date(2026, 5, 2)))
    assert (kept.note, kept.consent_proof) == ("a[2Jb", "c")


@pytest.mark.parametrize("body", ["{}", "no json", '{"party":"Acme","kind":"telepathy"}', '{"party":7}'])
def test_one_of_a_later_version_is_left_alone_and_said(
    store: Store, open_store: Callable[..., Any], now: datetime, raw: sqlite3.Connection, body: str
) -> None:
    save(store, Relationship(party="Bond"), now)
    store.close()
    raw.execute("INSERT INTO relationships VALUES (7, ?, 99)", (body,))
    store = open_store().store
    assert parties(store) == ["Bond"]
    (problem,) = store.problems()
    assert (problem.code, "1 rule, setting or relationship is" in problem.what) == ("rules-not-understood", True)
    assert save(store, ACME, now).relationship.id == 8
    removed = store.remove_relationship(7, by="ada", now=now).result(10)
    assert (removed.subject, store.problems()) == ("relationship 7", ())


days = st.none() | st.dates()
relationships = st.builds(
    Relationship,
    party=st.text(max_size=20),
    numbers=st.lists(st.from_regex(r"\+[0-9]{1,15}\*?", fullmatch=True), max_size=3).map(tuple),
    kind=st.sampled_from(CallKind),
    last_purchase=days,
    contract_until=days,
    last_inquiry=days,
    consent_on=days,
    consent_revoked_on=days,
    consent_proof=st.text(max_size=20),
    stop_requests=st.lists(st.dates(), max_size=3).map(tuple),
    note=st.text(max_size=20),
)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(relationships)
def test_whatever_can_be_kept_comes_back_as_it_was_kept(
    store: Store, open_store: Callable[..., Any], wanted: Relationship
) -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    try:
        kept = save(store, wanted, at).relationship
    except UnstorableError:
        assert not storable_party(wanted)
        return
    assert next(one for one in store.relationships() if one.id == kept.id) == kept
    assert storable_relationship(kept) == kept


def storable_party(wanted: Relationship) -> bool:
    return any(character.isprintable() and not character.isspace() for character in wanted.party)
