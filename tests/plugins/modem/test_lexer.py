from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard_modem.core.lexer import Code, Lexer, Line

OCTETS = st.lists(
    st.sampled_from([b"\r", b"\n", b"\x10", b"R", b"\x10.", b"NMBR=1", b"\xc3", b"\xa4", b"\x00", b" "])
    | st.binary(max_size=9)
).map(b"".join)


def read(*pieces: bytes) -> list[Line | Code]:
    lexer = Lexer()
    return [token for piece in pieces for token in lexer.feed(piece)]


def test_lines_end_with_either_or_both_and_blank_ones_are_nothing() -> None:
    assert read(b"\r\nRING\r\n\r\n  \r\nNMBR = 1\nOK\r") == [Line("RING"), Line("NMBR = 1"), Line("OK")]


def test_a_line_waits_for_its_end() -> None:
    assert read(b"\r\nDATE = 1107\r\nTIME = 1152\r\nNMBR") == [Line("DATE = 1107"), Line("TIME = 1152")]
    assert read(b"NMBR", b" = 98", b"7654321\r\n") == [Line("NMBR = 987654321")]


def test_codes_stand_out_of_the_lines_even_in_the_middle_of_one() -> None:
    assert read(b"NM\x10RBR = 1\r\n\x10b") == [Code("R"), Line("NMBR = 1"), Code("b")]


def test_a_code_may_be_cut_in_two() -> None:
    assert read(b"\x10", b"R\x10", b"b") == [Code("R"), Code("b")]


def test_the_end_of_a_shielded_message_ends_its_line() -> None:
    assert read(b"\x10XNAME = CHMIELEWSKI JOH\x10.") == [Code("X"), Line("NAME = CHMIELEWSKI JOH"), Code(".")]


@pytest.mark.parametrize("name", ["Vähälä".encode(), "Vähälä".encode("latin-1")])
def test_names_come_in_two_encodings(name: bytes) -> None:
    assert read(b"NAME = " + name + b"\r\n") == [Line("NAME = Vähälä")]


def test_control_characters_are_noise() -> None:
    assert read(b"\x00R\x11I\x13NG\x7f\r\n") == [Line("RING")]


def test_a_line_without_end_is_noise_and_costs_no_memory() -> None:
    lexer = Lexer()
    for _ in range(1000):
        assert list(lexer.feed(b"x" * 1000)) == []
    assert len(lexer._text) < 1000
    assert list(lexer.feed(b"\r\nRING\r\n")) == [Line("RING")]


def test_what_was_under_way_can_be_forgotten() -> None:
    lexer = Lexer()
    assert list(lexer.feed(b"NMBR = 55\x10")) == []
    lexer.forget()
    assert list(lexer.feed(b"RING\r\n")) == [Line("RING")]


@given(OCTETS, st.lists(st.integers(0, 60)))
def test_however_octets_are_cut_the_same_is_read(data: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[a:b] for a, b in pairwise(places)]
    assert read(*pieces) == read(data)
