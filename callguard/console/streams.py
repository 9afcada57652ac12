"""What happens in the house, as it happens, to one who watches: server-sent events for pages and for programs."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from aiohttp import web

from callguard.access import Right
from callguard.console import identity
from callguard.console.feed import ALIVE, END, RESYNC, Event
from callguard.console.visit import Visit
from callguard.model.experience import experience
from callguard.sentences import event as event_of

_TAKEN_WITHIN = 30.0
"""Seconds in which what is sent must be taken, or the reader is gone."""
_MOST_MISSED = 100
"""Calls that are told again after an interruption; after more of them the page begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing that is told."""

    data: str
    event: str = ""
    "What it is about; empty: a piece of page, which takes its place by itself."
    id: str = ""
    "From where to go on after an interruption: the call."

    def encoded(self) -> bytes:
        """Return it as it is sent."""
        head = [f"{name}: {value}" for name, value in (("event", self.event), ("id", self.id)) if value]
        return "\n".join([*head, *(f"data: {line}" for line in self.data.splitlines() or [""]), "", ""]).encode()


Teller = Callable[[Event], Awaitable[list[Message]]]
"""Says in what words somebody is told of an event."""


async def serve(visit: Visit, tell: Teller) -> web.StreamResponse:
    """Tell the visitor what happens until either goes away; TooManyStreamsError if too many watch.

    Events are those of the command `watch`, without `hello`, and `away` and `back` when the daemon goes and comes.
    """
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    with visit.kernel.feed.subscribed() as queue:
        await response.prepare(visit.request)
        async with aclosing(_events(visit, queue)) as events:
            async for event in events:
                told = b": still here\n\n" if event is ALIVE else b"".join(one.encoded() for one in await tell(event))
                await _write(response, told)
    return response


async def _write(response: web.StreamResponse, told: bytes) -> None:
    try:
        async with asyncio.timeout(_TAKEN_WITHIN):
            await response.write(told)
    except TimeoutError:
        raise ConnectionAbortedError("the reader takes nothing any more") from None


async def _events(visit: Visit, queue: "asyncio.Queue[Event]") -> AsyncGenerator[Event, None]:
    if visit.request.method == "HEAD":
        return
    yield ALIVE
    missed = await _missed(visit)
    for event in missed:
        yield event
    told = {event.get("id") for event in missed}
    while True:
        event = await _next(queue, visit.kernel.feed.alive_every)
        identity.recognise(visit)  # the session may have ended, or the role may be another
        if event is END or not visit.may(Right.READ):
            return
        if event["event"] != "call" or event["id"] not in told:
            yield event


async def _next(queue: "asyncio.Queue[Event]", alive_every: float) -> Event:
    try:
        async with asyncio.timeout(alive_every):
            return await queue.get()
    except TimeoutError:
        return ALIVE


async def _missed(visit: Visit) -> list[Event]:
    """Return the calls since the one the visitor heard of last; RESYNC if there are too many, or it is gone."""
    last = visit.request.headers.get("Last-Event-ID") or visit.asked("since")
    if not last:
        return []
    records, phrases = await visit.read(lambda archive: (archive.after(last, _MOST_MISSED), archive.phrases()))
    if records is None or len(records) == _MOST_MISSED:
        return [RESYNC]
    return [
        {
            "event": "call",
            "id": record.call.id,
            "experience": experience(record).value,
            "call": event_of(record, phrases, visit.zone),
        }
        for record in records
    ]
