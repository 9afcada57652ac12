"""Blank lines that keep a connection, or the hole in a NAT, open (RFC 5626 §3.5.1)."""

from collections.abc import Callable

from callguard import Randomness
from callguard_sip.core.flow import Flow, Packet
from callguard_sip.core.timers import Timed, Timers
from callguard_sip.core.transactions import Send

PING = b"\r\n\r\n"
PONG = b"\r\n"
_PONG_WITHIN = 10.0


class KeepAlive(Timed):
    """Pings the way to the registrar; a peer that used to answer and stops doing so is gone."""

    __slots__ = ("_answers", "_awaited", "_chance", "_dead", "_flow", "_interval", "_send", "_timers")

    def __init__(
        self,
        interval: float,
        timers: Timers,
        send: Send,
        chance: Randomness,
        dead: Callable[[Flow, float], None],
    ) -> None:
        super().__init__()
        self._interval = interval
        self._timers = timers
        self._send = send
        self._chance = chance
        self._dead = dead
        self._flow: Flow | None = None
        self._answers = False
        self._awaited = False

    def follow(self, flow: Flow, now: float) -> None:
        """Keep this way open from now on."""
        self._flow = flow
        self._answers = self._awaited = False
        self._rest(now)

    def stop(self) -> None:
        """Keep nothing open."""
        self._flow = None
        self._timers.clear(self)

    def left(self, flow: Flow) -> None:
        """Stop if it was this way that closed."""
        if flow == self._flow:
            self.stop()

    def pong(self, now: float) -> None:
        """Learn that the peer answered."""
        if self._flow is not None and self._awaited:
            self._answers, self._awaited = True, False
            self._rest(now)

    def on_timer(self, now: float) -> None:
        """Ping, or miss the answer to the last one."""
        flow = self._flow
        if flow is None:
            return
        if self._awaited and self._answers:
            self.stop()
            self._dead(flow, now)
            return
        self._send(Packet(PING, flow))
        # Many servers never answer (only RFC 5626 asks for it): an answer is missed only where there once was one.
        self._awaited = flow.transport.reliable
        if self._awaited and self._answers:
            self._timers.set(self, now + _PONG_WITHIN)
        else:
            self._rest(now)

    def _rest(self, now: float) -> None:
        spread = 0.8 + self._chance.bits(16) / 2**16 * 0.2  # 80 to 100 % (RFC 5626 §4.4.1)
        self._timers.set(self, now + self._interval * spread)
