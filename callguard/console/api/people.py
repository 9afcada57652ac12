"""People, where they are signed in, and tokens for programs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from callguard.access import (
    BadNameError,
    LastAdminError,
    NameTakenError,
    NoSuchPersonError,
    NoSuchTokenError,
    Person,
    Right,
    Role,
    Session,
    Token,
    hash_password,
    why_not_good_enough,
)
from callguard.access.passwords import SALT_BITS
from callguard.console.api.resource import (
    Api,
    Body,
    Limit,
    Moment,
    Query,
    answer,
    body,
    created,
    missing,
    number_in_path,
)
from callguard.console.problems import Fault, UnfitError
from callguard.console.visit import Visit

routes = Api()
_Password = Annotated[str, Field(max_length=1000)]
_Name = Annotated[str, Field(min_length=1, max_length=40)]


class _NewPerson(Body):
    name: _Name
    role: Role
    password: _Password


class _Changed(Body):
    role: Role | None = None
    password: _Password | None = None


class _NewToken(Body):
    name: _Name
    scopes: Annotated[list[Right], Field(min_length=1, max_length=len(Right))]
    expires_at: Moment | None = None


class _Newest(Query):
    limit: Limit = 100


@routes.on("GET", "/people", "people", Right.ADMIN)
async def people(visit: Visit) -> web.Response:
    """Answer with everybody who may sign in."""
    return answer(visit, {"people": [_person(one) for one in visit.kernel.access.people()]})


@routes.on("POST", "/people", "person-add", Right.ADMIN)
async def add(visit: Visit) -> web.Response:
    """Let somebody in."""
    wanted = await body(visit, _NewPerson)
    hashed = await _hashed(visit, wanted.password, wanted.name)
    with _in_words():
        person = visit.kernel.access.add_person(wanted.name, wanted.role, hashed, visit.now(), by=visit.by)
    return created(visit, _person(person), "api-person", name=person.name)


@routes.on("GET", "/people/{name}", "person", Right.ADMIN)
async def person(visit: Visit) -> web.Response:
    """Answer with one person."""
    return answer(visit, _person(_who(visit)))


@routes.on("PATCH", "/people/{name}", "person-change", Right.ADMIN)
async def change(visit: Visit) -> web.Response:
    """Give somebody another role or another password, which signs them out everywhere."""
    wanted, name = await body(visit, _Changed), _who(visit).name
    access = visit.kernel.access
    hashed = None if wanted.password is None else await _hashed(visit, wanted.password, name)
    with _in_words():
        if wanted.role is not None:
            access.set_role(name, wanted.role, visit.now(), by=visit.by)
        if hashed is not None:
            access.set_password(name, hashed, visit.now(), by=visit.by)
    return answer(visit, _person(_who(visit)))


@routes.on("DELETE", "/people/{name}", "person-remove", Right.ADMIN)
async def remove(visit: Visit) -> web.Response:
    """Take somebody out, with their sessions and the tokens they made; never the last administrator."""
    with _in_words():
        visit.kernel.access.remove_person(_who(visit).name, visit.now(), by=visit.by)
    return web.Response(status=204)


@routes.on("GET", "/sessions", "sessions", Right.ADMIN)
async def sessions(visit: Visit) -> web.Response:
    """Answer with the browsers in which somebody is signed in."""
    return answer(visit, {"sessions": [_session(one) for one in visit.kernel.access.sessions(visit.now())]})


@routes.on("DELETE", "/sessions/{id}", "session-end", Right.ADMIN)
async def end_session(visit: Visit) -> web.Response:
    """Sign a browser out."""
    if not visit.kernel.access.end_session(number_in_path(visit)):
        raise missing("That browser is not signed in.")
    return web.Response(status=204)


@routes.on("GET", "/tokens", "tokens", Right.ADMIN)
async def tokens(visit: Visit) -> web.Response:
    """Answer with the tokens, without what they are used by."""
    return answer(visit, {"tokens": [_token(one) for one in visit.kernel.access.tokens()]})


@routes.on("POST", "/tokens", "token-add", Right.ADMIN)
async def new_token(visit: Visit) -> web.Response:
    """Make a token and show it, this once."""
    wanted = await body(visit, _NewToken)
    access = visit.kernel.access
    # Whose token made it: when that person goes, or may less, both end.
    by = visit.token.by if visit.token else visit.by
    with _in_words():
        secret = access.new_token(wanted.name, wanted.scopes, wanted.expires_at, by=by, now=visit.now())
    made = access.token(secret, visit.now())
    facts = _token(made) if made else _token(access.tokens()[0])
    return created(visit, {**facts, "token": secret}, "api-token", id=facts["id"])


@routes.on("GET", "/tokens/{id}", "token", Right.ADMIN)
async def token(visit: Visit) -> web.Response:
    """Answer with one token."""
    number = number_in_path(visit)
    one = next((one for one in visit.kernel.access.tokens() if one.id == number), None)
    if one is None:
        raise missing("There is no such token.")
    return answer(visit, _token(one))


@routes.on("DELETE", "/tokens/{id}", "token-revoke", Right.ADMIN)
async def revoke(visit: Visit) -> web.Response:
    """Make a token worthless."""
    with _in_words():
        visit.kernel.access.revoke_token(number_in_path(visit), visit.now(), by=visit.by)
    return web.Response(status=204)


@routes.asking(_Newest, "GET", "/sign-ins", "sign-ins", Right.ADMIN)
async def sign_ins(visit: Visit, asked: _Newest) -> web.Response:
    """Answer with who signed in, or tried to, and who was let in or out, newest first."""
    return answer(visit, {"sign_ins": visit.kernel.access.sign_ins(asked.limit)})


def _who(visit: Visit) -> Person:
    person = visit.kernel.access.person(visit.part["name"])
    if person is None:
        raise missing("Nobody is called that.")
    return person


async def _hashed(visit: Visit, password: str, name: str) -> str:
    if why := why_not_good_enough(password, name):
        raise UnfitError(422, why, [Fault(why, pointer="/password")])
    salt = visit.kernel.randomness.bits(SALT_BITS)
    return await visit.kernel.hash(lambda: hash_password(password, salt))


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (NoSuchPersonError, NoSuchTokenError) as error:
        raise missing(_sentence(error)) from None
    except (NameTakenError, LastAdminError) as error:
        raise UnfitError(409, _sentence(error)) from None
    except BadNameError as error:
        raise UnfitError(422, _sentence(error), [Fault(_sentence(error), pointer="/name")]) from None


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def _person(one: Person) -> dict[str, Any]:
    return {
        "name": one.name,
        "role": one.role.value,
        "created_at": one.created_at.isoformat(),
        "last_seen_at": one.last_seen_at.isoformat() if one.last_seen_at else None,
    }


def _session(one: Session) -> dict[str, Any]:
    return {
        "id": one.id,
        "person": one.person.name,
        "created_at": one.created_at.isoformat(),
        "seen_at": one.seen_at.isoformat(),
        "expires_at": one.expires_at.isoformat(),
        "client": one.client,
        "address": one.address,
    }


def _token(one: Token) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "scopes": sorted(one.scopes),
        "created_at": one.created_at.isoformat(),
        "last_used_at": one.last_used_at.isoformat() if one.last_used_at else None,
        "expires_at": one.expires_at.isoformat() if one.expires_at else None,
        "by": one.by,
    }
