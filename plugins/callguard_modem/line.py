"""One modem as a line of the house: joins machine, shell and calls, and says how the line is."""

import asyncio
from array import array
from collections.abc import Sequence
from pathlib import Path

from callguard import Home, LineState, LineStatus, Problem, Screen, Severity, plain
from callguard_modem.calls import Calls
from callguard_modem.core import events
from callguard_modem.core.audio import AudioError, wav_samples
from callguard_modem.core.events import CallEnded, CallHeard, Phase, Trouble
from callguard_modem.core.machine import Machine, Setup
from callguard_modem.core.profile import Catalogue
from callguard_modem.discover import NoModemError, choose, serial_ports
from callguard_modem.port import Port, PortError, open_port
from callguard_modem.recording import Recorder
from callguard_modem.settings import LineSettings
from callguard_modem.shell import Shell
from callguard_modem.words import TROUBLES, in_words

_GREETING = "modem-greeting-file"
_LARGEST = 16 << 20
"Octets of a greeting's file: more than half a minute of anything."


class ModemLine:
    """A copper line behind a modem."""

    def __init__(self, settings: LineSettings, catalogue: Catalogue, home: Home) -> None:
        self.name = settings.line
        self.settings = settings
        self.recorder = Recorder()
        self._home = home
        self._catalogue = catalogue
        self._status = LineStatus.STARTING
        self._since = home.clock.now()
        self._device = settings.device
        self._error: PortError | None = None
        self._troubles: dict[Trouble, Problem] = {}
        self._notes: dict[str, Problem] = {}
        self._machine: Machine | None = None
        self._shell: Shell | None = None
        self._calls: Calls | None = None

    @property
    def adapter(self) -> str:
        """What drives the line, for people."""
        return f"modem {Path(self._device).name if self._device.startswith('/') else self._device}".rstrip()

    @property
    def by_ring(self) -> "list[RingLine]":
        """The lines that are told by their ring."""
        return [RingLine(name, self) for name in self.settings.names[1:]]

    @property
    def machine(self) -> Machine | None:
        """The machine of this run of the line; None while the line is not run."""
        return self._machine

    @property
    def device(self) -> str:
        """What is opened, or was last; empty as long as no modem is found."""
        return self._device

    async def run(self, screen: Screen) -> None:
        """Hear calls until cancelled, healing by itself; when cancelled, bring the line down before the end."""
        machine = self._machine = Machine(await asyncio.to_thread(self._setup))
        async with asyncio.TaskGroup() as group:
            shell = self._shell = Shell(machine, self.choose, self._open, self._home, self)
            country = self.settings.country or self._home.country
            self._calls = Calls(self._home, country, screen, shell)
            shell.begin(group)
            try:
                await asyncio.Event().wait()
            finally:
                await shell.stop()
                self._machine = self._shell = self._calls = None

    def state(self) -> LineState:
        """Return how the line is now."""
        detail, cure = self._words()
        return LineState(status=self._status, since=self._since, detail=detail, cure=cure, facts=self._facts())

    def problems(self) -> Sequence[Problem]:
        """Return what is not well here; that a line hears no calls is said by its state."""
        known = [self._troubles[trouble] for trouble in self._troubles if trouble is not Trouble.SILENT]
        return [*known, *self._notes.values()]

    def choose(self) -> str:
        """Return what to open now; PortError if there is nothing."""
        try:
            self._device = choose(self.settings.device, self._catalogue.usb_ids)
        except NoModemError as error:
            raise PortError(str(error), error.cure) from error
        return self._device

    # -- building -------------------------------------------------------------------------------------------

    def _setup(self) -> Setup:
        settings, block = self.settings, self.settings.block
        return Setup(
            line=self.name,
            country=settings.country or self._home.country,
            catalogue=self._catalogue,
            profile=settings.profile,
            usb=self._usb(),
            method=block.method,
            hold=block.hold,
            greeting=self._greeting(),
            rings=settings.rings,
            within=settings.within,
            before_ring=settings.before_ring,
        )

    def _usb(self) -> str:
        """Return the USB id of the device, where it is known before anything is opened."""
        try:
            device = Path(self.choose()).resolve()
        except (PortError, OSError, ValueError):
            return ""
        return next((port.usb for port in serial_ports() if Path(port.tty) == device), "")

    def _greeting(self) -> "array[int] | None":
        """Return what blocked callers hear; a file that cannot be played is a note, and they hear nothing."""
        file = self.settings.block.greeting
        self._notes.pop(_GREETING, None)
        if file is None:
            return None
        try:
            return wav_samples(_read(file))
        except AudioError as error:
            self._notes[_GREETING] = Problem(
                code="modem-greeting-file",
                severity=Severity.PROBLEM,
                what=f"line {self.name}: blocked callers hear no greeting, because {plain(str(error))}",
                since=self._home.clock.now(),
                cure="Name a PCM WAV file of 8 or 16 bit in `greeting`.",
                where=self.name,
            )
            return None

    async def _open(self) -> Port:
        profile = self._catalogue.named(self.settings.profile) if self.settings.profile else self._catalogue.default
        return await open_port(self.choose(), profile.baud)

    # -- what the shell tells -------------------------------------------------------------------------------

    def changed(self) -> None:
        """Notice that the machine's phase is another one."""
        if self._machine is not None and self._machine.phase not in {Phase.DOWN, Phase.PROBE}:
            self._error = None
            self._be(LineStatus.PROTECTING)

    def unreachable(self, error: PortError, *, was_open: bool) -> None:
        """Keep why the device is closed; one that was opened and said nothing is there, but silent."""
        self._error = None if was_open and Trouble.SILENT in self._troubles else error
        self._be(LineStatus.DEAF)

    def troubled(self, problem: events.Problem) -> None:
        """Keep what is not well with the modem."""
        if not problem.active:
            self._troubles.pop(problem.code, None)
            return
        words, said = TROUBLES[problem.code], in_words(problem.code, plain(problem.detail))
        self._troubles[problem.code] = Problem(
            code=problem.code.value,
            severity=words.severity,
            what=f"line {self.name}: {said}",
            since=self._home.clock.now(),
            cure=words.cure,
            where=self.name,
        )
        self._home.log.warning("line %s: %s", self.name, said)

    def heard(self, data: bytes, now: float) -> None:
        """Keep what the modem said, for `callguard modem record`."""
        self.recorder.heard(data, now)

    def call_heard(self, event: CallHeard) -> None:
        """Have a call judged."""
        self.recorder.call_heard(event, self._home.clock.now())
        if self._calls is not None:
            self._calls.heard(event)

    def call_ended(self, event: CallEnded) -> None:
        """Have the end of a call recorded."""
        self.recorder.call_ended(event)
        if self._calls is not None:
            self._calls.ended(event)

    # -- words ----------------------------------------------------------------------------------------------

    def _be(self, status: LineStatus) -> None:
        if status is not self._status:
            self._status, self._since = status, self._home.clock.now()

    def _words(self) -> tuple[str, str]:
        if self._status is LineStatus.PROTECTING and self._machine is not None:
            return f"listening at {self._device}, a modem of the family {self._machine.profile.name}", ""
        silent = self._troubles.get(Trouble.SILENT)
        if self._status is LineStatus.DEAF and silent is not None and self._error is None:
            return in_words(Trouble.SILENT, ""), silent.cure
        if self._error is not None:
            return str(self._error), self._error.cure
        return "setting the modem up", ""

    def _facts(self) -> dict[str, str]:
        facts = {"device": self._device, "calls": str(self.recorder.heard_calls)}
        if self._machine is not None and self._status is LineStatus.PROTECTING:
            facts["profile"] = self._machine.profile.name
            facts["phase"] = self._machine.phase.value
            facts["classes"] = " ".join(sorted(self._machine.classes))
            facts |= {command: plain(answer) for command, answer in self._machine.identity.items()}
        return facts


class RingLine:
    """A further number of the same copper line, told by its ring; it is heard as long as the line is."""

    def __init__(self, name: str, line: ModemLine) -> None:
        self.name = name
        self._line = line

    @property
    def adapter(self) -> str:
        """What drives it, for people."""
        return self._line.adapter

    async def run(self, screen: Screen) -> None:
        """Do nothing: the line itself hears the calls of this number too."""
        await asyncio.Event().wait()

    def state(self) -> LineState:
        """Return how the line is now."""
        return self._line.state()


def _read(file: Path) -> bytes:
    """Return a greeting's file, unless it is larger than any greeting; AudioError says why not."""
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST + 1)
    except OSError as error:
        raise AudioError(f"{file} cannot be read: {error.strerror}") from error
    if len(data) > _LARGEST:
        raise AudioError(f"{file} is larger than {_LARGEST >> 20} MB")
    return data
