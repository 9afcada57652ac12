"""Asking a publisher only for what is new."""

import pytest

from callguard import JSON, Fetched, conditional, remember


def fetched(etag: str | None = None, *, modified: str | None = None, status: int = 200) -> Fetched:
    headers = {"etag": etag, "last-modified": modified}
    sent = {name: value for name, value in headers.items() if value is not None}
    return Fetched(status=status, url="https://example.com/list", headers=sent)


def test_what_was_remembered_is_asked_with() -> None:
    state: dict[str, JSON] = {"version": 7}
    remember(state, fetched('W/"abc"', modified="Fri, 02 Jan 2026 12:00:00 GMT"))
    assert conditional(state) == {
        "If-None-Match": 'W/"abc"',
        "If-Modified-Since": "Fri, 02 Jan 2026 12:00:00 GMT",
    }
    assert state["version"] == 7


def test_each_address_of_a_list_has_its_own() -> None:
    state: dict[str, JSON] = {}
    remember(state, fetched('"a"'), "https://example.com/a")
    remember(state, fetched('"b"'), "https://example.com/b")
    assert conditional(state, "https://example.com/a") == {"If-None-Match": '"a"'}
    assert conditional(state, "https://example.com/b") == {"If-None-Match": '"b"'}
    assert conditional(state) == {}


def test_an_answer_that_nothing_changed_keeps_what_was_remembered() -> None:
    state: dict[str, JSON] = {}
    remember(state, fetched('"a"'))
    remember(state, fetched('"other"', status=304))
    assert conditional(state) == {"If-None-Match": '"a"'}


def test_an_answer_without_marks_forgets_the_old_ones() -> None:
    state: dict[str, JSON] = {}
    remember(state, fetched('"a"'))
    remember(state, fetched())
    assert conditional(state) == {}


@pytest.mark.parametrize("etag", ["", '"a"\r\nX: y', '"é"', '"' + "x" * 5000 + '"', "\x00"], ids=repr)
def test_marks_that_could_do_harm_are_not_kept(etag: str) -> None:
    state: dict[str, JSON] = {}
    remember(state, fetched(etag))
    assert conditional(state) == {}


@pytest.mark.parametrize(
    "state", [{}, {"conditional": None}, {"conditional": {"": 5}}, {"conditional": {"": {"etag": 5}}}], ids=str
)
def test_a_state_of_nonsense_asks_for_everything(state: dict[str, JSON]) -> None:
    assert conditional(state) == {}
