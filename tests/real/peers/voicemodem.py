"""A voice modem and its analog line on a pty, for what no modem in software has: class 8, US order, faults.

The personalities are data copied from published logs (the sources stand beside them). It was calibrated with three
programs that work on real voice modems; they delivered a greeting through it intact.
"""

import contextlib
import os
import pty
import re
import select
import threading
import time
import tty
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.real.peers.process import NotInTimeError

_DLE, _ETX, _CAN = 0x10, 0x03, 0x18
_REPLY_AFTER = 0.004
_AHEAD = 1600
"Octets of audio that the modem takes before it has played them."
_RATE = 8000
_COMMAND = re.compile(
    r";?\s*((?:[+\-#%*$!][A-Z0-9!]+(?:=\?|\?|=[^;]*)?)|(?:&[A-Z]\d*)|(?:S\d+(?:=\d+|\?)?)|(?:[A-Z]\d*))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Personality:
    """What one family of modems answers."""

    answers: Mapping[str, str]
    formats: str
    "To AT+VSM=?."
    between: str
    "Between key and value: ` = ` or `=`."
    extra: tuple[str, ...] = ()
    "Beginnings of further commands it answers with OK."
    voice: bool = True


_CONEXANT = Personality(
    # pycallblock issues 1 and 2, callattendant's issues
    answers={
        "I": "56000",
        "I0": "56000",
        "I3": "CX93001-EIS_V0.2002-V92",
        "+GMI": "+GMI: CONEXANT",
        "+GMM": "+GMM: V92",
        "+FCLASS=?": "0,1,1.0,8",
        "+GCI?": "+GCI: B5",
        "-PV": "F10574",
    },
    formats='0,"SIGNED PCM",8,0,8000,0,0\r\n1,"UNSIGNED PCM",8,0,8000,0,0\r\n129,"IMA ADPCM",4,0,8000,0,0',
    between=" = ",
    extra=("-SCID", "-STE"),
)
_USR5637 = Personality(
    # mgetty's detect.c for 5601; callattendant's issue 139 for the spacing
    answers={
        "I": "5601",
        "I0": "5601",
        "I3": "U.S. Robotics 56K FAX USB V1.2.23",
        "+GMI": "U.S. Robotics",
        "+GMM": "USB5637",
        "+FCLASS=?": "0,1,1.0,8",
        "+GCI?": "+GCI: B5",
    },
    formats='128,"8-BIT LINEAR",(7200,8000,11025)\r\n131,"8-BIT ULAW",(8000)\r\n132,"IMA ADPCM",(7200,8000,11025)',
    between="=",
)
_USR5637_NO_VOICE = Personality(  # callattendant's issue 163
    answers={**_USR5637.answers, "+FCLASS=?": "0,1,1.0"}, formats="", between="=", voice=False
)
PERSONALITIES = {"conexant": _CONEXANT, "usr5637": _USR5637, "usr5637-no-voice": _USR5637_NO_VOICE}


class Moment(NamedTuple):
    """Something that happened."""

    at: float
    "By time.monotonic()."
    what: str
    "AT, CALL, RING, CID, CALL-END, OFF-HOOK, ON-HOOK, VTX, VTX-END, VTX-ESCAPE, ANSWER-TONE, CONFUSED."
    detail: str = ""


@dataclass(slots=True)
class LineRing:
    """How a call comes in."""

    lines: Sequence[str] = ("DATE=1122", "TIME=2125", "NMBR=2025550123", "NAME=SPAM CO")
    "What the modem prints about it, with = between key and value; none: no caller ID."
    rings: int = 5
    cadence: float = 6.0
    caller_id_after: float = 1.0
    "Seconds after the first ring began; negative: before it."
    word: str = "RING"
    "What the modem prints for a ring."


@dataclass(slots=True)
class VoiceModem:
    """A modem that is plugged in at `device`; `moments` is what happened to it."""

    device: Path
    personality: Personality = _CONEXANT
    deaf_to: frozenset[str] = frozenset()
    "Commands it never answers, although it does as it is told."
    refuses: frozenset[str] = frozenset()
    "Beginnings of commands that it answers with ERROR."
    moments: list[Moment] = field(default_factory=list)
    audio: bytearray = field(default_factory=bytearray)
    "What was played on the line, since it last went into +VTX."
    off_hook: bool = False
    tells_caller: bool = False
    "Whether caller ID is switched on."
    mute: bool = False
    news: threading.Condition = field(default_factory=lambda: threading.Condition(threading.RLock()))
    _master: int = -1
    _slave: int = -1
    _thread: threading.Thread | None = None
    _echo: bool = True
    _class: str = "0"
    _mode: str = "command"
    _typed: bytearray = field(default_factory=bytearray)
    _escaped: bool = False
    _ringing: bool = False
    _playing_since: float = 0.0
    _played: int = 0

    # -- for the test ---------------------------------------------------------------------------------------

    def plug_in(self) -> "VoiceModem":
        """Appear at `device`, with the settings of a modem that was just switched on."""
        self._master, self._slave = pty.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._echo, self._class, self._mode, self.tells_caller, self.off_hook = True, "0", "command", False, False
        with contextlib.suppress(FileNotFoundError):
            self.device.unlink()
        self.device.symlink_to(os.ttyname(self._slave))
        self._thread = threading.Thread(target=self._serve, args=(self._master,), daemon=True)
        self._thread.start()
        return self

    def unplug(self) -> None:
        """Vanish."""
        with self.news:
            master, slave, self._master, self._slave = self._master, self._slave, -1, -1
        if self._thread is not None:
            self._thread.join(2)
        with contextlib.suppress(FileNotFoundError):
            self.device.unlink()
        for descriptor in (slave, master):
            if descriptor >= 0:
                os.close(descriptor)

    def ring(self, how: LineRing) -> int:
        """Let a call come in; returns how many rings the other phones of the house heard."""
        with self.news:
            self._ringing = True
            self._note("CALL")
        if how.caller_id_after < 0:
            self._tell_caller(how)
            self._wait(-how.caller_id_after)
        heard = 0
        while heard < how.rings and self._ringing:
            heard += 1
            self._note("RING", str(heard))
            self._say(how.word)
            rest = how.cadence
            if heard == 1 and how.caller_id_after >= 0:
                self._wait(how.caller_id_after)
                self._tell_caller(how)
                rest -= how.caller_id_after
            self._wait(rest)
        with self.news:
            self._ringing = False
            self._note("CALL-END", str(heard))
        return heard

    def hang_up(self) -> None:
        """The caller gives up."""
        with self.news:
            self._ringing = False
            self.news.notify_all()

    def type(self, data: bytes) -> None:
        """Send octets to the computer: codes, noise."""
        self._write(data)

    def wait(self, what: str, within: float, after: float = 0.0) -> Moment:
        """Wait until *what* happened after the moment *after*."""
        with self.news:
            if self.news.wait_for(lambda: self.first(what, after) is not None, within):
                found = self.first(what, after)
                assert found is not None
                return found
            raise NotInTimeError(f"within {within} s: {what}; it saw {self.moments[-12:]}")

    def first(self, what: str, after: float = 0.0) -> Moment | None:
        with self.news:
            return next((moment for moment in self.moments if moment.what == what and moment.at > after), None)

    def happened(self) -> list[str]:
        with self.news:
            return [moment.what for moment in self.moments]

    # -- from the computer ----------------------------------------------------------------------------------

    def _serve(self, master: int) -> None:
        while self._master == master:
            room = self._room()
            if room <= 0:  # the line has still to play what it was given
                time.sleep(0.02)
                continue
            if not select.select([master], [], [], 0.05)[0]:
                continue
            try:
                data = os.read(master, room)
            except BlockingIOError:
                continue
            except OSError:
                return
            with self.news:
                for octet in data:
                    self._octet(octet)

    def _room(self) -> int:
        if self._mode != "vtx":
            return 65536
        due = int((time.monotonic() - self._playing_since) * _RATE) + _AHEAD - self._played
        return min(due, 400)

    def _octet(self, octet: int) -> None:
        if self._mode == "vtx":
            self._played += 1
            self._play(octet)
        elif self._mode == "vrx":
            self._listen(octet)
        elif octet in {_DLE, _ETX, _CAN, 0x1C} or self._escaped:  # left over from voice: not heard in command mode
            self._escaped = octet == _DLE
        else:
            self._type(octet)

    def _type(self, octet: int) -> None:
        if self._echo:
            self._write(bytes((octet,)))
        if octet == 13:
            line = self._typed.decode("latin-1").strip().upper()
            self._typed.clear()
            if line.startswith("AT"):
                time.sleep(_REPLY_AFTER)
                self._obey(line[2:])
        elif octet != 10:
            self._typed.append(octet)

    def _play(self, octet: int) -> None:
        if not self._escaped:
            self._escaped = octet == _DLE
            if octet != _DLE:
                self.audio.append(octet)
            return
        self._escaped = False
        if octet == _DLE:
            self.audio.append(_DLE)
        elif octet == _ETX:
            self._mode = "command"
            self._note("VTX-END", str(len(self.audio)))
            self._say("OK")
        elif octet == _CAN:
            self.audio.clear()
        else:  # a 0x10 in the audio that was not doubled
            self._note("VTX-ESCAPE", chr(octet))

    def _listen(self, octet: int) -> None:
        if self._escaped and octet in {0x21, 0x1B, 0x5E, _ETX}:
            self._mode, self._escaped = "command", False
            self._write(bytes((_DLE, _ETX)))
            self._say("OK")
        else:
            self._escaped = octet == _DLE and not self._escaped

    def _obey(self, line: str) -> None:
        self._note("AT", line)
        said: list[str] = []
        code, rest = "OK", line
        while rest and code == "OK":
            found = _COMMAND.match(rest)
            if found is None:
                code = "ERROR"
                break
            rest = rest[found.end() :]
            answer = self._one(found[1])
            if answer in {"OK", "ERROR", "CONNECT", ""}:
                code = answer
            else:
                said.append(answer)
        for text in said:
            self._say(text)
        if code and line not in self.deaf_to:
            self._say(code)

    def _one(self, command: str) -> str:
        """Return the answer to one command: OK, ERROR, CONNECT, a text, or nothing at all."""
        if any(command.startswith(refused) for refused in self.refuses):
            return "ERROR"
        if command in self.personality.answers:
            return self.personality.answers[command] or "OK"
        if command[0] in "+-#%*$!":
            return self._extended(command)
        if command in {"H", "H0", "H1"}:
            self._hook(up=command == "H1")
        elif command == "A":
            self._hook(up=True)
            if self._class != "8":
                self._note("ANSWER-TONE")
                return ""
        elif command[0] == "Z":
            self._class, self.tells_caller = "0", False  # caller ID is lost although it was saved
            self._hook(up=False)
        elif command[0] == "E":
            self._echo = command != "E0"
        return "OK" if command[0] in "AHEVQLMXWBZSTPN&" else "ERROR"

    def _extended(self, command: str) -> str:
        name, _, value = command.partition("=")
        if name == "+VCID?":
            return str(int(self.tells_caller))
        if name == "+VCID":
            self.tells_caller = value == "1"
        elif name == "+FCLASS?":
            return self._class
        elif name == "+FCLASS":
            return self._change_class(value)
        elif name.startswith("+V") and name != "+VDR":
            return self._voice(name, value)
        elif not name.startswith(("+F", "+G", "+I", "+VDR", *self.personality.extra)):
            return "ERROR"
        return "OK"

    def _change_class(self, wanted: str) -> str:
        if wanted == "8" and not self.personality.voice:
            return "ERROR"
        if self._class == "8" and wanted != "8":
            self._hook(up=False)
        self._class = wanted
        return "OK"

    def _voice(self, name: str, value: str) -> str:
        if self._class != "8" or name == "+VTR":
            return "ERROR"
        if name == "+VSM" and value == "?":
            return self.personality.formats
        if name == "+VLS":
            self._hook(up=value not in {"0", "2", "4", "6", "8", "11"})
        elif name == "+VTX":
            if not self.off_hook and self._ringing:
                return "ERROR"
            self._mode, self._escaped, self._played = "vtx", False, 0
            self._playing_since = time.monotonic()
            self.audio.clear()
            self._note("VTX")
            return "CONNECT"
        elif name == "+VRX":
            self._mode, self._escaped = "vrx", False
            return "CONNECT"
        return "OK"

    # -- the line -------------------------------------------------------------------------------------------

    def _hook(self, *, up: bool) -> None:
        if up != self.off_hook:
            self.off_hook = up
            self._note("OFF-HOOK" if up else "ON-HOOK")
        if up:
            self._ringing = False

    def _tell_caller(self, how: LineRing) -> None:
        with self.news:
            if not how.lines or not self.tells_caller or self.off_hook or not self._ringing:
                return
            lines = [line.replace("=", self.personality.between, 1) for line in how.lines]
            self._write(b"\r\n" + "\r\n".join(lines).encode("latin-1") + b"\r\n")
            self._note("CID")

    def _wait(self, seconds: float) -> None:
        """Let time pass, unless the ringing ends."""
        with self.news:
            self.news.wait_for(lambda: not self._ringing, seconds)

    def _say(self, text: str) -> None:
        self._write(f"\r\n{text}\r\n".encode("latin-1"))

    def _write(self, data: bytes) -> None:
        if self.mute or self._master < 0:
            return
        with contextlib.suppress(OSError):  # nobody reads, or it was unplugged
            os.write(self._master, data)

    def _note(self, what: str, detail: str = "") -> None:
        with self.news:
            self.moments.append(Moment(time.monotonic(), what, detail))
            self.news.notify_all()
