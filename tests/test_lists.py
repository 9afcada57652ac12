"""The house's lists: when they are due, and that a broken one ends nothing else."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from callguard import ListInfo, ListMode, ListState, Problem, Report, Updated
from callguard.lists import Lists

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
INFO = ListInfo(name="gossip", version="1", as_of=date(2026, 1, 1), retrieved_at=NOW)
DAY = timedelta(days=1)


class AList:
    """A list that says of itself what it was given, or raises it."""

    name = "gossip"

    def __init__(self, state: object) -> None:
        self._state = state
        self.closed = 0

    def state(self) -> ListState:
        if isinstance(self._state, Exception):
            raise self._state
        return self._state  # type: ignore[return-value]  # a plugin may return anything

    async def update(self, report: Report, *, force: bool = False) -> Updated:
        return Updated(changed=force)

    def close(self) -> None:
        self.closed += 1
        self.state()

    def problems(self, now: datetime) -> Sequence[Problem]:
        self.state()
        return []


def a_state(**facts: object) -> ListState:
    given = {"name": "gossip", "title": "What people say", "mode": ListMode.ACTIVE, "info": INFO, "every": DAY}
    return ListState(**{**given, **facts})  # type: ignore[arg-type]


def first(state: ListState) -> timedelta | None:
    ((_, job),) = Lists([("talk", AList(state))]).jobs(NOW)
    return job.first_after


SOON = timedelta(seconds=5)


@pytest.mark.parametrize(
    ("state", "wait"),
    [
        pytest.param(a_state(info=None), SOON, id="never fetched: soon"),
        pytest.param(a_state(last_succeeded_at=NOW - 2 * DAY), SOON, id="overdue: soon"),
        pytest.param(a_state(last_succeeded_at=NOW - 0.25 * DAY), 0.75 * DAY, id="when it is due"),
        pytest.param(a_state(info=None, last_succeeded_at=NOW), SOON, id="fetched, but the copy is gone: soon"),
        pytest.param(a_state(last_succeeded_at=NOW + 9999 * DAY), DAY, id="the clock was wrong: as usual"),
        pytest.param(a_state(last_succeeded_at=NOW, every=timedelta.max), timedelta.max, id="never again"),
        pytest.param(a_state(info=None, not_before=NOW + 2 * DAY), 2 * DAY, id="left alone as asked"),
        pytest.param(a_state(info=None, not_before=NOW + 9999 * DAY), 7 * DAY, id="left alone, but not for ever"),
    ],
)
def test_a_list_is_first_updated_when_it_is_due(state: ListState, wait: timedelta) -> None:
    assert first(state) == wait


@pytest.mark.parametrize("state", [ZeroDivisionError("what"), None], ids=["raises", "returns nonsense"])
def test_a_list_whose_plugin_is_broken_says_so_and_ends_nothing(state: object) -> None:
    lists = Lists([("talk", AList(state))])
    assert list(lists.jobs(NOW)) == []
    (shown,) = lists.states()
    assert (shown.name, shown.mode) == ("gossip", ListMode.OFF)
    assert shown.error.startswith(("ZeroDivisionError: what", "TypeError: "))


def test_a_list_that_cannot_say_how_it_is_is_a_problem() -> None:
    (problem,) = Lists([("talk", AList(OSError("lost")))]).problems(NOW)
    assert (problem.code, problem.where) == ("plugin-failing", "gossip")
    assert "of the plugin talk cannot say how it is: OSError: lost" in problem.what


def test_lists_that_are_not_used_any_more_are_closed_whatever_one_of_them_raises() -> None:
    kept, broken = AList(a_state()), AList(OSError("lost"))
    kept.name = "kept"
    Lists([("talk", broken), ("talk", kept)]).close(but=[kept])
    assert (broken.closed, kept.closed) == (1, 0)
