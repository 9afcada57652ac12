"""The company's side of SIP digest authentication with SHA-256 (RFC 7616, RFC 8760)."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest

_NONCE_LIVES = 300.0
_MOST_NONCES = 64
_LONGEST = 4096


@dataclass(slots=True)
class _Nonce:
    issued_at: float
    highest_count: int = 0


class Doorman:
    """Challenges who comes, and knows who has the password; every challenge may be answered many times, each once."""

    def __init__(self, realm: str, user: str, password: str, token: Callable[[], str]) -> None:
        self._realm = realm
        self._user = user
        self._secret = _hash(f"{user}:{realm}:{password}")
        self._token = token
        self._nonces: dict[str, _Nonce] = {}

    def challenge(self, now: float, *, stale: bool = False) -> str:
        """Return a fresh WWW-Authenticate value."""
        nonce = self._token()
        self._nonces[nonce] = _Nonce(now)
        while len(self._nonces) > _MOST_NONCES:
            del self._nonces[next(iter(self._nonces))]
        again = ", stale=true" if stale else ""
        return f'Digest realm="{self._realm}", nonce="{nonce}", algorithm=SHA-256, qop="auth"{again}'

    def admits(self, authorization: str, method: str) -> bool:
        """Tell whether an Authorization value proves the password for *method*, whatever the nonce's age."""
        given = fields(authorization)
        ha2 = _hash(f"{method}:{given.get('uri', '')}")
        middle = ":".join(given.get(key, "") for key in ("nonce", "nc", "cnonce", "qop"))
        expected = _hash(f"{self._secret}:{middle}:{ha2}")
        return (
            given.get("username") == self._user
            and given.get("realm") == self._realm
            and given.get("qop") == "auth"
            and given.get("algorithm", "").upper() == "SHA-256"
            and compare_digest(given.get("response", "").encode("utf-8", "replace"), expected.encode())
        )

    def is_fresh(self, authorization: str, now: float) -> bool:
        """Tell whether the nonce is ours, young, and used with a higher count than before; counts it as used."""
        given = fields(authorization)
        nonce = self._nonces.get(given.get("nonce", ""))
        count = _count(given.get("nc", ""))
        if nonce is None or now - nonce.issued_at > _NONCE_LIVES or count <= nonce.highest_count:
            return False
        nonce.highest_count = count
        return True


def fields(header: str) -> dict[str, str]:
    """Return the parameters of a Digest header, names in lower case; a comma inside quotes separates nothing."""
    scheme, _, rest = header.strip().partition(" ")
    found: dict[str, str] = {}
    if len(rest) > _LONGEST:
        return found
    while scheme.lower() == "digest" and "=" in rest:
        name, _, rest = rest.partition("=")
        value, rest = _value(rest.lstrip())
        found[name.strip(" ,\t").lower()] = value
    return found


def _value(text: str) -> tuple[str, str]:
    if not text.startswith('"'):
        plain, _, rest = text.partition(",")
        return plain.strip(), rest
    value, place = [], 1
    while place < len(text) and text[place] != '"':
        place += text[place] == "\\"
        value.append(text[place : place + 1])
        place += 1
    return "".join(value), text[place + 1 :]


def _count(text: str) -> int:
    return int(text, 16) if len(text) == 8 and all(c in "0123456789abcdefABCDEF" for c in text) else 0


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
