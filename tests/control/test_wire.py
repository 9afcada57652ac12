"""Answers on the control socket: whole ones, broken ones, none."""

import json

import pytest

from callguard.control.wire import RefusedError, answer, read_answer, refusal


def test_an_answer_comes_back_as_it_was_given() -> None:
    assert read_answer(b"".join(answer({"calls": [1]}))) == {"calls": [1]}


_LONG = [{"id": n, "of": {"name": "Ärger \x1b“"}} for n in range(1001)]


@pytest.mark.parametrize(
    "result",
    [None, 7, [], {}, {"rules": _LONG, "n": []}, _LONG, {"a": {"b": {"c": _LONG}}}, {1: 2}, {"one, two": [[1], {}]}],
    ids=["nothing", "number", "empty list", "empty", "long list inside", "long list", "deep", "other keys", "nested"],
)
def test_an_answer_in_parts_says_the_same_as_a_whole_one(result: object) -> None:
    assert b"".join(answer(result)) == json.dumps({"ok": True, "result": result}).encode() + b"\n"


def test_no_part_of_an_answer_is_long() -> None:
    assert max(map(len, answer({"rules": [_LONG[0]] * 10_000}))) < 64 * 1024


def test_a_refusal_carries_its_reason() -> None:
    with pytest.raises(RefusedError, match="no such call"):
        read_answer(refusal("no such call"))


@pytest.mark.parametrize("line", [b"", b"".join(answer({"calls": [1]}))[:-5]], ids=["nothing", "half of it"])
def test_an_answer_that_broke_off_says_that_the_daemon_went_away(line: bytes) -> None:
    with pytest.raises(RefusedError, match="went away before it had answered"):
        read_answer(line)


@pytest.mark.parametrize("line", [b"{}\n", b"[]\n", b"hello\n"])
def test_an_answer_of_something_else_is_not_believed(line: bytes) -> None:
    with pytest.raises(RefusedError, match="no proper answer"):
        read_answer(line)
