"""Who may use the console: people, tokens for programs, and who is signed in."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any

import click

from callguard.access import (
    Access,
    AccessError,
    Person,
    Right,
    Role,
    Session,
    Token,
    hash_password,
    why_not_good_enough,
)
from callguard.access.passwords import SALT_BITS
from callguard.ambient import SystemClock, SystemRandomness
from callguard.cli.client import REFUSED, Asker, Told
from callguard.cli.output import json_option, print_json
from callguard.cli.spans import Span
from callguard.place import Place

_ASK = click.make_pass_decorator(Asker)
_BY = "command line"
_ROLES = click.Choice([role.value for role in Role])
_stdin_option = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
_yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


@click.group()
def user() -> None:
    """Say who may sign in to the console, and as what."""


@user.command("list")
@json_option
@_ASK
def list_people(asker: Asker, *, as_json: bool) -> None:
    """List who may sign in."""
    people = _people(asker)
    if as_json:
        print_json([_person_facts(person) for person in people])
        return
    for person in people:
        seen = f"last seen {_when(person.last_seen_at)}" if person.last_seen_at else "never seen"
        click.echo(f"{person.name:<40}  {person.role.value:<7}  {seen}")
    if not people:
        click.echo("Nobody yet: `callguard user add NAME` adds an admin.")


@user.command("add")
@click.argument("name")
@click.option("--role", type=_ROLES, help="What the person may do [admin for the first one, else member].")
@_stdin_option
@json_option
@_ASK
def add(asker: Asker, *, name: str, role: str | None, password_stdin: bool, as_json: bool) -> None:
    """Let NAME sign in: a viewer sees calls, a member also changes lists, an admin may do everything."""
    hashed = _new_password(name, from_stdin=password_stdin)
    with _opened(asker) as access:
        usual = Role.MEMBER if access.anyone() else Role.ADMIN
        person = access.add_person(name, Role(role) if role else usual, hashed, _now(), by=_BY)
    _tell(_person_facts(person), f"{person.name} may sign in as {person.role.value}.", as_json=as_json)


@user.command("passwd")
@click.argument("name")
@_stdin_option
@json_option
@_ASK
def passwd(asker: Asker, *, name: str, password_stdin: bool, as_json: bool) -> None:
    """Give NAME another password, and sign NAME out everywhere."""
    with _opened(asker) as access:
        person = access.person(name)
        hashed = _new_password(name, from_stdin=password_stdin) if person else ""
        access.set_password(name, hashed, _now(), by=_BY)
    shown = person.name if person else name
    _tell({"name": shown}, f"{shown} has another password, and has to sign in again everywhere.", as_json=as_json)


@user.command("role")
@click.argument("name")
@click.argument("role", type=_ROLES)
@json_option
@_ASK
def set_role(asker: Asker, *, name: str, role: str, as_json: bool) -> None:
    """Make NAME a viewer, a member or an admin."""
    with _opened(asker) as access:
        person = access.set_role(name, Role(role), _now(), by=_BY)
    _tell(_person_facts(person), f"{person.name} is {person.role.value} now.", as_json=as_json)


@user.command("remove")
@click.argument("name")
@_yes_option
@json_option
@_ASK
def remove(asker: Asker, *, name: str, yes: bool, as_json: bool) -> None:
    """Let NAME sign in no longer; tokens NAME made end too."""
    if as_json and not yes:
        raise click.UsageError("--json does not ask: add --yes.")
    if not yes and not click.confirm(f"Remove {name}?", default=False):
        return
    with _opened(asker) as access:
        access.remove_person(name, _now(), by=_BY)
    _tell({"removed": name}, f"{name} may no longer sign in.", as_json=as_json)


@click.group()
def token() -> None:
    """Let programs in: home automation, dashboards, scripts."""


@token.command("add")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([right.value for right in Right]),
    help="What it may [read].",
)
@click.option("--for", "lasts", type=Span(), metavar="TIME", help="How long it is good, such as 90d [for ever].")
@json_option
@_ASK
def add_token(asker: Asker, *, name: str, scopes: tuple[str, ...], lasts: int | None, as_json: bool) -> None:
    """Make a token called NAME and print it: it is shown this once."""
    now = _now()
    rights = {Right(scope) for scope in scopes or (Right.READ.value,)}
    with _opened(asker) as access:
        secret = access.new_token(name, rights, now + timedelta(seconds=lasts) if lasts else None, by=_BY, now=now)
        made = access.tokens()[0]
    if as_json:
        print_json({**_token_facts(made), "token": secret})
        return
    click.echo(secret)
    click.secho("Keep it now: it is not shown again.", dim=True, err=True)


@token.command("list")
@json_option
@_ASK
def list_tokens(asker: Asker, *, as_json: bool) -> None:
    """List the tokens, never their secrets."""
    with _looking(asker) as access:
        tokens = access.tokens() if access else ()
    if as_json:
        print_json([_token_facts(one) for one in tokens])
        return
    for one in tokens:
        scopes = " ".join(right.value for right in Right if right in one.scopes)
        over = " (over)" if one.expires_at and one.expires_at <= _now() else ""
        until = f"until {_when(one.expires_at)}{over}" if one.expires_at else "for ever"
        used = f"last used {_when(one.last_used_at)}" if one.last_used_at else "never used"
        click.echo(f"{one.id:>5}  {one.name}  may {scopes}, {until}, {used}, made by {one.by}")
    if not tokens:
        click.echo("There is no token: `callguard token add NAME` makes one.")


@token.command("revoke")
@click.argument("number", metavar="ID", type=int)
@json_option
@_ASK
def revoke(asker: Asker, *, number: int, as_json: bool) -> None:
    """Make a token worthless."""
    with _opened(asker) as access:
        revoked = access.revoke_token(number, _now(), by=_BY)
    _tell(_token_facts(revoked), f"{revoked.name} is worthless now.", as_json=as_json)


@click.group()
def sessions() -> None:
    """See who is signed in to the console, and sign them out."""


@sessions.command("list")
@json_option
@_ASK
def list_sessions(asker: Asker, *, as_json: bool) -> None:
    """List the browsers in which somebody is signed in."""
    with _looking(asker) as access:
        found = access.sessions(_now()) if access else ()
    if as_json:
        print_json([_session_facts(one) for one in found])
        return
    for one in found:
        click.echo(f"{one.id:>5}  {one.person.name}  seen {_when(one.seen_at)}  {one.address}  {one.client}")
    if not found:
        click.echo("Nobody is signed in.")


@sessions.command("end")
@click.argument("number", metavar="[ID]", type=int, required=False)
@click.option("--person", metavar="NAME", help="Sign this person out everywhere.")
@json_option
@_ASK
def end(asker: Asker, *, number: int | None, person: str | None, as_json: bool) -> None:
    """Sign one browser out, or somebody everywhere."""
    if (number is None) == (person is None):
        raise click.UsageError("Name the ID of a session, or --person NAME.")
    with _opened(asker) as access:
        if number is not None:
            ended = int(access.end_session(number))
        else:
            found = access.person(person or "")
            ended = access.end_sessions_of(found.id, _now(), by=_BY) if found else 0
    if not ended and not as_json:
        raise Told("nobody is signed in there: `callguard sessions list` shows who is", REFUSED)
    _tell({"ended": ended}, f"Signed out: {ended} {'browser' if ended == 1 else 'browsers'}.", as_json=as_json)


@contextmanager
def _opened(asker: Asker) -> Iterator[Access]:
    """Lend the people of the house."""
    with _at(asker.files()) as access:
        yield access


@contextmanager
def _at(place: Place) -> Iterator[Access]:
    try:
        with closing(Access.open(place.access, SystemRandomness())) as access:
            yield access
    except AccessError as error:
        raise Told(str(error), REFUSED) from error


@contextmanager
def _looking(asker: Asker) -> Iterator[Access | None]:
    """Lend the people of the house, none where there are none yet: looking leaves nothing behind."""
    place = asker.files()
    if not place.access.exists():
        yield None
        return
    with _at(place) as access:
        yield access


def _people(asker: Asker) -> tuple[Person, ...]:
    with _looking(asker) as access:
        return access.people() if access else ()


def _new_password(name: str, *, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt="Once more")
    wrong = why_not_good_enough(password, name)
    if wrong:
        raise Told(wrong, REFUSED)
    return hash_password(password, SystemRandomness().bits(SALT_BITS))


def _now() -> datetime:
    return SystemClock().now()


def _when(at: datetime) -> str:
    return f"{at.astimezone():%a %d %b %Y %H:%M}"


def _tell(facts: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(facts)
    else:
        click.echo(sentence)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _person_facts(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role.value,
        "created_at": _iso(person.created_at),
        "last_seen_at": _iso(person.last_seen_at),
    }


def _token_facts(one: Token) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "scopes": [right.value for right in Right if right in one.scopes],
        "created_at": _iso(one.created_at),
        "last_used_at": _iso(one.last_used_at),
        "expires_at": _iso(one.expires_at),
        "by": one.by,
    }


def _session_facts(one: Session) -> dict[str, Any]:
    return {
        "id": one.id,
        "person": one.person.name,
        "created_at": _iso(one.created_at),
        "seen_at": _iso(one.seen_at),
        "expires_at": _iso(one.expires_at),
        "client": one.client,
        "address": one.address,
    }
