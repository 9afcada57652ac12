"""Digest authentication of our own requests (RFC 7616, RFC 8760; RFC 3261 §22)."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from callguard_sip.core.errors import BadMessage
from callguard_sip.core.scan import end_of_quoted, split_outside

_MOST_CHALLENGES = 16


class Algorithm(IntEnum):
    """Hash algorithms, the weakest first."""

    MD5 = 1
    SHA_256 = 2
    SHA_512_256 = 3

    def digest(self, text: str) -> str:
        """Return the hash of *text* in hexadecimal."""
        return self.digest_bytes(_octets(text))

    def digest_bytes(self, data: bytes) -> str:
        """Return the hash of *data* in hexadecimal."""
        # MD5 guards nothing here that its user did not choose; a FIPS build must not refuse to register.
        return hashlib.new(_HASHES[self], data, usedforsecurity=False).hexdigest()


_HASHES = {Algorithm.MD5: "md5", Algorithm.SHA_256: "sha256", Algorithm.SHA_512_256: "sha512_256"}
_ALGORITHMS = {"md5": Algorithm.MD5, "sha-256": Algorithm.SHA_256, "sha-512-256": Algorithm.SHA_512_256}


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a registrar asks; texts stand as they were between their quotes, escapes and all, and are echoed so."""

    realm: str
    nonce: str
    algorithm: Algorithm = Algorithm.MD5
    named: str = ""
    "The algorithm's name as it was written, to be echoed; empty if none was."
    session: bool = False
    "A `-sess` variant: the hash of the password is bound to this nonce."
    qop: str = ""
    "`auth` or `auth-int`; empty if none was asked for (RFC 2069)."
    opaque: str | None = None
    stale: bool = False
    "The password was right and only the nonce was too old: answer again."
    userhash: bool = False
    "The registrar wants the user's name hashed (RFC 7616 §3.4.4)."


def choose(challenges: Sequence[str], floor: Algorithm | None = None) -> Challenge | None:
    """Return the strongest challenge that we can answer, or None.

    *challenges* are values of WWW-Authenticate or Proxy-Authenticate, each with one or more challenges; what is
    no Digest challenge, or asks for what we do not know, is ignored. Nothing weaker than *floor* is answered: whoever
    has once asked for SHA-256 must not fall back to MD5.
    """
    known = [challenge for value in challenges[:_MOST_CHALLENGES] for challenge in _readable(value)]
    fit = [challenge for challenge in known if floor is None or challenge.algorithm >= floor]
    # The server's order is its preference (RFC 8760 §2.4): max() keeps the first of equals.
    return max(fit, key=lambda challenge: challenge.algorithm, default=None)


def authorize(  # noqa: PLR0913 - each is named in RFC 7616 §3.4
    challenge: Challenge,
    *,
    method: str,
    uri: str,
    user: str,
    password: str,
    cnonce: str,
    nc: int = 1,
    body: bytes = b"",
) -> str:
    """Return the value of the Authorization or Proxy-Authorization header that answers *challenge*.

    *nc* counts the requests made with this nonce, from 1; *cnonce* is random and ours. *body* counts for `auth-int`.
    """
    count = f"{nc:08x}"
    digest = challenge.algorithm.digest
    secret = digest(f"{user}:{challenge.realm}:{password}")
    if challenge.session:
        secret = digest(f"{secret}:{challenge.nonce}:{cnonce}")
    what = f"{method}:{uri}"
    if challenge.qop == "auth-int":
        what += ":" + challenge.algorithm.digest_bytes(body)
    middle = f"{challenge.nonce}:{count}:{cnonce}:{challenge.qop}" if challenge.qop else challenge.nonce
    name = digest(f"{user}:{challenge.realm}") if challenge.userhash else _escaped(user)
    fields = [
        f'username="{name}"',
        f'realm="{challenge.realm}"',
        f'nonce="{challenge.nonce}"',
        f'uri="{_escaped(uri)}"',
        f'response="{digest(f"{secret}:{middle}:{digest(what)}")}"',
        f"algorithm={challenge.named}" if challenge.named else "",
        f"qop={challenge.qop}, nc={count}" if challenge.qop else "",
        f'cnonce="{_escaped(cnonce)}"' if challenge.qop or challenge.session else "",
        f'opaque="{challenge.opaque}"' if challenge.opaque is not None else "",
        "userhash=true" if challenge.userhash else "",
    ]
    return "Digest " + ", ".join(filter(None, fields))


def _readable(value: str) -> Iterator[Challenge]:
    try:
        found = _challenges(value)
    except BadMessage:
        return
    for scheme, params in found[:_MOST_CHALLENGES]:
        challenge = _challenge(params) if scheme == "digest" else None
        if challenge is not None:
            yield challenge


def _challenges(value: str) -> list[tuple[str, dict[str, str]]]:
    """Cut ``Digest realm="a", nonce="b", Digest …`` into challenges: one begins where a word stands before a name."""
    found: list[tuple[str, dict[str, str]]] = []
    for piece in split_outside(value, ","):
        name, equals, text = piece.strip(" \t").partition("=")
        scheme, blank, rest = name.partition(" ")
        if blank and equals:
            found.append((scheme.lower(), {}))
            name = rest
        if equals and found:
            found[-1][1].setdefault(name.strip(" \t").lower(), _between_quotes(text.strip(" \t")))
    return found


def _between_quotes(text: str) -> str:
    if '"' not in text:
        return text
    if text[0] != '"' or end_of_quoted(text, 0) != len(text):
        raise BadMessage(400, "Bad Challenge")
    return text[1:-1]


def _challenge(params: dict[str, str]) -> Challenge | None:
    named = params.get("algorithm", "")
    plain = params.get("algorithm", "md5").lower().removesuffix("-sess")
    algorithm = _ALGORITHMS.get(plain)
    qop = _qop(params.get("qop"))
    if algorithm is None or qop is None or "realm" not in params or not params.get("nonce"):
        return None
    return Challenge(
        realm=params["realm"],
        nonce=params["nonce"],
        algorithm=algorithm,
        named=named,
        session=named.lower().endswith("-sess"),
        qop=qop,
        opaque=params.get("opaque"),
        stale=params.get("stale", "").lower() == "true",
        userhash=params.get("userhash", "").lower() == "true",
    )


def _qop(offered: str | None) -> str | None:
    """Return what to use of the list offered: empty if there is none, None if we know none of them."""
    if offered is None:
        return ""
    options = {option.strip().lower() for option in offered.split(",")}
    return next((known for known in ("auth", "auth-int") if known in options), None)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
