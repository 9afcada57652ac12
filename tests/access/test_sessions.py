"""Sessions and tokens: secrets of which only a hash is kept."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callguard.access import Access, Deed, NoSuchPersonError, NoSuchTokenError, Person, Right, Role

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Begin = Callable[..., str]


@pytest.fixture
def begin(access: Access, ana: Person, now: datetime) -> Begin:
    def begin(person: Person = ana, *, stay: bool = False, at: datetime = now) -> str:
        return access.begin_session(person.id, client="Firefox", address="192.168.1.7", stay=stay, now=at)

    return begin


def test_the_secret_of_a_session_shows_who_is_signed_in(
    access: Access, ana: Person, begin: Begin, now: datetime
) -> None:
    session = access.session(begin(), now)
    assert session is not None
    assert session.person == access.person("Ana")
    assert session.person.last_seen_at == now
    assert (session.client, session.address, session.expires_at) == ("Firefox", "192.168.1.7", now + 12 * HOUR)


def test_signing_in_always_makes_a_new_secret_of_256_bits(begin: Begin) -> None:
    secrets = {begin() for _ in range(5)}
    assert len(secrets) == 5
    assert all(len(secret) == 43 for secret in secrets)


def test_no_secret_is_in_the_file(access: Access, begin: Begin, path: Path, now: datetime) -> None:
    secrets = [begin(), access.new_token("dash", {Right.READ}, None, by="Ana", now=now)]
    kept = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"Firefox" in kept
    assert not [secret for secret in secrets if secret.encode() in kept]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text())
def test_nothing_else_is_taken_for_a_secret(access: Access, begin: Begin, now: datetime, text: str) -> None:
    begin()
    access.new_token("dash", {Right.ADMIN}, None, by="Ana", now=now)
    assert access.session(text, now) is None
    assert access.token(text, now) is None
    assert access.token("cg_" + text, now) is None


def test_a_session_ends_after_twelve_hours_used_or_not(access: Access, begin: Begin, now: datetime) -> None:
    secret = begin()
    assert access.session(secret, now + 11 * HOUR)
    assert access.session(secret, now + 12 * HOUR) is None
    assert access.sessions(now + 12 * HOUR) == ()


def test_who_stays_signed_in_does_so_as_long_as_they_come_back_within_thirty_days(
    access: Access, begin: Begin, now: datetime
) -> None:
    secret = begin(stay=True)
    assert access.session(secret, now + 29 * DAY)
    assert access.session(secret, now + 58 * DAY)
    assert access.session(secret, now + 89 * DAY) is None


def test_being_seen_is_written_at_most_once_a_minute(
    access: Access, ana: Person, begin: Begin, now: datetime
) -> None:
    secret = begin()
    for seconds, seen in ((59, 0), (61, 61), (100, 61), (122, 122)):
        session = access.session(secret, now + timedelta(seconds=seconds))
        assert session is not None
        assert session.seen_at == session.person.last_seen_at == now + timedelta(seconds=seen)


def test_a_disk_that_takes_nothing_signs_nobody_out(access: Access, begin: Begin, path: Path, now: datetime) -> None:
    secret = begin()
    token = access.new_token("dash", {Right.READ}, None, by="Ana", now=now)
    access._connection.execute("PRAGMA query_only=1")
    assert access.session(secret, now + HOUR)
    assert access.token(token, now + HOUR)


def test_a_session_is_ended_by_its_number(access: Access, begin: Begin, now: datetime) -> None:
    first, second = begin(), begin(at=now + HOUR)
    newest, oldest = access.sessions(now + HOUR)
    assert newest.created_at > oldest.created_at
    assert access.end_session(oldest.id)
    assert not access.end_session(oldest.id)
    assert access.session(first, now) is None
    assert access.session(second, now)


def test_another_password_signs_out_everywhere_but_here(
    access: Access, begin: Begin, ben: Person, now: datetime
) -> None:
    here, there, bens = begin(), begin(), begin(ben)
    session = access.session(here, now)
    assert session is not None
    access.set_password("ana", "new hash", now, but_session=session.id)
    assert access.session(here, now)
    assert access.session(there, now) is None
    assert access.session(bens, now)
    found = access.credentials("ana")
    assert found is not None
    assert found[1] == "new hash"


def test_a_stronger_hash_of_the_same_password_signs_nobody_out(
    access: Access, ana: Person, begin: Begin, now: datetime
) -> None:
    secret = begin()
    access.rehash(ana.id, "stronger", "hash of Ana")
    assert access.session(secret, now)
    assert access.credentials("ana") == (access.person("ana"), "stronger")


def test_a_stronger_hash_never_brings_a_former_password_back(access: Access, ana: Person, now: datetime) -> None:
    access.set_password("Ana", "hash of another", now)
    access.rehash(ana.id, "stronger hash of the former", "hash of Ana")
    found = access.credentials("Ana")
    assert found is not None
    assert found[1] == "hash of another"


def test_nobody_comes_in_by_a_password_that_was_changed_while_it_was_looked_at(
    access: Access, ana: Person, now: datetime
) -> None:
    access.set_password("Ana", "hash of another", now)
    with pytest.raises(NoSuchPersonError):
        access.begin_session(ana.id, client="", address="", stay=True, now=now, hashed="hash of Ana")
    assert access.sessions(now) == ()
    access.begin_session(ana.id, client="", address="", stay=True, now=now, hashed="hash of another")


def test_all_sessions_of_somebody_end_but_one(access: Access, begin: Begin, ben: Person, now: datetime) -> None:
    here, there, bens = begin(), begin(), begin(ben)
    session = access.session(here, now)
    assert session is not None
    assert access.end_sessions_of(session.person.id, now, but=session.id, by="Ana") == 1
    assert [access.session(secret, now) is not None for secret in (here, there, bens)] == [True, False, True]
    assert (access.sign_ins(1)[0].what, access.sign_ins(1)[0].name) == (Deed.SESSIONS_ENDED, "Ana")


def test_who_signs_in_again_and_again_is_signed_out_where_they_were_longest_ago(
    access: Access, begin: Begin, ben: Person, now: datetime
) -> None:
    bens, oldest, *others = begin(ben), *(begin(at=now + timedelta(seconds=n)) for n in range(51))
    assert access.session(oldest, now) is None
    assert all(access.session(secret, now) for secret in (bens, *others))


def test_who_is_removed_is_signed_out(access: Access, begin: Begin, ben: Person, now: datetime) -> None:
    secret = begin(ben)
    access.remove_person("Ben", now)
    assert access.session(secret, now) is None
    assert access.sessions(now) == ()
    with pytest.raises(NoSuchPersonError):
        begin(ben)


def test_what_a_browser_calls_itself_is_made_harmless(access: Access, ana: Person, now: datetime) -> None:
    access.begin_session(ana.id, client="\x1b]0;\u202e" + "x" * 500, address="y" * 500, stay=False, now=now)
    (session,) = access.sessions(now)
    assert (len(session.client), len(session.address)) == (120, 64)
    assert session.client.isprintable()


def test_a_token_lets_a_program_in_until_its_time_is_over(access: Access, ana: Person, now: datetime) -> None:
    secret = access.new_token(" dash\tboard ", {Right.CALLS}, now + DAY, by="Ana", now=now)
    assert secret.startswith("cg_")
    token = access.token(secret, now)
    assert token is not None
    assert (token.name, token.by, token.last_used_at) == ("dash board", "Ana", None)
    again = access.token(secret, now + HOUR)
    assert again is not None
    assert again.last_used_at == now
    assert access.token(secret, now + DAY) is None
    assert [one.name for one in access.tokens()] == ["dash board"]


@pytest.mark.parametrize(
    ("scopes", "rights"),
    [
        (set(), {Right.READ}),
        ({Right.READ}, {Right.READ}),
        ({Right.CALLS}, {Right.READ, Right.CALLS}),
        ({Right.LISTS}, {Right.READ, Right.LISTS}),
        ({Right.ADMIN}, set(Right)),
    ],
    ids=["nothing", "read", "calls", "lists", "admin"],
)
def test_a_token_may_what_its_scopes_say_and_read(
    access: Access, now: datetime, scopes: set[Right], rights: set[Right]
) -> None:
    token = access.token(access.new_token("t", scopes, None, by="Ana", now=now), now)
    assert token is not None
    assert token.scopes == scopes
    assert token.rights == rights


def test_a_revoked_token_is_worthless(access: Access, now: datetime) -> None:
    secret = access.new_token("t", {Right.READ}, None, by="Ana", now=now)
    (token,) = access.tokens()
    assert access.revoke_token(token.id, now, by="Ben") == token
    assert access.token(secret, now) is None
    assert (access.sign_ins(1)[0].what, access.sign_ins(1)[0].by) == (Deed.TOKEN_REVOKED, "Ben")
    with pytest.raises(NoSuchTokenError, match="there is no token 1"):
        access.revoke_token(token.id, now)


def test_nobody_keeps_by_a_token_what_they_may_no_longer_do(access: Access, ben: Person, now: datetime) -> None:
    access.set_role("ben", Role.ADMIN, now)
    scopes = ({Right.ADMIN}, {Right.CALLS}, {Right.READ})
    admin, calls, read = (access.new_token("t", scope, None, by="Ben", now=now) for scope in scopes)
    access.set_role("ben", Role.MEMBER, now)
    assert [access.token(one, now) is not None for one in (admin, calls, read)] == [False, True, True]
    access.remove_person("Ben", now)
    assert access.tokens() == ()


def test_a_copy_has_the_people_but_signs_nobody_in(
    access: Access, begin: Begin, path: Path, tmp_path: Path, now: datetime
) -> None:
    secret, token = begin(), access.new_token("t", {Right.READ}, None, by="Ana", now=now)
    for with_secrets in (False, True):
        copy = tmp_path / f"{with_secrets}.db"
        access.backup(copy, with_secrets=with_secrets)
        assert copy.stat().st_mode & 0o777 == 0o600
        with closing(Access.open(copy, access._randomness)) as restored:
            assert restored.people() == access.people()
            assert restored.credentials("ana") == access.credentials("ana")
            assert restored.session(secret, now) is None
            assert (restored.token(token, now) is not None) == with_secrets
    with closing(sqlite3.connect(tmp_path / "False.db")) as raw:
        assert raw.execute("SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM tokens)").fetchone() == (
            0,
            0,
        )
    assert b"Firefox" not in (tmp_path / "False.db").read_bytes(), "what was deleted is gone"
