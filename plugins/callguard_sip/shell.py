"""Runs one endpoint: feeds it from the wires, sends what it says, acts on its events; understands nothing itself."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Protocol

from callguard import Home, LineStatus
from callguard_sip import resolve
from callguard_sip.calls import Calls
from callguard_sip.core.endpoint import Endpoint
from callguard_sip.core.events import (
    Connect,
    Disconnect,
    Dropped,
    Ends,
    Event,
    Rings,
    StandingChanged,
    Talks,
    Trouble,
)
from callguard_sip.core.flow import Flow
from callguard_sip.transport import LinkError, Wires, Wiring

_GOODBYE = 2.5
"Seconds a stop may take for hanging up and taking our address back."
_LONGEST_PAUSE = 30.0


class Owner(Protocol):
    """The line whose shell it is."""

    def changed(self) -> None:
        """Learn that the endpoint's standing is another one."""

    def looked_up(self, note: str) -> None:
        """Learn that the registrar's name was looked up, and what could be better about that."""


class Shell:
    """The shell around one endpoint, for one run of a line."""

    def __init__(self, endpoint: Endpoint, calls: Calls, wiring: Wiring, home: Home, owner: Owner) -> None:
        self._endpoint = endpoint
        self._calls = calls
        self._home = home
        self._owner = owner
        self._wiring = wiring
        self._wires = Wires(self, wiring)
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._opening: asyncio.Task[None] | None = None
        self._gone: asyncio.Event | None = None

    def begin(self, group: asyncio.TaskGroup, registrar: resolve.Registrar, *, register: bool) -> None:
        """Find the registrar and be found, in tasks of *group*."""
        self._group = group
        self._registrar = registrar
        self._register = register
        self._calls.begin(self._spawn, self.flush)
        self._spawn(self._find_registrar() if register else self._open_trunk())

    async def stop(self) -> None:
        """End calls, take our address back, close everything; takes a few seconds at most."""
        self._gone = asyncio.Event()
        try:
            self._endpoint.stop(self.now())
            self.flush()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GOODBYE):
                    await self._gone.wait()
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._calls.close()
            self._wires.close()

    def now(self) -> float:
        """Return the loop's time, by which the endpoint lives."""
        return self._loop.time()

    async def look_up(self) -> None:
        """Look the registrar's name up and use what is found; UnknownNameError if it leads nowhere."""
        try:
            found = await resolve.find(self._registrar, self._home.randomness)
        except resolve.UnknownNameError as error:
            self._endpoint.unable(Trouble.NAME, str(error))
            self.flush()
            raise
        if self._register:
            self._endpoint.use(found.targets, self.now())
        else:
            self._endpoint.trust(target.host for target in found.targets)
        self._owner.looked_up(found.note)
        self.flush()

    # -- what the wires say ---------------------------------------------------------------------------------

    def received(self, data: bytes, flow: Flow) -> None:
        """Feed the endpoint."""
        try:
            self._endpoint.receive(data, flow, self._loop.time())
        except Exception:  # a mistake of ours must not make the line deaf
            self._home.log.exception("a message from %s could not be dealt with", flow.host)

    def caught_up(self) -> None:
        """Send and act, once for all that came in at one go."""
        self.flush()

    def accepts(self, flow: Flow) -> bool:
        """Ask whether a caller's connection is welcome."""
        welcome = self._endpoint.accepts(flow, self.now())
        self.flush()
        return welcome

    def lost(self, flow: Flow, detail: str) -> None:
        """Tell that a connection is closed."""
        self._endpoint.link_failed(flow, Trouble.LOST, detail, self.now())
        self.flush()

    # -- what the endpoint says -----------------------------------------------------------------------------

    def flush(self) -> None:
        """Send what wants to be sent, act on what happened, and set the timer."""
        packets, events = self._endpoint.packets, self._endpoint.events
        while packets or events:
            while packets:
                self._wires.send(packets.popleft())
            if events:
                self._act_safely(events.popleft())
        if self._gone is not None and self._endpoint.idle:
            self._gone.set()
        self._arm()

    def _act_safely(self, event: Event) -> None:
        try:
            self._act(event)
        except Exception:  # a call that cannot be dealt with rings, and the next one is dealt with
            self._home.log.exception("%s could not be acted on", type(event).__name__)

    def _act(self, event: Event) -> None:
        if isinstance(event, Rings):
            self._calls.rings(event)
        elif isinstance(event, Ends):
            self._calls.ends(event)
        elif isinstance(event, Talks):
            self._calls.talks(event)
        elif isinstance(event, StandingChanged):
            self._owner.changed()
        elif isinstance(event, Connect):
            self._open(event.target)
        elif isinstance(event, Disconnect):
            self._wires.drop(event.flow)
        else:
            self._log_drop(event)

    def _log_drop(self, event: Dropped) -> None:
        """Write the one line that fail2ban reads: its shape is promised in docs/sip.md."""
        self._home.log.warning("sip.drop src=%s reason=%s ua=%s", event.source, event.reason, event.agent)

    def _arm(self) -> None:
        """Set the timer for what is due next; one that rings too early does no harm."""
        due = self._endpoint.next_timer()
        if due is None or (self._timer is not None and self._timer.when() <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._due)

    def _due(self) -> None:
        self._timer = None
        try:
            self._endpoint.on_timer(self.now())
        except Exception:  # without its timers the line would be deaf and not know it
            self._home.log.exception("a timer could not be dealt with")
        self.flush()

    # -- tasks ----------------------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        _ = self._start(work)

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        return self._group.create_task(self._guarded(work))

    async def _guarded(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except Exception:  # a mistake of ours must not end the line
            self._home.log.exception("something went wrong inside a SIP line; it goes on")

    def _open(self, target: Flow) -> None:
        if self._opening is not None:
            self._opening.cancel()
        self._opening = self._start(self._open_link(target))

    async def _open_link(self, target: Flow) -> None:
        try:
            host, port = await self._wires.open(target)
        except LinkError as error:
            self._endpoint.link_failed(target, error.trouble, error.detail, self.now())
        else:
            self._calls.place(host, frozenset({target.host}))
            self._endpoint.link_up(target, host, port, self.now())
        self.flush()

    async def _find_registrar(self) -> None:
        pause = 1.0
        while not await self._is_found():
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _is_found(self) -> bool:
        try:
            await self.look_up()
        except resolve.UnknownNameError:
            return False
        except Exception:  # whatever a resolver may raise: the name is looked up again
            self._home.log.exception("the registrar could not be looked up")
            return False
        return True

    async def _open_trunk(self) -> None:
        """Listen for a trunk's calls, and learn its addresses if it has a name."""
        pause = 1.0
        while not await self._listens():
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        if self._registrar.host:
            await self._find_registrar()

    async def _listens(self) -> bool:
        try:
            host, port = await self._wires.listen()
        except LinkError as error:
            self._endpoint.unable(error.trouble, error.detail)
        else:
            self._calls.place(host, frozenset())
            self._endpoint.listening(self._wiring.transport, host, port)
        self.flush()
        return self._endpoint.standing.status is LineStatus.PROTECTING
