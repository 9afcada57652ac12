"""Answers on the control socket: whole ones, broken ones, none."""

import pytest

from callguard.control.wire import RefusedError, answer, read_answer, refusal


def test_an_answer_comes_back_as_it_was_given() -> None:
    assert read_answer(answer({"calls": [1]})) == {"calls": [1]}


def test_a_refusal_carries_its_reason() -> None:
    with pytest.raises(RefusedError, match="no such call"):
        read_answer(refusal("no such call"))


@pytest.mark.parametrize("line", [b"", answer({"calls": [1]})[:-5]], ids=["nothing", "half of it"])
def test_an_answer_that_broke_off_says_that_the_daemon_went_away(line: bytes) -> None:
    with pytest.raises(RefusedError, match="went away before it had answered"):
        read_answer(line)


@pytest.mark.parametrize("line", [b"{}\n", b"[]\n", b"hello\n"])
def test_an_answer_of_something_else_is_not_believed(line: bytes) -> None:
    with pytest.raises(RefusedError, match="no proper answer"):
        read_answer(line)
