"""What comes with a request: of the kind that is wanted, no longer than that, and in time."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from callguard.console.routing import Route
from callguard.console.visit import Visit

_FORM = "application/x-www-form-urlencoded"
_UPLOAD = "multipart/form-data"
_WITHIN = 20.0
"""Seconds in which a form has to be here."""
_SLOWEST = 100_000
"""Bytes a second of the slowest network from which a file can be sent."""


def refuse_unfit(visit: Visit, route: Route) -> None:
    """Refuse a body that is too long or of another kind than forms are, before any of it is read."""
    request = visit.request
    if (request.content_length or 0) > route.most:
        raise web.HTTPRequestEntityTooLarge(route.most)
    if "Content-Encoding" in request.headers:
        raise web.HTTPUnsupportedMediaType(reason="Send that as it is, not compressed.")
    kinds = (_FORM, _UPLOAD) if visit.rights else (_FORM,)
    if request.body_exists and not route.api and request.content_type not in kinds:
        raise web.HTTPUnsupportedMediaType(reason="That is not how a form is sent.")


@contextmanager
def received_in_time(request: web.Request, most: int) -> Iterator[None]:
    """Hang up on somebody who sends a body so slowly that they only mean to keep us waiting."""
    waiting = asyncio.get_running_loop().call_later(_WITHIN + most / _SLOWEST, _hang_up, request)
    try:
        yield
    finally:
        waiting.cancel()


def _hang_up(request: web.Request) -> None:
    if request.transport is not None and not request.content.is_eof():
        request.transport.abort()
