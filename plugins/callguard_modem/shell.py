"""Runs the machine of one modem: opens the device, feeds it, sends what it says; understands nothing itself."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Coroutine
from typing import Protocol

from callguard import Home
from callguard_modem.core.events import (
    CallEnded,
    CallHeard,
    Event,
    Phase,
    Problem,
    Reopen,
    Send,
    StateChanged,
)
from callguard_modem.core.machine import Machine
from callguard_modem.port import Port, PortError

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_LOOK_EVERY = 0.25
"Seconds between looks whether the device has come back, so that no long pause outlasts it."
_GOODBYE = 6.0
"Seconds that a stop may take for bringing the line down: the machine needs four at most."

Open = Callable[[], Awaitable[Port]]
"Opens the device; PortError says why it cannot be."


class Owner(Protocol):
    """The line whose shell it is."""

    def changed(self) -> None:
        """Learn that the machine's phase is another one, or that the device opened."""

    def unreachable(self, error: PortError, *, was_open: bool) -> None:
        """Learn why the device is closed, and whether it was open before."""

    def troubled(self, problem: Problem) -> None:
        """Learn what is not well with the modem, or well again."""

    def heard(self, data: bytes, now: float) -> None:
        """Learn what the modem sent, before it is understood."""

    def call_heard(self, event: CallHeard) -> None:
        """Have a call judged."""

    def call_ended(self, event: CallEnded) -> None:
        """Have the end of a call recorded."""


class Shell:
    """The shell around one machine, for one run of a line."""

    def __init__(
        self, machine: Machine, device: Callable[[], str], open_device: Open, home: Home, owner: Owner
    ) -> None:
        self._machine = machine
        self._device = device
        self._open = open_device
        self._home = home
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._port: Port | None = None
        self._was_open = self._was_ready = False
        self._closed: asyncio.Event | None = None

    def begin(self, group: asyncio.TaskGroup) -> None:
        """Keep the device open and read it, in one task of *group*."""
        self._group = group
        # Not guarded: should it ever fail, the house starts the line again.
        _ = group.create_task(self._keep_open())

    async def stop(self) -> None:
        """Bring the line down, whatever goes on there, and close the device; takes a few seconds at most."""
        self._closed = asyncio.Event()
        try:
            if self._port is not None:
                self._machine.close(self.now())
                self.flush()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_GOODBYE):
                        await self._closed.wait()
        finally:
            if self._timer is not None:
                self._timer.cancel()
            await self._close()

    def now(self) -> float:
        """Return the loop's time, by which the machine lives."""
        return self._loop.time()

    def verdict(self, serial: int, *, block: bool) -> None:
        """Tell the machine what to do with a call."""
        self._machine.verdict(serial, block=block, now=self.now())
        self.flush()

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Do something beside the line; what it raises is logged, and the line goes on."""
        _ = self._group.create_task(self._guarded(work))

    # -- the device -----------------------------------------------------------------------------------------

    async def _keep_open(self) -> None:
        """Open the device again and again, sooner if it comes back."""
        pause = _FIRST_PAUSE
        while self._closed is None:
            self._was_open = self._was_ready = False
            error = await self._serve()
            self._owner.unreachable(error, was_open=self._was_open)
            pause = _FIRST_PAUSE if self._was_ready else pause
            comes_back = await self._comes_back_within(pause)
            pause = _FIRST_PAUSE if comes_back else min(2 * pause, _LONGEST_PAUSE)

    async def _serve(self) -> PortError:
        """Read the device until it is gone; return why."""
        try:
            self._port = port = await self._open()
        except PortError as error:
            return error
        self._was_open = True
        self._machine.connected(self.now())
        self.flush()
        try:
            while True:
                self._received(await port.read())
        except PortError as error:
            return error
        finally:
            await self._close()
            self._machine.lost(self.now())
            self.flush()
            if self._closed is not None:
                self._closed.set()

    def _received(self, data: bytes) -> None:
        now = self.now()
        self._owner.heard(data, now)
        try:
            self._machine.receive(data, now)
        except Exception:  # a mistake of ours must not make the line deaf
            self._home.log.exception("what a modem said could not be dealt with")
        self.flush()

    async def _close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            await port.close()

    async def _comes_back_within(self, pause: float) -> bool:
        """Wait; return early, and True, if the device is another one than now."""
        before, end = self._signature(), self.now() + pause
        while self.now() < end:
            await asyncio.sleep(min(_LOOK_EVERY, pause))
            if self._signature() not in {before, ""}:
                return True
        return False

    def _signature(self) -> str:
        """Return which device it is, and who may open it; empty if it is not there or not on this computer."""
        try:
            path = self._device()
            about = os.stat(path)
        except (OSError, ValueError, PortError):
            return ""
        return f"{path} {about.st_rdev} {about.st_ctime_ns} {about.st_mode} {about.st_uid} {about.st_gid}"

    # -- what the machine says ------------------------------------------------------------------------------

    def flush(self) -> None:
        """Send what wants to be sent, act on what happened, and set the timer."""
        events = self._machine.events
        while events:
            event = events.popleft()
            try:
                self._act(event)
            except Exception:  # a call that cannot be dealt with rings, and the next one is dealt with
                self._home.log.exception("%s could not be acted on", type(event).__name__)
        self._arm()

    def _act(self, event: Event) -> None:
        if isinstance(event, Send):
            if self._port is not None:
                self._port.write(event.data)
        elif isinstance(event, CallHeard):
            self._owner.call_heard(event)
        elif isinstance(event, CallEnded):
            self._owner.call_ended(event)
        elif isinstance(event, StateChanged):
            self._was_ready |= event.phase is Phase.IDLE
            self._owner.changed()
        elif isinstance(event, Problem):
            self._owner.troubled(event)
        elif isinstance(event, Reopen):
            self._home.log.warning("the modem is opened anew: %s", event.reason)
            self.spawn(self._close())  # the reader notices, and opens it again
        elif self._closed is not None:
            self._closed.set()

    def _arm(self) -> None:
        """Set the timer for what is due next; one that rings too early does no harm."""
        due = self._machine.next_timer()
        if due is None or (self._timer is not None and self._timer.when() <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._due)

    def _due(self) -> None:
        self._timer = None
        try:
            self._machine.on_timer(self.now())
        except Exception:  # without its timers the line would be deaf and not know it
            self._home.log.exception("a timer could not be dealt with")
        self.flush()

    async def _guarded(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except Exception:  # a mistake of ours must not end the line
            self._home.log.exception("something went wrong inside a modem line; it goes on")
