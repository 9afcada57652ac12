"""What people ask about modems: which are there, what they answer, what they printed; behind `callguard modem`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from callguard import JSON, Home, plain
from callguard_modem.core.events import Closed, Phase, Send
from callguard_modem.core.machine import Machine, Setup
from callguard_modem.core.profile import Catalogue
from callguard_modem.discover import NoModemError, choose, serial_ports
from callguard_modem.line import ModemLine
from callguard_modem.port import Port, PortError, open_port
from callguard_modem.recording import Transcript

_PROBE_WITHIN = 30.0
_GOODBYE = 5.0
_LONGEST_WAIT = 25.0
"Seconds an answer may take; who wants to wait longer asks again."
_LOOK_EVERY = 0.05
_PROBED = {Phase.IDLE, Phase.DOWN}
"It answers, or has been given up."


class Asked:
    """Answers questions about modems, with or without lines that run."""

    def __init__(self, lines: Sequence[ModemLine], catalogue: Catalogue, home: Home) -> None:
        self._lines = lines
        self._catalogue = catalogue
        self._home = home

    def commands(self) -> Mapping[str, Callable[[Mapping[str, Any]], Awaitable[JSON]]]:
        """Return the commands by name."""
        return {
            "modem-list": self.list,
            "modem-probe": self.probe,
            "modem-transcripts": self.transcripts,
            "modem-wait": self.wait,
        }

    async def list(self, arguments: Mapping[str, Any]) -> JSON:
        """Return the serial devices that are plugged in, which of them are known modems, and whose line each is."""
        owners = {_real(line.device): line.name for line in self._lines if line.device}
        return {
            "ports": [
                {
                    "path": port.path,
                    "tty": port.tty,
                    "usb": port.usb,
                    "product": plain(port.product),
                    "families": [family.name for family in self._catalogue.families if port.usb in family.match.usb],
                    "line": owners.get(port.tty, ""),
                }
                for port in await asyncio.to_thread(serial_ports)
            ]
        }

    async def probe(self, arguments: Mapping[str, Any]) -> JSON:
        """Return what a modem says it is, and the profile that follows; a line's modem is not asked again."""
        try:
            device = choose(str(arguments.get("device") or self._only_device()), self._catalogue.usb_ids)
        except NoModemError as error:
            raise ValueError(f"{error}. {error.cure}") from error
        for line in self._lines:
            machine = line.machine
            if machine is not None and machine.phase is not Phase.DOWN and _real(line.device) == _real(device):
                return {**_facts(device, machine), "line": line.name, "said": []}
        try:
            return await self._ask(device)
        except PortError as error:
            raise ValueError(f"{error}. {error.cure}") from error

    async def transcripts(self, arguments: Mapping[str, Any]) -> JSON:
        """Return the last calls as the modems printed them, without anybody's number or name."""
        last = int(arguments.get("last", 1))
        wanted = str(arguments.get("line") or "")
        found: list[tuple[datetime, JSON]] = [
            (transcript.at, transcript.masked(self._source(line)))
            for line in self._lines
            if wanted in ("", line.name)
            for transcript in line.recorder.transcripts
        ]
        found.sort(key=lambda pair: pair[0])
        return {"transcripts": [masked for _, masked in found[-last:]] if last > 0 else []}

    async def wait(self, arguments: Mapping[str, Any]) -> JSON:
        """Wait for the end of a call, and return how the modem told it; `call` is null if none came in time.

        `after` is the `count` of the last answer; without it, only calls from now on count.
        """
        line = self._line(str(arguments.get("line") or ""))
        after = arguments.get("after")
        count = line.recorder.heard_calls if after is None else int(after)
        within = min(float(arguments.get("within", 0)), _LONGEST_WAIT)
        call = await line.recorder.next_call(count, within)
        status = line.state()
        return {
            "line": line.name,
            "count": line.recorder.heard_calls if call else count,
            "status": status.status.value,
            "detail": plain(status.detail),
            "call": _told(call) if call else None,
        }

    # -- parts ----------------------------------------------------------------------------------------------

    def _only_device(self) -> str:
        """Return the device of the only line; empty if there is none, or more."""
        return self._lines[0].settings.device if len(self._lines) == 1 else ""

    def _line(self, name: str) -> ModemLine:
        found = [line for line in self._lines if name in ("", *line.settings.names)]
        if not found:
            raise ValueError(f"there is no modem line {name!r}" if name else "no modem line is configured")
        if len(found) > 1:
            raise ValueError("say which line: " + ", ".join(line.name for line in found))
        return found[0]

    def _source(self, line: ModemLine) -> str:
        family = line.machine.profile.name if line.machine is not None else "unknown"
        country = line.settings.country or self._home.country
        return f"callguard modem record ({family}, {country}, CallGuard {self._home.software})"

    async def _ask(self, device: str) -> JSON:
        """Open a device that nobody uses, let a machine probe it, and close it."""
        port = await open_port(device, self._catalogue.default.baud)
        machine = Machine(Setup(line="probe", country=self._home.country, catalogue=self._catalogue))
        talk = _Talk(machine, port)
        try:
            async with asyncio.TaskGroup() as group:
                reading = group.create_task(talk.read())
                await talk.until(lambda: machine.phase in _PROBED or reading.done(), _PROBE_WITHIN)
                facts = {**_facts(device, machine), "line": "", "said": list(talk.said)}
                machine.close(talk.now())
                await talk.until(lambda: talk.closed or reading.done(), _GOODBYE)
                reading.cancel()
        finally:
            await port.close()
        return facts


class _Talk:
    """A conversation with a modem that no line uses."""

    def __init__(self, machine: Machine, port: Port) -> None:
        self._machine = machine
        self._port = port
        self.said: list[JSON] = []
        self.closed = False
        self._loop = asyncio.get_running_loop()
        machine.connected(self.now())

    def now(self) -> float:
        return self._loop.time()

    async def read(self) -> None:
        try:
            while True:
                data = await self._port.read()
                self._note("modem", data)
                self._machine.receive(data, self.now())
                self._flush()
        except PortError as error:
            self.said.append({"who": "device", "text": str(error)})

    async def until(self, done: Callable[[], bool], within: float) -> None:
        end = self.now() + within
        while not done() and self.now() < end:
            due = self._machine.next_timer()
            if due is not None and due <= self.now():
                self._machine.on_timer(self.now())
            self._flush()
            await asyncio.sleep(_LOOK_EVERY)

    def _flush(self) -> None:
        while self._machine.events:
            event = self._machine.events.popleft()
            if isinstance(event, Send):
                self._note("callguard", event.data)
                self._port.write(event.data)
            self.closed |= isinstance(event, Closed)

    def _note(self, who: str, data: bytes) -> None:
        text = data.decode("latin-1")
        for line in filter(None, (plain(part) for part in text.replace("\r", "\n").split("\n"))):
            self.said.append({"who": who, "text": line})


def _facts(device: str, machine: Machine) -> dict[str, JSON]:
    profile = machine.profile
    return {
        "device": device,
        "identity": {command: plain(answer) for command, answer in machine.identity.items()},
        "classes": sorted(machine.classes),
        "profile": profile.name,
        "seen": profile.seen,
        "hang_up": [method.value for method in profile.hang_up],
        "answers": machine.phase not in {Phase.DOWN, Phase.PROBE},
    }


def _told(call: Transcript) -> JSON:
    return {
        "at": call.at.isoformat(),
        "presentation": call.caller.presentation.value,
        "number": plain(call.caller.number),
        "name": plain(call.caller.name),
        "within": round(call.within, 2),
        "rings": call.rings,
        "outcome": call.outcome,
        "method": call.method,
        "note": call.note,
        **call.timing(),
    }


def _real(device: str) -> str:
    return str(Path(device).resolve()) if device.startswith("/") else device
