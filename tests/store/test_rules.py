"""Every kind of rule: what may be kept, when one takes another's place, uses and ends, and many at once."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from callguard import Rule, RuleKind, RuleList, Schedule
from callguard.model.schedule import Window
from callguard.store import CannotUndoError, NoSuchRuleError, Store, UnstorableError, storable_rule
from callguard.store.database import on_disk as on_disk_uri
from callguard.store.database import sqlite_connect

BLOCK = Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value="+13035550188", note="premium")
NEXT_CALL = Rule(list=RuleList.EXPECTED, kind=RuleKind.ANYONE, value="*", uses_left=1)
OFFICE = Schedule.parse("mon-fri 09:00-17:00, sat 10:00-12:00")


def add(store: Store, rule: Rule, now: datetime) -> Any:
    return store.add_rule(rule, by="ada", now=now).result(10)


def rule(kind: RuleKind, value: str, on: RuleList = RuleList.BLOCK) -> Rule:
    return Rule(list=on, kind=kind, value=value)


# --- what may be kept ----------------------------------------------------------------------------

PATTERNS = pytest.mark.skipif(find_spec("re2") is None, reason="google-re2 is not installed: no patterns here")
GOOD = [
    (RuleKind.EXACT, "+13035550188"),
    (RuleKind.PREFIX, "+44"),
    (RuleKind.RANGE, "+13035550100-+13035550199"),
    (RuleKind.COUNTRY, "GB"),
    (RuleKind.TYPE, "premium-rate"),
    (RuleKind.NAME, "vista*marketing"),
    (RuleKind.PRESENTATION, "withheld"),
    (RuleKind.ANYONE, "*"),
    pytest.param(RuleKind.PATTERN, r"^\+1900\d{7}$", marks=PATTERNS),
]


@pytest.mark.parametrize("on", RuleList)
@pytest.mark.parametrize(("kind", "value"), GOOD)
def test_every_kind_of_rule_on_every_list_survives_a_restart(
    open_store: Callable[..., Any], now: datetime, kind: RuleKind, value: str, on: RuleList
) -> None:
    store = open_store().store
    wanted = replace(
        rule(kind, value, on),
        note="a note",
        line="Home",
        schedule=OFFICE,
        until=now + timedelta(hours=1, milliseconds=5),
        uses_left=3,
    )
    added = add(store, wanted, now).rule
    store.close()
    again = open_store().store
    assert again.rules() == (added,)
    assert added == replace(wanted, id=added.id, created_at=now, origin="ada")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (RuleKind.EXACT, "3035550188"),
        (RuleKind.EXACT, "+1303555018x"),
        (RuleKind.EXACT, "+1234567890123456"),
        (RuleKind.PREFIX, "+"),
        (RuleKind.PREFIX, "+44*"),
        (RuleKind.RANGE, "+13035550100"),
        (RuleKind.RANGE, "+13035550199-+13035550100"),
        (RuleKind.RANGE, "+13035550100-+1303555019"),
        (RuleKind.RANGE, "+13035550100-+13035550199-+13035550200"),
        (RuleKind.COUNTRY, "ZZ"),
        (RuleKind.COUNTRY, "gb"),
        (RuleKind.COUNTRY, "United Kingdom"),
        (RuleKind.TYPE, "expensive"),
        (RuleKind.TYPE, "Premium rate"),
        (RuleKind.NAME, ""),
        (RuleKind.NAME, "***"),
        (RuleKind.NAME, "VISTA"),
        (RuleKind.NAME, "x" * 81),
        (RuleKind.NAME, "vista\x1b[31m"),
        (RuleKind.PRESENTATION, "shown"),
        (RuleKind.PRESENTATION, "hidden"),
        (RuleKind.PATTERN, ""),
        (RuleKind.PATTERN, "("),
        (RuleKind.PATTERN, "x" * 201),
        (RuleKind.ANYONE, ""),
        (RuleKind.ANYONE, "everybody"),
        *((kind, "\udc80\x00") for kind in RuleKind),
    ],
)
def test_nonsense_is_refused_with_a_sentence(store: Store, now: datetime, kind: RuleKind, value: str) -> None:
    with pytest.raises(UnstorableError, match=r"\w+ \w+"):
        add(store, rule(kind, value), now)
    with pytest.raises(UnstorableError):
        storable_rule(rule(kind, value))
    assert (store.rules(), store.changes()) == ((), ())


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"uses_left": 0}, id="no use"),
        pytest.param({"uses_left": -1}, id="less than none"),
        pytest.param({"uses_left": 1001}, id="too many uses"),
        pytest.param({"until": datetime(2026, 11, 22)}, id="an end in no zone"),  # noqa: DTZ001
        pytest.param({"line": "Home\n"}, id="a line of two lines"),
        pytest.param({"line": "x" * 201}, id="an endless line"),
        pytest.param({"schedule": Schedule(())}, id="never"),
        pytest.param({"schedule": Schedule((Window((0,), 500, 400_000),))}, id="impossible hours"),
        pytest.param({"schedule": Schedule((Window((9,), 0, 60),))}, id="an eighth day"),
    ],
)
def test_a_rule_with_an_impossible_condition_is_refused(store: Store, now: datetime, changed: dict[str, Any]) -> None:
    with pytest.raises(UnstorableError):
        add(store, replace(BLOCK, **changed), now)
    assert store.rules() == ()


def test_an_endless_note_is_cut(store: Store, now: datetime) -> None:
    assert add(store, replace(BLOCK, note="n" * 10_000), now).rule.note == "n" * 500


# --- one in another's place ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"list": RuleList.ALLOW},
        {"kind": RuleKind.PREFIX},
        {"value": "+13035550189"},
        {"line": "Office"},
        {"schedule": OFFICE},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_rules_that_differ_in_whom_or_when_they_mean_stand_side_by_side(
    store: Store, now: datetime, changed: dict[str, Any]
) -> None:
    first = add(store, BLOCK, now)
    second = add(store, replace(BLOCK, **changed), now)
    assert store.rules() == (first.rule, second.rule)
    assert second.replaced is None


@pytest.mark.parametrize(
    "changed",
    [{"note": "pest"}, {"until": datetime.fromisoformat("2027-01-01T00:00Z")}, {"uses_left": 2}],
    ids=lambda changed: next(iter(changed)),
)
def test_the_same_rule_with_another_end_other_uses_or_another_note_takes_its_place_as_one_change(
    store: Store, now: datetime, changed: dict[str, Any]
) -> None:
    first = add(store, BLOCK, now)
    second = add(store, replace(BLOCK, **changed), now)
    assert store.rules() == (second.rule,)
    assert second.replaced == first.rule
    assert second.rule.id != first.rule.id, "records that name the first still mean the first"
    assert [change.what for change in store.changes()] == ["rule-replaced", "rule-added"]
    undone = store.undo(second.change.id, by="bob", now=now).result(10)
    assert store.rules() == (first.rule,)
    store.undo(undone.id, by="bob", now=now).result(10)
    assert store.rules() == (second.rule,)


def test_what_took_a_rules_place_and_was_removed_since_does_not_bring_it_back(store: Store, now: datetime) -> None:
    add(store, BLOCK, now)
    second = add(store, replace(BLOCK, note="pest"), now)
    store.remove_rule(second.rule.id, by="ada", now=now).result(10)
    with pytest.raises(CannotUndoError, match="has been removed since"):
        store.undo(second.change.id, by="ada", now=now).result(10)
    assert store.rules() == ()


@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [
        pytest.param("range +13035550100-+13035550199", "exact +13035550150", True, id="a number in a range"),
        pytest.param("range +13035550100-+13035550199", "exact +13035550200", False, id="a number beyond it"),
        pytest.param("range +13035550100-+13035550199", "prefix +1303555015", True, id="a beginning in a range"),
        pytest.param("range +13035550100-+13035550199", "prefix +1303", True, id="a range in a beginning"),
        pytest.param("range +13035550100-+13035550199", "prefix +1303555", True, id="a range in a longer beginning"),
        pytest.param("range +13035550100-+13035550199", "prefix +130355502", False, id="a beginning beyond it"),
        pytest.param("range +13035550100-+13035550199", "prefix +130355501505", False, id="too long for the range"),
        pytest.param(
            "range +13035550100-+13035550150", "range +13035550150-+13035550199", True, id="ranges that touch"
        ),
        pytest.param(
            "range +13035550100-+13035550149", "range +13035550150-+13035550199", False, id="ranges that do not"
        ),
        pytest.param("range +19999999999-+20000000000", "exact +20000000000", True, id="a range over a border"),
        pytest.param("exact +1303555018", "prefix +13035550180", False, id="too short for the beginning"),
        pytest.param("country GB", "country GB", True, id="a country twice"),
        pytest.param("country GB", "country FR", False, id="two countries"),
        pytest.param("name vista", "name vista", True, id="a name twice"),
    ],
)
def test_conflicts_are_found_between_numbers_ranges_and_beginnings(
    store: Store, now: datetime, one: str, other: str, conflict: bool
) -> None:
    first, second = (rule(RuleKind(text.split()[0]), text.split()[1]) for text in (one, other))
    for mine, theirs in ((first, second), (second, first)):
        there = add(store, replace(theirs, list=RuleList.ALLOW), now)
        assert (there.rule in add(store, mine, now).conflicts) is conflict
        for number in [r.id for r in store.rules()]:
            store.remove_rule(number, by="ada", now=now).result(10)


def test_rules_of_different_lines_do_not_conflict(store: Store, now: datetime) -> None:
    add(store, replace(BLOCK, line="Office"), now)
    assert add(store, replace(BLOCK, list=RuleList.ALLOW, line="Home"), now).conflicts == ()
    assert len(add(store, replace(BLOCK, list=RuleList.NEVER_BLOCK), now).conflicts) == 1


# --- uses ----------------------------------------------------------------------------------------


def test_the_next_call_only_is_over_before_the_disk_knows(
    on_disk: Callable[..., Store], disk: Any, now: datetime
) -> None:
    store = on_disk()
    only = add(store, NEXT_CALL, now).rule
    before = store.revision()
    disk.running.clear()  # the disk hangs
    receipt = store.spend_rule(only.id, "call-1", by="a call", now=now)
    assert not receipt.done
    assert store.rules() == ()
    assert store.revision() != before
    disk.running.set()
    change = receipt.result(10)
    assert change is not None
    assert (change.what, change.by) == ("rule-used-up", "a call")
    assert store.rules() == ()


def test_of_two_calls_in_the_same_millisecond_only_one_uses_the_rule(store: Store, now: datetime) -> None:
    only = add(store, NEXT_CALL, now).rule
    first = store.spend_rule(only.id, "call-1", by="a call", now=now)
    assert only.id not in {r.id for r in store.rules()}, "which the second sees"
    second = store.spend_rule(only.id, "call-2", by="a call", now=now)
    assert first.result(10) is not None
    with pytest.raises(NoSuchRuleError):
        second.result(10)


def test_a_call_uses_a_rule_once_however_often_it_is_said(open_store: Callable[..., Any], now: datetime) -> None:
    store = open_store().store
    thrice = add(store, replace(BLOCK, uses_left=3), now).rule
    for _ in range(3):
        assert store.spend_rule(thrice.id, "call-1", by="a call", now=now).result(10) is None
        assert [r.uses_left for r in store.rules()] == [2]
    receipts = [store.spend_rule(thrice.id, "call-2", by="a call", now=now) for _ in range(3)]
    assert [r.uses_left for r in store.rules()] == [1], "at once"
    assert [receipt.result(10) for receipt in receipts] == [None, None, None]
    store.close()
    again = open_store().store
    assert [r.uses_left for r in again.rules()] == [1]
    assert again.spend_rule(thrice.id, "call-2", by="a call", now=now).result(10) is None, "also after a restart"
    assert [r.uses_left for r in again.rules()] == [1]
    assert again.spend_rule(thrice.id, "call-3", by="a call", now=now).result(10) is not None
    assert again.rules() == ()
    assert again.spend_rule(thrice.id, "call-3", by="a call", now=now).result(10) is None


def test_undoing_the_last_use_gives_it_back(store: Store, now: datetime) -> None:
    only = add(store, NEXT_CALL, now).rule
    change = store.spend_rule(only.id, "call-1", by="a call", now=now).result(10)
    assert change
    undone = store.undo(change.id, by="ada", now=now).result(10)
    assert store.rules() == (only,)
    store.undo(undone.id, by="ada", now=now).result(10)
    assert store.rules() == ()


def test_an_addition_can_be_undone_although_the_rule_was_used(store: Store, now: datetime) -> None:
    added = add(store, replace(BLOCK, uses_left=3), now)
    store.spend_rule(added.rule.id, "call-1", by="a call", now=now).result(10)
    undone = store.undo(added.change.id, by="ada", now=now).result(10)
    assert store.rules() == ()
    store.undo(undone.id, by="ada", now=now).result(10)
    assert [r.uses_left for r in store.rules()] == [2], "a use is not given back by undoing something else"


def test_a_rule_for_any_number_of_calls_is_not_spent(on_disk: Callable[..., Store], disk: Any, now: datetime) -> None:
    store = on_disk()
    always = add(store, BLOCK, now).rule
    commits = disk.commits
    assert store.spend_rule(always.id, "call-1", by="a call", now=now).result(0) is None
    assert (store.rules(), disk.commits) == ((always,), commits)


def test_spending_what_never_was_is_refused(store: Store, now: datetime) -> None:
    with pytest.raises(NoSuchRuleError, match="no rule 7"):
        store.spend_rule(7, "call-1", by="a call", now=now).result(10)


def test_a_use_survives_an_outage_of_the_disk(on_disk: Callable[..., Store], disk: Any, now: datetime) -> None:
    store = on_disk()
    twice = add(store, replace(NEXT_CALL, uses_left=2), now).rule
    disk.fails_with = 13  # SQLITE_FULL
    receipt = store.spend_rule(twice.id, "call-1", by="a call", now=now)
    disk.await_failures()
    assert [r.uses_left for r in store.rules()] == [1]
    disk.fails_with = None
    assert receipt.result(10) is None
    assert [r.uses_left for r in store.rules()] == [1]


async def test_many_calls_never_use_a_rule_more_often_than_it_may_be(store: Store, now: datetime) -> None:
    rule = (await store.add_rule(replace(BLOCK, uses_left=20), by="ada", now=now)).rule

    async def call(n: int) -> bool:
        await asyncio.sleep(n % 7 / 1000)
        if rule.id not in {r.id for r in store.rules()}:
            return False
        await store.spend_rule(rule.id, f"call-{n}", by="a call", now=now)
        return True

    used = await asyncio.gather(*map(call, range(60)))
    assert sum(used) == 20
    assert store.rules() == ()


# --- ends ----------------------------------------------------------------------------------------


def test_rules_whose_time_has_passed_are_taken_out_each_by_a_change(store: Store, now: datetime) -> None:
    hour = timedelta(hours=1)
    for n in range(3):
        add(store, replace(BLOCK, value=f"+1303555018{n}", until=now + n * hour), now)
    always = add(store, BLOCK, now).rule
    changes = store.expire_rules(now + hour, by="CallGuard").result(10)
    assert [(c.what, c.by, c.subject[:12]) for c in changes] == [
        ("rule-expired", "CallGuard", "+13035550180"),
        ("rule-expired", "CallGuard", "+13035550181"),
    ]
    assert [r.value for r in store.rules()] == ["+13035550182", always.value]
    assert store.expire_rules(now + hour, by="CallGuard").result(10) == ()


def test_looking_for_ended_rules_does_not_touch_the_disk(
    on_disk: Callable[..., Store], disk: Any, now: datetime
) -> None:
    store = on_disk()
    add(store, replace(BLOCK, until=now + timedelta(hours=1)), now)
    commits = disk.commits
    assert store.expire_rules(now, by="CallGuard").result(0) == ()
    assert disk.commits == commits


def test_an_expiry_can_be_undone_and_happens_again(store: Store, now: datetime) -> None:
    ended = add(store, replace(BLOCK, until=now), now).rule
    (change,) = store.expire_rules(now, by="CallGuard").result(10)
    store.undo(change.id, by="ada", now=now).result(10)
    assert store.rules() == (ended,)
    assert len(store.expire_rules(now, by="CallGuard").result(10)) == 1


# --- many at once --------------------------------------------------------------------------------


def add_many(store: Store, rules: list[Rule], now: datetime) -> Any:
    return store.add_rules(rules, by="ada", now=now, subject="block.csv").result(30)


def numbers(count: int, **more: Any) -> list[Rule]:
    return [replace(BLOCK, value=f"+1303555{n:04}", **more) for n in range(count)]


def test_an_import_is_one_change_and_so_is_its_undo(store: Store, now: datetime) -> None:
    there = add(store, numbers(1)[0], now).rule
    done = add_many(store, numbers(50), now)
    assert len(done.added) == 49
    assert done.there_already == (there,)
    assert (done.change.what, done.change.subject) == ("rules-added", "block.csv")
    assert len(store.rules()) == 50
    undone = store.undo(done.change.id, by="bob", now=now).result(10)
    assert store.rules() == (there,)
    assert undone.subject == "block.csv"
    store.undo(undone.id, by="bob", now=now).result(10)
    assert store.rules() == (there, *done.added)
    assert len(store.changes()) == 4


def test_an_import_takes_the_place_of_the_same_rules_with_another_end(store: Store, now: datetime) -> None:
    there = add(store, replace(BLOCK, until=now), now).rule
    done = add_many(store, [BLOCK], now)
    assert done.replaced == (there,)
    store.undo(done.change.id, by="bob", now=now).result(10)
    assert store.rules() == (there,)


def test_of_the_same_rule_twice_in_an_import_the_later_one_counts(store: Store, now: datetime) -> None:
    done = add_many(store, [BLOCK, replace(BLOCK, note="pest")], now)
    assert [r.note for r in done.added] == ["pest"]
    assert store.rules() == done.added


def test_an_import_of_nothing_new_is_no_change(store: Store, now: datetime) -> None:
    add_many(store, numbers(3), now)
    again = add_many(store, numbers(3), now)
    assert (again.added, again.change, len(again.there_already)) == ((), None, 3)
    assert add_many(store, [], now).change is None
    assert len(store.changes()) == 1


def test_an_import_with_one_bad_rule_adds_none(store: Store, now: datetime) -> None:
    with pytest.raises(UnstorableError, match="'nonsense' is not"):
        add_many(store, [*numbers(3), replace(BLOCK, value="nonsense")], now)
    assert (store.rules(), store.changes()) == ((), ())


def test_too_many_rules_at_once_are_refused(store: Store, now: datetime) -> None:
    with pytest.raises(UnstorableError, match="10001 rules are too many"):
        add_many(store, numbers(10_001), now)


def test_ten_thousand_rules_are_one_change(store: Store, now: datetime) -> None:
    done = add_many(store, numbers(10_000), now)
    assert len(store.rules()) == 10_000
    store.undo(done.change.id, by="bob", now=now).result(30)
    assert store.rules() == ()


def test_undoing_an_import_leaves_what_was_changed_since(store: Store, now: datetime) -> None:
    done = add_many(store, numbers(3), now)
    kept = add(store, replace(done.added[1], note="also at night", id=0), now).rule
    store.remove_rule(done.added[2].id, by="ada", now=now).result(10)
    undone = store.undo(done.change.id, by="bob", now=now).result(10)
    assert store.rules() == (kept,)
    store.undo(undone.id, by="bob", now=now).result(10)
    assert store.rules() == (done.added[0], kept)


def test_an_import_of_which_nothing_is_left_cannot_be_undone(store: Store, now: datetime) -> None:
    done = add_many(store, numbers(2), now)
    for added in done.added:
        store.remove_rule(added.id, by="ada", now=now).result(10)
    with pytest.raises(CannotUndoError):
        store.undo(done.change.id, by="bob", now=now).result(10)


# --- rules of a later version --------------------------------------------------------------------


def test_a_rule_of_a_later_version_is_left_alone_and_said(
    open_store: Callable[..., Any], now: datetime, path: Path
) -> None:
    store = open_store().store
    first = add(store, BLOCK, now).rule
    store.close()
    with closing(sqlite_connect(on_disk_uri(path))) as raw:
        for kind, schedule in (("voiceprint", ""), ("exact", "when it rains")):
            raw.execute(
                "INSERT INTO rules (list, kind, value, note, schedule, until, created_at, origin, in_force)"
                " VALUES ('block', ?, '+13035550188', '', ?, 1, 0, '', 1)",
                (kind, schedule),
            )
    again = open_store().store
    assert again.rules() == (first,)
    (problem,) = again.problems()
    assert problem.code == "rules-not-understood"
    assert "2 rules, settings or relationships are kept but not applied" in problem.what
    add(again, replace(BLOCK, list=RuleList.ALLOW), now)
    add(again, replace(BLOCK, value="+13035550189", until=now), now)
    assert len(again.expire_rules(now, by="CallGuard").result(10)) == 1
