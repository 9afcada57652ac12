"""Calls of one modem, from the ring to the record: asks for the verdict and tells it to the machine.

Whatever goes wrong, the phones ring: a screening that raises or comes too late never costs the household a call.
"""

from collections.abc import Coroutine
from typing import Protocol

from callguard import (
    CHANCE_BITS,
    Action,
    Call,
    Caller,
    Decision,
    Disposition,
    Home,
    Outcome,
    Screen,
    new_id,
    plain,
    to_e164,
)
from callguard_modem.core.events import CallEnded, CallHeard

_TOO_LATE = "the verdict came too late"
_LONGEST_DETAIL = 2000


class Judge(Protocol):
    """Carries verdicts out."""

    def verdict(self, serial: int, *, block: bool) -> None:
        """Tell the machine what to do with a call."""

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Do something beside the line."""


class Calls:
    """All calls of one modem that are going on; mostly one, or none."""

    def __init__(self, home: Home, country: str, screen: Screen, judge: Judge) -> None:
        self._home = home
        self._country = country
        self._screen = screen
        self._judge = judge
        self._going: dict[int, Decision | None] = {}
        self._ended: dict[int, CallEnded] = {}

    def heard(self, event: CallHeard) -> None:
        """Have a new call judged."""
        self._going[event.serial] = None
        self._judge.spawn(self._judged(event.serial, self._call(event), event.within))

    def ended(self, event: CallEnded) -> None:
        """Report how a call ended, as soon as its verdict is known."""
        if event.serial not in self._going:
            return
        decision = self._going[event.serial]
        if decision is None:
            self._ended[event.serial] = event
        else:
            self._finish(event.serial, decision, _disposition(event, self._home))

    async def _judged(self, serial: int, call: Call, within: float) -> None:
        try:
            decision = await self._screen(call, within)
        except Exception:
            self._home.log.exception("line %s: call %s rings, because its screening failed", call.line, call.id)
            self._forget(serial)
            self._judge.verdict(serial, block=False)
            return
        blocks = decision.verdict.action is Action.BLOCK
        ended = self._ended.get(serial)
        if ended is not None:
            self._finish(serial, decision, _late(_disposition(ended, self._home), blocks=blocks, rings=ended.rings))
            return
        self._going[serial] = decision
        self._judge.verdict(serial, block=blocks)

    def _call(self, event: CallHeard) -> Call:
        now, caller = self._home.clock.now(), event.caller
        number = to_e164(caller.number, self._country) if caller.number else None
        details = {
            "modem time": caller.time,
            "ring": event.ring,
            "rings": str(event.rings),
            "call type": caller.call_type,
            "raw": plain(" | ".join(event.lines), _LONGEST_DETAIL),
        }
        return Call(
            id=new_id(now, self._home.randomness.bits(CHANCE_BITS)),
            line=event.line,
            received_at=now,
            caller=Caller(
                presentation=caller.presentation, number=number, text=plain(caller.number), name=plain(caller.name)
            ),
            called=(to_e164(caller.called, self._country) or plain(caller.called)) if caller.called else "",
            country=self._country,
            details={key: value for key, value in details.items() if value},
        )

    def _finish(self, serial: int, decision: Decision, disposition: Disposition) -> None:
        self._forget(serial)
        try:
            decision.finish(disposition)
        except Exception:
            self._home.log.exception("the end of a call could not be recorded")

    def _forget(self, serial: int) -> None:
        self._going.pop(serial, None)
        self._ended.pop(serial, None)


def _disposition(event: CallEnded, home: Home) -> Disposition:
    return Disposition(outcome=event.outcome, ended_at=home.clock.now(), note=_note(event))


def _note(event: CallEnded) -> str:
    """Return how the caller was hung up on, whether silence proved it, and what else is to be said."""
    how = f"hung up on by {event.method}" if event.method else ""
    proof = "and it stayed silent" if event.verified else "but whether it stayed silent is not known"
    return "; ".join(filter(None, (f"{how}, {proof}" if how else "", event.note)))


def _late(disposition: Disposition, *, blocks: bool, rings: int) -> Disposition:
    """Return how a call ended whose verdict came only afterwards: one that was to ring has rung."""
    if disposition.outcome is not Outcome.GONE:
        return disposition
    if blocks:
        return Disposition(
            outcome=Outcome.GONE if rings < 2 else Outcome.NOT_CARRIED_OUT,
            ended_at=disposition.ended_at,
            note=_TOO_LATE,
        )
    return Disposition(outcome=Outcome.RANG, ended_at=disposition.ended_at, note=disposition.note)
