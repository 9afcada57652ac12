"""Who asks: by the cookie of a session or a bearer token; where to go who may not."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from aiohttp import web

from callguard.access import rights_of
from callguard.console.visit import Visit

_COOKIE = "callguard"
_HOST_COOKIE = "__Host-callguard"
"""Behind https, where browsers take it from this very host only."""
_MOST_COOKIES = 5
_STAYING = 30 * 86400


def recognise(visit: Visit) -> None:
    """Find out who asks, and what they may; a token in any other place than its header is none."""
    now = visit.kernel.clock.now()
    visit.token = visit.session = visit.person = None
    visit.rights = frozenset()
    kind, _, text = visit.request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        visit.token = visit.kernel.access.token(text.strip(), now)
        visit.rights = visit.token.rights if visit.token else frozenset()
        return
    found = [visit.kernel.access.session(secret, now) for secret in _secrets(visit)]
    sessions = {session.id: session for session in found if session}
    if len(sessions) == 1:  # of two, one was planted by another service on this host
        (visit.session,) = sessions.values()
        visit.person = visit.session.person
        visit.rights = rights_of(visit.person.role)


def _secrets(visit: Visit) -> list[str]:
    """Return what cookies of our name hold: services at other ports of this host can add some, but not read ours."""
    wanted = _cookie_name(visit)
    pairs = (one.partition("=") for line in visit.request.headers.getall("Cookie", []) for one in line.split(";"))
    return [value.strip().strip('"') for name, _, value in pairs if name.strip() == wanted][:_MOST_COOKIES]


def ask_to_sign_in(visit: Visit) -> web.Response:
    """Send a visitor who may not see a page to where that can change; the page is found again afterwards."""
    if visit.rights:
        raise web.HTTPForbidden(reason="You may look, but not do that.")
    if visit.api:
        raise web.HTTPUnauthorized(reason="A token is needed.", headers={"WWW-Authenticate": "Bearer"})
    if not visit.kernel.access.anyone():
        return _go(visit, visit.url("setup"))
    wanted = next((path for path in _wanted(visit) if visit.is_ours(path)), "")
    return _go(visit, visit.url("sign-in", next="" if wanted == visit.url("overview") else wanted))


def _wanted(visit: Visit) -> Iterator[str]:
    """Yield where to return to, the best first: the page that was asked for, or the one with what was asked by."""
    headers = visit.request.headers
    if visit.request.method == "GET" and ("HX-Request" not in headers or "HX-Boosted" in headers):
        yield visit.path
    for header in ("HX-Current-URL", "Referer"):
        split = urlsplit(headers.get(header, "").encode("ascii", "ignore").decode())
        yield split.path + (f"?{split.query}" if split.query else "")


def _go(visit: Visit, where: str) -> web.Response:
    if "HX-Request" in visit.request.headers:  # a redirect would put the sign-in page into a corner of the old one
        return web.Response(status=401, headers={"HX-Redirect": where})
    return web.Response(status=303, headers={"Location": where})


def remember(visit: Visit, response: web.Response, secret: str, *, stay: bool) -> None:
    """Give the browser what shows who it is."""
    response.set_cookie(
        _cookie_name(visit),
        secret,
        httponly=True,
        samesite="Lax",  # Strict would sign people out who arrive from a notification
        secure=visit.secure,
        path="/",
        max_age=_STAYING if stay else None,
    )


def forget(visit: Visit, response: web.Response) -> None:
    """Take it away again."""
    response.del_cookie(_cookie_name(visit), path="/", secure=visit.secure, httponly=True, samesite="Lax")


def _cookie_name(visit: Visit) -> str:
    return _HOST_COOKIE if visit.secure else _COOKIE
