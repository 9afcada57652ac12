"""NCID's ncidd.blacklist and ncidd.whitelist."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import RuleKind
from callguard_rules.ncid import read_ncid
from callguard_rules.proposals import Proposal, Refused, UnreadableFileError

EXAMPLES = min(2000, int(os.environ.get("CALLGUARD_FUZZ", "200")))
Found = list[tuple[RuleKind, str, str]]
EXACT, PREFIX, NAME, HIDDEN = RuleKind.EXACT, RuleKind.PREFIX, RuleKind.NAME, RuleKind.PRESENTATION

LINES: dict[str, tuple[str, Found]] = {
    "nothing": ("   ", []),
    "a comment": ("# 3035550147", []),
    "a number": ("3035550147", [(EXACT, "3035550147", "")]),
    "a number with its 1": ("13035550147", [(EXACT, "13035550147", "")]),
    "punctuation": ("303-555-0147", [(EXACT, "303-555-0147", "")]),
    "brackets": ("(303)555-0147", [(EXACT, "(303)555-0147", "")]),
    "a name for it": ("303-555-0147 #= Unwanted Call", [(EXACT, "303-555-0147", "Unwanted Call")]),
    "a comment on it": ("303-555-0147 # since May", [(EXACT, "303-555-0147", "since May")]),
    "a beginning": ("^1999", [(PREFIX, "1999", "")]),
    "a beginning with or without 1": ("^1?999    # unassigned", [(PREFIX, "999", "unassigned")]),
    "1? alone ties it too": ("1?999", [(PREFIX, "999", "")]),
    "a name": ("MARKETING", [(NAME, "MARKETING", "")]),
    "a name of two words": ('"BAD MARKETING"', [(NAME, "BAD MARKETING", "")]),
    "a name that begins with #": ('"#1 DEALS"', [(NAME, "#1 DEALS", "")]),
    "a name and a number": ('"BAD MARKETING" 13035550147', [(NAME, "BAD MARKETING", ""), (EXACT, "13035550147", "")]),
    "their name": ("Ogre 3035550147 #= Ogre & Co", [(NAME, "Ogre", "Ogre & Co"), (EXACT, "3035550147", "Ogre & Co")]),
    "no number": ('PRIVATE "OUT OF AREA"', [(HIDDEN, "withheld", ""), (HIDDEN, "unavailable", "")]),
    "regex: any rest": ("^1?303555.*", [(PREFIX, "303555", "")]),
    "regex: whole": ("^1?3035550147$", [(EXACT, "3035550147", "")]),
    "regex: a choice": ("^1?(800|888)", [(PREFIX, "800", ""), (PREFIX, "888", "")]),
    "regex: a choice and more": ("^(303|720)555", [(PREFIX, "303555", ""), (PREFIX, "720555", "")]),
    "regex: alternatives": ("^800|^888", [(PREFIX, "800", ""), (PREFIX, "888", "")]),
    "regex: a plus": (r"^\+1?303", [(PREFIX, "303", "")]),
}  # fmt: skip


@pytest.mark.parametrize(("line", "rules"), LINES.values(), ids=LINES.keys())
def test_an_expression_becomes_a_rule(line: str, rules: Found) -> None:
    rows = list(read_ncid(line.encode()))
    assert [(row.kind, row.value, row.note) for row in rows if isinstance(row, Proposal)] == rules
    assert not [row for row in rows if isinstance(row, Refused)]


REFUSED = {
    "digits anywhere": ("999", "write ^ before them if numbers shall begin so"),
    "a name's beginning": ("^BAD", "CallGuard would find it anywhere in a name"),
    "regex: a class": ("V[0-9]{15}", "a regular expression"),
    "regex: digits then dots": ("^1?303555....$", "a regular expression"),
    "regex: any name": ("BAD.*MARKETING", "a regular expression"),
    "regex: an end": ("0147$", "write ^ before them"),
    "regex: half of an alternative": ("^800|V[0-9]", "a regular expression"),
    "regex: a choice of names": ("(BAD|WORSE)", "a regular expression"),
    "an open quote": ('"BAD MARKETING', "a double quote is not closed"),
    "a novel": ("3" * 5000, "longer than 4096 characters"),
}


@pytest.mark.parametrize(("line", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_mean_the_same_is_refused_whole(line: str, why: str) -> None:
    (row,) = read_ncid(line.encode())
    assert isinstance(row, Refused)
    assert why in row.why
    assert row.line == 1


def test_the_file_as_it_is_installed_is_taken_over() -> None:
    # The entries that NCID ships, with its comments.
    text = (
        "# ncidd.hangup blacklist file\n\n# DEFAULT ENTRIES\n\n"
        "^1?999    # unassigned and used for spoofing calls\n^1?264    # Anguilla\n"
        "^1?284    # Virgin Islands\n^1?900    # Pay\n"
    )
    rows = [row for row in read_ncid(text.encode()) if row]
    assert [(row.line, row.value, row.note) for row in rows if isinstance(row, Proposal)] == [
        (5, "999", "unassigned and used for spoofing calls"),
        (6, "264", "Anguilla"),
        (7, "284", "Virgin Islands"),
        (8, "900", "Pay"),
    ]


SIGNS = st.text(alphabet=st.sampled_from('0123456789^$?*|()[]{}\\.+#"= AVx-\n'), max_size=40)


@given(SIGNS.map(str.encode) | st.binary(max_size=200))
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_bytes_are_proposals_refusals_or_no_text(data: bytes) -> None:
    try:
        rows = list(read_ncid(data))
    except UnreadableFileError:
        return
    for row in rows:
        if isinstance(row, Proposal):
            assert row.value
            assert row.value.isprintable()
            assert row.kind is not RuleKind.PREFIX or any(map(str.isdecimal, row.value))
