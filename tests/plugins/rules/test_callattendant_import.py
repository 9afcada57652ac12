"""callattendant's database, read without writing a byte."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import RuleKind, RuleList
from callguard_rules.callattendant import Calls, proposals, read_database
from callguard_rules.proposals import Proposal, Refused, UnreadableFileError

EXAMPLES = min(300, int(os.environ.get("CALLGUARD_FUZZ", "100")))
Make = Callable[[str], Path]
TABLES = """
CREATE TABLE Whitelist (PhoneNo TEXT PRIMARY KEY, Name TEXT, Reason TEXT, SystemDateTime TEXT);
CREATE TABLE Blacklist (PhoneNo TEXT PRIMARY KEY, Name TEXT, Reason TEXT, SystemDateTime TEXT);
CREATE TABLE CallLog (CallLogID INTEGER PRIMARY KEY AUTOINCREMENT, Name TEXT, Number TEXT, Action TEXT, Reason TEXT,
    Date TEXT, Time TEXT, SystemDateTime TEXT);
"""
SOME = """
INSERT INTO Whitelist VALUES ('3035550147', 'LEE ANN', 'our doctor', '2024-05-01 10:00:00');
INSERT INTO Blacklist VALUES ('12125550199', 'V123', 'robocall', '2024-05-02 10:00:00');
INSERT INTO Blacklist VALUES ('P', 'PRIVATE', '', '2024-05-03 10:00:00');
INSERT INTO Blacklist VALUES ('SPAMMER', NULL, NULL, '2024-05-03 10:00:00');
INSERT INTO CallLog (Name, Number, Action, SystemDateTime) VALUES
    ('A', '1', 'Blocked', '2023-01-01 00:00:00'), ('B', '2', 'Blocked', '2024-01-01 00:00:00'),
    ('C', '3', 'Permitted', '2025-01-01 00:00:00'), ('D', '4', NULL, '2024-06-01 00:00:00');
"""


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that writes a database."""

    def made(script: str) -> Path:
        path = tmp_path / "call? att#endant.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)
        return path

    return made


def test_its_lists_become_rules(make: Make) -> None:
    rows = list(proposals(read_database(make(TABLES + SOME)).lists))
    assert [(r.list, r.kind, r.value, r.note) for r in rows if isinstance(r, Proposal)] == [
        (RuleList.ALLOW, RuleKind.EXACT, "3035550147", "LEE ANN, our doctor"),
        (RuleList.BLOCK, RuleKind.EXACT, "12125550199", "V123, robocall"),
        (RuleList.BLOCK, RuleKind.PRESENTATION, "withheld", "PRIVATE"),
    ]
    assert [(r.line, r.text, r.why) for r in rows if isinstance(r, Refused)] == [(3, "SPAMMER", "no number")]


def test_its_calls_are_counted_and_no_more(make: Make) -> None:
    assert read_database(make(TABLES + SOME)).calls == Calls(
        total=4,
        by_action={"Blocked": 2, "Permitted": 1, "unknown": 1},
        oldest="2023-01-01 00:00:00",
        newest="2025-01-01 00:00:00",
    )


def test_an_old_version_noted_no_action(make: Make) -> None:
    old = TABLES.replace("Number TEXT, Action TEXT, Reason TEXT,", "Number TEXT,")
    path = make(old + "INSERT INTO CallLog (Name, SystemDateTime) VALUES ('A', '2020-01-01 00:00:00');")
    assert read_database(path).calls == Calls(total=1, oldest="2020-01-01 00:00:00", newest="2020-01-01 00:00:00")


def test_a_database_without_calls_is_read_too(make: Make) -> None:
    tables = read_database(
        make("CREATE TABLE whitelist (PhoneNo, Name, Reason); INSERT INTO whitelist VALUES (3035550147, 5, x'00ff');")
    )
    assert tables.calls == Calls()
    (row,) = proposals(tables.lists)
    assert isinstance(row, Proposal)
    assert row.value == "3035550147"


def test_not_a_byte_is_written(make: Make, tmp_path: Path) -> None:
    path = make(TABLES + SOME)
    before = path.read_bytes()
    path.chmod(0o400)
    read_database(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
STRANGE = {
    "other tables": ("CREATE TABLE t (x);", "has no tables Whitelist and Blacklist"),
    "other columns": ("CREATE TABLE Whitelist (x); CREATE TABLE Blacklist (y);", "cannot be read: no such column"),
    "a view without end": (
        f"CREATE VIEW Whitelist AS {ENDLESS} SELECT i AS PhoneNo, i AS Name, i AS Reason FROM n;",
        "has no tables Whitelist and Blacklist",
    ),
    "a cell without end": (
        "CREATE TABLE Whitelist (PhoneNo, Name, Reason);"
        "INSERT INTO Whitelist VALUES ('1', hex(zeroblob(2000000)), '');",
        "cannot be read: ",
    ),
}


@pytest.mark.parametrize(("script", "why"), STRANGE.values(), ids=STRANGE.keys())
def test_another_database_is_refused_in_a_sentence(script: str, why: str, make: Make) -> None:
    with pytest.raises(UnreadableFileError, match=why):
        read_database(make(script))


def test_a_column_that_is_worked_out_without_end_is_cut_off(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callguard_rules.callattendant._MOST_STEPS", 2)
    script = TABLES + f"INSERT INTO CallLog (Name) {ENDLESS} SELECT i FROM n LIMIT 200000;"
    with pytest.raises(UnreadableFileError, match="cannot be read: interrupted"):
        read_database(make(script))


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("3035550147\n")
    with pytest.raises(UnreadableFileError, match="this is no SQLite database"):
        read_database(path)


def _whole() -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript("PRAGMA page_size = 512;" + TABLES + SOME)
        return connection.serialize()


WHOLE = _whole()


@given(data=st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_damaged_database_is_read_or_refused(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("damaged") / "calls.db"
    content = bytearray(WHOLE)
    for place, byte in data.draw(
        st.dictionaries(st.integers(16, len(content) - 1), st.integers(0, 255), max_size=30)
    ).items():
        content[place] = byte
    path.write_bytes(content[: data.draw(st.integers(16, len(content)))])
    try:
        tables = read_database(path)
    except UnreadableFileError:
        return
    for row in proposals(tables.lists):
        assert isinstance(row, Proposal | Refused)
