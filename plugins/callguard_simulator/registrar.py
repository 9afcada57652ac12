"""Where the household's line registers: REGISTER and OPTIONS in, responses out; no sockets, time as an argument."""

from collections.abc import Callable
from dataclasses import dataclass

from callguard_simulator.digest import Doorman
from callguard_simulator.wire import Header, Message, parameter, response, uri_of, user_of

Address = tuple[str, int]
_LONGEST_BINDING = 3600
_USUAL_BINDING = 600
_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class Binding:
    """Where the line can be reached."""

    contact: str
    "The URI it asked to be called by."
    source: Address
    "Where its REGISTER came from, and where calls go."
    expires_at: float


class Registrar:
    """One subscriber, one binding: a later registration replaces the earlier one."""

    def __init__(self, user: str, doorman: Doorman, token: Callable[[], str]) -> None:
        self._user = user
        self._doorman = doorman
        self._token = token
        self._binding: Binding | None = None
        self._answers: dict[tuple[str, str, Address], Message] = {}

    def binding(self, now: float) -> Binding | None:
        """Return where the line is registered, or None."""
        return self._binding if self._binding and self._binding.expires_at > now else None

    def answer(self, request: Message, source: Address, now: float) -> Message:
        """Return the response to *request*; a retransmitted request gets the same response once more."""
        key = (request.branch, request.method, source)
        known = self._answers.get(key)
        if known is not None and known.first("CSeq") == request.first("CSeq"):
            return known
        status, reason, extra = self._decide(request, source, now)
        answer = response(request, status, reason, extra, tag=self._token())
        self._answers[key] = answer
        while len(self._answers) > _REMEMBERED:
            del self._answers[next(iter(self._answers))]
        return answer

    def _decide(self, request: Message, source: Address, now: float) -> tuple[int, str, list[Header]]:
        if request.method == "OPTIONS":
            return 200, "OK", [("Allow", "REGISTER, OPTIONS, ACK, BYE")]
        if request.method in ("BYE", "CANCEL"):
            return 481, "Call/Transaction Does Not Exist", []
        if request.method != "REGISTER":
            return 405, "Method Not Allowed", [("Allow", "REGISTER, OPTIONS, ACK, BYE")]
        if user_of(uri_of(request.first("To"))) != self._user:
            return 404, "Not Found", []
        authorization = request.first("Authorization")
        if not authorization:
            return 401, "Unauthorized", [("WWW-Authenticate", self._doorman.challenge(now))]
        if not self._doorman.admits(authorization, "REGISTER"):
            return 403, "Forbidden", []
        if not self._doorman.is_fresh(authorization, now):
            return 401, "Unauthorized", [("WWW-Authenticate", self._doorman.challenge(now, stale=True))]
        return self._bind(request, source, now)

    def _bind(self, request: Message, source: Address, now: float) -> tuple[int, str, list[Header]]:
        contact = request.first("Contact")
        seconds = _seconds(parameter(contact, "expires") or request.first("Expires"))
        if contact and seconds:
            self._binding = Binding(uri_of(contact), source, now + seconds)
        elif contact:
            self._binding = None
        return 200, "OK", self._listed(now)

    def _listed(self, now: float) -> list[Header]:
        binding = self.binding(now)
        if binding is None:
            return []
        return [("Contact", f"<{binding.contact}>;expires={round(binding.expires_at - now)}")]


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        return _USUAL_BINDING
    return min(int(text[:9]), _LONGEST_BINDING)
