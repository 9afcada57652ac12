"""A conversation with the modem: what is asked, what is waited for, and what comes of it.

What is to be done is written as a generator that yields steps and is handed replies, so that it reads like the
sequence it is; a `Dialogue` runs one of them at a time.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

FINAL = frozenset(
    {"OK", "ERROR", "CONNECT", "NO CARRIER", "BUSY", "NO DIALTONE", "NO DIAL TONE", "NO ANSWER", "VCON"}
)
"""Result codes that end a command (V.250 §5.7.1; VCON: voice commands of old Rockwell modems)."""

_CME = ("+CME ERROR", "+CMS ERROR", "+FCERROR")
_OWED = 1.0
"Seconds for which a new procedure waits for the reply to what an abandoned one asked."
_MOST_LINES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Octets to send, if any, and what to wait for then."""

    send: bytes = b""
    within: float = 0.0
    "Seconds to wait."
    until: frozenset[str] = frozenset()
    "Result codes, `RING` or `<DLE>` codes (`DLE b`) that end the wait; empty: it lasts its time."
    owed: bool = False
    "Whether the modem answers in any case, so that whoever gives up must hear it out."


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a step."""

    code: str
    "What ended the wait; empty if its time was over."
    lines: tuple[str, ...]
    "What the modem printed meanwhile."
    now: float

    @property
    def ok(self) -> bool:
        """Whether the modem did as it was told."""
        return self.code == "OK"


Procedure = Generator[Step, Reply, T]


def ask(command: str, within: float, *more: str) -> Step:
    """Send a command and wait for its result code."""
    return Step(send=command.encode("ascii", "replace") + b"\r", within=within, until=FINAL.union(more), owed=True)


def pause(seconds: float, until: frozenset[str] = frozenset()) -> Step:
    """Send nothing, and wait."""
    return Step(within=seconds, until=until)


class Dialogue:
    """Runs one procedure at a time."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._procedure: Procedure[None] | None = None
        self._executing: Procedure[None] | None = None
        "The procedure whose own code runs right now, and may begin another one or end a call."
        self._step: Step | None = None
        self._lines: list[str] = []
        self._sent = ""
        self._begun = True
        self.deadline: float | None = None
        "When `on_timer` wants to be called."

    @property
    def busy(self) -> bool:
        """Whether a procedure is under way, other than the one that asks."""
        return self._procedure is not self._executing

    def run(self, procedure: Procedure[None], now: float) -> None:
        """Begin a procedure in place of any other; a command that is under way is heard out for a moment first."""
        owed = self._step is not None and self._step.owed
        self._abandon()
        self._procedure = procedure
        if owed:
            self._begun = False
            self._wait(Step(within=_OWED, until=FINAL), now)
        else:
            self._begin(now)

    def drop(self) -> None:
        """Forget everything: nobody is there to talk to."""
        self._abandon()

    def line(self, text: str, now: float) -> bool:
        """Take a line that is no news; return whether it ended the wait."""
        code = result_code(text)
        if code is None:
            if self._step is not None and text != self._sent and len(self._lines) < _MOST_LINES:
                self._lines.append(text)
            return False
        return self.signal(code, now)

    def signal(self, code: str, now: float) -> bool:
        """End the wait if it is for *code*; return whether it was."""
        if self._step is None or code not in self._step.until:
            return False
        self._advance(code, now)
        return True

    def on_timer(self, now: float) -> None:
        """Go on with what was to be done now."""
        if self.deadline is not None and now >= self.deadline:
            self._advance("", now)

    # -- steps ----------------------------------------------------------------------------------------------

    def _abandon(self) -> None:
        procedure, self._procedure = self._procedure, None
        self._step, self.deadline, self._begun = None, None, True
        if procedure is not None and procedure is not self._executing:
            procedure.close()

    def _begin(self, now: float) -> None:
        self._begun = True
        self._resume(next, now)

    def _advance(self, code: str, now: float) -> None:
        reply = Reply(code, tuple(self._lines), now)
        self._step, self.deadline = None, None
        if self._begun:
            self._resume(lambda procedure: procedure.send(reply), now)
        else:
            self._begin(now)

    def _resume(self, go: Callable[[Procedure[None]], Step], now: float) -> None:
        """Let the procedure go on to its next step."""
        procedure, outer = self._procedure, self._executing
        if procedure is None:
            return
        self._executing = procedure
        try:
            step = go(procedure)
        except StopIteration:
            self._procedure = None if self._procedure is procedure else self._procedure
            return
        finally:
            self._executing = outer
        if procedure is self._procedure:
            self._take(step, now)
        else:
            procedure.close()  # it began another one in its place

    def _take(self, step: Step, now: float) -> None:
        if step.send:
            self._send(step.send)
        self._sent = step.send.decode("latin-1").strip()
        self._wait(step, now)

    def _wait(self, step: Step, now: float) -> None:
        self._step, self._lines, self.deadline = step, [], now + step.within


def result_code(text: str) -> str | None:
    """Return the result code that a line is, without speed or number; None if it is none."""
    if text in FINAL:
        return text
    if text.startswith("CONNECT "):
        return "CONNECT"
    return "ERROR" if text.startswith(_CME) else None
