"""People, what each of them may do, and what shows that it is them."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callguard.model.text import plain


class Right(StrEnum):
    """One thing that somebody, or a program with a token, may do."""

    READ = "read"
    "See calls, and why."
    CALLS = "calls"
    "Act on calls: allow, block, expect, review, complain."
    LISTS = "lists"
    "Change rules, lists and contacts."
    ADMIN = "admin"
    "Change settings and people, back up, forget; as a token's scope: everything."


class Role(StrEnum):
    """What a person is in this house."""

    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"


_RIGHTS = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.MEMBER: frozenset({Right.READ, Right.CALLS, Right.LISTS}),
    Role.ADMIN: frozenset(Right),
}


def rights_of(role: Role) -> frozenset[Right]:
    """Return what somebody in *role* may do."""
    return _RIGHTS[role]


def folded(name: str) -> str:
    """Return what all spellings of one person's name have in common."""
    shown = " ".join(plain(name).split())
    return unicodedata.normalize("NFKC", shown).casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may sign in."""

    id: int
    name: str
    role: Role
    created_at: datetime
    last_seen_at: datetime | None

    @property
    def rights(self) -> frozenset[Right]:
        """What this person may do."""
        return rights_of(self.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser in which somebody is signed in."""

    id: int
    person: Person
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    client: str
    "What the browser calls itself."
    address: str
    "From where the person signed in."


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What lets a program in."""

    id: int
    name: str
    scopes: frozenset[Right]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    by: str
    "Who made it."

    @property
    def rights(self) -> frozenset[Right]:
        """What the program may do: each token may read, and `admin` may do everything."""
        return frozenset(Right) if Right.ADMIN in self.scopes else self.scopes | {Right.READ}


class Deed(StrEnum):
    """What is written down about access."""

    SIGN_IN = "sign-in"
    SET_UP = "set-up"
    "The first admin came in with the set-up code."
    PERSON_ADDED = "person-added"
    PERSON_REMOVED = "person-removed"
    ROLE_SET = "role-set"
    PASSWORD_SET = "password-set"
    SESSIONS_ENDED = "sessions-ended"
    TOKEN_MADE = "token-made"
    TOKEN_REVOKED = "token-revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One attempt to sign in, or one change of who may: the two share a log."""

    at: datetime
    name: str
    "Whom, or which token, it is about; empty if somebody tried a name that nobody has."
    address: str
    ok: bool
    why: str
    "Why it was refused, or what was changed."
    what: Deed = Deed.SIGN_IN
    by: str = ""
    "Who changed it."
