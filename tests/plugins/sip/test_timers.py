from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard_sip.core.timers import Timed, Timers


class Note(Timed):
    """Writes down when it is woken."""

    def __init__(self, name: str, log: list[tuple[str, float]]) -> None:
        super().__init__()
        self.name = name
        self.log = log

    def on_timer(self, now: float) -> None:
        self.log.append((self.name, now))


def test_owners_are_woken_in_the_order_of_their_deadlines() -> None:
    timers, log = Timers(), list[tuple[str, float]]()
    for name, when in (("b", 2.0), ("a", 1.0), ("c", 3.0)):
        timers.set(Note(name, log), when)
    timers.run(2.5)
    assert log == [("a", 2.5), ("b", 2.5)]
    assert timers.next() == 3.0


def test_a_deadline_that_moves_is_kept_once() -> None:
    timers, log = Timers(), list[tuple[str, float]]()
    note = Note("a", log)
    timers.set(note, 5.0)
    timers.set(note, 9.0)
    timers.run(8.0)
    assert log == []
    timers.set(note, 8.5)
    timers.run(20.0)
    assert log == [("a", 20.0)]


def test_a_cleared_owner_sleeps_and_can_be_set_again() -> None:
    timers, log = Timers(), list[tuple[str, float]]()
    note = Note("a", log)
    timers.set(note, 1.0)
    timers.clear(note)
    assert timers.next() is None
    timers.set(note, 1.0)
    timers.run(1.0)
    assert log == [("a", 1.0)]


def test_entries_of_owners_that_are_done_do_not_pile_up() -> None:
    timers, log = Timers(), list[tuple[str, float]]()
    keep = Note("keep", log)
    timers.set(keep, 1e6)
    for number in range(20_000):
        note = Note("x", log)
        timers.set(note, 32.0 + number)
        timers.clear(note)
    assert len(timers) < 1_000
    assert timers.next() == 1e6


@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["set", "clear", "run"]), st.integers(0, 30)), max_size=80)
)
def test_every_owner_is_woken_exactly_when_it_is_due(steps: list[tuple[int, str, int]]) -> None:
    timers, log = Timers(), list[tuple[str, float]]()
    owners = [Note(str(n), log) for n in range(5)]
    due = dict.fromkeys(range(5), inf)
    now = 0.0
    for who, what, when in steps:
        if what == "set":
            timers.set(owners[who], now + when + 1)
            due[who] = now + when + 1
        elif what == "clear":
            timers.clear(owners[who])
            due[who] = inf
        else:
            now += when
            log.clear()
            timers.run(now)
            assert {name for name, _ in log} == {str(n) for n in due if due[n] <= now}
            due = {n: inf if at <= now else at for n, at in due.items()}
        first = min(due.values())
        assert timers.next() == (None if first == inf else first)


def test_an_owner_says_itself_what_it_does() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Timed()  # type: ignore[abstract]
