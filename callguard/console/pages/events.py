"""What happens in the house, told to open pages; and whether the console is well, told to whoever watches over it."""

from aiohttp import web

from callguard.console.feed import Event
from callguard.console.routing import Routes
from callguard.console.rows import rows
from callguard.console.streams import Message, serve
from callguard.console.visit import Visit
from callguard.control.client import NoDaemonError
from callguard.control.wire import RefusedError
from callguard.store import StoreError

routes = Routes()


@routes.get("/events", "events")
async def events(visit: Visit) -> web.StreamResponse:
    """Tell a page what happens: `call` with its row, `changed`, `away`, `back`, `resync`; and the state by itself."""
    page = _Page(visit)
    return await serve(visit, page.told)


class _Page:
    """What one open page shows of the house."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    async def told(self, event: Event) -> list[Message]:
        """Return what the page is told of an event."""
        if event["event"] == "call":
            return await self._call(event["id"])
        return [Message(event=event["event"], data=event.get("what", "-"))]

    async def _call(self, call_id: str) -> list[Message]:
        record = await self._visit.read(lambda archive: archive.record(call_id))
        if record is None:
            return []
        (row,) = await rows(self._visit, [record])
        return [Message(event="call", id=call_id, data=self._visit.fragment("live_call.html", row=row))]


@routes.get("/healthz", "healthz", None)
async def healthz(visit: Visit) -> web.Response:
    """Say that the console answers."""
    return web.Response(text="ok\n")


@routes.get("/readyz", "readyz", None)
async def readyz(visit: Visit) -> web.Response:
    """Say whether the console can show the house: the daemon answers, and the call log can be read."""
    try:
        await visit.read(lambda archive: archive.newest_id())
        await visit.known("house")
    except (StoreError, NoDaemonError, RefusedError) as error:
        return web.Response(status=503, text=f"{error}\n")
    return web.Response(text="ok\n")
