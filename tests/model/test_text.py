"""Text from outside cannot move a cursor, hide itself or break a line."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard.model.text import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("Aunt Rosa", "Aunt Rosa", id="plain"),
        pytest.param("\x1b[31mBANK\x1b[0m\x07", "[31mBANK[0m", id="terminal escapes"),
        pytest.param("one\r\ntwo", "one two", id="line breaks"),
        pytest.param("abc\u202egnp.exe", "abcgnp.exe", id="bidi override"),
        pytest.param("z\u200bero", "zero", id="zero-width space"),
        pytest.param("bad\udcffbyte", "bad\ufffdbyte", id="a byte that was no text"),
        pytest.param("Ærø Grød", "Ærø Grød", id="letters of the world"),
        pytest.param("x" * 300, "x" * 199 + "…", id="too long"),
    ],
)
def test_text_is_made_harmless(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(), st.integers(1, 300))
def test_what_is_left_is_short_printable_and_stays_as_it_is(text: str, limit: int) -> None:
    shown = plain(text, limit)
    assert len(shown) <= limit
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in shown)
    shown.encode()
    assert plain(shown, limit) == shown
