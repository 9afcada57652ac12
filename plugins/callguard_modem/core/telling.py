"""What a machine tells: octets for the modem, its phase, and what is not well."""

from collections import deque

from callguard import plain
from callguard_modem.core.events import Event, Phase, Problem, Send, StateChanged, Trouble


class Told:
    """Collects events; the same thing is not told twice."""

    def __init__(self) -> None:
        self.events: deque[Event] = deque()
        self.phase = Phase.DOWN
        self._troubles: set[Trouble] = set()

    def _send(self, data: bytes) -> None:
        self.events.append(Send(data))

    def _enter(self, phase: Phase) -> None:
        if phase is not self.phase:
            self.phase = phase
            self.events.append(StateChanged(phase))

    def _trouble(self, code: Trouble, active: bool, detail: str = "") -> None:
        if active is not (code in self._troubles):
            self._troubles ^= {code}
            self.events.append(Problem(code, active, plain(detail) if active else ""))
