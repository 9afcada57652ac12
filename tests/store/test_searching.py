"""Lists that are filtered and searched, beside a model in plain Python that looks at every call."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callguard import (
    Action,
    Caller,
    CallRecord,
    Evidence,
    Leaning,
    Outcome,
    Presentation,
    Rung,
    Verdict,
)
from callguard.model.decider import decider
from callguard.model.experience import Experience, Opinion, experience, first_opinion
from callguard.model.verdict import Step, StepOutcome
from callguard.store import BadCursorError, Filter, Page, Receipt, Store, searching

Make = Callable[..., CallRecord]
MINUTE = timedelta(minutes=1)
FTC = Evidence(
    code="listed",
    leaning=Leaning.UNWANTED,
    weight=90,
    source="ftc",
    facts={"list": "ftc", "title": "Complaints to the FTC", "reports": 112},
)
RULE = Evidence(
    code="blocked",
    leaning=Leaning.UNWANTED,
    rung=Rung.BLOCK_LIST,
    source="rules",
    facts={"rule_id": 7, "note": 'sells "Größen" & 100% junk_mail'},
)
ROSA = Evidence(
    code="contact", leaning=Leaning.WANTED, rung=Rung.CONTACTS, source="contacts", facts={"who": "Tante Änne O'Neill"}
)


def keep(store: Store, *records: CallRecord) -> None:
    for receipt in [store.append(record) for record in records]:
        receipt.result(10)


def ids(records: tuple[CallRecord, ...]) -> list[str]:
    return [record.call.id for record in records]


def because(record: CallRecord, *evidence: Evidence) -> CallRecord:
    """Say that the first piece of evidence decided."""
    rung = evidence[0].rung
    ladder = (Step(rung, StepOutcome.DECIDED, (0,)),)
    return replace(record, evidence=evidence, verdict=Verdict(action=record.verdict.action, rung=rung, ladder=ladder))


def found(store: Store, text: str) -> int:
    page = store.newest(wanted=Filter(text=text))
    assert store.count(Filter(text=text)) == len(page.records)
    return len(page.records)


# --- words ----------------------------------------------------------------------------------------


@pytest.fixture
def known(store: Store, make: Make) -> Store:
    """Keep four calls: from the FTC's list, by a rule, from a contact, and without a number."""
    keep(
        store,
        because(make(0, number="+493012345678", name="CALL CENTER"), FTC),
        because(make(1, number="+442079460958", name='Bob "The Fix" AND NOT*'), RULE),
        because(make(2, number="+13035550177", name="", action=Action.RING), ROSA),
    )
    hidden = Caller(presentation=Presentation.WITHHELD, text="**621", asserted=("+13035550142",))
    keep(store, replace(make(3), call=replace(make(3).call, caller=hidden)))
    return store


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("call center", id="the name, any case"),
        pytest.param("l Cen", id="a part of it"),
        pytest.param("  CALL CENTER ", id="spaces around it"),
        pytest.param("+49 30 12345678", id="international"),
        pytest.param("0049 30 1234-5678", id="as dialled in Europe"),
        pytest.param("011 49 (30) 12345678", id="as dialled in America"),
        pytest.param("(030) 12345678", id="national"),
        pytest.param("030/1234", id="the beginning of it"),
        pytest.param("5678", id="the end of it"),
        pytest.param("٥٦٧٨", id="in other digits"),
        pytest.param("\N{FULLWIDTH DIGIT FIVE}678", id="in wide digits"),
        pytest.param("Complaints to the FTC", id="the title of a list"),
        pytest.param("Fix", id="three characters"),
        pytest.param('"The Fix"', id="quotes"),
        pytest.param("AND NOT*", id="words that mean something to the index"),
        pytest.param("größen", id="a rule's note, folded"),
        pytest.param("100% junk_mail", id="wildcards"),
        pytest.param("ÄNNE O'N", id="a contact"),
        pytest.param("**621", id="a number that is none"),
        pytest.param("303-555-0142", id="a number the network asserts"),
    ],
)
def test_a_call_is_found_by_what_people_know_of_it(known: Store, text: str) -> None:
    assert found(known, text) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("nobody", "CALL OR CENTER", 'CALL" OR "BOB', "name:CALL", "NEAR(CALL CENTER)", "CALL*", "ca_l", "C%R"),
        *("112", "%%%", "___", '"""', "(((", "x" * 5000, "00000", "+++", "---", "^CA", "{name}: C"),
    ],
)
def test_what_nobody_said_is_not_found_and_breaks_nothing(known: Store, text: str) -> None:
    assert found(known, text) == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Bo", 1), ("b", 1), ("%", 0), ("\\", 0), ("  ", 4), ("\x00\x00\x00", 4), ("58", 1), ("_", 0)],
)
def test_one_or_two_characters_are_looked_for_in_names_and_numbers(known: Store, text: str, expected: int) -> None:
    assert found(known, text) == expected


def test_one_or_two_characters_are_looked_for_in_the_newest_calls_only(
    store: Store, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "LOOKED_THROUGH_SHORT", 10)
    keep(store, *(make(n, name="Zoe" if n in (3, 15) else "Ann") for n in range(20)))
    assert ids(store.newest(wanted=Filter(text="Zo")).records) == [make(15).call.id]


def test_a_record_replaced_is_found_by_its_new_words_only(store: Store, make: Make) -> None:
    keep(store, make(0, name="WRONG", outcome=None), make(0, name="RIGHT"))
    assert (found(store, "WRONG"), found(store, "RIGHT")) == (0, 1)


def test_facts_are_cut(store: Store, make: Make) -> None:
    lists = [replace(FTC, facts={"list": f"{n}", "title": f"{n:03}" + "x" * 500}) for n in range(10)]
    keep(store, because(make(), *lists))
    assert (found(store, "002xx"), found(store, "003xx"), found(store, "x" * 98)) == (1, 0, 0)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, 1, id="the title of a list"),
        pytest.param({"leaning": Leaning.NEUTRAL}, 0, id="of one that does not have the caller"),
        pytest.param({"leaning": Leaning.NEUTRAL, "facts": {"party": "Wanted & Sons"}}, 1, id="a party"),
        pytest.param({"facts": {"note": "is Wanted"}}, 1, id="a note"),
        pytest.param({"facts": {"category": "Wanted"}}, 0, id="a code"),
        pytest.param({"facts": {"who": 5, "title": None}}, 0, id="no texts"),
    ],
)
def test_a_search_finds_what_names_somebody_or_something(
    store: Store, make: Make, changed: dict[str, Any], expected: int
) -> None:
    title = replace(FTC, facts={"list": "ftc", "title": "The Wanted list"})
    keep(store, because(make(), replace(title, **changed)))
    assert found(store, "wanted") == expected


@pytest.mark.parametrize("seed", range(6))
def test_the_index_holds_exactly_the_words_of_the_calls(
    store: Store, make: Make, now: datetime, raw: sqlite3.Connection, seed: int
) -> None:
    chance = random.Random(seed)
    for step in range(12):
        calls = [chance.randrange(25) for _ in range(chance.randrange(1, 12))]
        numbers = ["+13035550101", "+442079460958", None]
        receipts: list[Receipt[Any]] = [
            store.append(
                because(
                    make(n, name=chance.choice(["VISTA", "Ana", ""]), number=chance.choice(numbers)),
                    chance.choice([FTC, RULE, ROSA]),
                )
            )
            for n in calls
        ]
        if step % 3 == 2:
            before = now + chance.randrange(10) * MINUTE
            receipts.append(store.retire(before, pseudonymise=True, secret=b"s", now=now))
        if step == 7:
            receipts.append(store.forget("+13035550101", secret=b"s", by="ada", now=now))
        for receipt in receipts:
            receipt.result(30)
    raw.execute("INSERT INTO calls_text (calls_text, rank) VALUES ('integrity-check', 1)")
    everything = store.newest(1000).records
    for word in ("VISTA", "Ana", "FTC", "O'Neill", "3035550101"):
        expected = sum(is_wanted(record, Filter(text=word), {}) for record in everything)
        assert found(store, word) == expected


def test_a_search_is_paged_in_the_order_of_recording(store: Store, make: Make) -> None:
    keep(store, *(make(n, name=f"Caller {n}") for n in (3, 1, 2, 0)))
    first = store.newest(3, wanted=Filter(text="Caller"))
    rest = store.newest(3, before=first.next, wanted=Filter(text="Caller"))
    assert ids(first.records + rest.records) == [make(n).call.id for n in (0, 2, 1, 3)]
    assert rest.next is None


def test_a_search_that_the_rest_of_a_filter_empties_is_broken_off_and_goes_on(
    store: Store, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "LOOKED_THROUGH", 10)
    keep(store, *(make(n, name="Common", line="Office" if n in (2, 17) else "Home") for n in range(25)))
    pages = list(pages_of(store, Filter(text="common", line="Office"), 5))
    assert [ids(page.records) for page in pages] == [[make(17).call.id], [], [make(2).call.id]]
    everything = list(pages_of(store, Filter(text="common"), 20))
    assert [len(page.records) for page in everything] == [20, 5]


def pages_of(store: Store, wanted: Filter, limit: int) -> Iterator[Page]:
    page = store.newest(limit, wanted=wanted)
    yield page
    while page.next:
        page = store.newest(limit, before=page.next, wanted=wanted)
        yield page


@pytest.mark.parametrize("cursor", ["", "x", "12", "-1", "1-", "1-x", f"1-{10**20}"])
def test_a_made_up_cursor_of_a_search_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(BadCursorError):
        store.newest(before=cursor, wanted=Filter(text="Bob"))


# --- columns --------------------------------------------------------------------------------------


def test_counting_stops_where_it_is_told_to(store: Store, make: Make) -> None:
    keep(store, *(make(n, name="Bob") for n in range(12)))
    counted = [store.count(wanted, 10) for wanted in (Filter(), Filter(text="Bob"), Filter(line="Home"))]
    assert counted == [10, 10, 10]
    assert store.count() == 12


def test_a_call_gets_its_end_and_is_listed_by_it(store: Store, make: Make) -> None:
    going_on = because(make(outcome=None), FTC)
    keep(store, going_on)
    blocked, gone = (Filter(experiences=frozenset({one})) for one in (Experience.BLOCKED, Experience.GONE))
    assert (store.count(blocked), store.count(Filter(opinion=Opinion.OPEN))) == (1, 1)
    end = make(outcome=Outcome.GONE).disposition
    assert end
    store.finish(going_on.call.id, end).result(10)
    assert (store.count(blocked), store.count(gone), store.count(Filter(opinion=Opinion.OPEN))) == (0, 1, 0)
    assert store.statistics(make().call.received_at, make(9).call.received_at, UTC).total[Experience.GONE] == 1


NOW = datetime(2026, 11, 22, 18, 45, 3, tzinfo=UTC)
filters = st.builds(
    Filter,
    line=st.sampled_from([None, None, "Home", "Office"]),
    action=st.sampled_from([None, None, None, *Action]),
    number=st.sampled_from([None, None, None, "+13035550101", "+442079460958"]),
    since=st.sampled_from([None, None, NOW + 10 * MINUTE]),
    until=st.sampled_from([None, None, NOW + 30 * MINUTE]),
    text=st.sampled_from(["", "", "", "VISTA", "sta", "03 555 01", "FTC", "a"]),
    experiences=st.frozensets(st.sampled_from(Experience), max_size=2),
    source=st.sampled_from([None, None, None, "ftc", ""]),
    key=st.sampled_from([None, None, None, "7"]),
    opinion=st.sampled_from([None, None, None, *Opinion]),
)


@pytest.fixture(scope="module")
def records(make: Make) -> list[CallRecord]:
    made = []
    for n in range(48):
        record = make(
            n,
            number=(None, "+13035550101", "+442079460958")[n % 3],
            name=("VISTA", "", "Ana")[n % 7 % 3],
            line="Office" if n % 5 == 0 else "Home",
            action=list(Action)[n % 4 % 3],
            outcome=(Outcome.REJECTED, Outcome.GONE, Outcome.NOT_CARRIED_OUT, None)[n % 11 % 4],
        )
        made.append(because(record, (FTC, RULE, ROSA)[n % 13 % 3]) if n % 6 else replace(record, evidence=()))
    return made


@pytest.fixture(scope="module")
def filled(records: list[CallRecord]) -> Iterator[Store]:
    with TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "callguard.db", now=NOW).store
        keep(store, *records)
        store.give_opinion(records[7].call.id, Opinion.WRONG, by="ada", now=NOW).result(10)
        store.give_opinion(records[8].call.id, Opinion.RIGHT, by="ada", now=NOW).result(10)
        yield store
        store.close()


def is_wanted(record: CallRecord, wanted: Filter, opinions: dict[str, Opinion]) -> bool:
    call, (source, key) = record.call, decider(record)
    words = [call.caller.name, call.caller.number or ""]
    if len(wanted.text) > 2:
        words += [str(item.facts.get(name, "")) for item in record.evidence for name in ("who", "title", "note")]
    text = wanted.text if wanted.text[:1].isalpha() else wanted.text.replace(" ", "").removeprefix("0")
    return (
        wanted.line in (None, call.line)
        and wanted.action in (None, record.verdict.action)
        and wanted.number in (None, call.caller.number)
        and (wanted.since is None or call.received_at >= wanted.since)
        and (wanted.until is None or call.received_at < wanted.until)
        and any(text.lower() in word.lower() for word in words)
        and (not wanted.experiences or experience(record) in wanted.experiences)
        and wanted.source in (None, source)
        and wanted.key in (None, key)
        and wanted.opinion in (None, opinions.get(call.id))
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(wanted=filters, limit=st.integers(1, 20))
def test_any_filter_finds_what_looking_at_every_call_finds(
    filled: Store, records: list[CallRecord], wanted: Filter, limit: int
) -> None:
    opinions = {r.call.id: said for r in records if (said := first_opinion(r))}
    opinions |= {records[7].call.id: Opinion.WRONG, records[8].call.id: Opinion.RIGHT}
    expected = [record.call.id for record in reversed(records) if is_wanted(record, wanted, opinions)]
    assert [call for page in pages_of(filled, wanted, limit) for call in ids(page.records)] == expected
    assert filled.count(wanted) == len(expected)
    assert filled.opinions(expected) == {call: opinions[call] for call in expected if call in opinions}


@given(text=st.text(max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_text_breaks_a_search(filled: Store, text: str) -> None:
    page = filled.newest(wanted=Filter(text=text))
    assert filled.count(Filter(text=text)) == len(page.records)


def test_a_search_reads_no_more_calls_than_it_may(filled: Store) -> None:
    with filled._database.reading() as connection:
        wanted = searching.query(connection, Filter(text="VISTA", line="Nowhere"), 50)
        plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {wanted.sql}", wanted.values))
    assert "VIRTUAL TABLE INDEX" in plan
    assert "SEARCH calls USING INTEGER PRIMARY KEY" in plan
    assert "TEMP B-TREE" not in plan
