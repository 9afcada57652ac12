"""People and access: who may sign in, where they are signed in, tokens for programs, and one's own password."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from http import HTTPStatus
from math import ceil

from aiohttp import web

from callguard.access import (
    AccessError,
    Person,
    Right,
    Role,
    Session,
    Token,
    hash_password,
    verify,
    why_not_good_enough,
)
from callguard.access.passwords import SALT_BITS
from callguard.console.routing import Routes
from callguard.console.visit import Form, Visit
from callguard.console.wording import count

_SHOWN_SIGN_INS = 50
_LIVES = (("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "until it is revoked"))

routes = Routes()


@routes.get("/people", "people")
async def people(visit: Visit) -> web.Response:
    """Show one's own account; to administrators everybody's."""
    return await _page(visit)


@routes.post("/people/password", "person-own-password", Right.READ)
async def own_password(visit: Visit) -> web.Response:
    """Change one's own password, which signs one out everywhere else."""
    if visit.person is None:
        raise web.HTTPForbidden(reason="A token has no password.")
    form = await visit.form()
    wrong = await _wrong_with_own(visit, visit.person, form)
    if wrong:
        return await _page(visit, part="own", wrong=wrong)
    await _set_password(visit, visit.person.name, form.secret("password"), visit.session)
    return visit.back(visit.url("people"), "Your password is changed; every other browser of yours is signed out.")


@routes.post("/people/add", "person-add", Right.ADMIN)
async def add(visit: Visit) -> web.Response:
    """Let somebody in."""
    form = await visit.form()
    name, password = form.text("name"), form.secret("password")
    wrong = {} if _role(form) else {"role": "Choose what this person may do."}
    if why := why_not_good_enough(password, name):
        wrong["password"] = why
    if not wrong:
        hashed = await _hashed(visit, password)
        try:
            visit.kernel.access.add_person(name, Role(form.text("role")), hashed, visit.now(), by=visit.by)
        except AccessError as error:
            wrong["name"] = _sentence(error)
    if wrong:
        return await _page(visit, part="add", wrong=wrong, said=form.values())
    return visit.back(visit.url("people"), f"{name} may sign in now. Tell them the password in person.")


@routes.post("/people/{name}/role", "person-role", Right.ADMIN)
async def set_role(visit: Visit) -> web.Response:
    """Make somebody a viewer, a member or an administrator."""
    form = await visit.form()
    name, role = visit.part["name"], _role(form)
    if role is None:
        return visit.back(visit.url("people"), "Nothing was changed: choose a role.", error=True)
    return _done(
        visit,
        f"{name} is {_WHAT[role]} now.",
        lambda: visit.kernel.access.set_role(name, role, visit.now(), by=visit.by),
    )


@routes.post("/people/{name}/password", "person-password", Right.ADMIN)
async def set_password(visit: Visit) -> web.Response:
    """Give somebody another password, which signs them out everywhere."""
    form, name = await visit.form(), visit.part["name"]
    password = form.secret("password")
    why = why_not_good_enough(password, name)
    if not why and visit.kernel.access.person(name) is None:
        why = "Nobody is called that any more."
    if why:
        return await _page(visit, part=name, wrong={"password": why})
    itself = visit.person is not None and visit.person.name == name
    await _set_password(visit, name, password, visit.session if itself else None)
    return visit.back(visit.url("people"), f"{name} has another password, and is signed out everywhere.")


@routes.post("/people/{name}/remove", "person-remove", Right.ADMIN)
async def remove(visit: Visit) -> web.Response:
    """Take somebody out; never the last administrator."""
    name = visit.part["name"]
    return _done(
        visit,
        f"{name} cannot sign in any more.",
        lambda: visit.kernel.access.remove_person(name, visit.now(), by=visit.by),
    )


@routes.post("/sessions/{session}/end", "session-end", Right.READ)
async def end_session(visit: Visit) -> web.Response:
    """Sign one browser out: one's own, or for an administrator anybody's."""
    number = visit.part["session"]
    session = next((one for one in _sessions(visit) if str(one.id) == number), None)
    if session is None:
        return visit.back(visit.url("people"), "That browser is signed out already.")
    visit.kernel.access.end_session(session.id)
    return visit.back(visit.url("people"), f"Signed out: {session.client or 'a browser'} of {session.person.name}.")


@routes.post("/sessions/end-others", "sessions-end-others", Right.READ)
async def end_others(visit: Visit) -> web.Response:
    """Sign oneself out everywhere but here."""
    if visit.person is None or visit.session is None:
        raise web.HTTPForbidden(reason="A token has no browsers.")
    person, here = visit.person, visit.session.id
    ended = visit.kernel.access.end_sessions_of(person.id, visit.now(), but=here, by=visit.by)
    return visit.back(visit.url("people"), f"{ended} other browser{'' if ended == 1 else 's'} signed out.")


@routes.post("/tokens/add", "token-add", Right.ADMIN)
async def new_token(visit: Visit) -> web.Response:
    """Make a token for a program and show it, this once."""
    form = await visit.form()
    scopes = [right for right in Right if right.value in form.texts("scope")]
    days = form.whole("days")
    until = visit.now() + timedelta(days=days) if days and 0 < days <= 3660 else None
    wrong = {} if scopes else {"scope": "Choose what the program may do."}
    token = ""
    if scopes:
        try:
            # Whose token made it: when that person goes, or may less, both end.
            by = visit.token.by if visit.token else visit.by
            token = visit.kernel.access.new_token(form.text("name"), scopes, until, by=by, now=visit.now())
        except AccessError as error:
            wrong["token-name"] = _sentence(error)
    if wrong:
        return await _page(visit, part="token", wrong=wrong, said=form.values(), chosen=form.texts("scope"))
    # Shown on the answer itself: it may wait nowhere, not even for the next page.
    return await _page(visit, status=HTTPStatus.CREATED, fresh=token, fresh_name=form.text("name"))


@routes.post("/tokens/{token}/revoke", "token-revoke", Right.ADMIN)
async def revoke_token(visit: Visit) -> web.Response:
    """Make a token worthless."""
    number = visit.part["token"]
    token = next((one for one in visit.kernel.access.tokens() if str(one.id) == number), None)
    if token is None:
        return visit.back(visit.url("people"), "That token is revoked already.")
    visit.kernel.access.revoke_token(token.id, visit.now(), by=visit.by)
    return visit.back(visit.url("people"), f"The token {token.name} is worthless now.")


_WHAT = {Role.VIEWER: "a viewer", Role.MEMBER: "a member", Role.ADMIN: "an administrator"}


async def _page(  # noqa: PLR0913  (what a form said, and what was wrong with it)
    visit: Visit,
    *,
    part: str = "",
    wrong: dict[str, str] | None = None,
    said: dict[str, str] | None = None,
    chosen: Sequence[str] = (),
    status: int = HTTPStatus.OK,
    fresh: str = "",
    fresh_name: str = "",
) -> web.Response:
    access, admin = visit.kernel.access, visit.may(Right.ADMIN)
    return await visit.page(
        "people.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else status,
        people=access.people() if admin else (),
        sessions=_sessions(visit),
        this=visit.session.id if visit.session else 0,
        tokens=[(token, _over(visit, token)) for token in access.tokens()] if admin else (),
        log=access.sign_ins(_SHOWN_SIGN_INS) if admin else (),
        lives=_LIVES,
        part=part,
        wrong=wrong or {},
        said=said or {},
        chosen=chosen,
        fresh=fresh,
        fresh_name=fresh_name,
    )


def _sessions(visit: Visit) -> Sequence[Session]:
    """Return the sessions that the visitor may see and end."""
    mine = visit.person.id if visit.person else 0
    everyone = visit.may(Right.ADMIN)
    return [one for one in visit.kernel.access.sessions(visit.now()) if everyone or one.person.id == mine]


def _over(visit: Visit, token: Token) -> bool:
    return token.expires_at is not None and token.expires_at <= visit.now()


def _done(visit: Visit, said: str, work: Callable[[], object]) -> web.Response:
    try:
        work()
    except AccessError as error:
        return visit.back(visit.url("people"), f"Nothing was changed: {_sentence(error)}", error=True)
    return visit.back(visit.url("people"), said)


async def _wrong_with_own(visit: Visit, person: Person, form: Form) -> dict[str, str]:
    known, throttle = visit.kernel.access.credentials(person.name), visit.kernel.throttle
    before, password = form.secret("before"), form.secret("password")
    # Whoever finds a browser signed in shall not find the password by trying, nor keep others from signing in.
    wait = throttle.attempt(visit.address, person.name, known=True, now=visit.kernel.clock.monotonic())
    if wait:
        return {"before": f"Too many attempts. Wait {count(ceil(wait), 'second')}, then try again."}
    if known is None or not await visit.kernel.hash(lambda: verify(before, known[1])):
        return {"before": "That is not your password."}
    throttle.succeeded(visit.address, person.name, known=True)
    why = why_not_good_enough(password, person.name)
    return {"password": why} if why else {}


async def _set_password(visit: Visit, name: str, password: str, but: Session | None) -> None:
    hashed = await _hashed(visit, password)
    here = but.id if but else None
    visit.kernel.access.set_password(name, hashed, visit.now(), by=visit.by, but_session=here)


async def _hashed(visit: Visit, password: str) -> str:
    salt = visit.kernel.randomness.bits(SALT_BITS)
    return await visit.kernel.hash(lambda: hash_password(password, salt))


def _role(form: Form) -> Role | None:
    return next((role for role in Role if role.value == form.text("role")), None)


def _sentence(error: AccessError) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
