"""Who may use the console: people, their sessions, tokens for programs, and the log of who signed in."""

from callguard.access.access import Access
from callguard.access.errors import (
    AccessError,
    AccessUnreadableError,
    AlreadySetUpError,
    BadNameError,
    LastAdminError,
    NameTakenError,
    NoSuchPersonError,
    NoSuchTokenError,
)
from callguard.access.passwords import hash_password, needs_rehash, verify, why_not_good_enough
from callguard.access.people import Deed, Person, Right, Role, Session, SignIn, Token, rights_of
from callguard.access.throttle import Throttle

__all__ = [
    "Access",
    "AccessError",
    "AccessUnreadableError",
    "AlreadySetUpError",
    "BadNameError",
    "Deed",
    "LastAdminError",
    "NameTakenError",
    "NoSuchPersonError",
    "NoSuchTokenError",
    "Person",
    "Right",
    "Role",
    "Session",
    "SignIn",
    "Throttle",
    "Token",
    "hash_password",
    "needs_rehash",
    "rights_of",
    "verify",
    "why_not_good_enough",
]
