"""How a caller is answered and hung up on, on a line that knows no other way of refusing a call."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from callguard_modem.core.audio import RATE, SampleFormat, shielded
from callguard_modem.core.dialogue import FINAL, Procedure, Reply, Step, ask, pause
from callguard_modem.core.profile import Method

_UP = 1.5
"Seconds a command may take on the way up: with the next method still before the next ring."
_DOWN = 1.5
_TIDY = 0.5
_TRIES = 3
_CROSSING = 1.0
"Seconds after going off-hook in which a ring may have been on its way already."
_CHUNK = 0.1
_LEAD = 0.4
"Seconds of sound that lie ready in the modem; what is not sent yet can be stopped."
_TONE = 2.5
"Seconds of fax tone at least: it begins 0.2 s after answering and lasts 2.6 to 4 s (T.30 §4.1)."
_END = b"\x10\x03"
_END_TWICE = b"\x10\x10\x10\x03"
"What one modem needed to leave voice transmission (Zoom 3095)."
_CANCEL = b"\x18"
_HUNG_UP = frozenset({"NO CARRIER", "BUSY", "DLE b", "DLE d", "DLE i", "DLE l"})
"What modems say when the caller is gone: busy tone, dial tone, a break of the loop current (V.253 §9.2)."
_RING = frozenset({"RING"})


class Mode(Enum):
    """Who listens to the octets that we send."""

    COMMAND = auto()
    VOICE = auto()
    FAX = auto()
    "The fax tone sounds: one octet ends it."
    FAX_DATA = auto()
    "What is sent counts as fax data, until `<DLE><ETX>`."


_ESCAPES = {
    Mode.COMMAND: (),
    Mode.VOICE: (_END, _END_TWICE),
    Mode.FAX: (_CANCEL, _END),
    Mode.FAX_DATA: (_END, _CANCEL),
}


@dataclass(frozen=True, slots=True)
class Greeting:
    """What blocked callers hear: octets in a format of the modem."""

    octets: bytes
    format: SampleFormat
    silence_off: str = ""


class Tried(NamedTuple):
    """What came of one method."""

    worked: bool
    "The caller was answered and the line is down again."
    why: str = ""
    "Why it did not work, or what was missing."
    gone: bool = False
    "The modem heard the caller hang up."
    stuck: bool = False
    "The modem did not confirm that the line is down."


class Answering:
    """Answers a caller and hangs up; knows at every moment how the line is brought down."""

    def __init__(self, hold: float) -> None:
        self.hold = hold
        self.greeting: Greeting | None = None
        self.may_be_up = False
        "Whether the line may be off-hook because of us."
        self._mode = Mode.COMMAND
        self._class = "0"

    def reset(self) -> None:
        """Learn that the device was closed: nobody knows what the line does, but voice and fax are over."""
        self._mode, self._class = Mode.COMMAND, "0"

    def answer(self, method: Method) -> Procedure[Tried]:
        """Answer the caller, keep him as long as wanted and hang up."""
        if method is Method.HOOK:
            return self._hook()
        return self._voice() if method is Method.GREETING else self._fax()

    def leave(self) -> Procedure[bool]:
        """Bring the line down from wherever it is; return whether the modem confirmed it."""
        yield from self._escape()
        return (yield from self._down())

    # -- methods --------------------------------------------------------------------------------------------

    def _hook(self) -> Procedure[Tried]:
        self.may_be_up = True
        reply = yield ask("ATH1", _UP)
        if not reply.ok:
            return Tried(False, _why("ATH1", reply))
        code = yield from self._keep(reply.now, reply.now)
        return (yield from self._hang_up(code))

    def _voice(self) -> Procedure[Tried]:
        reply = yield ask("AT+FCLASS=8", _UP)
        if not reply.ok:
            return (yield from self._tidied("AT+FCLASS=8", reply))
        self._class = "8"
        playable = yield from self._prepare()
        self.may_be_up = True
        reply = yield ask("AT+VLS=1", _UP)
        if not reply.ok:
            return (yield from self._tidied("AT+VLS=1", reply))
        up, code, note = reply.now, "", ""
        if playable and self.greeting is not None:
            heard, code = yield from self._play(self.greeting.octets, up)
            note = "" if heard else "the greeting could not be played"
        elif self.greeting is not None:
            note = "the greeting could not be played"
        code = code or (yield from self._keep(up, reply.now))
        return (yield from self._hang_up(code, note))

    def _fax(self) -> Procedure[Tried]:
        reply = yield ask("AT+FCLASS=1", _UP)
        if not reply.ok:
            return (yield from self._tidied("AT+FCLASS=1", reply))
        self._class, self.may_be_up, self._mode = "1", True, Mode.FAX
        lasts = max(self.hold, _TONE)
        up = reply.now
        # No reply is the rule: CONNECT comes 3.7 s later (measured), if another fax machine hears the tone.
        reply = yield Step(send=b"ATA\r", within=lasts, until=FINAL)
        if reply.code in {"ERROR", "OK"}:
            self._mode = Mode.COMMAND
            return (yield from self._tidied("ATA", reply))
        if reply.code == "CONNECT":
            self._mode = Mode.FAX_DATA
            reply = yield pause(max(0.0, up + lasts - reply.now), _HUNG_UP)
        if reply.code:
            self._mode = Mode.COMMAND
        return (yield from self._hang_up(reply.code))

    # -- parts of them --------------------------------------------------------------------------------------

    def _prepare(self) -> Procedure[bool]:
        """Choose the format of the greeting; return whether the modem takes it."""
        if self.greeting is None:
            return False
        reply = yield ask(self.greeting.format.command, _UP)
        if reply.ok and self.greeting.silence_off:
            yield ask(self.greeting.silence_off, _TIDY)
        return reply.ok

    def _keep(self, up: float, now: float) -> Procedure[str]:
        """Keep the caller until he was off-hook as long as wanted; return what ended it before."""
        crossing = min(self.hold, _CROSSING)
        if up + crossing > now:
            reply = yield pause(up + crossing - now, _HUNG_UP)
            now = reply.now
            if reply.code:
                return reply.code
        if up + self.hold <= now:
            return ""
        reply = yield pause(up + self.hold - now, _HUNG_UP | _RING)
        return reply.code

    def _play(self, octets: bytes, up: float) -> Procedure[tuple[bool, str]]:
        """Play *octets* as fast as the line takes them; return whether it began, and what ended it before."""
        reply = yield ask("AT+VTX", _UP)
        if reply.code != "CONNECT":
            return False, reply.code if reply.code in _HUNG_UP else ""
        self._mode = Mode.VOICE
        begun = reply.now
        for chunk, sent in _chunks(octets):
            until = FINAL | _HUNG_UP | (_RING if reply.now > up + _CROSSING else frozenset())
            due = begun + sent - _LEAD
            reply = yield Step(send=chunk, within=max(0.0, due - reply.now), until=until)
            if reply.code:
                break
        code = reply.code if reply.code in _HUNG_UP | _RING else ""
        if reply.code in FINAL:
            self._mode = Mode.COMMAND  # it left voice transmission by itself
        yield from self._escape()
        return True, code

    def _hang_up(self, code: str, note: str = "") -> Procedure[Tried]:
        yield from self._escape()
        if not (yield from self._down()):
            return Tried(False, "the modem did not confirm that it hung up", stuck=True)
        if code == "RING":
            return Tried(False, "it rang on")
        return Tried(True, note, gone=code in _HUNG_UP)

    def _tidied(self, command: str, reply: Reply) -> Procedure[Tried]:
        """Go back to where the next method begins, without losing time over it."""
        yield ask("AT+FCLASS=0", _TIDY)
        self._class = "0"
        return Tried(False, _why(command, reply))

    def _escape(self) -> Procedure[None]:
        """Make the modem take commands again."""
        for octets in _ESCAPES[self._mode]:
            reply = yield Step(send=octets, within=_LEAD + _DOWN, until=FINAL)
            if reply.code and reply.code != "CONNECT":
                break
        self._mode = Mode.COMMAND

    def _down(self) -> Procedure[bool]:
        if self._class == "8":
            yield ask("AT+VLS=0", _DOWN)
        for _ in range(_TRIES):
            reply = yield ask("ATH0", _DOWN)
            if reply.code in {"OK", "NO CARRIER"}:
                self.may_be_up = False
                yield from self._class_zero()
                return True
        return False

    def _class_zero(self) -> Procedure[None]:
        if self._class != "0":
            yield ask("AT+FCLASS=0", _TIDY)
            self._class = "0"


def _chunks(octets: bytes) -> Iterator[tuple[bytes, float]]:
    """Return shielded parts of a greeting, each with the seconds of sound up to its end."""
    first, step = int(_LEAD * RATE), int(_CHUNK * RATE)
    start, end = 0, first
    while start < len(octets):
        yield shielded(octets[start:end]), min(end, len(octets)) / RATE
        start, end = end, end + step


def _why(command: str, reply: Reply) -> str:
    return f"{command}: {reply.code or 'no answer'}"
