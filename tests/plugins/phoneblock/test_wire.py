import io
import json
import os
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import Category, Entry, to_e164
from callguard_phoneblock import wire
from callguard_phoneblock.wire import Blocklist, NotPhoneBlockError, by_hash, by_prefix

EXAMPLES = min(400, int(os.environ.get("CALLGUARD_FUZZ", "100")))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
NAMES = st.sampled_from(["phone", "votes", "rating", "lastActivity", "lastUpdate", "whiteListed", "spamConfidence"])
ITEM = st.dictionaries(NAMES, JSON, max_size=5)


class OneByte(io.StringIO):
    """A stream that hands out what it has in small portions."""

    def read(self, size: int | None = -1) -> str:
        return super().read(min(5, size if size and size > 0 else 5))


def read(text: str) -> tuple[list[Entry | str], int | None]:
    blocklist = Blocklist(io.StringIO(text))
    return list(blocklist.entries()), blocklist.version


EXAMPLE = """{"numbers": [
  {"phone": "+13035550110", "rating": "G_FRAUD", "votes": 4, "lastActivity": 1766570400000},
  {"phone": "+13035550111", "rating": "F_GAMBLE", "votes": 10}], "version": 42}"""


def test_the_example_of_the_description_is_understood() -> None:
    entries, version = read(EXAMPLE)
    assert version == 42
    assert entries == [
        Entry(number="+13035550110", category=Category.FRAUD, reports=4, weight=4.0, last_seen=date(2025, 12, 24)),
        Entry(number="+13035550111", category=Category.GAMBLING, reports=10, weight=10.0),
    ]


RATINGS = {
    "A_LEGITIMATE": Category.LEGITIMATE,
    "B_MISSED": Category.UNKNOWN,
    "C_PING": Category.PING,
    "D_POLL": Category.SURVEY,
    "E_ADVERTISING": Category.TELEMARKETING,
    "F_GAMBLE": Category.GAMBLING,
    "G_FRAUD": Category.FRAUD,
    "H_NEW": Category.UNKNOWN,
}


@pytest.mark.parametrize(("rating", "category"), RATINGS.items())
def test_every_rating_has_a_category(rating: str, category: Category) -> None:
    (entry,), _ = read(
        json.dumps({"numbers": [{"phone": "+13035550110", "rating": rating, "votes": 2}], "version": 1})
    )
    assert isinstance(entry, Entry)
    assert entry.category is category


def test_no_votes_mean_removed() -> None:
    (entry,), _ = read('{"version": 2, "numbers": [{"phone": "+13035550110", "votes": 0}]}')
    assert isinstance(entry, Entry)
    assert entry.reports == 0


@pytest.mark.parametrize("phone", ["", "anonymous", "+49485235648796328", "12", None, 5, "+1303555xxxx"])
def test_what_is_no_number_comes_back_as_a_row(phone: Any) -> None:
    ((row,), _) = read(json.dumps({"numbers": [{"phone": phone, "votes": 2}], "version": 1}))
    assert isinstance(row, str)


def test_a_german_number_without_a_country_code_is_german() -> None:
    (entry,), _ = read('{"version": 2, "numbers": [{"phone": "030 1234567", "votes": 2}]}')
    assert isinstance(entry, Entry)
    assert entry.number == "+49301234567"


BROKEN = {
    "nothing": "",
    "a web page": "<html>",
    "an array": "[]",
    "no version": '{"numbers": []}',
    "a version that is none": '{"numbers": [], "version": "new"}',
    "a truth for a version": '{"numbers": [], "version": true}',
    "cut in an entry": EXAMPLE[:60],
    "cut between entries": EXAMPLE[: EXAMPLE.index("},") + 2],
    "cut before the version": EXAMPLE[: EXAMPLE.index("]") + 1],
    "a comma too many": '{"numbers": [{"phone": "+13035550110", "votes": 2},], "version": 1}',
    "an endless entry": '{"numbers": ["' + "a" * 200_000 + '"], "version": 1}',
    "an endless number": '{"version": ' + "1" * 200_000,
    "nested without end": '{"numbers": [' + "[" * 100_000,
    "an error": '{"error": "not found"}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_blocklist_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(NotPhoneBlockError, match="no list of PhoneBlock"):
        read(text)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(ITEM, max_size=5), st.integers(0, 10**9))
def test_portions_make_no_difference(items: list[Any], version: int) -> None:
    text = json.dumps({"version": version, "numbers": items}, indent=1)
    slow = Blocklist(OneByte(text))
    assert (list(slow.entries()), slow.version) == read(text)
    assert slow.version == version


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(ITEM, max_size=5), st.data())
def test_half_an_answer_is_refused(items: list[Any], data: st.DataObject) -> None:
    text = json.dumps({"numbers": items, "version": 7})
    with pytest.raises(NotPhoneBlockError):
        read(text[: data.draw(st.integers(0, len(text) - 1))])


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(noise: str) -> None:
    with suppress(NotPhoneBlockError):
        read(noise)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.fixed_dictionaries(
        {}, optional={"numbers": st.lists(ITEM | JSON), "range10": JSON, "range100": st.lists(ITEM)}
    )
)
def test_no_answer_about_a_caller_breaks_the_reader(answer: Any) -> None:
    body = json.dumps(answer).encode()
    for read_it in (by_prefix, by_hash):
        found = read_it(body, "+13035550110")
        assert found.number is None or 0 <= found.number.votes <= 1_000_000


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=100))
def test_no_bytes_about_a_caller_break_the_reader(body: bytes) -> None:
    for read_it in (by_prefix, by_hash):
        with suppress(NotPhoneBlockError):
            read_it(body, "+13035550110")


@pytest.mark.parametrize("phone", ["+4930123456", "030123456", "004930123456", "030/123 456"])
def test_a_caller_is_found_among_thousands_of_which_few_are_read_as_numbers(
    phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(text: str, country: str) -> str | None:
        asked.append(text)
        return to_e164(text, country)

    monkeypatch.setattr(wire, "to_e164", counted)
    others: list[dict[str, Any]] = [{"phone": f"017{number:08d}"} for number in range(10_000)]
    found = by_prefix(json.dumps({"numbers": [*others, {"phone": phone, "votes": 7}]}).encode(), "+4930123456")
    assert found.number is not None
    assert found.number.votes == 7
    assert len(asked) <= 11
