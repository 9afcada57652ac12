"""The daemon: opens the house, keeps its lines, services and jobs running, answers questions, closes it properly."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from callguard.access import AccessError
from callguard.beside import Console, launch_of
from callguard.blueprint import Blueprint, Surroundings
from callguard.config import ConfigError
from callguard.control.inviting import invite
from callguard.control.server import listening
from callguard.control.watching import Watching
from callguard.house import House
from callguard.lines import WatchedLine, keep_running
from callguard.model.health import Problem, Severity
from callguard.model.line import LineStatus
from callguard.model.record import CallRecord
from callguard.model.service import Service
from callguard.stall import StallWatch
from callguard.store import Store
from callguard.systemd import notify, watchdog_interval

if TYPE_CHECKING:
    from callguard.control.commands import Commands

_log = logging.getLogger(__name__)
_LOOK_EVERY = 1.0
_CONSOLE = "console"
CONSOLE_STAYS = 1.5
"""Seconds for which the console goes on as it was after a change of its own settings."""
_PROTECTED_WITHIN = 10.0
"""Seconds the start waits for the lines before it says that it is ready anyway."""
_TURN = 0.0005
"""Seconds for which a thread may keep the loop waiting: a search, or the writing of records, beside a call."""
_UNTOLD = 10_000
"""Calls that may wait for a slow observer; what comes beyond is on disk, but is not told any more."""


class Daemon:
    """One running house. Its owner holds the lock of the data folder."""

    def __init__(self, blueprint: Blueprint, surroundings: Surroundings, store: Store) -> None:
        self._surroundings = surroundings
        self.house = House(blueprint, store, surroundings, self._told)
        self.house.adopt = self._adopt
        self._watching = Watching(self.house)
        self._commands: Commands | None = None
        self._finished: asyncio.Queue[CallRecord] = asyncio.Queue()
        self._stop = asyncio.Event()
        self._wings: dict[str, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None
        self.on_call: Callable[[CallRecord], None] = lambda _: None
        self.on_ready: Callable[[], None] = lambda: None
        self.on_console: Callable[[Sequence[str], str], None] = lambda _, __: None
        "Told where the console listens and, while nobody has an account, the code that lets the first person in."
        self._setup_code = ""
        self._console_turn = asyncio.Lock()

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT, then end calls in progress and close the house."""
        sys.setswitchinterval(_TURN)
        self._listen_to_signals()
        path = self.house.blueprint.place.socket
        async with listening(path, self._answer):
            try:
                await self._live()
            finally:
                await self.house.journal.close()
                self.house.lists.close()
                self._watching.close()

    async def _answer(self, command: str, arguments: Mapping[str, Any]) -> Any:
        return await self._commanded().answer(command, arguments)

    def _commanded(self) -> "Commands":
        """Load what answers questions; not before the lines are up, which do not need it."""
        if self._commands is None:
            from callguard.control.commands import Commands  # noqa: PLC0415

            self._commands = Commands(self.house, self._watching)
        return self._commands

    def stop(self) -> None:
        """Ask the daemon to end."""
        self._stop.set()

    async def reload(self) -> list[str]:
        """Go over to the configuration as it is on disk now; return the names of what was rebuilt.

        ConfigError if it has mistakes: then everything stays as it was.
        """
        self._tell_systemd("RELOADING=1")
        try:
            async with self.house.changing:
                return sorted(await self._adopt(await self.house.drawn(self.house.store.settings())))
        finally:
            self._tell_systemd("READY=1")

    async def _adopt(self, blueprint: Blueprint) -> set[str]:
        changed = self.house.refurnish(blueprint)
        for name in changed:
            await self._close_wing(name)
        await self.house.open()
        await self._open_wings()
        if self._group is not None:
            self._group.create_task(self._follow_with_console(), name="console opens")
        return changed

    async def _follow_with_console(self) -> None:
        # It may be the console that asked: somebody there shall see that it is done, before it ends.
        await asyncio.sleep(CONSOLE_STAYS)
        await self._open_console()

    async def _live(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                group.create_task(self.house.journal.run(), name="journal")
                group.create_task(self._observe(), name="observers")
                group.create_task(self._watching.run(), name="watchers")
                stalls = StallWatch(self._surroundings.clock, self._blame)
                group.create_task(stalls.run(), name="stall watch")
                await self.house.open()
                await self._open_wings()
                group.create_task(self._watch(), name="watch")
                await self._until_protected()
                self._tell_systemd(f"READY=1\nSTATUS={len(self.house.lines)} line(s)")
                self.on_ready()
                self._commanded()
                await self._open_console()
                await self._stop.wait()
                self._tell_systemd("STOPPING=1")
                for name in reversed(self._wings.copy()):  # the lines before what they stand on
                    await self._close_wing(name)
                raise _Closing  # the one way to end a TaskGroup whose tasks run for ever
        except* _Closing:
            _log.info("the house is closed")

    async def _open_wings(self) -> None:
        """Start services and lines of every plugin that is not running yet, each plugin apart from the others."""
        services: dict[str, list[Service]] = {}
        lines: dict[str, list[WatchedLine]] = {}
        for plugin, service in await self.house.plugins.services():
            services.setdefault(plugin, []).append(service)
        running = {line.plugin for line in self.house.lines}
        for plugin, line in await self.house.plugins.open_lines():
            if plugin not in running:
                lines.setdefault(plugin, []).append(WatchedLine(plugin, line, self._surroundings.clock))
        for plugin in [*services, *lines]:
            if plugin not in self._wings:
                self._open_wing(plugin, services.get(plugin, []), lines.get(plugin, []))
        await self._open_jobs()

    def _open_wing(self, plugin: str, services: list[Service], lines: list[WatchedLine]) -> None:
        self.house.health.lines.extend(lines)
        self._start(plugin, _wing(services, lines, self.house, self._surroundings))

    async def _open_jobs(self) -> None:
        await self._close_wing("jobs")
        jobs = self.house.health.jobs
        if jobs is not None and jobs.states:
            self._start("jobs", jobs.run())

    async def _open_console(self) -> None:
        """Run the console as the household wants it now; one that runs so already is left alone."""
        async with self._console_turn:
            wanted, launch = self.house.blueprint.settings.web.enabled, launch_of(self.house.blueprint)
            there = self.house.front
            if isinstance(there, Console) and wanted and there.launch == launch:
                return
            await self._close_wing(_CONSOLE)
            self.house.front = None
            if wanted and not self._stop.is_set():
                around = self._surroundings
                self.house.front = console = Console(launch, around.clock, around.environment, self._invite)
                self._start(_CONSOLE, console.run())

    async def _invite(self, addresses: Sequence[str]) -> None:
        """Say where the console is, and how the first person gets in; a code that was told stays while it is good."""
        path, now = self.house.blueprint.place.access, self._surroundings.clock.now()
        try:
            self._setup_code = (await asyncio.to_thread(invite, path, now, self._setup_code)).code
        except AccessError as error:
            _log.error("nobody can sign in to the console: %s", error)
            return
        self.on_console(addresses, self._setup_code)

    def _start(self, name: str, work: Coroutine[object, object, None]) -> None:
        if self._group is None:
            raise RuntimeError("the house is not open")
        self._wings[name] = self._group.create_task(work, name=f"wing {name}")

    async def _close_wing(self, name: str) -> None:
        wing = self._wings.pop(name, None)
        if wing is not None:
            wing.cancel()
            await asyncio.wait([wing])

    async def _until_protected(self) -> None:
        """Wait until no line is starting any more, but not for ever: a dead router must not delay the rest."""
        end = self._surroundings.clock.monotonic() + _PROTECTED_WITHIN
        while self._surroundings.clock.monotonic() < end and not self._stop.is_set():
            if all(line.state().status is not LineStatus.STARTING for line in self.house.lines):
                return
            await asyncio.sleep(0.02)

    async def _watch(self) -> None:
        """Look at the lines every second and feed systemd's watchdog, which so also guards the event loop."""
        environment = self._surroundings.environment
        feed = watchdog_interval(environment.get("WATCHDOG_USEC", ""))
        pause = min(_LOOK_EVERY, feed) if feed else _LOOK_EVERY
        while True:
            self.house.health.watch()
            if feed:
                self._tell_systemd("WATCHDOG=1")
            await asyncio.sleep(pause)

    def _told(self, record: CallRecord) -> None:
        self.on_call(record)
        self._watching.told(record)
        if not self.house.plugins.has("call_finished"):
            return
        if self._finished.qsize() < _UNTOLD:
            self._finished.put_nowait(record)
        else:
            _log.warning("call %s is not told to the plugins: they are %d calls behind", record.call.id, _UNTOLD)

    def _blame(self, plugin: str, seconds: float) -> None:
        self.house.plugins.blame(plugin, seconds)

    async def _observe(self) -> None:
        while True:
            await self.house.plugins.call_finished(await self._finished.get())

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)

    def _hang_up(self) -> None:
        if self._group is not None:
            self._group.create_task(self._reload_or_say_why(), name="reload")

    async def _reload_or_say_why(self) -> None:
        try:
            changed = await self.reload()
        except ConfigError as error:
            mistakes = "\n".join(f"  {mistake}" for mistake in error.mistakes)
            _log.error("the new configuration is not used, the old one stays:\n%s", mistakes)
            self.house.health.refused = _refused(error, self._surroundings.clock.now())
        except Exception:  # noqa: BLE001  (it must not cost the household its calls)
            _log.exception("reloading the configuration failed; the house goes on")
        else:
            _log.info("configuration reloaded; rebuilt: %s", ", ".join(changed) or "nothing but the policy")

    def _tell_systemd(self, message: str) -> None:
        try:
            notify(self._surroundings.environment.get("NOTIFY_SOCKET", ""), message)
        except OSError as error:
            _log.debug("systemd was not reached: %s", error)


def _refused(error: ConfigError, now: datetime) -> Problem:
    more = f" (and {len(error.mistakes) - 1} more)" if len(error.mistakes) > 1 else ""
    return Problem(
        code="config-refused",
        severity=Severity.PROBLEM,
        what=f"the configuration on disk has mistakes, the one before it is in use: {error.mistakes[0]}{more}",
        since=now,
        cure="Run `callguard config check`, correct them, and reload again.",
    )


class _Closing(Exception):  # noqa: N818  (no error: the end of a TaskGroup)
    """The house closes."""


async def _wing(services: list[Service], lines: list[WatchedLine], house: House, surroundings: Surroundings) -> None:
    """Keep what one plugin runs running, until cancelled."""
    async with asyncio.TaskGroup() as group:
        for service in services:
            run = partial(keep_running, service.name, service.run, surroundings.clock, lambda _: None)
            group.create_task(run(), name=f"service {service.name}")
        for line in lines:
            group.create_task(line.run(house.screening.screen), name=f"line {line.name}")
