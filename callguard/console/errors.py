"""What a visitor sees when something is refused, missing, away or broken."""

import logging
from http import HTTPStatus

from aiohttp import web

from callguard.console.visit import Visit
from callguard.control.client import NoDaemonError
from callguard.control.wire import RefusedError
from callguard.model.text import plain
from callguard.store import StoreError

_log = logging.getLogger(__name__)


async def page_of(visit: Visit, error: Exception) -> web.StreamResponse:
    """Return the page for what went wrong; after an action, the page before it, saying so."""
    status, what, cure = _words(visit, error)
    if visit.request.method == "POST" and status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return visit.back(await visit.return_url(visit.url("overview")), f"Nothing was changed: {what}", error=True)
    return await visit.page("error.html", status=status, what=what, cure=cure)


def _words(visit: Visit, error: Exception) -> tuple[HTTPStatus, str, str]:
    if isinstance(error, RefusedError):
        return HTTPStatus.UNPROCESSABLE_ENTITY, plain(str(error), 400), ""
    if isinstance(error, NoDaemonError):
        cure = "All calls ring normally while CallGuard is down. `callguard status` on its computer says more."
        return HTTPStatus.SERVICE_UNAVAILABLE, "CallGuard itself does not answer.", cure
    if isinstance(error, StoreError):
        return HTTPStatus.SERVICE_UNAVAILABLE, plain(str(error), 400), "`callguard doctor` says what to do."
    if isinstance(error, web.HTTPException):
        what = {404: "There is no such page."}.get(error.status, error.reason)
        return HTTPStatus(error.status), what, ""
    _log.error("the page %s failed", visit.request.path, exc_info=error)
    return HTTPStatus.INTERNAL_SERVER_ERROR, "That failed inside the console; its log says why.", ""
