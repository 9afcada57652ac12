"""Who asks: by the cookie of a session or a bearer token; signing in and out."""

from urllib.parse import urlencode

from aiohttp import web

from callguard.access import Right, rights_of
from callguard.console.visit import Visit

_COOKIE = "callguard"
_HOST_COOKIE = "__Host-callguard"


async def recognise(visit: Visit) -> None:
    """Find out who asks, and what they may."""
    now = visit.kernel.clock.now()
    kind, _, text = visit.request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        visit.token = visit.kernel.access.token(text.strip(), now)
        if visit.token:
            everything = frozenset(Right) if Right.ADMIN in visit.token.scopes else frozenset(visit.token.scopes)
            visit.rights = everything | {Right.READ}
        return
    cookie = visit.request.cookies.get(_HOST_COOKIE if visit.secure else _COOKIE, "")
    session = visit.kernel.access.session(cookie, now) if cookie else None
    if session is not None:
        visit.session, visit.person = session, session.person
        visit.rights = rights_of(session.person.role)


def ask_to_sign_in(visit: Visit) -> web.Response:
    """Send a visitor who may not see a page to where that can change; the page is found again afterwards."""
    if visit.rights:
        raise web.HTTPForbidden(reason="You may look, but not do that.")
    if not visit.kernel.access.anyone():
        return web.Response(status=303, headers={"Location": visit.url("setup")})
    wanted = visit.request.rel_url.raw_path_qs if visit.request.method == "GET" else "/"
    query = urlencode({"next": wanted}) if wanted != "/" else ""
    return web.Response(status=303, headers={"Location": visit.url("sign-in") + (f"?{query}" if query else "")})


def cookie_of(visit: Visit, token: str, *, stay: bool) -> dict[str, object]:
    """Return the arguments of `set_cookie` for a session."""
    return {
        "name": _HOST_COOKIE if visit.secure else _COOKIE,
        "value": token,
        "httponly": True,
        "samesite": "Lax",  # Strict would sign people out who arrive from a notification
        "secure": visit.secure,
        "path": "/",
        "max_age": 30 * 86400 if stay else None,
    }
