"""The people of the house in a file of their own, which the console, the daemon and the command line share."""

import base64
import hashlib
import hmac
import os
import sqlite3
import threading
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from callguard.access.errors import (
    AccessUnreadableError,
    AlreadySetUpError,
    BadNameError,
    LastAdminError,
    NameTakenError,
    NoSuchPersonError,
    NoSuchTokenError,
)
from callguard.access.people import Deed, Person, Right, Role, Session, SignIn, Token, folded, rights_of
from callguard.access.schema import connect, unreadable
from callguard.home import Randomness
from callguard.model.text import plain

LONGEST_NAME = 40
_LONGEST_CLIENT = 120
_LONGEST_ADDRESS = 64
_LONGEST_WHY = 200
_SESSION = timedelta(hours=12)
_STAYING = timedelta(days=30)
_SETUP_CODE_LIVES = timedelta(days=7)
_SEEN_EVERY = 60.0  # seconds: a page makes a dozen requests, which are not worth a write each
_MOST_LOGGED = 20_000  # entries: whoever tries passwords all day must not fill the disk
_MOST_SESSIONS = 50  # of one person: a program that signs in again and again must not fill the list of browsers
_SECRET_BITS = 256
_TOKEN_PREFIX = "cg_"
_CODE_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: Crockford's base 32
_CODE_LENGTH = 8
_LOOK_ALIKES = str.maketrans("ILO", "110", "- ")

_PERSON = "people.id, people.name, people.role, people.created_at, people.last_seen_at"
_SESSION_COLUMNS = (
    f"sessions.id, sessions.created_at, seen_at, expires_at, client, address, stay, {_PERSON}"
    " FROM sessions JOIN people ON people.id = sessions.person"
)
_END_SURPLUS = """DELETE FROM sessions WHERE person = ? AND id NOT IN
  (SELECT id FROM sessions WHERE person = ? ORDER BY seen_at DESC, id DESC LIMIT ?)"""
_TOKEN = "id, name, scopes, created_at, last_used_at, expires_at, by FROM tokens"


class Access:
    """Everybody who may use the console; any thread may ask."""

    def __init__(self, path: Path, connection: sqlite3.Connection, randomness: Randomness) -> None:
        self._path = path
        self._connection = connection
        self._randomness = randomness
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path, randomness: Randomness) -> "Access":
        """Open the file at *path*, a new one if there is none; AccessUnreadableError says what to do."""
        return cls(path, connect(path), randomness)

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._connection.close()

    def check(self) -> None:
        """Look the whole file over; AccessUnreadableError if it is damaged."""
        found = self._rows("PRAGMA quick_check(1)")[0][0]
        if found != "ok":
            damage = sqlite3.DatabaseError(found)
            damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise unreadable(self._path, damage)

    # People

    def anyone(self) -> bool:
        """Tell whether anybody has an account."""
        return bool(self._rows("SELECT 1 FROM people LIMIT 1"))

    def people(self) -> tuple[Person, ...]:
        """Return everybody, by name."""
        return tuple(_person(row) for row in self._rows(f"SELECT {_PERSON} FROM people ORDER BY folded"))

    def person(self, name: str) -> Person | None:
        """Return who is called that, in capitals or not."""
        found = self.credentials(name)
        return found[0] if found else None

    def credentials(self, name: str) -> tuple[Person, str] | None:
        """Return who is called that, and the hash of the password."""
        rows = self._rows(f"SELECT {_PERSON}, password FROM people WHERE folded = ?", folded(name))
        return (_person(rows[0][:5]), rows[0][5]) if rows else None

    def add_person(self, name: str, role: Role, hashed: str, now: datetime, *, by: str = "") -> Person:
        """Add somebody, whose password was *hashed*; NameTakenError, BadNameError."""
        with self._writing() as connection:
            person = _add(connection, name, role, hashed, now)
            _log(connection, now, Deed.PERSON_ADDED, name=person.name, why=role.value, by=by)
            return person

    def set_role(self, name: str, role: Role, now: datetime, *, by: str = "") -> Person:
        """Make somebody a viewer, member or admin; tokens they made that could do more than they may now end."""
        with self._writing() as connection:
            person = _find(connection, name)
            if person.role is Role.ADMIN and role is not Role.ADMIN:
                _refuse_last_admin(connection, person)
            connection.execute("UPDATE people SET role = ? WHERE id = ?", (role.value, person.id))
            for token in _tokens_of(connection, person):
                if not token.rights <= rights_of(role):
                    _revoke(connection, token, now, by)
            _log(connection, now, Deed.ROLE_SET, name=person.name, why=role.value, by=by)
            return _find(connection, name)

    def set_password(
        self, name: str, hashed: str, now: datetime, *, by: str = "", but_session: int | None = None
    ) -> None:
        """Give somebody another password and sign them out everywhere, but in *but_session*."""
        with self._writing() as connection:
            person = _find(connection, name)
            connection.execute("UPDATE people SET password = ? WHERE id = ?", (hashed, person.id))
            _end_sessions(connection, person.id, but_session)
            _log(connection, now, Deed.PASSWORD_SET, name=person.name, by=by)

    def rehash(self, person_id: int, hashed: str, before: str) -> None:
        """Keep the password that was kept as *before* in a stronger form, if it still is that one."""
        with self._writing() as connection:
            sql = "UPDATE people SET password = ? WHERE id = ? AND password = ?"
            connection.execute(sql, (hashed, person_id, before))

    def remove_person(self, name: str, now: datetime, *, by: str = "") -> None:
        """Take somebody out, together with their sessions and the tokens they made; LastAdminError."""
        with self._writing() as connection:
            person = _find(connection, name)
            if person.role is Role.ADMIN:
                _refuse_last_admin(connection, person)
            connection.execute("DELETE FROM people WHERE id = ?", (person.id,))
            for token in _tokens_of(connection, person):
                _revoke(connection, token, now, by)
            _log(connection, now, Deed.PERSON_REMOVED, name=person.name, by=by)

    # Sessions

    def begin_session(
        self, person_id: int, *, client: str, address: str, stay: bool, now: datetime, hashed: str = ""
    ) -> str:
        """Sign somebody in and return the secret for the browser; it is always a new one.

        NoSuchPersonError if they are gone, or if their password is no longer kept as *hashed*: looking at one takes
        long enough for another to be set, which signs everybody out.
        """
        secret = self._secret()
        at = now.timestamp()
        with self._writing() as connection:
            sql = "SELECT 1 FROM people WHERE id = ? AND ? IN ('', password)"
            if connection.execute(sql, (person_id, hashed)).fetchone() is None:
                raise NoSuchPersonError(f"number {person_id}")
            connection.execute("DELETE FROM sessions WHERE expires_at <= ?", (at,))
            connection.execute(
                "INSERT INTO sessions (hash, person, created_at, seen_at, expires_at, stay, client, address)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(_digest(secret), person_id, at, at, (now + (_STAYING if stay else _SESSION)).timestamp(), stay),
                    *(plain(client, _LONGEST_CLIENT), plain(address, _LONGEST_ADDRESS)),
                ),
            )
            connection.execute(_END_SURPLUS, (person_id, person_id, _MOST_SESSIONS))
            connection.execute("UPDATE people SET last_seen_at = ? WHERE id = ?", (at, person_id))
        return secret

    def session(self, token: str, now: datetime) -> Session | None:
        """Return the session that a browser shows the secret of, if it lasts; it is noted as seen, once a minute."""
        digest = _digest(token)
        rows = self._rows(f"SELECT {_SESSION_COLUMNS} WHERE hash = ? AND expires_at > ?", digest, now.timestamp())
        if not rows:
            return None
        if now.timestamp() - rows[0][2] >= _SEEN_EVERY:
            self._note_seen(digest, now)
            rows = self._rows(f"SELECT {_SESSION_COLUMNS} WHERE hash = ?", digest) or rows
        return _session(rows[0])

    def _note_seen(self, digest: str, now: datetime) -> None:
        at, until = now.timestamp(), (now + _STAYING).timestamp()
        with suppress(AccessUnreadableError), self._writing() as connection:  # a full disk signs nobody out
            connection.execute(
                "UPDATE sessions SET seen_at = ?, expires_at = iif(stay, ?, expires_at) WHERE hash = ?",
                (at, until, digest),
            )
            connection.execute(
                "UPDATE people SET last_seen_at = ? WHERE id = (SELECT person FROM sessions WHERE hash = ?)",
                (at, digest),
            )

    def sessions(self, now: datetime) -> tuple[Session, ...]:
        """Return every session that lasts, the one used last first."""
        rows = self._rows(f"SELECT {_SESSION_COLUMNS} WHERE expires_at > ? ORDER BY seen_at DESC", now.timestamp())
        return tuple(_session(row) for row in rows)

    def end_session(self, session_id: int) -> bool:
        """Sign one browser out; tell whether it was signed in."""
        with self._writing() as connection:
            return connection.execute("DELETE FROM sessions WHERE id = ?", (session_id,)).rowcount > 0

    def end_sessions_of(self, person_id: int, now: datetime, *, but: int | None = None, by: str = "") -> int:
        """Sign somebody out everywhere, but in the session *but*; returns how many sessions ended."""
        with self._writing() as connection:
            ended = _end_sessions(connection, person_id, but)
            names = connection.execute("SELECT name FROM people WHERE id = ?", (person_id,)).fetchall()
            for (name,) in names:
                _log(connection, now, Deed.SESSIONS_ENDED, name=name, why=str(ended), by=by)
            return ended

    # Tokens for programs

    def new_token(
        self, name: str, scopes: Collection[Right], expires_at: datetime | None, *, by: str, now: datetime
    ) -> str:
        """Make a token and return it; it is shown this once, and only its hash is kept."""
        secret = _TOKEN_PREFIX + self._secret()
        name = _proper(name)
        until = expires_at.timestamp() if expires_at else None
        words = " ".join(right.value for right in Right if right in scopes)
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO tokens (hash, name, scopes, created_at, expires_at, by) VALUES (?, ?, ?, ?, ?, ?)",
                (_digest(secret), name, words, now.timestamp(), until, by),
            )
            _log(connection, now, Deed.TOKEN_MADE, name=name, why=words, by=by)
        return secret

    def token(self, text: str, now: datetime) -> Token | None:
        """Return the token that a program shows, if it lasts; it is noted as used, once a minute."""
        if not text.startswith(_TOKEN_PREFIX):
            return None
        at = now.timestamp()
        rows = self._rows(
            f"SELECT {_TOKEN} WHERE hash = ? AND (expires_at IS NULL OR expires_at > ?)", _digest(text), at
        )
        if rows and at - (rows[0][4] or 0) >= _SEEN_EVERY:
            with suppress(AccessUnreadableError), self._writing() as connection:
                connection.execute("UPDATE tokens SET last_used_at = ? WHERE id = ?", (at, rows[0][0]))
        return _token(rows[0]) if rows else None

    def tokens(self) -> tuple[Token, ...]:
        """Return every token, also those whose time is over, newest first."""
        return tuple(_token(row) for row in self._rows(f"SELECT {_TOKEN} ORDER BY id DESC"))

    def revoke_token(self, token_id: int, now: datetime, *, by: str = "") -> Token:
        """Make a token worthless and return it; NoSuchTokenError."""
        with self._writing() as connection:
            row = connection.execute(f"SELECT {_TOKEN} WHERE id = ?", (token_id,)).fetchone()
            if row is None:
                raise NoSuchTokenError(token_id)
            _revoke(connection, _token(row), now, by)
            return _token(row)

    # The first admin

    def new_setup_code(self, now: datetime) -> str:
        """Return a code that lets the first admin in, for a week; the one before is worthless. AlreadySetUpError."""
        bits = self._randomness.bits(5 * _CODE_LENGTH)
        signs = "".join(_CODE_SIGNS[bits >> 5 * place & 31] for place in range(_CODE_LENGTH))
        with self._writing() as connection:
            _refuse_if_set_up(connection)
            connection.execute("INSERT OR REPLACE INTO setup VALUES (1, ?, ?)", (_digest(signs), now.timestamp()))
        return f"{signs[:4]}-{signs[4:]}"

    def use_setup_code(self, code: str, now: datetime) -> bool:
        """Tell whether *code* is the set-up code; it stays good until somebody has an account."""
        with self._reading() as connection:
            return not _anyone(connection) and _is_setup_code(connection, code, now)

    def create_first_admin(self, code: str, name: str, hashed: str, now: datetime) -> Person | None:
        """Let the first admin in and make the code worthless; None if it is the wrong one. AlreadySetUpError."""
        with self._writing() as connection:
            _refuse_if_set_up(connection)
            if not _is_setup_code(connection, code, now):
                return None
            person = _add(connection, name, Role.ADMIN, hashed, now)
            connection.execute("DELETE FROM setup")
            _log(connection, now, Deed.SET_UP, name=person.name)
            return person

    # The log

    def note_sign_in(self, name: str, address: str, *, ok: bool, why: str = "", now: datetime) -> None:
        """Write down that somebody signed in, or tried to.

        A name that nobody has is not kept: it may be a password that was typed into the wrong field.
        """
        with self._writing() as connection:
            rows = connection.execute("SELECT name FROM people WHERE folded = ?", (folded(name),)).fetchall()
            known = rows[0][0] if rows else ""
            _log(connection, now, Deed.SIGN_IN, name=known, address=address, ok=ok, why=why)

    def sign_ins(self, limit: int = 100) -> tuple[SignIn, ...]:
        """Return the newest entries of the log, newest first."""
        rows = self._rows("SELECT at, what, name, address, ok, why, by FROM log ORDER BY id DESC LIMIT ?", limit)
        return tuple(
            SignIn(at=_moment(at), what=Deed(what), name=name, address=address, ok=bool(ok), why=why, by=by)
            for at, what, name, address, ok, why, by in rows
        )

    def signed_in_before(self, name: str, address: str) -> bool:
        """Tell whether this person has signed in from *address* before."""
        person = self.person(name)
        sql = "SELECT 1 FROM log WHERE name = ? AND address = ? AND ok = 1 AND what = ? LIMIT 1"
        return person is not None and bool(
            self._rows(sql, person.name, plain(address, _LONGEST_ADDRESS), Deed.SIGN_IN.value)
        )

    def forget_sign_ins(self, before: datetime) -> int:
        """Forget what happened before then; returns how many entries went."""
        with self._writing() as connection:
            return connection.execute("DELETE FROM log WHERE at < ?", (before.timestamp(),)).rowcount

    # All of it

    def backup(self, path: Path, *, with_secrets: bool) -> None:
        """Write a copy to the new file *path*; nobody is signed in there, and without secrets no token is good."""
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            with closing(sqlite3.connect(path, isolation_level=None)) as copy:
                with self._reading() as connection:
                    connection.backup(copy)
                # Bringing it back must not bring back who was signed out since.
                for table in ("sessions", "setup") if with_secrets else ("sessions", "setup", "tokens"):
                    copy.execute(f"DELETE FROM {table}")
                copy.execute("PRAGMA journal_mode=DELETE").fetchone()
                copy.execute("VACUUM")  # what was deleted is not left between the lines
        except sqlite3.Error as error:
            raise unreadable(path, error) from error

    def _secret(self) -> str:
        drawn = self._randomness.bits(_SECRET_BITS).to_bytes(_SECRET_BITS // 8, "big")
        return base64.urlsafe_b64encode(drawn).rstrip(b"=").decode()

    def _rows(self, sql: str, *values: str | float) -> list[tuple[Any, ...]]:
        with self._reading() as connection:
            return connection.execute(sql, values).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._connection
            except sqlite3.DatabaseError as error:
                raise unreadable(self._path, error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.rollback()


def _add(connection: sqlite3.Connection, name: str, role: Role, hashed: str, now: datetime) -> Person:
    name = _proper(name)
    try:
        connection.execute(
            "INSERT INTO people (name, folded, role, password, created_at) VALUES (?, ?, ?, ?, ?)",
            (name, folded(name), role.value, hashed, now.timestamp()),
        )
    except sqlite3.IntegrityError as error:
        raise NameTakenError(name) from error
    return _find(connection, name)


def _find(connection: sqlite3.Connection, name: str) -> Person:
    row = connection.execute(f"SELECT {_PERSON} FROM people WHERE folded = ?", (folded(name),)).fetchone()
    if row is None:
        raise NoSuchPersonError(plain(name, LONGEST_NAME))
    return _person(row)


def _refuse_last_admin(connection: sqlite3.Connection, person: Person) -> None:
    sql = "SELECT 1 FROM people WHERE role = ? AND id != ? LIMIT 1"
    if connection.execute(sql, (Role.ADMIN.value, person.id)).fetchone() is None:
        raise LastAdminError(person.name)


def _anyone(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM people LIMIT 1").fetchone() is not None


def _refuse_if_set_up(connection: sqlite3.Connection) -> None:
    if _anyone(connection):
        raise AlreadySetUpError


def _is_setup_code(connection: sqlite3.Connection, code: str, now: datetime) -> bool:
    signs = code.upper().translate(_LOOK_ALIKES)
    oldest = (now - _SETUP_CODE_LIVES).timestamp()
    row = connection.execute("SELECT hash FROM setup WHERE made_at > ?", (oldest,)).fetchone()
    return row is not None and hmac.compare_digest(row[0], _digest(signs))


def _end_sessions(connection: sqlite3.Connection, person_id: int, but: int | None) -> int:
    sql = "DELETE FROM sessions WHERE person = ? AND id IS NOT ?"
    return connection.execute(sql, (person_id, but)).rowcount


def _tokens_of(connection: sqlite3.Connection, person: Person) -> list[Token]:
    rows = connection.execute(f"SELECT {_TOKEN} WHERE by = ?", (person.name,)).fetchall()
    return [_token(row) for row in rows]


def _revoke(connection: sqlite3.Connection, token: Token, now: datetime, by: str) -> None:
    connection.execute("DELETE FROM tokens WHERE id = ?", (token.id,))
    _log(connection, now, Deed.TOKEN_REVOKED, name=token.name, by=by)


def _log(  # noqa: PLR0913  (one parameter a column)
    connection: sqlite3.Connection,
    now: datetime,
    what: Deed,
    *,
    name: str,
    address: str = "",
    ok: bool = True,
    why: str = "",
    by: str = "",
) -> None:
    cursor = connection.execute(
        "INSERT INTO log (at, what, name, address, ok, why, by) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (now.timestamp(), what.value, name, plain(address, _LONGEST_ADDRESS), ok, plain(why, _LONGEST_WHY), by),
    )
    connection.execute("DELETE FROM log WHERE id <= ?", ((cursor.lastrowid or 0) - _MOST_LOGGED,))


def _proper(name: str) -> str:
    name = " ".join(plain(name, LONGEST_NAME + 2).split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadNameError(LONGEST_NAME)
    return name


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _maybe(at: float | None) -> datetime | None:
    return None if at is None else _moment(at)


def _person(row: tuple[Any, ...]) -> Person:
    number, name, role, created_at, seen_at = row
    return Person(id=number, name=name, role=Role(role), created_at=_moment(created_at), last_seen_at=_maybe(seen_at))


def _session(row: tuple[Any, ...]) -> Session:
    number, created_at, seen_at, expires_at, client, address, _, *person = row
    return Session(
        id=number,
        person=_person(tuple(person)),
        created_at=_moment(created_at),
        seen_at=_moment(seen_at),
        expires_at=_moment(expires_at),
        client=client,
        address=address,
    )


def _token(row: tuple[Any, ...]) -> Token:
    number, name, scopes, created_at, used_at, expires_at, by = row
    return Token(
        id=number,
        name=name,
        scopes=frozenset(Right(scope) for scope in scopes.split()),
        created_at=_moment(created_at),
        last_used_at=_maybe(used_at),
        expires_at=_maybe(expires_at),
        by=by,
    )
