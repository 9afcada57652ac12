"""Who registers, and the requests that say so (RFC 3261 §10.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from callguard import Randomness
from callguard_sip.core.dialog import Local
from callguard_sip.core.flow import in_uri
from callguard_sip.core.message import Headers, Request
from callguard_sip.core.reply import METHODS
from callguard_sip.core.transactions import COOKIE


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who registers, and for whom."""

    user: str
    domain: str
    auth_user: str
    password: str
    instance: str = ""
    "UUID of this installation for ``+sip.instance`` (RFC 5626 §4.1); empty leaves it out."
    expires: int = 600
    agent: str = "CallGuard"


class Requests:
    """Writes what an account says to its registrar: one Call-ID, counting CSeq, every branch new."""

    def __init__(self, account: Account, chance: Randomness) -> None:
        self._account = account
        self._chance = chance
        self._domain = in_uri(account.domain.strip("[]"))
        self._call_id = f"{chance.bits(96):x}"
        self._tag = f"{chance.bits(64):x}"
        self._cseq = 0

    def register(self, local: Local, expires: int, leftovers: Sequence[str] = ()) -> Request:
        """Return a REGISTER for *expires* seconds (0: no longer) that also takes *leftovers* back."""
        request = self._request("REGISTER", local, self._call_id)
        headers = request.headers
        instance = f';+sip.instance="<urn:uuid:{self._account.instance}>"' if self._account.instance else ""
        headers.add("contact", f"<{local.contact}>{instance};expires={expires}")
        for uri in leftovers:
            headers.add("contact", f"<{uri}>;expires=0")
        headers.add("expires", str(expires))
        headers.add("allow", METHODS)
        headers.add("user-agent", self._account.agent)
        return request

    def options(self, local: Local) -> Request:
        """Return the question whether the registrar is there."""
        request = self._request("OPTIONS", local, f"{self._chance.bits(96):x}")
        request.headers.add("accept", "application/sdp")
        return request

    def _request(self, method: str, local: Local, call_id: str) -> Request:
        self._cseq += 1
        me = f"<sip:{self._account.user}@{self._domain}>"
        branch = f"{COOKIE}{self._chance.bits(80):x}"
        headers = Headers([("via", local.via(branch)), ("max-forwards", "70"), ("from", f"{me};tag={self._tag}")])
        headers.add("to", me)
        headers.add("call-id", call_id)
        headers.add("cseq", f"{self._cseq} {method}")
        return Request(method, f"sip:{self._domain}", headers)
