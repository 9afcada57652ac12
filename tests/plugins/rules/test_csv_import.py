"""Tables with and without headings."""

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import RuleKind, RuleList
from callguard_rules.csvfile import read_csv
from callguard_rules.proposals import Proposal, Refused, UnreadableFileError

EXAMPLES = min(2000, int(os.environ.get("CALLGUARD_FUZZ", "200")))
Found = list[tuple[str, str, RuleList | None]]


def found_in(data: bytes) -> Found:
    return [(row.value, row.note, row.list) for row in read_csv(data) if isinstance(row, Proposal)]


FILES: dict[str, tuple[str, Found]] = {
    "headings": (
        "number,name,note,list\n303 555 0147,Dr. Lee,our doctor,allow\n+44*,,,block\n",
        [("303 555 0147", "Dr. Lee, our doctor", RuleList.ALLOW), ("+44*", "", RuleList.BLOCK)],
    ),
    "other headings": (
        "Name;Phone Number;Reason\nBob;303 555 0147;rude\n",
        [("303 555 0147", "Bob, rude", None)],
    ),
    "words of other programs": (
        "PhoneNo,Action\n3035550147,Whitelist\n3035550148,Blocked\n3035550149,never-block\n",
        [
            ("3035550147", "", RuleList.ALLOW),
            ("3035550148", "", RuleList.BLOCK),
            ("3035550149", "", RuleList.NEVER_BLOCK),
        ],
    ),
    "an address book": (
        "First Name,Last Name,Phone 1 - Type,Phone 1 - Value\nAnn,Lee,Home,+13035550147\n",
        [("+13035550147", "", None)],
    ),
    "no headings": (
        "303-555-0147,Bob\n303-555-0148,Ann\n",
        [("303-555-0147", "Bob", None), ("303-555-0148", "Ann", None)],
    ),
    "numbers in the second column": (
        "Bob\t303-555-0147\nAnn\t303-555-0148\n",
        [("303-555-0147", "Bob", None), ("303-555-0148", "Ann", None)],
    ),
    "one column": ("3035550147\n3035550148\n", [("3035550147", "", None), ("3035550148", "", None)]),
    "headings nobody knows": ("wer|wohin\nBob|0301234567\n", [("0301234567", "Bob", None)]),
    "quotes and newlines": (
        'number,name\n"3035550147","Bob\n the ""second"""\n',
        [("3035550147", 'Bob the "second"', None)],
    ),
    "commas in names": (
        'number;name\n3035550147;"Lee, Ann"\n3035550148;Bob, Jr\n',
        [("3035550147", "Lee, Ann", None), ("3035550148", "Bob, Jr", None)],
    ),
    "empty rows": ("number\n\n,,\n3035550147\n", [("3035550147", "", None)]),
}


@pytest.mark.parametrize(("text", "rules"), FILES.values(), ids=FILES.keys())
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_table_is_read_whatever_its_shape(text: str, rules: Found, encoding: str) -> None:
    assert found_in(text.encode(encoding)) == rules


def test_a_beginning_is_told_by_its_star() -> None:
    (row,) = (row for row in read_csv(b"number\n+44*\n") if row)
    assert isinstance(row, Proposal)
    assert row.kind is RuleKind.PREFIX


ROWS = {
    "no number": ("x,Bob,block", "no number in its column"),
    "too few cells": ("", None),
    "an unknown list": ("303,Bob,maybe", "'maybe' is no list: allow, block or never-block"),
    "far too long": ("3" * 300 + ",Bob,block", "longer than any number or name (200 characters)"),
    "a field without end": ('303,"' + "x" * 140_000, "no proper CSV: field larger than field limit (131072)"),
}


@pytest.mark.parametrize(("row", "why"), ROWS.values(), ids=ROWS.keys())
def test_a_row_that_is_no_rule_is_refused_with_its_line(row: str, why: str | None) -> None:
    refused = [
        r for r in read_csv(f"number,name,list\n3035550147,Ann,allow\n{row}\n".encode()) if isinstance(r, Refused)
    ]
    assert [(r.line, r.why) for r in refused] == ([(3, why)] if why else [])


@pytest.mark.parametrize("text", ["", "a,b\nc,d\n", "name,note\nBob,x\n", "\n\n"])
def test_a_table_without_numbers_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(UnreadableFileError, match="no column holds telephone numbers"):
        list(read_csv(text.encode()))


CELLS = st.text(alphabet=st.sampled_from("0123456789+*abc,;\t|\"' \n\x00é"), max_size=12)


@given(st.binary(max_size=300) | st.lists(CELLS, max_size=12).map(",".join).map(str.encode))
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_bytes_are_proposals_refusals_or_no_table(data: bytes) -> None:
    try:
        rows: list[Any] = list(read_csv(data))
    except UnreadableFileError:
        return
    for row in rows:
        assert row is None or isinstance(row, Proposal | Refused)
        shown = f"{row.value}{row.note}" if isinstance(row, Proposal) else row.text if row else ""
        assert shown.isprintable()
