"""A machine, a clock and a modem that does as it is told, so that a test reads like the transcript of a call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from callguard_modem.core.events import CallEnded, CallHeard, Closed, Event, Phase, Problem, Reopen, Send, Trouble
from callguard_modem.core.machine import Machine, Setup
from callguard_modem.profiles import shipped

E = TypeVar("E", bound=Event)
OK = "OK"
ERROR = "ERROR"
MUTE = ""
"The modem says nothing at all."

CONEXANT = {"ATI0": "56000", "ATI3": "CX93001-EIS_V0.2002-V92", "AT+GMI": "+GMI: CONEXANT", "AT+GMM": "+GMM: V92"}
USR = {"ATI0": "5601", "ATI3": "U.S. Robotics 56K FAX USB V1.2.23", "AT+GMI": "U.S. Robotics", "AT+GMM": "USB5637"}
IAXMODEM = {"ATI0": "spandsp", "ATI3": "www.soft-switch.org"}
PLAIN = {"ATI0": "V90"}
CID = "DATE=0117\r\nTIME=1452\r\nNMBR=2025550142\r\nNAME=WIRELESS CALLER"


@dataclass(frozen=True)
class Said:
    """Octets that were sent, and when."""

    at: float
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode("latin-1").removesuffix("\r")


class Playbook:
    """One machine under the eyes of a test, and the modem it talks to."""

    def __init__(
        self,
        identity: Mapping[str, str] = PLAIN,
        *,
        classes: str = "0,1,8",
        answers: Mapping[str, str] | None = None,
        setup: Callable[[Setup], Setup] = lambda setup: setup,
        started: bool = True,
    ) -> None:
        self.now = 1000.0
        self.answers: dict[str, str] = {
            **{command: f"{text}\r\n\r\nOK" for command, text in identity.items()},
            "AT+FCLASS=?": f"{classes}\r\n\r\nOK",
            "AT+VCID?": "1\r\n\r\nOK",
            "AT+VTX": "CONNECT",
            "ATA": MUTE,
            **(answers or {}),
        }
        self.default = OK
        self.happened: list[tuple[float, Event]] = []
        self.said: list[Said] = []
        self.machine = Machine(setup(Setup(line="Home", country="US", catalogue=shipped())))
        if started:
            self.connect()
            assert self.phase is Phase.IDLE
            self.forget()

    # -- what the test does ---------------------------------------------------------------------------------

    def connect(self) -> None:
        """Open the device."""
        self.machine.connected(self.now)
        self._pump()

    def unplug(self) -> None:
        """Take the modem away."""
        self.machine.lost(self.now)
        self._pump()

    def prints(self, text: str) -> None:
        """Let the modem print lines of text."""
        self.hears(f"\r\n{text}\r\n".encode("latin-1"))

    def hears(self, data: bytes) -> None:
        """Let octets arrive."""
        self.machine.receive(data, self.now)
        self._pump()

    def rings(self, label: str = "") -> None:
        """Let the bell ring."""
        self.prints(f"RING {label}".strip())

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while (due := self.machine.next_timer()) is not None and due <= end:
            self.now = max(due, self.now)
            self.machine.on_timer(self.now)
            self._pump()
        self.now = end

    def block(self) -> None:
        """The house says: block."""
        self._judge(block=True)

    def allow(self) -> None:
        """The house says: let it ring."""
        self._judge(block=False)

    def close(self) -> None:
        """Stop CallGuard."""
        self.machine.close(self.now)
        self._pump()

    def blocked_call(self) -> None:
        """Let a call come as in the US, and be blocked."""
        self.rings()
        self.passes(1.0)
        self.prints(CID)
        self.block()

    def forget(self) -> None:
        """Forget what happened so far."""
        self.happened.clear()
        self.said.clear()

    # -- what the test sees ---------------------------------------------------------------------------------

    @property
    def phase(self) -> Phase:
        return self.machine.phase

    @property
    def commands(self) -> list[str]:
        """What the modem was told, sound and escapes left out."""
        return [said.text for said in self.said if said.text.startswith("AT")]

    def at(self, command: str) -> float:
        """When a command was sent the last time."""
        return next(said.at for said in reversed(self.said) if said.text == command)

    def all(self, kind: type[E]) -> list[E]:
        """All events of a kind."""
        return [event for _, event in self.happened if isinstance(event, kind)]

    @property
    def heard(self) -> CallHeard:
        (call,) = self.all(CallHeard)
        return call

    @property
    def ended(self) -> CallEnded:
        (call,) = self.all(CallEnded)
        return call

    @property
    def closed(self) -> Closed:
        (closed,) = self.all(Closed)
        return closed

    @property
    def reopened(self) -> list[str]:
        return [event.reason for event in self.all(Reopen)]

    @property
    def troubles(self) -> set[Trouble]:
        """What is not well now."""
        found: set[Trouble] = set()
        for problem in self.all(Problem):
            (found.add if problem.active else found.discard)(problem.code)
        return found

    def when(self, kind: type[Event]) -> float:
        """When the last event of a kind happened."""
        return next(at for at, event in reversed(self.happened) if isinstance(event, kind))

    # -- the modem ------------------------------------------------------------------------------------------

    def _judge(self, *, block: bool) -> None:
        self.machine.verdict(self.all(CallHeard)[-1].serial, block=block, now=self.now)
        self._pump()

    def _pump(self) -> None:
        """Carry octets to and fro until both sides are silent."""
        while self.machine.events:
            event = self.machine.events.popleft()
            self.happened.append((self.now, event))
            if isinstance(event, Send):
                self.said.append(Said(self.now, event.data))
                answer = self._answer(event.data)
                if answer:
                    self.machine.receive(f"\r\n{answer}\r\n".encode("latin-1"), self.now)

    def _answer(self, data: bytes) -> str:
        text = data.decode("latin-1").removesuffix("\r")
        if text in self.answers:
            return self.answers[text]
        return self.default if text.startswith("AT") or text in {"\x10\x03", "\x18"} else MUTE
