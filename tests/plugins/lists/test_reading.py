import io
import os
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard_lists.reading import Columns, format_of, rows
from callguard_lists.rows import LONGEST_LINE, NotAListError, Row, Skipped

EXAMPLES = min(400, int(os.environ.get("CALLGUARD_FUZZ", "100")))

ONE, TWO = "+13035550110", "+13035550111"


def read(
    text: str | bytes, told: str = "auto", facts: dict[str, str] | None = None, **columns: str
) -> list[Row | Skipped]:
    raw = text.encode() if isinstance(text, str) else text
    return list(rows(io.BytesIO(raw), told, Columns(**columns), facts))


def texts(found: list[Row | Skipped]) -> list[str]:
    return [row.text if isinstance(row, Row) else f"!{row.why}" for row in found]


LISTS = {
    "a number a line": (f"{ONE}\n{TWO}\n", [ONE, TWO]),
    "without a last line end": (f"{ONE}\n{TWO}", [ONE, TWO]),
    "Windows": (f"{ONE}\r\n{TWO}\r\n", [ONE, TWO]),
    "with a mark": (f"\ufeff{ONE}\n", [ONE]),
    "comments": (f"# mine\n; too\n// and\n{ONE} # card services\n{TWO}  ; again\n\n", [ONE, TWO]),
    "a commented number": (f"#{ONE}\n{TWO}\n", [TWO]),
    "a beginning": ("0162*\n33162######\n", ["0162*", "33162######"]),
    "CSV with a header": (f"name,phone,votes\na,{ONE},3\nb,{TWO},4\n", [ONE, TWO]),
    "CSV without a header": (f"a,{ONE}\nb,{TWO}\n", [ONE, TWO]),
    "CSV with semicolons": (f"Rufnummer;Art\n{ONE};Werbung\n", [ONE]),
    "CSV with tabs": (f"number\tkind\n{ONE}\tscam\n", [ONE]),
    "CSV of one quoted column": (f'"PHONE"\n"{ONE}"\n"{TWO}"\n', [ONE, TWO]),
    "CSV of one column with a header": (f"number\n{ONE}\n", [ONE]),
    "CSV with commas in quotes": (f'phone,kind\n{ONE},"loans, cards"\n', [ONE]),
    "CSV with a quoted line end": (f'phone,kind\n{ONE},"two\nlines"\n{TWO},x\n', [ONE, TWO]),
    "CSV with a quote nobody closes": (f'phone,kind\n{ONE},"open\n{TWO},x\n', ["!unreadable", "!unreadable"]),
    "CSV with a short row": (f"a,phone\n1,{ONE}\n2\n", [ONE, "!too-few-columns"]),
    "CSV with comments": (f"# made today\nphone,kind\n{ONE},x\n", [ONE]),
    "JSON of numbers": (f'["{ONE}", 13035550111]', [ONE, "13035550111"]),
    "JSON of objects": (f'[{{"phone": "{ONE}"}}, {{"phone": "{TWO}"}}]', [ONE, TWO]),
    "JSON of patterns": (
        '{"version": "7", "patterns": [{"action": "block", "pattern": "33162######"}]}',
        ["33162######"],
    ),
    "JSON patterns only for information": ('[{"action": "identify", "pattern": "33162######"}]', None),
    "JSON with an array before": (f'{{"tags": [], "authors": [{{"n": 1}}], "list": ["{ONE}"]}}', [ONE]),
    "JSON with odd items": (f'["{ONE}", null, {{"x": 1}}, "{TWO}"]', [ONE, "!no-number", "!no-number", TWO]),
}


@pytest.mark.parametrize(("text", "expected"), LISTS.values(), ids=LISTS.keys())
def test_a_list_is_recognised_and_read(text: str, expected: list[str] | None) -> None:
    if expected is None:
        with pytest.raises(NotAListError):
            read(text)
    else:
        assert texts(read(text)) == expected


def test_columns_are_found_by_name_number_or_usual_names() -> None:
    text = f"id;Caller ID;Kind of call;Votes;Last Seen\n1;{ONE};scam;4;2025-12-24\n"
    whole = Row(text=ONE, category="", reports="4", last_seen="2025-12-24")
    assert read(text) == [whole]
    assert read(text, number="caller id", category="Kind of call") == [
        Row(text=ONE, category="scam", reports="4", last_seen="2025-12-24")
    ]
    assert texts(read(text, number="2")) == [ONE]


def test_keys_of_json_lead_to_the_numbers() -> None:
    text = f'{{"data": {{"items": [{{"caller": {{"tel": "{ONE}"}}, "votes": 3}}], "other": ["{TWO}"]}}}}'
    assert read(text, number="data.items.caller.tel") == [Row(text=ONE, reports="3")]
    assert texts(read(text, number="data.other")) == [TWO]


def test_the_version_of_a_json_list_is_noted() -> None:
    facts: dict[str, str] = {}
    read(f'{{"version": "2026.01", "numbers": ["{ONE}"]}}', facts=facts)
    assert facts == {"version": "2026.01"}


NO_LISTS = {
    "nothing": (b"", "it is empty"),
    "spaces": (b" \r\n ", "it is empty"),
    "a web page": (b"<!DOCTYPE html><html>", "it is a web page"),
    "a web page after spaces": (b"\xef\xbb\xbf\n\n <html>", "it is a web page"),
    "an archive": (b"PK\x03\x04abc", "it is a ZIP archive or a spreadsheet"),
    "a compressed file": (b"\x1f\x8b\x08", "it is compressed"),
    "a PDF": (b"%PDF-1.7", "it is a PDF"),
    "UTF-16": ("+1303".encode("utf-16"), "it is written in UTF-16"),
    "bytes": (b"+1303\0\0", "it is not text"),
    "JSON without numbers": (b'{"error": "not found"}', "no array of numbers"),
    "an empty JSON list": (b"[]", "no array of numbers"),
    "half a JSON": (b'["+13035550110", "+1303', "ends in the middle"),
    "a table without numbers": (b"name,kind\na,b\nc,d\n", "no column that is known to hold numbers"),
}


@pytest.mark.parametrize(("raw", "sentence"), NO_LISTS.values(), ids=NO_LISTS.keys())
def test_what_is_no_list_is_refused_in_a_sentence(raw: bytes, sentence: str) -> None:
    with pytest.raises(NotAListError, match=sentence):
        read(raw)


@pytest.mark.parametrize("column", ["telephone", "9", "0"])
def test_a_column_that_is_not_there_is_named_with_those_that_are(column: str) -> None:
    with pytest.raises(NotAListError, match=f"no column '{column}'; its columns are: name, phone"):
        read(f"name,phone\na,{ONE}\n", number=column)


def test_keys_that_lead_nowhere_are_named() -> None:
    with pytest.raises(NotAListError, match=r"nothing at 'a\.b'"):
        read(f'{{"b": ["{ONE}"]}}', number="a.b")


def test_an_endless_line_is_cut_and_the_next_one_read() -> None:
    found = read(f"{'9' * (3 * LONGEST_LINE + 5)}\n{ONE}\n", "text")
    assert [len(text) for text in texts(found)] == [LONGEST_LINE + 1, len(ONE)]


def test_the_format_that_was_told_is_not_guessed() -> None:
    assert format_of(b"1,2\n3,4\n", "text", Columns()) == "text"
    assert format_of(b"+1303\n", "auto", Columns(number="1")) == "csv"


@pytest.mark.parametrize("line", [f"{ONE}\n", f'"x","{ONE}",3\n'], ids=["text", "csv"])
def test_memory_does_not_grow_with_the_list(line: str) -> None:
    stream = io.BytesIO(line.encode() * 50_000)
    tracemalloc.start()
    try:
        count = sum(1 for _ in rows(stream, "auto", Columns()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 50_000
    assert peak < 1_000_000


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["auto", "text", "csv", "json"]))
def test_no_bytes_break_a_reader(noise: bytes, told: str) -> None:
    with suppress(NotAListError):
        assert all(isinstance(row, Row | Skipped) for row in read(noise, told))


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=8), min_size=3, max_size=3
        )
    )
)
def test_every_cell_of_a_table_comes_back(table: list[list[str]]) -> None:
    quoted = [
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [["x", "phone", "kind"], *table]
    ]
    found = read("\n".join(quoted) + "\n", "csv")
    assert found == [Row(text=row[1], category=row[2]) for row in table]
