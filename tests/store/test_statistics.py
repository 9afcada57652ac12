"""Figures, beside a model in plain Python that counts every call by the household's clock."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callguard import Action, CallRecord, Evidence, Leaning, Outcome, Rung, Verdict
from callguard.model.experience import Experience, Opinion, experience
from callguard.model.verdict import Step, StepOutcome
from callguard.policy.sole import sole_deciders
from callguard.store import Filter, SourceShare, Store, TopCaller, statistics

Make = Callable[..., CallRecord]
DAY = timedelta(days=1)
DENVER, KOLKATA, LORD_HOWE = ZoneInfo("America/Denver"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe")
KATHMANDU = timezone(timedelta(hours=5, minutes=45))


def keep(store: Store, *records: CallRecord) -> None:
    for receipt in [store.append(record) for record in records]:
        receipt.result(10)


def by_day(store: Store, since: datetime, until: datetime, zone: tzinfo) -> dict[date, int]:
    return {day.day: sum(day.calls.values()) for day in store.statistics(since, until, zone).days}


@pytest.mark.parametrize(
    ("zone", "at", "day", "hour"),
    [
        pytest.param(UTC, "2026-11-22T23:59", "2026-11-22", 23, id="UTC"),
        pytest.param(KOLKATA, "2026-11-22T18:29", "2026-11-22", 23, id="India before midnight"),
        pytest.param(KOLKATA, "2026-11-22T18:30", "2026-11-23", 0, id="India at midnight"),
        pytest.param(KATHMANDU, "2026-11-22T18:14", "2026-11-22", 23, id="Nepal before midnight"),
        pytest.param(KATHMANDU, "2026-11-22T18:15", "2026-11-23", 0, id="Nepal at midnight"),
        pytest.param(DENVER, "2026-03-08T08:59", "2026-03-08", 1, id="before clocks go forward"),
        pytest.param(DENVER, "2026-03-08T09:00", "2026-03-08", 3, id="after clocks went forward"),
        pytest.param(DENVER, "2026-11-01T07:30", "2026-11-01", 1, id="the first half past one"),
        pytest.param(DENVER, "2026-11-01T08:30", "2026-11-01", 1, id="the second half past one"),
        pytest.param(DENVER, "2026-11-02T06:59", "2026-11-01", 23, id="the end of a day of 25 hours"),
        pytest.param(LORD_HOWE, "2026-04-04T14:45", "2026-04-05", 1, id="clocks half an hour back"),
    ],
)
def test_a_call_is_counted_on_the_day_and_hour_of_the_households_clock(
    store: Store, make: Make, zone: tzinfo, at: str, day: str, hour: int
) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    keep(store, make(at=moment))
    found = store.statistics(moment - 3 * DAY, moment + 3 * DAY, zone)
    assert [str(one.day) for one in found.days if any(one.calls.values())] == [day]
    assert [n for n, calls in enumerate(found.hours) if any(calls.values())] == [hour]


@pytest.mark.parametrize("zone", [UTC, DENVER, KOLKATA, KATHMANDU, LORD_HOWE], ids=str)
@pytest.mark.parametrize("days", [1, 14, 365])
def test_every_day_of_the_span_is_there(store: Store, make: Make, zone: tzinfo, days: int) -> None:
    until = datetime(2026, 11, 23, tzinfo=zone)
    since = datetime(2026, 11, 23, tzinfo=zone) - days * DAY
    keep(store, make(at=since), make(at=until - timedelta(milliseconds=1)), make(at=until))
    found = by_day(store, since, until, zone)
    assert list(found) == [(since + n * DAY).date() for n in range(days)]
    assert sum(found.values()) == 2, "up to, but not including"


def test_no_days_are_an_empty_span(store: Store, now: datetime) -> None:
    found = store.statistics(now, now, UTC)
    assert [day.day for day in found.days] == [now.date()]
    assert (sum(found.total.values()), len(found.hours), found.sources, found.top) == (0, 24, (), ())


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    begin=st.integers(35_000, 2_300_000),  # quarters: from 1971 to 2035
    days=st.integers(0, 400),
    zone=st.sampled_from([UTC, DENVER, KOLKATA, KATHMANDU, LORD_HOWE, ZoneInfo("Africa/Monrovia")]),
)
def test_spans_of_one_clock_cover_everything_once(begin: int, days: int, zone: tzinfo) -> None:
    parts = list(statistics._same_clock(begin, begin + 96 * days, zone))
    covered = [quarter for start, end, _ in parts for quarter in (start, end - 1)]
    assert covered == sorted(covered)
    assert [start for start, _, _ in parts[1:]] == [end for _, end, _ in parts[:-1]]
    assert sum(end - start for start, end, _ in parts) == 96 * days
    for start, end, ahead in parts:
        assert statistics._ahead(start, zone) == ahead == statistics._ahead(end - 1, zone)


def test_what_was_experienced_is_counted_and_follows_a_call_to_its_end(
    store: Store, make: Make, now: datetime
) -> None:
    keep(
        store,
        make(0, outcome=None),
        make(1, action=Action.RING, outcome=Outcome.RANG),
        make(2, action=Action.SCREEN, outcome=Outcome.ANNOUNCED),
        make(3, outcome=Outcome.NOT_CARRIED_OUT),
    )
    expected = {Experience.BLOCKED: 1, Experience.RANG: 1, Experience.SCREENED: 1, Experience.LET_THROUGH: 1}
    assert store.statistics(now - DAY, now + DAY, UTC).total == {**dict.fromkeys(Experience, 0), **expected}
    keep(store, make(0, outcome=Outcome.GONE))
    after = store.statistics(now - DAY, now + DAY, UTC).total
    assert (after[Experience.GONE], after[Experience.BLOCKED], sum(after.values())) == (1, 0, 4)


# --- lists, callers, corrections ------------------------------------------------------------------


def listed(record: CallRecord, *names: str) -> CallRecord:
    evidence = tuple(
        Evidence(code="listed", leaning=Leaning.UNWANTED, weight=60, source=name, facts={"list": name})
        for name in names
    )
    ladder = (Step(Rung.SIGNALS, StepOutcome.DECIDED, tuple(range(len(names)))),)
    return replace(record, evidence=evidence, verdict=Verdict(action=Action.BLOCK, rung=Rung.SIGNALS, ladder=ladder))


def test_lists_are_told_by_what_they_decided_and_what_only_they_did(
    open_store: Callable[..., Any], make: Make, now: datetime
) -> None:
    store = open_store(sole=sole_deciders).store
    keep(
        store,
        *(listed(make(n), "ftc", "lists") for n in range(3)),
        *(listed(make(n), "ftc", "lists", "phone") for n in range(3, 5)),
        make(9, at=now - 40 * DAY),
    )
    assert store.statistics(now - DAY, now + DAY, UTC).sources == (
        SourceShare(source="ftc", key="ftc", decided=5, only=3),
        SourceShare(source="lists", key="lists", decided=5, only=3),
        SourceShare(source="phone", key="phone", decided=2, only=0),
    )
    assert store.hits(now)["ftc", "ftc"].only == 3
    keep(store, listed(make(0), "ftc", "lists", "phone"))
    assert store.hits(now)["ftc", "ftc"].only == 2, "a record that is replaced is counted as it is now"


def test_a_store_that_is_told_of_nobody_knows_of_no_only_one(store: Store, make: Make, now: datetime) -> None:
    keep(store, listed(make(0), "ftc", "lists"))
    assert store.hits(now)["ftc", "ftc"].only == 0


def test_corrections_are_counted_in_the_span(store: Store, make: Make, now: datetime) -> None:
    keep(store, *(listed(make(n, at=now + n * DAY), "ftc") for n in range(4)))
    for n, opinion in enumerate((Opinion.WRONG, Opinion.WRONG, Opinion.RIGHT)):
        store.give_opinion(make(n, at=now + n * DAY).call.id, opinion, by="ada", now=now).result(10)
    assert [store.statistics(now, now + n * DAY, UTC).corrected for n in (0, 1, 2, 4)] == [0, 1, 2, 2]


@pytest.mark.parametrize("few", [0, 20_000], ids=["by asking those blocked most", "by counting all"])
def test_those_blocked_most_often_are_found_among_many(
    store: Store, make: Make, now: datetime, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(statistics, "_FEW", few)
    monkeypatch.setattr(statistics, "_ASKED_AT_ONCE", 20)
    chance = random.Random(5)
    records = []
    for n in range(1500):
        number = f"+1303555{min(int(chance.expovariate(0.02)), 400):04}"
        action = chance.choice([Action.BLOCK, Action.BLOCK, Action.RING])
        record = make(at=now + n * timedelta(minutes=31), number=number, name=f"{n}", action=action)
        records.append(replace(record, call=replace(record.call, id=f"{n:016}")))
    keep(store, *records)
    for since, until in ((now, now + 40 * DAY), (now + 10 * DAY, now + 20 * DAY), (now + 31 * DAY, now + 32 * DAY)):
        found = store.statistics(since, until, UTC).top
        span = [r for r in records if since <= r.call.received_at < until]
        blocked = Counter(r.call.caller.number for r in span if experience(r) is Experience.BLOCKED)
        assert [caller.blocked for caller in found] == sorted(blocked.values(), reverse=True)[:10]
        for caller in found:
            assert caller == expected_caller(caller.number, span, records)


def expected_caller(number: str, span: list[CallRecord], records: list[CallRecord]) -> TopCaller:
    mine = [record for record in span if record.call.caller.number == number]
    return TopCaller(
        number=number,
        name=[record for record in records if record.call.caller.number == number][-1].call.caller.name,
        blocked=sum(experience(record) is Experience.BLOCKED for record in mine),
        calls=len(mine),
        last_at=mine[-1].call.received_at,
    )


@pytest.mark.parametrize("few", [0, 20_000], ids=["by asking those blocked most", "by counting all"])
def test_few_callers_are_all_told(
    store: Store, make: Make, now: datetime, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(statistics, "_FEW", few)
    keep(store, make(0), make(1, number="+13035550101"), make(2), make(3, number=None), make(4, action=Action.RING))
    top = store.statistics(now, now + DAY, UTC).top
    assert [(caller.number, caller.blocked, caller.calls) for caller in top] == [
        *(("+13035550188", 2, 3), ("+13035550101", 1, 1))
    ]


def test_a_callers_counters_follow_a_record_that_is_replaced(store: Store, make: Make, now: datetime) -> None:
    keep(store, make(0, outcome=None), make(0, outcome=Outcome.GONE), make(1))
    history = store.caller("+13035550188")
    assert history
    assert (history.calls, history.blocked, history.first_at) == (2, 1, now)
    keep(store, make(1, number="+13035550101"))
    assert [h and h.calls for h in map(store.caller, ("+13035550188", "+13035550101"))] == [1, 1]
    keep(store, make(0, number=None))
    assert store.caller("+13035550188") is None


def test_the_figures_are_those_of_the_calls_themselves(store: Store, make: Make, now: datetime) -> None:
    keep(store, *(make(n, action=list(Action)[n % 3], outcome=list(Outcome)[n % 5]) for n in range(60)))
    total = store.statistics(now - DAY, now + DAY, UTC).total
    assert total == {one: store.count(Filter(experiences=frozenset({one}))) for one in Experience}
