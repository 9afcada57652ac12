import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callguard import Action, Caller, CallRecord, Disposition, Outcome, Presentation
from callguard.model.experience import Experience, Opinion
from callguard.model.policy import Policy, Profile
from callguard.store import (
    AmbiguousIdError,
    BadCursorError,
    Filter,
    NoSuchCallError,
    Store,
    UnreadableError,
    UnstorableError,
)
from callguard.store.searching import query

Make = Callable[..., CallRecord]
HOUR = timedelta(hours=1)


def keep(store: Store, *records: CallRecord) -> None:
    for receipt in [store.append(record) for record in records]:
        receipt.result(10)


def ids(records: tuple[CallRecord, ...]) -> list[str]:
    return [record.call.id for record in records]


async def test_a_record_comes_back_as_it_was(store: Store, make: Make) -> None:
    await store.append(make())
    assert store.record(make().call.id) == make()


def test_an_unknown_id_finds_nothing(store: Store) -> None:
    assert store.record("1m8296y0k0000000") is None


def test_a_record_survives_a_restart(open_store: Callable[..., Any], make: Make) -> None:
    first = open_store().store
    keep(first, make())
    first.close()
    assert open_store().store.record(make().call.id) == make()


def test_closing_writes_what_waits(open_store: Callable[..., Any], make: Make) -> None:
    first = open_store().store
    receipts = [first.append(make(n)) for n in range(500)]
    first.close()
    assert all(receipt.done for receipt in receipts)
    assert open_store().store.counts().total == 500


def test_a_call_can_be_finished_later(store: Store, make: Make) -> None:
    keep(store, make(outcome=None))
    end = Disposition(outcome=Outcome.ANNOUNCED, ended_at=make().call.received_at + HOUR, note="answered")
    store.finish(make().call.id, end).result(10)
    assert store.record(make().call.id) == make(disposition=end)
    assert store.counts().calls == {(Action.BLOCK, Outcome.ANNOUNCED): 1}


def test_finishing_in_the_same_breath_keeps_the_order(store: Store, make: Make) -> None:
    end = make().disposition
    assert end
    receipts = [
        step for n in range(50) for step in (store.append(make(n, outcome=None)), store.finish(make(n).call.id, end))
    ]
    for receipt in receipts:
        receipt.result(10)
    assert store.counts().calls == {(Action.BLOCK, Outcome.REJECTED): 50}


def test_finishing_an_unknown_call_is_refused(store: Store, make: Make) -> None:
    end = make().disposition
    assert end
    with pytest.raises(NoSuchCallError):
        store.finish("1m8296y0k0000000", end).result(10)


def test_a_record_stored_again_replaces_the_first(store: Store, make: Make) -> None:
    keep(store, make(outcome=None), make(action=Action.RING, outcome=Outcome.RANG))
    assert store.newest().records == (make(action=Action.RING, outcome=Outcome.RANG),)
    assert store.counts().calls == {(Action.RING, Outcome.RANG): 1}


async def test_a_record_that_cannot_be_written_is_refused_and_harms_no_other(store: Store, make: Make) -> None:
    naive = make(1)
    naive = replace(naive, call=replace(naive.call, received_at=datetime(2026, 11, 22)))  # noqa: DTZ001
    receipts = [store.append(make(0)), store.append(naive), store.append(make(2))]
    await receipts[0]
    await receipts[2]
    with pytest.raises(UnstorableError, match="no time zone"):
        await receipts[1]
    assert store.counts().total == 2


def test_hostile_texts_are_stored_clean(store: Store, make: Make) -> None:
    record = make()
    caller = Caller(presentation=Presentation.SHOWN, number=None, name="a\x00b\x1b[2J\udcff'; DROP TABLE calls; --")
    keep(store, replace(record, call=replace(record.call, caller=caller, line="Ho\nme")))
    (found,) = store.newest(wanted=Filter(text="DROP")).records
    assert found.call.caller.name == "ab[2J\ufffd'; DROP TABLE calls; --"
    assert found.call.line == "Ho me"


# --- policies ------------------------------------------------------------------------------------


def test_a_policy_is_stored_once_and_comes_back_exactly(store: Store, make: Make, raw: sqlite3.Connection) -> None:
    strict = Policy(profile=Profile.STRICT, block_at=80, unknown_callers=Action.SCREEN)
    keep(store, *(make(n, policy=strict if n % 2 else Policy()) for n in range(10)))
    assert [record.policy for record in store.newest().records] == [strict, Policy()] * 5
    assert raw.execute("SELECT count(*) FROM policies").fetchone() == (2,)


def test_a_policy_is_found_again_after_a_restart(open_store: Callable[..., Any], make: Make) -> None:
    strict = Policy(profile=Profile.STRICT, block_at=80)
    first = open_store().store
    keep(first, make(policy=strict))
    first.close()
    assert open_store().store.record(make().call.id) == make(policy=strict)


# --- finding one ---------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [slice(None), slice(0, 12), slice(-7, None), slice(-4, None)])
def test_a_call_is_found_by_either_end_of_its_id(store: Store, make: Make, part: slice) -> None:
    keep(store, *(make(n) for n in range(20)))
    wanted = make(7)
    assert store.find(f" {wanted.call.id[part].upper()} ") == wanted


def test_an_ambiguous_part_names_the_candidates(store: Store, make: Make) -> None:
    keep(store, make(1), make(2))
    with pytest.raises(AmbiguousIdError, match=f"{make(1).call.id}.*{make(2).call.id}"):
        store.find(make(1).call.id[:4])


@pytest.mark.parametrize("part", ["", "abc", "zzzz", "%%%%", "____", "0" * 17, "../..", "a'b\""])
def test_what_is_no_part_of_an_id_finds_no_call(store: Store, make: Make, part: str) -> None:
    keep(store, make())
    with pytest.raises(NoSuchCallError):
        store.find(part)


# --- lists ---------------------------------------------------------------------------------------


def test_pages_follow_each_other_without_gap_or_overlap(store: Store, make: Make) -> None:
    records = [make(n) for n in range(23)]
    keep(store, *records)
    seen: list[str] = []
    cursor, pages = None, 0
    while pages == 0 or cursor:
        page = store.newest(5, before=cursor)
        seen, cursor, pages = seen + ids(page.records), page.next, pages + 1
    assert seen == [record.call.id for record in reversed(records)]
    assert pages == 5


def test_calls_of_the_same_millisecond_are_paged_through(store: Store, make: Make, now: datetime) -> None:
    keep(store, *(make(n, at=now) for n in range(6)))
    first = store.newest(4)
    rest = store.newest(4, before=first.next)
    assert len({*ids(first.records), *ids(rest.records)}) == 6
    assert rest.next is None


def test_new_calls_do_not_shift_the_pages(store: Store, make: Make) -> None:
    keep(store, *(make(n) for n in range(10)))
    first = store.newest(5)
    keep(store, make(99))
    assert ids(store.newest(5, before=first.next).records) == [make(n).call.id for n in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("cursor", ["", "x", "12", "-abc", "12-", "٣-1", "1;DROP-1", "1-2-3", f"1-{10**30}"])
def test_a_cursor_made_up_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(BadCursorError):
        store.newest(before=cursor)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param({}, [5, 4, 3, 2, 1, 0], id="everything"),
        pytest.param({"line": "Office"}, [5, 2], id="line"),
        pytest.param({"action": Action.RING}, [4, 0], id="action"),
        pytest.param({"number": "+13035550101"}, [4, 1], id="number"),
        pytest.param({"number": "+13035550101", "action": Action.BLOCK}, [1], id="number and action"),
        pytest.param({"since": 4}, [5, 4], id="since is included"),
        pytest.param({"until": 2}, [1, 0], id="until is not"),
        pytest.param({"since": 1, "until": 3}, [2, 1], id="between"),
        pytest.param({"text": "vista"}, [3], id="name, any case"),
        pytest.param({"text": "50%_"}, [5], id="wildcards mean themselves"),
        pytest.param({"text": "(303) 555-0102"}, [5, 2], id="number as people write it"),
        pytest.param({"text": "nobody"}, [], id="nothing"),
    ],
)
def test_a_list_is_filtered(
    store: Store, make: Make, now: datetime, wanted: dict[str, Any], expected: list[int]
) -> None:
    records = [
        make(
            n,
            number=f"+1303555010{n % 3}",
            line="Office" if n % 3 == 2 else "Home",
            action=Action.RING if n % 4 == 0 else Action.BLOCK,
            name={3: "VISTA RESEARCH", 5: "50%_ OFF"}.get(n, ""),
        )
        for n in range(6)
    ]
    keep(store, *records)
    for edge in ("since", "until"):
        if edge in wanted:
            wanted = {**wanted, edge: now + timedelta(minutes=wanted[edge])}
    assert ids(store.newest(wanted=Filter(**wanted)).records) == [records[n].call.id for n in expected]


def test_a_filtered_list_is_paged_too(store: Store, make: Make) -> None:
    keep(store, *(make(n, number="+13035550101" if n % 2 else "+13035550102") for n in range(10)))
    first = store.by_number("+13035550101", limit=3)
    rest = store.newest(3, before=first.next, wanted=Filter(number="+13035550101"))
    assert ids(first.records + rest.records) == [make(n).call.id for n in (9, 7, 5, 3, 1)]


@pytest.mark.parametrize(
    ("wanted", "indexes"),
    [
        pytest.param(Filter(), {"calls_newest"}, id="newest"),
        pytest.param(Filter(number="+13035550101"), {"calls_by_number"}, id="by number"),
        pytest.param(Filter(opinion=Opinion.OPEN), {"calls_by_opinion"}, id="to review"),
        pytest.param(Filter(experiences=frozenset({Experience.GONE})), {"calls_by_experience"}, id="one experience"),
        pytest.param(
            Filter(experiences=frozenset({Experience.GONE, Experience.RANG})), {"calls_by_experience"}, id="two"
        ),
        pytest.param(Filter(action=Action.BLOCK), {"calls_newest"}, id="by action"),
        pytest.param(Filter(line="Home", source="ftc", key="ftc"), {"calls_newest"}, id="line, source and key"),
        pytest.param(Filter(text="ab"), {"calls_newest"}, id="two characters"),
    ],
)
@pytest.mark.parametrize("before", [None, "1-1"])
def test_no_list_is_sorted_and_no_body_read_for_it(
    store: Store, raw: sqlite3.Connection, wanted: Filter, before: str | None, indexes: set[str]
) -> None:
    with store._database.reading() as connection:
        found = query(connection, wanted, 50, before)
    plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {found.sql}", found.values)]
    used = [step for step in plan if "INDEX" in step]
    assert {index for step in used for index in indexes if f"USING COVERING INDEX {index}" in step} == indexes
    assert all("COVERING" in step for step in used)
    assert not any("TEMP B-TREE" in step for step in plan)


def test_a_record_nobody_understands_is_left_out_and_counted(
    store: Store, make: Make, raw: sqlite3.Connection
) -> None:
    keep(store, *(make(n) for n in range(3)))
    raw.execute("UPDATE calls SET body = '{}' WHERE id = ?", (make(1).call.id,))
    page = store.newest()
    assert ids(page.records) == [make(2).call.id, make(0).call.id]
    assert page.unreadable == 1
    with pytest.raises(UnreadableError, match="call is missing"):
        store.record(make(1).call.id)


# --- counters ------------------------------------------------------------------------------------


def test_counters_add_up_by_action_and_outcome(store: Store, make: Make) -> None:
    keep(
        store,
        make(0),
        make(1),
        make(2, action=Action.RING, outcome=Outcome.RANG),
        make(3, action=Action.BLOCK, outcome=Outcome.GONE),
        make(4, action=Action.RING, outcome=None),
    )
    counts = store.counts()
    assert counts.total == 5
    assert counts.by_action == {Action.BLOCK: 3, Action.RING: 2, Action.SCREEN: 0}
    assert counts.by_outcome[Outcome.REJECTED] == 2
    assert sum(counts.by_outcome.values()) == 4


def test_counting_from_a_moment_on_is_exact_to_the_millisecond(store: Store, make: Make, now: datetime) -> None:
    records = [make(n, at=now + timedelta(minutes=7 * n)) for n in range(60)]
    keep(store, *records)
    for since in (now, now + 3 * HOUR, now + timedelta(minutes=7 * 30), now.replace(minute=0, second=0)):
        assert store.counts(since).total == sum(record.call.received_at >= since for record in records)
    assert store.counts(records[-1].call.received_at + timedelta(milliseconds=1)).total == 0
    assert store.counts(records[-1].call.received_at.astimezone(UTC)).total == 1
