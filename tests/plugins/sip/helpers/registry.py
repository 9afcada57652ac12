"""A registrar's side of the talk, without sockets: says what real ones say."""

import hashlib
from dataclasses import dataclass, field

from callguard import LineStatus
from callguard_sip.core.account import Account
from callguard_sip.core.dialog import Local
from callguard_sip.core.events import Connect
from callguard_sip.core.flow import Flow, Transport
from callguard_sip.core.message import Request, Response
from callguard_sip.core.registration import Standing
from tests.plugins.sip.helpers.transcript import ACCOUNT, HERE, USER, Scene

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
PUBLIC = Flow(Transport.UDP, "198.51.100.7", 5060)
HOME = Flow(Transport.UDP, "192.168.178.1", 5060)
OUR_CONTACT = Local(transport="UDP", host=HERE, port=5060, user=USER).contact


def answer(request: Request, status: int, *extra: str) -> bytes:
    """A response as a registrar writes it."""
    kept = [f"{name}: {request.headers.get(name)}" for name in ("via", "from", "call-id", "cseq")]
    to = f"To: {request.headers.get('to')};tag=registrar"
    return "\r\n".join([f"SIP/2.0 {status} Whatever", *kept, to, *extra, "Content-Length: 0", "", ""]).encode()


def fields(authorization: str) -> dict[str, str]:
    """The parameters of an Authorization header."""
    pairs = (part.strip().partition("=") for part in authorization.removeprefix("Digest ").split(","))
    return {name: value.strip('"') for name, _, value in pairs}


def is_right(request: Request, password: str, algorithm: str = "MD5") -> bool:
    """Tell whether a request shows that its sender knows the password (RFC 7616 §3.4.1, qop=auth)."""
    said = fields(request.headers.get("authorization") or request.headers.get("proxy-authorization") or "")

    def digest(text: str) -> str:
        return hashlib.new(HASHES[algorithm], text.encode()).hexdigest()

    secret = digest(f"{said.get('username')}:{said.get('realm')}:{password}")
    what = digest(f"{request.method}:{request.uri}")
    parts = [secret, *(said.get(name, "") for name in ("nonce", "nc", "cnonce", "qop")), what]
    return said.get("uri") == request.uri and said.get("response") == digest(":".join(parts))


def challenge(nonce: str = "n1", algorithm: str = "MD5", *, stale: bool = False) -> str:
    """A WWW-Authenticate header line."""
    more = ", stale=true" if stale else ""
    asked = f'realm="fritz.box", nonce="{nonce}", algorithm={algorithm}, qop="auth,auth-int"{more}'
    return f"WWW-Authenticate: Digest {asked}"


@dataclass
class Registry(Scene):
    """An endpoint that registers, seen from the registrar."""

    targets: tuple[Flow, ...] = (HOME,)
    account: Account = ACCOUNT
    now: float = 1000.0
    connected: list[Flow] = field(default_factory=list)

    def __post_init__(self) -> None:
        Scene.__init__(self, account=self.account, trunk=False)

    def starts(self) -> Request:
        """Let the endpoint learn its targets and open the way to the first; return the REGISTER."""
        self.endpoint.use(self.targets, self.now)
        return self.connects()

    def connects(self) -> Request:
        """Open the way the endpoint asked for; return what it says then."""
        self.sent()
        target = self.last(Connect).target
        self.connected.append(target)
        self.endpoint.link_up(target, HERE, 5060, self.now)
        (message,) = self.sent()
        assert isinstance(message, Request)
        return message

    def replies(self, request: Request, status: int, *extra: str) -> list[Request | Response]:
        """Answer a request of the endpoint."""
        return self.hears(answer(request, status, *extra), self.connected[-1])

    def accepts(self, request: Request, expires: int = 600) -> list[Request | Response]:
        """Say 200 to a REGISTER."""
        return self.replies(request, 200, f"Contact: <{OUR_CONTACT}>;expires={expires}")

    def registered(self, expires: int = 600) -> None:
        """Have the endpoint registered."""
        assert self.accepts(self.starts(), expires) == []
        assert self.standing.status is LineStatus.PROTECTING

    @property
    def standing(self) -> Standing:
        return self.endpoint.standing


def contact_of(request: Request) -> str:
    """The Contact a REGISTER asks for."""
    return request.contacts[0].uri
