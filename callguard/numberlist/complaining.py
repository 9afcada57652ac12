"""What is wrong with a list, in words."""

from collections.abc import Iterator
from datetime import datetime

from callguard.model.health import Problem, Severity
from callguard.model.numberlist import ListState
from callguard.numberlist.keeping import Memory

_BY_ITSELF = "It is tried again by itself; `callguard lists update {name}` tries now."


def problems_of(state: ListState, memory: Memory, now: datetime, why: str) -> list[Problem]:
    """Return the problems of a list that is asked; *why* says why there is no copy to ask."""
    return list(_problems(state, memory, now, why))


def _problems(state: ListState, memory: Memory, now: datetime, why: str) -> Iterator[Problem]:
    if memory.refused:
        yield _refused(state, memory, now)
    if state.info is None:
        yield _missing(state, memory, now, why)
        return
    if memory.failures and not memory.refused:
        yield _failing(state, memory, now)
    if state.stale:
        yield _stale(state, now)


def _refused(state: ListState, memory: Memory, now: datetime) -> Problem:
    if memory.forcible:
        cure = f"If that is right, `callguard lists update {state.name} --force` takes it all the same."
    else:
        cure = "It is tried again by itself; if it stays so, look for an update of CallGuard or for another source."
    kept = "its old copy stays in use" if state.info else "the list stays empty"
    return Problem(
        code="list-refused",
        severity=Severity.PROBLEM,
        what=f"An update of the list “{state.title}” was refused, {kept}: {memory.error}.",
        since=memory.failing_since or now,
        cure=cure,
        where=state.name,
    )


def _missing(state: ListState, memory: Memory, now: datetime, why: str) -> Problem:
    tried = f"; the last update failed: {memory.error}" if memory.error else ""
    return Problem(
        code="list-missing",
        severity=Severity.PROBLEM if state.last_tried_at and not state.updating else Severity.NOTE,
        what=f"The list “{state.title}” cannot be asked, its numbers are not recognised: {why}{tried}.",
        since=memory.failing_since or now,
        cure=_BY_ITSELF.format(name=state.name),
        where=state.name,
    )


def _failing(state: ListState, memory: Memory, now: datetime) -> Problem:
    times = "once" if memory.failures == 1 else f"{memory.failures} times in a row"
    return Problem(
        code="list-failing",
        severity=Severity.NOTE,
        what=f"The list “{state.title}” could not be updated ({times}), its old copy stays in use: {memory.error}.",
        since=memory.failing_since or now,
        cure=_BY_ITSELF.format(name=state.name),
        where=state.name,
    )


def _stale(state: ListState, now: datetime) -> Problem:
    fresh = state.last_succeeded_at or (state.info.retrieved_at if state.info else now)
    return Problem(
        code="list-stale",
        severity=Severity.PROBLEM,
        what=f"The list “{state.title}” is {(now - fresh).days} days old: its hits count half, its silence nothing.",
        since=fresh,
        cure=_BY_ITSELF.format(name=state.name),
        where=state.name,
    )
