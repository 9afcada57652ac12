"""Our password, shown to one registrar only and never in a weaker form than before (RFC 7616, RFC 8760)."""

from enum import Enum

from callguard import Randomness
from callguard_sip.core import digest
from callguard_sip.core.digest import Algorithm, Challenge
from callguard_sip.core.message import Request, Response


class Refusal(Enum):
    """Why a challenge is not answered."""

    PASSWORD = "password"
    "The right answer to this very challenge was refused."
    WEAKER = "weaker"
    "The registrar once asked for a stronger algorithm."
    UNKNOWN = "unknown"
    "None of the algorithms offered is known here."


class Credentials:
    """Answers a registrar's challenges, and signs later requests with the same nonce while that works."""

    def __init__(self, user: str, password: str, chance: Randomness) -> None:
        self.used = False
        "Whether the last request bore an answer."
        self._user = user
        self._password = password
        self._chance = chance
        self._challenge: Challenge | None = None
        self._header = "authorization"
        self._count = 0
        self._floor: Algorithm | None = None
        self._fresh = False

    def sign(self, request: Request) -> None:
        """Add the answer to the latest challenge, if there is one."""
        challenge = self._challenge
        self.used = challenge is not None
        if challenge is None:
            return
        self._count += 1
        answer = digest.authorize(
            challenge,
            method=request.method,
            uri=request.uri,
            user=self._user,
            password=self._password,
            cnonce=f"{self._chance.bits(64):016x}",
            nc=self._count,
            body=request.body,
        )
        request.headers.add(self._header, answer)

    def challenged(self, response: Response) -> Refusal | None:
        """Take a 401 or 407; None means: sign again and repeat."""
        at_server = response.status == 401
        offers = response.headers.all("www-authenticate" if at_server else "proxy-authenticate")
        challenge = digest.choose(offers, self._floor)
        if challenge is None:
            self._challenge = None
            return Refusal.WEAKER if digest.choose(offers) is not None else Refusal.UNKNOWN
        if self.used and self._fresh and not challenge.stale:
            # It was this nonce's first use and still refused: the password, or the user, is wrong.
            self._challenge, self._fresh = None, False
            return Refusal.PASSWORD
        self._challenge, self._count, self._fresh = challenge, 0, True
        self._header = "authorization" if at_server else "proxy-authorization"
        return None

    def worked(self) -> None:
        """Learn that the answer was accepted: from now on nothing weaker will do."""
        self._fresh = False
        if self._challenge is not None:
            self._floor = max(self._floor or Algorithm.MD5, self._challenge.algorithm)
