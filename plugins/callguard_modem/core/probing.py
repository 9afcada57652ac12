"""Finding out what a modem is, and setting it up to hear calls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from callguard import plain
from callguard_modem.core.answering import Greeting
from callguard_modem.core.audio import Encoding, SampleFormat, encode, pick_format
from callguard_modem.core.dialogue import Procedure, Step, ask
from callguard_modem.core.profile import Profile

_WAKE = "ATE0V1Q0"
"No echo, results in words, and not kept to itself (V.250 §6.2)."
_WAKE_WITHIN = 1.0
_TRIES = 3
_ESCAPE = b"\x10\x03\x18\r"
"Out of voice or fax mode, whichever it was left in."
_SETTLE = 0.2
_LONGEST_ANSWER = 300


@dataclass(slots=True)
class Modem:
    """What is known about the modem at the other end."""

    profile: Profile
    identity: dict[str, str] = field(default_factory=dict)
    classes: frozenset[str] = frozenset()
    caller_id: str = ""
    "The command by which caller ID was switched on; empty: none was taken."
    caller_id_off: bool = False
    "It says that caller ID is off although it was switched on."
    offered: SampleFormat | None = None
    "The sound format that it offers, if it was asked."

    def greeting(self, samples: Sequence[int] | None) -> Greeting | None:
        """Return *samples* as this modem plays them; None if it cannot."""
        voice = self.profile.voice
        stated = SampleFormat(voice.sample_format, Encoding.U8) if voice.sample_format else self.offered
        if samples is None or stated is None or "8" not in self.classes:
            return None
        return Greeting(encode(samples, stated.encoding), stated, voice.silence_off)

    @property
    def no_caller_id(self) -> str:
        """Why no caller ID is to be expected; empty if nothing speaks against it."""
        if self.profile.caller_id and not self.caller_id:
            return "it takes no command that switches caller ID on"
        return f"{self.caller_id}: OK, but AT+VCID? says that it is off" if self.caller_id_off else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the probe is to find out and set up."""

    choose: Callable[[Mapping[str, str]], Profile]
    country: str
    voice: bool
    "Whether a greeting is to be played."
    distinctive: bool
    "Whether rings are to be told apart."
    quiet: Callable[[], bool]
    "Whether no call rings."


def probe(modem: Modem, wanted: Wanted, *, may_be_up: bool, known: bool, other: bool = False) -> Procedure[bool]:
    """Set *modem* up; return whether it answers, with the line down. While it rings (not *quiet*) keep to class 0.

    Unless the line is *known* to have been down, it is put down, but without disturbing the modem for it.
    """
    if not (yield from _wake(may_be_up=may_be_up, known=known)):
        return False
    yield from _identify(modem)
    modem.profile = wanted.choose(modem.identity)
    profile = modem.profile
    for command in (*profile.init, *profile.countries.get(wanted.country, ())):
        yield ask(command, profile.command_timeout)
    if wanted.distinctive and profile.distinctive_ring:
        yield ask(profile.distinctive_ring, profile.command_timeout)
    yield from switch_caller_id_on(modem, other=other)
    reply = yield ask("AT+FCLASS=?", profile.command_timeout)
    modem.classes = _classes(" ".join(reply.lines)) if reply.ok else frozenset()
    if wanted.voice and "8" in modem.classes and not profile.voice.sample_format and wanted.quiet():
        yield from _ask_formats(modem)
    return True


def switch_caller_id_on(modem: Modem, *, other: bool = False) -> Procedure[None]:
    """Switch caller ID on by the first command that is taken, and read it back: an OK alone proves nothing.

    The command that was taken before comes first, or last where *other* ones are wanted because it did not help.
    """
    within = modem.profile.command_timeout
    commands = list(modem.profile.caller_id)
    if modem.caller_id in commands:
        place = commands.index(modem.caller_id) + other
        commands = commands[place:] + commands[:place]
    modem.caller_id, modem.caller_id_off = "", False
    for command in commands:
        reply = yield ask(command, within)
        if reply.ok:
            modem.caller_id = command
            break
    if "+VCID=" in modem.caller_id:
        reply = yield ask("AT+VCID?", within)
        modem.caller_id_off = reply.ok and "".join(reply.lines)[-1:] == "0"


def _wake(*, may_be_up: bool, known: bool) -> Procedure[bool]:
    down = known and not may_be_up
    if may_be_up:
        yield Step(send=_ESCAPE, within=_SETTLE)
        down = (yield ask("ATH0", _WAKE_WITHIN)).ok
    for attempt in range(_TRIES):
        if attempt:
            yield Step(send=_ESCAPE, within=_SETTLE)
        reply = yield ask(_WAKE, _WAKE_WITHIN)
        if reply.ok:
            return down or (yield ask("ATH0", _WAKE_WITHIN)).ok
    return False


def _identify(modem: Modem) -> Procedure[None]:
    modem.identity.clear()
    for command in modem.profile.identify:
        reply = yield ask(command, modem.profile.command_timeout)
        if reply.ok:
            modem.identity[command] = "\n".join(plain(line, _LONGEST_ANSWER) for line in reply.lines)


def _ask_formats(modem: Modem) -> Procedure[None]:
    """Ask for the sound formats, which modems tell in voice mode only."""
    within = modem.profile.command_timeout
    if (yield ask("AT+FCLASS=8", within)).ok:
        reply = yield ask("AT+VSM=?", within)
        modem.offered = pick_format(reply.lines)
    yield ask("AT+FCLASS=0", within)
    yield from switch_caller_id_on(modem)  # some forget it with the class


def _classes(answer: str) -> frozenset[str]:
    """Read `0,1,1.0,8` or `(0,1,8)`."""
    return frozenset(answer.replace("+FCLASS:", "").strip(" ()").replace(" ", "").split(","))
