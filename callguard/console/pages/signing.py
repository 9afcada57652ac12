"""Signing in and out."""

import logging
import math

from aiohttp import web

from callguard.access import NoSuchPersonError, hash_password, needs_rehash, verify
from callguard.access.passwords import SALT_BITS
from callguard.console import identity
from callguard.console.hashing import BusyError
from callguard.console.routing import Routes
from callguard.console.visit import Form, Visit

routes = Routes()
_log = logging.getLogger(__name__)
_LONGEST_BODY = 8 << 10
_BUSY_FOR = 5.0
_A_MINUTE = 60


@routes.get("/sign-in", "sign-in", None)
async def sign_in(visit: Visit) -> web.Response:
    """Ask for name and password."""
    if not visit.kernel.access.anyone():
        return visit.back(visit.url("setup"))
    wanted = _next(visit, visit.request.query.get("next", ""))
    if visit.person is not None:
        return visit.back(wanted)
    return await visit.page("sign_in.html", name="", stay=False, next=wanted, wrong="")


@routes.post("/sign-in", "sign-in-now", None, most=_LONGEST_BODY)
async def sign_in_now(visit: Visit) -> web.Response:
    """Let somebody in who knows the password."""
    form = await visit.form()
    name, address, throttle = form.text("name")[:200], visit.address, visit.kernel.throttle
    known = visit.kernel.access.signed_in_before(name, address)
    wait = throttle.attempt(address, name, known=known, now=visit.kernel.clock.monotonic())
    if wait:
        _log.warning("sign-in refused from %s: too many attempts", address)
        return await _refused(visit, form, wait)
    try:
        secret = await visit.kernel.hash(lambda: _tried(visit, form, name), stranger=not known)
    except BusyError:
        throttle.succeeded(address, name, known=known)  # it was not looked at
        return await _refused(visit, form, _BUSY_FOR)
    if secret is None:
        return await _refused(visit, form)
    throttle.succeeded(address, name, known=known)
    response = visit.back(_next(visit, form.text("next")))
    identity.remember(visit, response, secret, stay=form.ticked("stay"))
    return response


@routes.post("/sign-out", "sign-out", None)
async def sign_out(visit: Visit) -> web.Response:
    """End this browser's session."""
    if visit.session is not None:
        visit.kernel.access.end_session(visit.session.id)
    response = visit.back(visit.url("sign-in"))
    identity.forget(visit, response)
    return response


def _tried(visit: Visit, form: Form, name: str) -> str | None:
    """Return the secret of a new session if the password is right; that takes as long for names that nobody has."""
    access, now, address = visit.kernel.access, visit.kernel.clock.now(), visit.address
    person, hashed = access.credentials(name) or (None, None)
    right = verify(form.secret("password"), hashed)
    if person is None or hashed is None or not right:
        # The name is not written down: it may be a password typed into the wrong field, or made up to mislead.
        why = f"wrong password for {person.name}" if person else "nobody has that name"
        _log.warning("sign-in refused from %s: %s", address, why)
        access.note_sign_in(name, address, ok=False, why="wrong password" if person else "unknown name", now=now)
        return None
    if needs_rehash(hashed):
        before, hashed = hashed, hash_password(form.secret("password"), visit.kernel.randomness.bits(SALT_BITS))
        access.rehash(person.id, hashed, before)
    client, stay = visit.request.headers.get("User-Agent", ""), form.ticked("stay")
    try:
        secret = access.begin_session(person.id, client=client, address=address, stay=stay, now=now, hashed=hashed)
    except NoSuchPersonError:
        return None  # another password was set meanwhile, or the person is gone
    if visit.session is not None:
        access.end_session(visit.session.id)
    access.note_sign_in(name, address, ok=True, now=now)
    return secret


async def _refused(visit: Visit, form: Form, wait: float = 0.0) -> web.Response:
    """Show the form again, as it was filled in but for the password."""
    seconds = math.ceil(wait)
    wrong = _wait(seconds) if seconds else "That is not the right name and password."
    response = await visit.page(
        "sign_in.html",
        status=429 if seconds else 422,
        name=form.text("name")[:200],
        stay=form.ticked("stay"),
        next=_next(visit, form.text("next")),
        wrong=wrong,
    )
    if seconds:
        response.headers["Retry-After"] = str(seconds)
    return response


def _wait(seconds: int) -> str:
    shown = "a minute" if seconds >= _A_MINUTE else "a second" if seconds == 1 else f"{seconds} seconds"
    return f"Too many attempts. Wait {shown}, then try again."


def _next(visit: Visit, wanted: str) -> str:
    return wanted if visit.is_ours(wanted) else visit.url("overview")
