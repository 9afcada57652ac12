import io
import json
import os
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard_lists.jsontext import items
from callguard_lists.rows import NotAListError

EXAMPLES = min(400, int(os.environ.get("CALLGUARD_FUZZ", "100")))

LEAVES = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=20)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
)


class OneByte(io.BytesIO):
    """A stream that hands out what it has in small portions."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(3, size if size and size > 0 else 3))


def walked(value: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], bool, Any]]:
    """What `items` shall yield for a value that is in memory."""
    if isinstance(value, list):
        return [(path, True, as_text(item)) for item in value]
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in walked(inner, (*path, key))]
    return [(path, False, as_text(value))]


def as_text(value: Any) -> Any:
    return json.loads(json.dumps(value), parse_int=str)


@settings(max_examples=EXAMPLES, deadline=None)
@given(TREES)
def test_any_json_is_read_as_the_library_reads_it(tree: Any) -> None:
    text = json.dumps(tree).encode()
    assert list(items(io.BytesIO(text))) == walked(tree)


@settings(max_examples=EXAMPLES, deadline=None)
@given(TREES)
def test_portions_make_no_difference(tree: Any) -> None:
    text = json.dumps(tree, indent=1, ensure_ascii=False).encode(errors="replace")
    assert list(items(OneByte(text))) == list(items(io.BytesIO(text)))


@settings(max_examples=EXAMPLES, deadline=None)
@given(TREES, st.data())
def test_half_a_json_is_refused(tree: Any, data: st.DataObject) -> None:
    text = json.dumps([tree, "end"]).encode()
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(NotAListError):
        list(items(io.BytesIO(text[:cut])))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(noise: bytes) -> None:
    with suppress(NotAListError):
        list(items(io.BytesIO(noise)))


BROKEN = {
    "nothing": b"",
    "trailing comma": b"[1,]",
    "trailing comma in an object": b'{"a":1,}',
    "no comma": b'["a" "b"]',
    "key without quotes": b"{a: 1}",
    "two values": b"[] []",
    "unclosed": b'["a"',
    "unclosed text": b'["a',
    "nested too deeply": b'{"a":' * 12 + b"1" + b"}" * 12,
    "array nested without end": b"[" * 100_000,
    "an endless number": b"[" + b"1" * 400_000 + b"]",
    "an endless text": b'["' + b"a" * 400_000 + b'"]',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_broken_json_is_refused_in_a_sentence(text: bytes) -> None:
    with pytest.raises(NotAListError, match="no list of numbers"):
        list(items(io.BytesIO(text)))


def test_numbers_keep_their_digits() -> None:
    assert [value for _, _, value in items(io.BytesIO(b"[13035550110, 1e5, 0.50]"))] == ["13035550110", "1e5", "0.50"]


def test_memory_does_not_grow_with_the_list() -> None:
    one = b'{"pattern": "33162######", "name": "operator"},\n'
    text = io.BytesIO(b'{"patterns": [' + one * 100_000 + b'{"pattern": "33163######"}], "version": "1"}')
    tracemalloc.start()
    try:
        count = sum(1 for _ in items(text))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 100_002
    assert peak < 2_000_000
