"""Passwords: kept as slow hashes, and refused when they are too easy to guess."""

import base64
import binascii
import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

SALT_BITS = 128
FEWEST = 10
"Characters of a password."
_MOST_BYTES = 1024
_KEY_BYTES = 32
_PHC = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{6,64})\$([A-Za-z0-9+/]{43})")
_FEWEST_SIGNS = 5
_SHORTEST_NAME = 3


@dataclass(frozen=True, slots=True)
class _Cost:
    """How much work one guess is; the defaults are one of the five settings of the OWASP cheat-sheet.

    https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt (read 2026-11-23) asks
    for N=2^17 r=8 p=1 or an equal: N=2^14 r=8 p=5 needs 16 MiB instead of 128 MiB, which a small computer has.
    """

    log_n: int = 14
    r: int = 8
    p: int = 5

    def is_bearable(self) -> bool:
        """Tell whether a hash that was brought in with a backup can be computed here at all."""
        return 1 <= self.log_n <= 17 and 1 <= self.r <= 16 and 1 <= self.p <= 16


_USUAL = _Cost()


def hash_password(password: str, salt_bits: int) -> str:
    """Return what to keep of *password*, given 128 random bits; takes about a fifth of a second."""
    salt = salt_bits.to_bytes(SALT_BITS // 8, "big")
    key = _key(password, salt, _USUAL)
    return f"$scrypt$ln={_USUAL.log_n},r={_USUAL.r},p={_USUAL.p}${_text(salt)}${_text(key)}"


def verify(password: str, phc: str | None) -> bool:
    """Tell whether *password* is the one that *phc* was made of.

    None is for a name that nobody has; it takes as long as any other, so that time tells nothing.
    """
    parsed = _parsed(phc or "")
    cost, salt, kept = parsed or (_USUAL, b"\0" * (SALT_BITS // 8), b"\0" * _KEY_BYTES)
    fits = len(_bytes(password)) <= _MOST_BYTES
    same = hmac.compare_digest(_key(password if fits else "", salt, cost), kept)
    return same and fits and parsed is not None


def needs_rehash(phc: str) -> bool:
    """Tell whether *phc* was made with other costs than are usual now."""
    parsed = _parsed(phc)
    return parsed is None or parsed[0] != _USUAL


def why_not_good_enough(password: str, name: str) -> str:
    """Return in words what is wrong with a new password of the person called *name*; empty if it will do."""
    text = _normal(password).casefold()
    if len(text) < FEWEST:
        return f"A password needs at least {FEWEST} characters. Three or four words that do not belong together do."
    if len(_bytes(password)) > _MOST_BYTES:
        return f"That is longer than {_MOST_BYTES} bytes."
    own = _normal(name).casefold()
    rest = text.replace(own, "") if len(own) >= _SHORTEST_NAME else text
    if len(rest) < FEWEST // 2 or (rest != text and _is_row(rest)):
        return "That is hardly more than the name."
    if len(set(text)) < _FEWEST_SIGNS or _is_row(text):
        return "That is too easy to guess: the same signs again and again, or signs in a row."
    if text in _common() or text.rstrip("0123456789!?.*#$ ") in _common():
        return "Many people have that password, so it is tried first."
    return ""


def _is_row(text: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return steps in ({1}, {-1})


@cache
def _common() -> frozenset[str]:
    lines = files("callguard.access").joinpath("common.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("# "))


def _key(password: str, salt: bytes, cost: _Cost) -> bytes:
    n = 1 << cost.log_n
    room = 128 * cost.r * (n + cost.p + 2) + (1 << 20)
    return hashlib.scrypt(_bytes(password), salt=salt, n=n, r=cost.r, p=cost.p, dklen=_KEY_BYTES, maxmem=room)


def _normal(text: str) -> str:
    # The same letters come as different code points from different keyboards (NIST SP 800-63B, 5.1.1.2).
    return unicodedata.normalize("NFKC", text)


def _bytes(password: str) -> bytes:
    return _normal(password).encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode()


def _parsed(phc: str) -> tuple[_Cost, bytes, bytes] | None:
    found = _PHC.fullmatch(phc)
    if found is None:
        return None
    cost = _Cost(int(found[1]), int(found[2]), int(found[3]))
    try:
        salt, key = (base64.b64decode(part + "=" * (-len(part) % 4)) for part in (found[4], found[5]))
    except binascii.Error:
        return None
    return (cost, salt, key) if cost.is_bearable() else None
