"""Plain text, one number a line."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import RuleKind
from callguard_rules.proposals import Proposal, Refused, UnreadableFileError
from callguard_rules.textfile import read_text

EXAMPLES = min(2000, int(os.environ.get("CALLGUARD_FUZZ", "200")))
LINES = {
    "a number": ("3035550147", (RuleKind.EXACT, "3035550147", "")),
    "punctuation": ("(303) 555-0147", (RuleKind.EXACT, "(303) 555-0147", "")),
    "dots": ("303.555.0147", (RuleKind.EXACT, "303.555.0147", "")),
    "a URI": ("tel:+1-303-555-0147", (RuleKind.EXACT, "tel:+1-303-555-0147", "")),
    "quoted": ('"3035550147"', (RuleKind.EXACT, "3035550147", "")),
    "a name": ("3035550147 Bob", (RuleKind.EXACT, "3035550147", "Bob")),
    "a name after a comma": ("+1 303 555 0147, Dr. Lee", (RuleKind.EXACT, "+1 303 555 0147", "Dr. Lee")),
    "a name after a tab": ("303-555-0147\tBob, plumber", (RuleKind.EXACT, "303-555-0147", "Bob, plumber")),
    "a name after a dash": ("(303) 555-0147 - Ann Lee", (RuleKind.EXACT, "(303) 555-0147", "Ann Lee")),
    "a name with a digit": ("3035550147 3M Company", (RuleKind.EXACT, "3035550147", "3M Company")),
    "a comment": ("303 555 0147  # Dr. Lee", (RuleKind.EXACT, "303 555 0147", "Dr. Lee")),
    "a name and a comment": ("303 555 0147 Bob # old", (RuleKind.EXACT, "303 555 0147", "Bob")),
    "a beginning": ("+44*", (RuleKind.PREFIX, "+44*", "")),
    "a beginning with a name": ("+44* Scotland", (RuleKind.PREFIX, "+44*", "Scotland")),
    "a beginning with a blank": ("0900 *", (RuleKind.PREFIX, "0900 *", "")),
    "control characters": ("3035550147 \x1b[31mBob\x07", (RuleKind.EXACT, "3035550147", "[31mBob")),
}


@pytest.mark.parametrize(("line", "rule"), LINES.values(), ids=LINES.keys())
def test_a_line_becomes_a_rule(line: str, rule: tuple[RuleKind, str, str]) -> None:
    (row,) = read_text(line.encode())
    assert isinstance(row, Proposal)
    assert (row.kind, row.value, row.note, row.list) == (*rule, None)


REFUSED = {
    "a word": ("hello", "no number at its beginning"),
    "a masked number": ("309xxxxxxx", "no number at its beginning"),
    "a vanity number": ("1-800-FLOWERS", "no number at its beginning"),
    "a name first": ("Bob 3035550147", "no number at its beginning"),
    "only a star": ("*", "no number at its beginning"),
    "a novel": ("3" * 1001, "longer than 1000 characters"),
    "a long number": ("3" * 201, "longer than any number or name (200 characters)"),
}


@pytest.mark.parametrize(("line", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_a_line_that_is_no_rule_is_refused_with_its_number(line: str, why: str) -> None:
    _, _, row = read_text(f"\n# comment\n{line}".encode())
    assert isinstance(row, Refused)
    assert (row.line, row.why) == (3, why)
    assert len(row.text) <= 60


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_usual_encoding_is_read(encoding: str, newline: str) -> None:
    rows = list(read_text(f"# Große Liste{newline}3035550147 Müller{newline}{newline}".encode(encoding)))
    assert [row.note for row in rows if isinstance(row, Proposal)] == ["Müller"]


def test_what_is_no_text_is_refused_as_a_whole() -> None:
    with pytest.raises(UnreadableFileError, match="this is no text file"):
        list(read_text(b"\x7fELF\x02\x01\x01\0\0\0"))


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_bytes_are_proposals_refusals_or_no_text(data: bytes) -> None:
    try:
        rows = list(read_text(data))
    except UnreadableFileError:
        return
    for row in rows:
        if isinstance(row, Proposal):
            assert any(map(str.isdecimal, row.value))
            assert row.value.isprintable()
            assert row.note.isprintable()
        elif isinstance(row, Refused):
            assert row.text.isprintable()
            assert row.why
