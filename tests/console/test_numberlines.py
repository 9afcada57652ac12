"""Numbers in files and texts of any kind, and tables that go out."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard.ambient import SystemRandomness
from callguard.console.numberlines import number_lines, text_of
from callguard.console.spreadsheet import csv_of
from callguard.console.waiting import Waiting

NOW = datetime(2026, 11, 23, 18, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("+13035550188", [(1, "+13035550188", "")], id="a number"),
        pytest.param("(303) 555-0188\t a shop ", [(1, "(303) 555-0188", "a shop")], id="a tab"),
        pytest.param("303 555 0188; a; b", [(1, "303 555 0188", "a")], id="semicolons"),
        pytest.param('"303 555 0188","a, b"', [(1, "303 555 0188", "a, b")], id="quotes"),
        pytest.param("'+13035550188,x", [(1, "+13035550188", "x")], id="an apostrophe of a spreadsheet"),
        pytest.param("Number,Note\n# mine\n\n +44*\n", [(4, "+44*", "")], id="a head, a comment, a gap"),
        pytest.param(",a note only\n", [], id="no number"),
        pytest.param('"open\n+44*', [(1, "open", ""), (2, "+44*", "")], id="an open quotation"),
    ],
)
def test_a_line_is_a_number_and_perhaps_a_note(text: str, found: list[tuple[int, str, str]]) -> None:
    assert [(one.line, one.number, one.note) for one in number_lines(text)] == found


@given(st.binary(max_size=400))
def test_whatever_a_file_holds_is_read_line_by_line_without_a_fall(data: bytes) -> None:
    text = text_of(data)
    for one in number_lines(text):
        assert one.number.strip("'")
        assert 1 <= one.line <= len(io.StringIO(text).readlines())


def test_a_file_of_an_old_spreadsheet_keeps_its_letters() -> None:
    assert text_of("Müller".encode("cp1252")) == "Müller"
    assert text_of("\ufeffMüller".encode()) == "Müller"


@given(st.lists(st.lists(st.text() | st.none() | st.integers(), min_size=1, max_size=4), max_size=4))
def test_no_cell_of_a_table_is_calculated_and_none_is_lost(rows: list[list[str | int | None]]) -> None:
    read = list(csv.reader(io.StringIO(csv_of(rows), newline="")))
    assert [len(row) for row in read] == [len(row) for row in rows]
    for cell in (cell for row in read for cell in row):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert cell.isprintable()


def test_what_waits_is_found_by_whoever_brought_it_for_half_an_hour() -> None:
    waiting, chance = Waiting(), SystemRandomness()
    word = waiting.put("Ana", {"book": "family"}, chance, NOW)
    assert waiting.get("Ana", word, NOW + timedelta(minutes=29)) == {"book": "family"}
    assert waiting.get("Ben", word, NOW) is None
    assert waiting.get("Ana", word, NOW + timedelta(minutes=30)) is None
    waiting.drop(word)
    waiting.drop(word)
    assert waiting.get("Ana", word, NOW) is None


def test_nothing_stays_in_memory_longer_than_it_waits() -> None:
    waiting, chance = Waiting(), SystemRandomness()
    waiting.put("Ana", {"book": "family"}, chance, NOW)
    waiting.get("Ben", "another", NOW + timedelta(minutes=30))
    assert not waiting._all


def test_what_waits_longest_gives_way() -> None:
    waiting, chance = Waiting(), SystemRandomness()
    words = [waiting.put("Ana", {"n": n}, chance, NOW) for n in range(9)]
    found = [waiting.get("Ana", word, NOW) for word in words]
    assert found == [None, *({"n": n} for n in range(1, 9))]


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("=1+1", "'=1+1"),
        ("Bob;=HYPERLINK(1)", "Bob;'=HYPERLINK(1)"),
        ("Bob; @SUM(1); -1", "Bob; '@SUM(1); '-1"),
        ("\uff1dSUM(1)", "'\uff1dSUM(1)"),
        ("Bob; Rosa = -1", "Bob; Rosa = -1"),
    ],
    ids=["at the beginning", "behind a semicolon", "behind several", "in full width", "in the middle"],
)
def test_no_spreadsheet_takes_a_part_of_a_cell_for_a_formula(sent: str, written: str) -> None:
    assert csv_of([[sent]]).strip() == written
