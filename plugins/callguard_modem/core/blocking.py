"""Carrying out a block: one method after the other, until silence proves that the caller is gone."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from callguard_modem.core.answering import Answering
from callguard_modem.core.dialogue import Procedure, pause
from callguard_modem.core.profile import Method

_RING = frozenset({"RING"})


class Carried(NamedTuple):
    """What came of it."""

    method: Method | None
    "The one that worked; None if none did."
    verified: bool
    notes: tuple[str, ...]
    "What went wrong on the way."
    down: bool
    "Whether the line is surely down."


class Watch(NamedTuple):
    """How silence is watched for."""

    begins: Callable[[Method], float]
    "Told when the line is down; says for how many seconds silence proves that the caller is gone."
    failed: Callable[[], None]
    "Told when it rang on."


def carry_out(answering: Answering, methods: Sequence[Method], watch: Watch) -> Procedure[Carried]:
    """Hang up on the caller, by the next method at once where one fails."""
    notes: list[str] = []
    for method in methods:
        tried = yield from answering.answer(method)
        if tried.why:
            notes.append(f"{method}: {tried.why}")
        if tried.stuck:
            return Carried(None, False, tuple(notes), False)
        if not tried.worked:
            continue
        if tried.gone:
            return Carried(method, True, (*notes, "the caller hung up meanwhile"), True)
        reply = yield pause(watch.begins(method), _RING)
        if not reply.code:
            return Carried(method, True, tuple(notes), True)
        watch.failed()
        notes.append(f"{method}: it rang on")
    down = not answering.may_be_up or (yield from answering.leave())
    return Carried(None, False, tuple(notes), down)
