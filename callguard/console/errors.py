"""What a visitor sees when something is refused, missing, away or broken; never a traceback."""

import logging
from http import HTTPStatus

from aiohttp import web

from callguard.access import AccessError, AccessUnreadableError
from callguard.console.feed import TooManyStreamsError
from callguard.console.problems import Trouble, UnfitError, problem
from callguard.console.visit import Visit
from callguard.control.asking import LateError
from callguard.control.client import NoDaemonError
from callguard.control.wire import RefusedError
from callguard.model.text import plain
from callguard.store import StoreError

_log = logging.getLogger(__name__)
_KEPT = ("Allow", "Retry-After", "WWW-Authenticate")
_WORDS = {
    HTTPStatus.NOT_FOUND: ("There is no such page.", "It may have been removed, or the address was cut short."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("That cannot be done here.", "Open the page, and use its buttons."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("That is too much to send.", "Send a smaller file."),
}
"""What aiohttp finds by itself; everything else is said where it is raised."""
_API_WORDS = {
    HTTPStatus.NOT_FOUND: ("There is no such address.", ""),
    HTTPStatus.METHOD_NOT_ALLOWED: ("This address does not answer to that method.", ""),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("That is too much to send.", ""),
}


async def page_of(visit: Visit, error: Exception) -> web.StreamResponse:
    """Return the page for what went wrong; after an action, the page before it, saying so."""
    if isinstance(error, ConnectionError):
        raise error  # nobody is there any more
    if visit.request.writer.output_size:
        _log_failure(visit, error)
        raise ConnectionAbortedError("an answer that had begun")  # cut off, so that it is not taken for the whole
    if isinstance(error, web.HTTPRedirection):
        return error
    trouble = _trouble(visit, error)
    if visit.api:
        return problem(trouble)
    if visit.request.method == "POST" and trouble.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        late = f"{error}. It may be done all the same: look before you try again."
        said = late[:1].upper() + late[1:] if isinstance(error, LateError) else f"Nothing was changed: {error}"
        return visit.back(await visit.return_url(visit.url("overview")), said, error=True)
    try:
        response = await visit.page("error.html", status=trouble.status, what=trouble.what, cure=trouble.cure)
    except Exception as another:  # noqa: BLE001  (whatever it is, the visitor is told)
        _log_failure(visit, another)
        response = web.Response(status=trouble.status, text=f"{trouble.what}\n{trouble.cure}\n")
    response.headers.update(trouble.headers)
    return response


def _trouble(visit: Visit, error: Exception) -> Trouble:
    if isinstance(error, UnfitError):
        return Trouble(error.status, str(error), faults=error.faults)
    if isinstance(error, StoreError | AccessUnreadableError):
        whose = "The call log" if isinstance(error, StoreError) else "The list of people"
        return Trouble(503, f"{whose} cannot be read.", f"It says: {plain(str(error), 400)}. Ask callguard doctor.")
    if isinstance(error, RefusedError | AccessError):
        return Trouble(422, plain(str(error), 400))
    if isinstance(error, NoDaemonError):
        cure = "All calls ring normally while CallGuard is down. On its computer, callguard status says more."
        return Trouble(503, "CallGuard itself does not answer.", cure)
    if isinstance(error, TooManyStreamsError):
        cure = "Close some of them, or reload this one now and then."
        return Trouble(503, "Too many pages are open at once.", cure, {"Retry-After": "30"})
    if isinstance(error, web.HTTPException):
        what, cure = _WORDS.get(HTTPStatus(error.status)) or _said(error.reason)
        return Trouble(
            error.status, what, cure, {name: error.headers[name] for name in _KEPT if name in error.headers}
        )
    number = _log_failure(visit, error)
    return Trouble(
        500, "That failed inside the console.", f"Its log says why, at {number}. Calls are screened as before."
    )


def _said(reason: str) -> tuple[str, str]:
    """Return the first sentence, and the others, which say what to do."""
    what, _, cure = reason.partition(". ")
    return (f"{what}.", cure) if cure else (what, "")


def _log_failure(visit: Visit, error: Exception) -> str:
    """Write down what failed, without what was asked for; return the number it can be found by."""
    number = visit.kernel.randomness.token(8)
    _log.error("%s: the page %s failed", number, visit.route or "of an error", exc_info=error)
    return number
