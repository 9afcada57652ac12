from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import Household, Rule, RuleKind, RuleList
from callguard.store import (
    CannotUndoError,
    NoSuchChangeError,
    NoSuchRuleError,
    Store,
    StoreError,
    UnstorableError,
)

BLOCK = Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value="+13035550188", note="premium")
ALLOW = Rule(list=RuleList.ALLOW, kind=RuleKind.EXACT, value="+13035550188")
ABROAD = Rule(list=RuleList.BLOCK, kind=RuleKind.PREFIX, value="+44")


def add(store: Store, rule: Rule, now: datetime) -> Any:
    return store.add_rule(rule, by="ada", now=now).result(10)


def values(store: Store) -> list[tuple[str, str]]:
    return [(rule.list, rule.value) for rule in store.rules()]


async def test_a_rule_is_in_force_once_it_is_acknowledged(store: Store, now: datetime) -> None:
    household: Household = store
    before = household.revision()
    added = await store.add_rule(BLOCK, by="ada", now=now)
    assert household.rules() == (added.rule,)
    assert household.revision() > before
    assert added.rule == replace(BLOCK, id=added.rule.id, created_at=now, origin="ada")
    assert added.rule.id > 0


def test_rules_and_changes_survive_a_restart(open_store: Callable[..., Any], now: datetime) -> None:
    first = open_store().store
    add(first, BLOCK, now)
    add(first, ABROAD, now)
    rules, changes, revision = first.rules(), first.changes(), first.revision()
    first.close()
    second = open_store().store
    assert (second.rules(), second.changes(), second.revision()) == (rules, changes, revision)


def test_every_change_says_who_when_and_what(store: Store, now: datetime) -> None:
    added = add(store, BLOCK, now)
    store.remove_rule(added.rule.id, by="console", now=now + timedelta(hours=1)).result(10)
    removal, addition = store.changes()
    assert (addition.by, addition.at, addition.what) == ("ada", now, "rule-added")
    assert (removal.by, removal.at, removal.what) == ("console", now + timedelta(hours=1), "rule-removed")
    assert addition.subject == removal.subject == "+13035550188 on the block list"
    assert added.change == addition


def test_only_the_newest_changes_are_listed(store: Store, now: datetime) -> None:
    for n in range(5):
        add(store, replace(BLOCK, value=f"+1303555010{n}"), now)
    assert [change.subject[:12] for change in store.changes(2)] == ["+13035550104", "+13035550103"]


def test_changes_are_paged_and_those_of_one_person_told_apart(store: Store, now: datetime) -> None:
    for number, by in enumerate(("Ana", "Ben", "Ana", "Ben", "Ana")):
        store.add_rule(replace(BLOCK, value=f"+1303555010{number}"), by=by, now=now).result(10)
    newest = store.changes(2)
    assert [change.subject[10:12] for change in store.changes(2, before=newest[-1].id)] == ["02", "01"]
    assert [change.by for change in store.changes(who="Ben")] == ["Ben", "Ben"]
    assert [change.subject[:12] for change in store.changes(1, before=newest[-1].id, who="Ben")] == ["+13035550101"]


def test_a_change_tells_what_kind_of_thing_it_is_about(store: Store, now: datetime) -> None:
    add(store, BLOCK, now)
    store.set_setting("policy.profile", "strict", by="ada", now=now).result(10)
    assert [change.about for change in store.changes()] == ["setting:policy.profile", "rules"]


def test_adding_a_rule_twice_changes_nothing(store: Store, now: datetime) -> None:
    first = add(store, BLOCK, now)
    for same in (BLOCK, replace(BLOCK, note="")):
        again = add(store, same, now + timedelta(days=1))
        assert again.rule == first.rule
        assert again.change is None
    assert len(store.changes()) == 1


def test_a_number_on_both_lists_stays_on_both_and_is_pointed_out(store: Store, now: datetime) -> None:
    blocked = add(store, BLOCK, now).rule
    added = add(store, ALLOW, now)
    assert added.conflicts == (blocked,)
    assert store.rules() == (blocked, added.rule)
    assert add(store, ALLOW, now).conflicts == (blocked,), "also when it is said again"


@pytest.mark.parametrize(
    ("there", "new", "conflict"),
    [
        pytest.param("+44*", "+442079460958", True, id="a number under a prefix"),
        pytest.param("+442079460958", "+44*", True, id="a prefix over a number"),
        pytest.param("+44*", "+4420*", True, id="a prefix under a prefix"),
        pytest.param("+4420*", "+44*", True, id="a prefix over a prefix"),
        pytest.param("+44*", "+13035550188", False, id="another country"),
        pytest.param("+1303555018", "+13035550188", False, id="merely begins alike"),
    ],
)
def test_rules_conflict_where_one_number_is_on_both_lists(
    store: Store, now: datetime, there: str, new: str, conflict: bool
) -> None:
    def rule(on: RuleList, text: str) -> Rule:
        kind = RuleKind.PREFIX if text.endswith("*") else RuleKind.EXACT
        return Rule(list=on, kind=kind, value=text.rstrip("*"))

    blocked = add(store, rule(RuleList.BLOCK, there), now).rule
    same_list = add(store, rule(RuleList.BLOCK, new), now)
    assert same_list.conflicts == ()
    assert (blocked in add(store, rule(RuleList.ALLOW, new), now).conflicts) is conflict


@pytest.mark.parametrize("value", ["", "+", "3035550188", "+1303555018x", "+1234567890123456", "+1 303", "+١٢٣"])
def test_what_is_no_number_is_no_rule(store: Store, now: datetime, value: str) -> None:
    with pytest.raises(UnstorableError):
        add(store, replace(BLOCK, value=value), now)
    assert store.rules() == ()
    assert store.changes() == ()


def test_a_note_is_stored_clean(store: Store, now: datetime) -> None:
    assert add(store, replace(BLOCK, note="a\x1b[31m\nb\udc80"), now).rule.note == "a[31m b\ufffd"


def test_removing_what_is_not_there_is_refused(store: Store, now: datetime) -> None:
    with pytest.raises(NoSuchRuleError, match="no rule 7"):
        store.remove_rule(7, by="ada", now=now).result(10)
    number = add(store, BLOCK, now).rule.id
    store.remove_rule(number, by="ada", now=now).result(10)
    with pytest.raises(NoSuchRuleError, match="removed before"):
        store.remove_rule(number, by="ada", now=now).result(10)


# --- undo ----------------------------------------------------------------------------------------


def undo(store: Store, change: int, now: datetime) -> Any:
    return store.undo(change, by="bob", now=now).result(10)


def test_undoing_an_addition_removes_the_rule_and_says_so(store: Store, now: datetime) -> None:
    change = add(store, BLOCK, now).change
    undone = undo(store, change.id, now)
    assert store.rules() == ()
    assert (undone.what, undone.by, undone.subject) == ("undone", "bob", change.subject)
    assert store.changes() == (undone, replace(change, undone_by=undone.id))


def test_undoing_a_removal_brings_back_the_very_same_rule(store: Store, now: datetime) -> None:
    rule = add(store, BLOCK, now).rule
    removal = store.remove_rule(rule.id, by="ada", now=now).result(10)
    undo(store, removal.id, now)
    assert store.rules() == (rule,)


def test_undoing_twice_is_undoing_once(store: Store, now: datetime) -> None:
    change = add(store, BLOCK, now).change
    assert undo(store, change.id, now) == undo(store, change.id, now + timedelta(hours=1))
    assert len(store.changes()) == 2


def test_undoing_an_undo_does_the_change_again_and_it_can_be_undone_again(store: Store, now: datetime) -> None:
    added = add(store, BLOCK, now)
    undone = undo(store, added.change.id, now)
    undo(store, undone.id, now)
    assert store.rules() == (added.rule,)
    assert store.changes()[-1].undone_by is None
    undo(store, added.change.id, now)
    assert store.rules() == ()


def test_an_addition_whose_rule_was_removed_since_cannot_be_undone(store: Store, now: datetime) -> None:
    added = add(store, BLOCK, now)
    store.remove_rule(added.rule.id, by="ada", now=now).result(10)
    with pytest.raises(CannotUndoError, match=r"\+13035550188 on the block list has been removed since"):
        undo(store, added.change.id, now)


def test_a_removal_whose_rule_was_added_again_cannot_be_undone(store: Store, now: datetime) -> None:
    removal = store.remove_rule(add(store, BLOCK, now).rule.id, by="ada", now=now).result(10)
    again = add(store, BLOCK, now).rule
    with pytest.raises(CannotUndoError, match="has been added again"):
        undo(store, removal.id, now)
    assert store.rules() == (again,)


def test_an_unknown_change_cannot_be_undone(store: Store, now: datetime) -> None:
    with pytest.raises(NoSuchChangeError, match="no change 3"):
        undo(store, 3, now)


steps = st.one_of(
    st.tuples(st.just("add"), st.sampled_from([BLOCK, ALLOW, ABROAD])),
    st.tuples(st.just("remove"), st.integers(1, 4)),
    st.tuples(st.just("undo"), st.integers(1, 8)),
)


@settings(deadline=None, max_examples=40)
@given(st.lists(steps, max_size=14))
def test_whatever_is_done_each_change_changes_one_rule_and_a_refusal_none(script: list[tuple[str, Any]]) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    with TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "callguard.db", now=now).store
        with closing(store):
            for what, which in script:
                before, revision = set(store.rules()), store.revision()
                accepted = _try(store, what, which, now)
                changed = before ^ set(store.rules())
                assert len(changed) <= (1 if accepted else 0)
                assert (store.revision() != revision) == bool(changed)
            rules = store.rules()
            assert len({(rule.list, rule.kind, rule.value) for rule in rules}) == len(rules)
        again = Store.open(Path(folder) / "callguard.db", now=now).store
        with closing(again):
            assert again.rules() == rules


def _try(store: Store, what: str, which: Any, now: datetime) -> bool:
    try:
        if what == "add":
            add(store, which, now)
        elif what == "remove":
            store.remove_rule(which, by="ada", now=now).result(10)
        else:
            undo(store, which, now)
    except StoreError:
        return False
    return True
