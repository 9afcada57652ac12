"""Calls of one line, from the ring to the record: asks for the verdict and has it carried out.

Whatever goes wrong, the phones ring: a screening that raises or comes too late never costs the household a call.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import NamedTuple

from callguard import CHANCE_BITS, Action, Call, Decision, Disposition, Home, Outcome, Screen, new_id
from callguard_sip.audio import Announcement
from callguard_sip.core.events import Ending, Ends, Rings, Talks
from callguard_sip.core.flow import host_port
from callguard_sip.core.identity import caller_of
from callguard_sip.core.message import BadMessage
from callguard_sip.core.rtp import Start, packets
from callguard_sip.core.uas import Session
from callguard_sip.player import Player
from callguard_sip.upstream import BlockBy, Treatment

_MOST_ANNOUNCEMENTS = 16
"Callers who hear the announcement at the same time; further ones are declined."
_MOST_JUDGES = 256
_TOO_LATE = "the verdict came too late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one line reads what an INVITE says."""

    line: str
    country: str
    domain: str
    internal_prefix: str
    internal: frozenset[str]


class Judging(NamedTuple):
    """Whom to ask for verdicts."""

    screen: Screen
    within: float
    "Seconds it may take."


class Calls:
    """All calls of one line that are going on."""

    def __init__(
        self,
        home: Home,
        reading: Reading,
        treatment: Treatment,
        sounds: Announcement,
        judging: Judging,
    ) -> None:
        self._home = home
        self._reading = reading
        self._treatment = treatment
        self._sounds = sounds
        self._judging = judging
        self._local_host = ""
        self._believed: frozenset[str] = frozenset()
        self._waiting: deque[tuple[Session, Call]] = deque()
        self._judges = 0
        self._decisions: dict[Session, Decision] = {}
        self._players: dict[Session, Player] = {}

    def begin(self, spawn: Callable[[Coroutine[None, None, None]], None], done: Callable[[], None]) -> None:
        """Judge from now on, in tasks started by *spawn*; *done* sends what a verdict made of a call."""
        self._loop = asyncio.get_running_loop()
        self._spawn = spawn
        self._done = done

    def place(self, local_host: str, believed: frozenset[str]) -> None:
        """Learn our own address, and from where else audio may come."""
        self._local_host, self._believed = local_host, believed

    # -- events ---------------------------------------------------------------------------------------------

    def rings(self, event: Rings) -> None:
        """Have a new call judged."""
        reading = self._reading
        heard = caller_of(
            event.request,
            country=reading.country,
            trusted=True,  # the gate let nothing else in
            domain=reading.domain,
            internal_prefix=reading.internal_prefix,
            internal=reading.internal,
        )
        now = self._home.clock.now()
        call = Call(
            id=new_id(now, self._home.randomness.bits(CHANCE_BITS)),
            line=reading.line,
            received_at=now,
            caller=heard.caller,
            called=heard.called,
            diverted_by=heard.diverted_by,
            attestation=heard.attestation,
            identity=heard.identity,
            internal=heard.internal,
            emergency_callback=heard.emergency_callback,
            country=reading.country,
            details={**heard.details, "source": host_port(event.source.host, event.source.port)},
        )
        self._waiting.append((event.session, call))
        if len(self._waiting) == 1:
            self._call_judge()

    def talks(self, event: Talks) -> None:
        """Play the announcement to an answered caller, or go on playing it where he wants it now."""
        player, media = self._players.get(event.session), event.media
        if player is None:
            return
        player.aim(media.address if media.may_send else "", media.port, self._believed)
        if not player.playing:
            sound = self._sounds.pcma if media.codec == "PCMA" else self._sounds.pcmu
            start = Start.from_bits(self._home.randomness.bits(Start.BITS))
            player.play(packets(sound, media.codec, media.payload_type, start), lambda: self._played(event.session))

    def ends(self, event: Ends) -> None:
        """Report how a call ended."""
        session = event.session
        player = self._players.pop(session, None)
        if player is not None:
            player.close()
        decision = self._decisions.pop(session, None)
        if decision is not None and session.ending is not None:
            self._finish(decision, session.ending)

    def close(self) -> None:
        """Fall silent."""
        for player in self._players.values():
            player.close()
        self._players.clear()

    # -- judging --------------------------------------------------------------------------------------------

    @property
    def _log(self) -> logging.Logger:
        return self._home.log

    def _call_judge(self) -> None:
        """Start a task for all calls that wait: most are judged without ever waiting, so one task serves a burst.

        If its first call does make it wait, the next one is started for the rest.
        """
        if not self._waiting or self._judges >= _MOST_JUDGES:
            return
        self._judges += 1
        self._spawn(self._judge())
        self._loop.call_soon(self._call_judge)

    async def _judge(self) -> None:
        try:
            while self._waiting:
                session, call = self._waiting.popleft()
                await self._judge_one(session, call)
        finally:
            self._judges -= 1

    async def _judge_one(self, session: Session, call: Call) -> None:
        try:
            decision = await self._judging.screen(call, self._judging.within)
        except Exception:  # noqa: BLE001  fail open: no mistake of ours or of a plugin's may cost a call
            self._log.exception("line %s: call %s rings, because its screening failed", call.line, call.id)
            session.let_ring(self._loop.time(), "the screening failed")
        else:
            self._decided(session, decision)
        self._done()

    def _decided(self, session: Session, decision: Decision) -> None:
        blocks = decision.verdict.action is Action.BLOCK
        if session.ending is not None:
            self._finish(decision, _too_late(session.ending) if blocks else session.ending)
            return
        self._decisions[session] = decision
        if not blocks:
            session.let_ring(self._loop.time())
        elif self._treatment.block is BlockBy.ANSWER:
            self._answer(session)
        else:
            session.decline(self._treatment.code, self._loop.time())

    def _answer(self, session: Session) -> None:
        """Answer, or decline where that is impossible: the nearest thing this line can do."""
        try:
            if len(self._players) >= _MOST_ANNOUNCEMENTS:
                raise OSError("too many announcements at once")
            player = Player(self._local_host)
        except OSError as error:
            session.decline(self._treatment.code, self._loop.time(), f"declined instead of answered: {error}")
            return
        try:
            session.answer(player.port, self._loop.time())
        except BadMessage as bad:
            player.close()
            session.decline(self._treatment.code, self._loop.time(), f"declined instead of answered: {bad.reason}")
        else:
            self._players[session] = player

    def _played(self, session: Session) -> None:
        session.hang_up(self._loop.time())
        self._done()

    def _finish(self, decision: Decision, ending: Ending) -> None:
        ended = Disposition(
            outcome=ending.outcome,
            ended_at=self._home.clock.now(),
            code=ending.code,
            note=ending.note,
            answered=ending.answered,
        )
        try:
            decision.finish(ended)
        except Exception:  # noqa: BLE001  the record is the house's affair; the line goes on
            self._log.exception("line %s: the end of a call could not be recorded", self._reading.line)


def _too_late(ending: Ending) -> Ending:
    """Return the ending of a call that should have been blocked and rang."""
    if ending.outcome is not Outcome.RANG:
        return ending
    return replace(ending, outcome=Outcome.NOT_CARRIED_OUT, note=_TOO_LATE)
