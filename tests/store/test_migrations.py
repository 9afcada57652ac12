import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from callguard import (
    Acquaintance,
    Action,
    CallRecord,
    Contact,
    Evidence,
    Leaning,
    Outcome,
    Relationship,
    RuleList,
    Rung,
    Verdict,
)
from callguard.model.experience import Experience, Opinion
from callguard.model.policy import Policy
from callguard.model.verdict import Step, StepOutcome
from callguard.model.wire import encode_policy, encode_record, policy_key
from callguard.store import Filter, Hits, Limits, Store, opening
from callguard.store import migrate as migrating
from callguard.store.database import on_disk, sqlite_connect
from callguard.store.migrate import Migration, latest, migrate, migrations, version

Make = Callable[..., CallRecord]
CHANGES = (0, 0, 3, 3, 4, 6, 6)  # that each version has
BACKUP = f"callguard.db.before-{latest()}"

# What was valid in each version, in that version's own words; a new migration adds a step here.
RULES = """
INSERT INTO rules (id, list, kind, value, note, created_at, origin, in_force) VALUES
  (7, 'block', 'exact', '+13035550188', 'premium', 1795373103000, 'ada', 1),
  (8, 'allow', 'prefix', '+44', '', 1795373103000, 'ada', 0);
"""
CHANGES_OF_RULES = """
INSERT INTO changes (id, at, by, what, subject, rule, in_force, undoes, undone_by) VALUES
  (1, 1795373103000, 'ada', 'rule-added', '+44* on the allow list', 8, 1, NULL, NULL),
  (2, 1795373103000, 'ada', 'rule-removed', '+44* on the allow list', 8, 0, NULL, NULL),
  (3, 1795373103000, 'ada', 'rule-added', '+13035550188 on the block list', 7, 1, NULL, NULL);
"""
PHRASES = "INSERT INTO phrases VALUES ('rules', 'blocked-number', '{number} is on your block list');"
EVIDENCE = """
INSERT INTO rules (id, list, kind, value, note, line, schedule, until, uses_left, created_at, origin, in_force)
VALUES (9, 'expected', 'anyone', '*', '', 'Home', 'mon-fri 09:00-17:00', 1795376703000, 2, 1795373103000, 'ada', 1);
INSERT INTO uses VALUES (9, '1m8296y0k0000000');
INSERT INTO changes (id, at, by, what, subject, undoes, undone_by, about, found, made, did) VALUES
  (1, 1795373103000, 'ada', 'rule-added', '+44* on the allow list', NULL, NULL, 'rules', 0, 1, '[[null,null,8]]'),
  (2, 1795373103000, 'ada', 'rule-removed', '+44* on the allow list', NULL, NULL, 'rules', 0, 2, '[[null,8,null]]'),
  (3, 1795373103000, 'ada', 'contacts-replaced', 'family: 1 new', NULL, NULL, 'book:family', 0, 3,
   '[["u1",null,["Grace",["+13035550177"]]]]'),
  (4, 1795373103000, 'ada', 'setting-changed', 'policy.profile', NULL, NULL, 'setting:policy.profile', 0, 4,
   '[[null,null,"\\"strict\\""]]');
INSERT INTO books VALUES ('family', 3);
INSERT INTO contacts VALUES ('family', 'u1', 'Grace', '["+13035550177"]');
INSERT INTO acquaintances VALUES ('+13035550177', 1795373103000, NULL);
INSERT INTO settings VALUES ('policy.profile', '"strict"', 4);
INSERT INTO hits (day, source, key, hits, decided, last_at) VALUES (20779, 'ftc', 'ftc', 3, 1, 1795373103000);
"""


COMPLAINTS = """
INSERT INTO changes (id, at, by, what, subject, undoes, undone_by, about, found, made, did) VALUES
  (5, 1795373103000, 'ada', 'relationship-added', 'Acme', NULL, NULL, 'relationship:1', 0, 5,
   '[[null,null,"{\\"party\\":\\"Acme\\",\\"last_purchase\\":\\"2026-03-01\\"}"]]'),
  (6, 1795373103000, 'ada', 'complaint-changed', 'complaint', NULL, NULL, 'complaint:1m8296y0k0000000:ftc', 0, 6,
   '[[null,null,"{\\"call_id\\":\\"1m8296y0k0000000\\",\\"agency\\":\\"ftc\\"}"]]');
INSERT INTO relationships VALUES (1,
  '{"party":"Acme","last_purchase":"2026-03-01","stop_requests":["2026-05-20"]}', 5);
INSERT INTO complaints VALUES ('1m8296y0k0000000', 'ftc',
  '{"call_id":"1m8296y0k0000000","agency":"ftc","state":"filed","filed_on":"2026-11-23","answers":{"kind":"sales"}}',
  6);
"""

CALL = "id, received_at, line, number, name, action, rung, outcome, policy, body"
CALL_FOR_THE_CONSOLE = f"{CALL}, experience, source, key, opinion, facts"
PAST = """
INSERT INTO past_calls (received_at, line, experience, calling_code, pseudonym)
  VALUES (1763837103000, 'Home', 'blocked', '+1', '3db410e9b3ab610f753e0339b6a5c82d');
INSERT INTO gone VALUES (1763837104000, 1, 1795373103000);
"""


def fill(connection: sqlite3.Connection, number: int, record: CallRecord) -> None:
    """Insert rows as version *number* wrote them."""
    if number >= 1:
        key = policy_key(record.policy)
        connection.execute("INSERT INTO policies VALUES (?, ?)", (key, encode_policy(record.policy)))
        call = record.call
        values = (call.id, 1795373103000, call.line, call.caller.number, "VISTA", "block", 5, "rejected", key)
        columns, more = (CALL_FOR_THE_CONSOLE, ("blocked", "", "", None, "")) if number >= 6 else (CALL, ())
        row = (*values, encode_record(record, key), *more)
        connection.execute(f"INSERT INTO calls ({columns}) VALUES ({', '.join('?' * len(row))})", row)
    if number >= 2:
        connection.executescript(RULES)
    if 2 <= number < 4:
        connection.executescript(CHANGES_OF_RULES)
    if number >= 3:
        connection.executescript(PHRASES)
    if number >= 4:
        connection.executescript(EVIDENCE)
    if number >= 5:
        connection.executescript(COMPLAINTS)
    if number >= 6:
        connection.executescript(PAST)


@pytest.fixture
def old(path: Path, make: Make) -> Callable[[int], None]:
    """Leave behind the database of an older version."""

    def build(number: int) -> None:
        path.parent.mkdir()
        with closing(sqlite_connect(on_disk(path))) as connection:
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
            migrate(connection, upto=number)
            fill(connection, number, make(policy=Policy(block_at=80)))

    return build


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [step.number for step in migrations()] == list(range(1, latest() + 1))


@pytest.mark.parametrize("number", range(latest() + 1))
def test_every_old_version_is_carried_over_with_all_it_holds(
    old: Callable[[int], None], open_store: Callable[..., Any], make: Make, number: int
) -> None:
    old(number)
    opened = open_store()
    store = opened.store
    assert opened.problems == ()
    if number >= 1:
        assert store.newest().records == (make(policy=Policy(block_at=80)),)
        assert store.counts().calls == {(Action.BLOCK, Outcome.REJECTED): 1}
    if number >= 2:
        assert (store.rules()[0].id, store.rules()[0].list, store.rules()[0].note) == (7, RuleList.BLOCK, "premium")
        assert [change.id for change in store.changes()] == (list(range(CHANGES[number], 0, -1)))
        store.undo(2, by="bob", now=make().call.received_at).result(10)
        assert [(rule.id, rule.value) for rule in store.rules()][:2] == [(7, "+13035550188"), (8, "+44")]
    if number >= 3:
        assert store.phrases() == {("rules", "blocked-number"): "{number} is on your block list"}
    if number >= 4:
        holds_the_evidence(store, make().call.received_at)
    if number >= 5:
        holds_the_complaints(store, make().call.received_at)
    if number >= 6:
        holds_what_is_left_of_past_calls(store)
    store.append(make(1)).result(10)
    assert store.counts().total == (2 if number else 1)
    assert store.check() == ()


def holds_the_evidence(store: Store, now: datetime) -> None:
    expected = store.rules()[-1]
    assert (expected.id, expected.line, expected.uses_left) == (9, "Home", 2)
    assert str(expected.schedule) == "mon-fri 09:00-17:00"
    assert expected.until == now + timedelta(hours=1)
    grace = Contact(book="family", uid="u1", name="Grace", numbers=("+13035550177",))
    assert store.contacts() == (grace,)
    assert store.dialled_since(now) == (Acquaintance(number="+13035550177", dialled_at=now),)
    assert store.settings() == {"policy.profile": "strict"}
    assert store.hits(now) == {("ftc", "ftc"): Hits(hits=3, decided=1, last_at=now)}
    for change in (3, 4):
        store.undo(change, by="bob", now=now).result(10)
    assert (store.contacts(), store.settings()) == ((), {})


def holds_what_is_left_of_past_calls(store: Store) -> None:
    gone = store.gone()
    assert gone
    assert gone.pseudonymised
    assert store.past("+13035550188", b"secret") == 1


def holds_the_complaints(store: Store, now: datetime) -> None:
    acme = Relationship(id=1, party="Acme", last_purchase=date(2026, 3, 1), stop_requests=(date(2026, 5, 20),))
    assert store.relationships() == (acme,)
    (complaint,) = store.complaints()
    assert (complaint.agency, complaint.state, complaint.filed_on) == ("ftc", "filed", date(2026, 11, 23))
    assert complaint.answers == {"kind": "sales"}
    for change in (5, 6):
        store.undo(change, by="bob", now=now).result(10)
    assert (store.relationships(), store.complaints()) == ((), ())


def signals(record: CallRecord) -> CallRecord:
    """Say that a list decided."""
    listed = Evidence(code="listed", leaning=Leaning.UNWANTED, weight=90, source="ftc", facts={"list": "ftc"})
    ladder = (Step(Rung.SIGNALS, StepOutcome.DECIDED, (0,)),)
    return replace(record, evidence=(listed,), verdict=Verdict(action=Action.BLOCK, rung=Rung.SIGNALS, ladder=ladder))


@pytest.mark.parametrize("number", range(1, latest()))
def test_calls_of_an_older_version_are_found_by_what_the_console_looks_for(
    path: Path, open_store: Callable[..., Any], make: Make, number: int
) -> None:
    records = [
        signals(make(0, name="VISTA")),
        make(1, action=Action.RING, outcome=Outcome.RANG, number=None),
        make(2, outcome=Outcome.GONE, number="+13035550101"),
        make(3, name="unreadable"),
    ]
    path.parent.mkdir()
    with closing(sqlite_connect(on_disk(path))) as connection:
        migrate(connection, upto=number)
        key = policy_key(Policy())
        connection.execute("INSERT INTO policies VALUES (?, ?)", (key, encode_policy(Policy())))
        for record in (records[2], records[3], records[0], records[1]):
            body = "{}" if record is records[3] else encode_record(record, key)
            call, end = record.call, record.disposition
            at, action, outcome = int(call.received_at.timestamp() * 1000), record.verdict.action, end and end.outcome
            values = (call.id, at, call.line, call.caller.number, call.caller.name, action, 5, outcome, key, body)
            connection.execute(f"INSERT INTO calls ({CALL}) VALUES ({', '.join('?' * 10)})", values)
    opened = open_store()
    assert opened.problems == ()
    store = opened.store
    for wanted, expected in (
        (Filter(source="ftc", key="ftc"), records[:1]),
        (Filter(opinion=Opinion.OPEN), records[:1]),
        (Filter(text="vis"), records[:1]),
        (Filter(text="(303) 555-0101"), records[2:3]),
        (Filter(experiences=frozenset({Experience.RANG, Experience.GONE})), records[2:0:-1]),
    ):
        assert store.newest(wanted=wanted).records == tuple(expected)
    assert store.count(Filter(experiences=frozenset({Experience.BLOCKED}))) == 2, "also what cannot be read"
    now = make().call.received_at
    figures = store.statistics(now, now + timedelta(days=1), UTC)
    assert (figures.total[Experience.BLOCKED], figures.total[Experience.GONE]) == (2, 1)
    assert [caller.number for caller in figures.top] == ["+13035550188"]
    assert store.first_heard("+13035550188") == now
    assert store.after(records[0].call.id, 5) == (records[1], records[2]), "in the order of time"


@pytest.mark.parametrize("number", range(1, latest()))
def test_a_copy_is_kept_of_what_is_about_to_be_migrated(
    old: Callable[[int], None], open_store: Callable[..., Any], path: Path, number: int
) -> None:
    old(number)
    open_store()
    copy = path.with_name(BACKUP)
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite_connect(on_disk(copy, "mode=ro"))) as connection:
        assert version(connection) == number
        assert connection.execute("SELECT count(*) FROM calls").fetchone() == (1,)


@pytest.mark.parametrize("number", [0, latest()])
def test_no_copy_is_made_where_nothing_is_migrated(
    old: Callable[[int], None], open_store: Callable[..., Any], path: Path, number: int
) -> None:
    old(number)
    open_store().store.close()
    assert [file.name for file in path.parent.iterdir()] == ["callguard.db"]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add a migration that fails half-way where there are rules."""
    sql = "CREATE TABLE half (x); INSERT INTO rules SELECT * FROM rules;"
    bad = Migration(number=latest() + 1, name="bad", sql=sql)
    steps = (*migrations(), bad)
    monkeypatch.setattr(migrating, "migrations", lambda: steps)
    yield
    monkeypatch.undo()


@pytest.mark.usefixtures("broken")
def test_a_migration_that_fails_leaves_everything_as_it_was(
    old: Callable[[int], None], open_store: Callable[..., Any], path: Path, make: Make
) -> None:
    old(latest() - 1)
    opened = open_store()
    (problem,) = opened.problems
    assert problem.code == "store-unusable"
    assert "UNIQUE constraint failed" in problem.what
    assert [rule.id for rule in opened.store.rules()][:1] == [7], "the rules are in force all the same"
    opened.store.append(make(1)).result(10)
    opened.store.close()
    with closing(sqlite_connect(on_disk(path, "mode=ro"))) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        assert "half" not in tables
        assert version(connection) < latest()
        assert connection.execute("SELECT count(*) FROM calls").fetchone() == (1,)


def test_a_copy_left_unfinished_by_a_crash_is_made_again(
    old: Callable[[int], None], open_store: Callable[..., Any], path: Path
) -> None:
    old(1)
    path.with_name("callguard.db.unfinished").write_bytes(b"half a copy")
    assert open_store().problems == ()
    with closing(sqlite_connect(on_disk(path.with_name(BACKUP), "mode=ro"))) as connection:
        assert version(connection) == 1


def test_a_disk_without_room_for_a_copy_is_not_migrated(
    old: Callable[[int], None], open_store: Callable[..., Any], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old(1)
    monkeypatch.setattr(opening, "disk_usage", lambda _: SimpleNamespace(free=80_000))
    opened = open_store()
    assert [problem.code for problem in opened.problems] == ["store-not-writable"]
    assert "no room for a copy" in opened.problems[0].what
    opened.store.close()
    with closing(sqlite_connect(on_disk(path, "mode=ro"))) as connection:
        assert version(connection) == 1


@pytest.mark.parametrize("number", range(2, latest() + 1))
def test_the_rules_of_an_old_file_that_cannot_be_migrated_are_in_force_and_migrated_later(
    old: Callable[[int], None],
    open_store: Callable[..., Any],
    make: Make,
    disk: Any,
    eventually: Callable[..., None],
    number: int,
) -> None:
    old(number)
    now = make().call.received_at
    disk.fails_with = sqlite3.SQLITE_READONLY
    store = open_store(connect=disk.connect, limits=Limits(come_back=0.01)).store
    assert (store.rules()[0].id, store.rules()[0].value) == (7, "+13035550188")
    assert {change.id for change in store.changes()} >= {1, 2, 3}
    assert bool(store.contacts()) is bool(store.settings()) is (number >= 4)
    store.undo(2, by="bob", now=now).result(10)
    disk.fails_with = None
    eventually(lambda: store.problems() == ())
    assert {"+13035550188", "+44"} <= {rule.value for rule in store.rules()}
    store.close()
    with closing(sqlite_connect(on_disk(store._path, "mode=ro"))) as connection:
        assert version(connection) == latest()


# --- databases that are not for us ---------------------------------------------------------------


def test_a_database_from_the_future_is_left_alone_and_its_rules_apply(
    old: Callable[[int], None], open_store: Callable[..., Any], path: Path, make: Make
) -> None:
    old(latest())
    with closing(sqlite_connect(on_disk(path))) as connection:
        connection.execute("PRAGMA user_version=99")
    before = path.read_bytes()
    opened = open_store()
    (problem,) = opened.problems
    assert problem.code == "store-from-the-future"
    assert "version 99" in problem.what
    assert problem.cure.startswith("Update CallGuard")
    assert [rule.value for rule in opened.store.rules()] == ["+13035550188", "*"]
    opened.store.append(make(1)).result(10)
    assert opened.store.newest().records == (make(1),)
    opened.store.close()
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*corrupt*"))


def test_the_database_of_another_program_is_left_alone(
    open_store: Callable[..., Any], path: Path, make: Make
) -> None:
    path.parent.mkdir()
    with closing(sqlite_connect(on_disk(path))) as connection:
        connection.execute("CREATE TABLE recipes (name)")
    opened = open_store()
    assert [problem.code for problem in opened.problems] == ["store-not-ours"]
    opened.store.append(make()).result(10)
    opened.store.close()
    with closing(sqlite_connect(on_disk(path, "mode=ro"))) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("recipes",)]


def test_the_body_of_a_row_is_json_that_sqlite_itself_can_read(
    store: Store, make: Make, raw: sqlite3.Connection
) -> None:
    store.append(make()).result(10)
    (body, line) = raw.execute("SELECT body, json_extract(body, '$.call.line') FROM calls").fetchone()
    assert line == "Home"
    assert json.loads(body)["policy"] == policy_key(Policy())
