"""Being found: REGISTER at one of the registrar's addresses, stay registered, notice at once when that ends.

A line whose registration is gone is deaf, and the household believes itself protected. So the registrar is asked
every few seconds whether it is still there: one in the house (a private address) by REGISTER, which also restores
what a restart made it forget, one on the Internet by OPTIONS, which costs it nothing. (RFC 3261 §10, RFC 5626 §4.5.)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address, ip_network

from callguard import LineStatus, Randomness
from callguard_sip.core.account import Account, Requests
from callguard_sip.core.bindings import bindings, granted, is_of, retry_after, seconds
from callguard_sip.core.client import ClientTransaction, ClientTransactions
from callguard_sip.core.credentials import Credentials, Refusal
from callguard_sip.core.dialog import Local
from callguard_sip.core.events import Connect, Event, StandingChanged, Trouble
from callguard_sip.core.flow import Flow, Packet
from callguard_sip.core.message import Address, Request, Response, serialise
from callguard_sip.core.pauses import pause_after
from callguard_sip.core.timers import Timed, Timers
from callguard_sip.core.transactions import GIVE_UP, T1

HEARTBEAT = 4.5
"Seconds of silence after which the registrar is asked whether it is there."
PATIENCE = 4.0
"Seconds without an answer after which the line counts as deaf; with HEARTBEAT less than ten."
_FIRST_PATIENCE = 6.0
"Seconds one of several addresses gets before the next is tried; doubled with every round."
_CONNECT_PATIENCE = 20.0
_GOODBYE = 2.0
_LONGEST_EXPIRES = 86_400
_MOST_LEFTOVERS = 8
_MOST_QUESTIONS = 4
"Challenges and 423s in a row that one attempt puts up with."
_PRIVATE = "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 127.0.0.0/8 169.254.0.0/16 fc00::/7 fe80::/10 ::1/128"
_IN_THE_HOUSE = tuple(ip_network(text) for text in _PRIVATE.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the line is registered, or why not."""

    status: LineStatus = LineStatus.STARTING
    trouble: Trouble = Trouble.NONE
    detail: str = ""
    "The status code or error text behind a trouble."
    target: Flow | None = None
    until: float = 0.0
    "When the registrar forgets us unless we refresh, monotonic."
    bindings: int = 0
    "How many addresses the registrar lists for this user."


class Phase(Enum):
    """What the machine is doing."""

    IDLE = "idle"
    CONNECTING = "connecting"
    ASKING = "asking"
    REGISTERED = "registered"
    RESTING = "resting"
    LEAVING = "leaving"
    GONE = "gone"


class Registration(Timed):
    """Keeps one account registered, healing by itself."""

    def __init__(
        self,
        account: Account,
        timers: Timers,
        clients: ClientTransactions,
        emit: Callable[[Event], None],
        chance: Randomness,
    ) -> None:
        super().__init__()
        self.standing = Standing()
        self.phase = Phase.IDLE
        self._instance = account.instance
        self._requests = Requests(account, chance)
        self._timers = timers
        self._clients = clients
        self._emit = emit
        self._chance = chance
        self._targets: tuple[Flow, ...] = ()
        self._at = 0
        self._tries = 0
        self._local: Local | None = None
        self._flow: Flow | None = None
        self._credentials = Credentials(account.auth_user, account.password, chance)
        self._expires = account.expires
        self._questions = 0
        self._tidied = False
        self._leftovers: list[str] = []
        self._pending: ClientTransaction | None = None
        self._asked_at = 0.0
        self._proven_at = 0.0
        self._refresh_at = 0.0

    # -- what the shell says ---------------------------------------------------------------------------------

    def use(self, targets: Sequence[Flow], now: float) -> None:
        """Register at one of *targets*, the most wanted first; a registration that still fits is kept."""
        if self.phase in (Phase.LEAVING, Phase.GONE) or not targets:
            return
        current = self.target
        self._targets = tuple(targets)
        if current in self._targets and self.phase is not Phase.IDLE:
            self._at = self._targets.index(current)
            return
        self._at = self._tries = 0
        self._connect(now)

    def unable(self, trouble: Trouble, detail: str) -> None:
        """Learn that there is nowhere to go yet; the shell keeps trying and says `use` or `needless`."""
        if not self._targets:
            self._deaf(trouble, detail)

    def needless(self, detail: str) -> None:
        """Learn that calls come without being registered."""
        self._stand(Standing(status=LineStatus.PROTECTING, detail=detail))

    def link_up(self, flow: Flow, local: Local, now: float) -> None:
        """Register through a way that is open now."""
        if self.phase is not Phase.CONNECTING or flow != self.target:
            return
        self._flow, self._local = flow, local
        self.phase = Phase.ASKING
        self._questions = 0
        self._register(now)

    def link_failed(self, flow: Flow, trouble: Trouble, detail: str, now: float) -> None:
        """Learn that a way could not be opened, or is no more."""
        if flow == self.target and self.phase in (Phase.CONNECTING, Phase.ASKING, Phase.REGISTERED):
            self._fail(trouble, detail, now)

    def rung(self, source: Flow, now: float) -> None:
        """Learn that a call came in: from the registrar there is no better proof of being registered."""
        if self._flow is None or source.host != self._flow.host:
            return
        # The timer is left alone: it sees by itself that it fired too early, which is cheaper than moving it.
        self._proven_at = now

    def stop(self, now: float) -> None:
        """Take our address back from the registrar (RFC 3261 §10.2.2)."""
        leaving = self.phase is Phase.REGISTERED
        self._forget_pending()
        self._timers.clear(self)
        self.phase = Phase.GONE
        if leaving:
            self.phase = Phase.LEAVING
            self._questions = 0
            self._register(now)
            self._timers.set(self, now + _GOODBYE)

    @property
    def target(self) -> Flow | None:
        """The registrar address in use or being tried."""
        return self._targets[self._at] if self._targets else None

    # -- time ------------------------------------------------------------------------------------------------

    def on_timer(self, now: float) -> None:
        """Ask, give up or try again."""
        if self.phase is Phase.CONNECTING:
            self._fail(Trouble.SILENT, "no connection", now)
        elif self.phase is Phase.RESTING:
            self._connect(now)
        elif self.phase is Phase.LEAVING:
            self._gone()
        elif self.phase is Phase.ASKING:
            self._no_answer_yet(now)
        elif self.phase is Phase.REGISTERED:
            self._check(now)

    def _no_answer_yet(self, now: float) -> None:
        if now >= self._asked_at + self._patience():
            self._fail(Trouble.SILENT, "", now)
            return
        self._deaf(Trouble.SILENT, "")
        self._timers.set(self, self._asked_at + self._patience())

    def _check(self, now: float) -> None:
        pending = self._pending is not None
        wake_at = self._proven_at + PATIENCE if pending else min(self._refresh_at, self._proven_at + HEARTBEAT)
        if now < wake_at:
            self._timers.set(self, wake_at)
        elif pending:
            self._fail(Trouble.SILENT, "", now)
        elif now >= self._refresh_at or self._in_the_house():
            self._questions = 0
            self._register(now)
        else:
            self._ask_whether_there(now)

    def _patience(self) -> float:
        rounds = self._tries // max(len(self._targets), 1)
        return min(_FIRST_PATIENCE * 2**rounds, GIVE_UP) if len(self._targets) > 1 else GIVE_UP

    def _in_the_house(self) -> bool:
        if self._flow is None:
            return False
        address = ip_address(self._flow.host.partition("%")[0])
        return any(address in network for network in _IN_THE_HOUSE)

    # -- requests --------------------------------------------------------------------------------------------

    def _connect(self, now: float) -> None:
        target = self.target
        if target is None:
            return
        self._forget_pending()
        self.phase = Phase.CONNECTING
        self._flow = None
        self._timers.set(self, now + _CONNECT_PATIENCE)
        self._emit(Connect(target))

    def _register(self, now: float) -> None:
        if self._local is not None:
            expires = 0 if self.phase is Phase.LEAVING else self._expires
            request = self._requests.register(self._local, expires, self._leftovers)
            self._credentials.sign(request)
            self._send(request, self._answered, now)
            self._watch(now)

    def _ask_whether_there(self, now: float) -> None:
        if self._local is not None:
            self._send(self._requests.options(self._local), self._is_there, now)
            self._timers.set(self, now + PATIENCE)

    def _send(self, request: Request, then: Callable[[Response | None, float], None], now: float) -> None:
        self._forget_pending()
        if self._flow is not None:
            self._asked_at = now
            packet = Packet(serialise(request), self._flow)
            self._pending = self._clients.start(request.via.branch or "", request.method, packet, then, now)

    def _watch(self, now: float) -> None:
        """Set the timer that notices a missing answer."""
        if self.phase is Phase.REGISTERED:
            self._timers.set(self, now + PATIENCE)
        elif self.phase is Phase.ASKING:
            self._timers.set(self, now + min(PATIENCE, self._patience()))

    # -- answers ---------------------------------------------------------------------------------------------

    def _answered(self, response: Response | None, now: float) -> None:
        self._pending = None
        if self.phase is Phase.LEAVING and (response is None or response.status not in (401, 407)):
            self._gone()
        elif response is None:
            self._fail(Trouble.SILENT, "", now)
        elif response.status in (401, 407):
            self._challenged(response, now)
        elif response.status == 423:
            self._too_brief(response, now)
        elif response.status < 300:
            self._accepted(response, now)
        elif response.status == 403 and self._credentials.used:
            self._fail(Trouble.PASSWORD, f"{response.status}", now)
        else:
            self._fail(Trouble.REJECTED, f"{response.status}", now, retry_after(response))

    def _challenged(self, response: Response, now: float) -> None:
        refusal = self._credentials.challenged(response)
        self._questions += 1
        if refusal is None and self._questions <= _MOST_QUESTIONS:
            self._register(now)
        elif self.phase is Phase.LEAVING:
            self._gone()
        else:
            self._fail(_REFUSALS[refusal or Refusal.PASSWORD], f"{response.status}", now)

    def _too_brief(self, response: Response, now: float) -> None:
        """Ask for as long as the registrar wants (RFC 3261 §10.2.8)."""
        wanted = seconds(response.headers.get("min-expires"))
        self._questions += 1
        if wanted is None or not self._expires < wanted <= _LONGEST_EXPIRES or self._questions > _MOST_QUESTIONS:
            self._fail(Trouble.REJECTED, f"{response.status}", now)
            return
        self._expires = wanted
        self._register(now)

    def _accepted(self, response: Response, now: float) -> None:
        listed = bindings(response)
        ours = next((each for each in listed if self._is_ours(each)), None)
        time = granted(response, ours, self._expires)
        if (listed and ours is None) or time <= 0:
            self._fail(Trouble.STRANGE, "the registrar does not list our address", now)
            return
        self.phase = Phase.REGISTERED
        self._leftovers = []
        self._credentials.worked()
        self._tries = 0
        self._refresh_at = now + max(time / 2, 1.0)
        self._rest_until_heartbeat(now)
        count = max(len(listed), 1)
        self._stand(Standing(status=LineStatus.PROTECTING, target=self._flow, until=now + time, bindings=count))
        self._tidy(listed, now)

    def _is_there(self, response: Response | None, now: float) -> None:
        """Take the answer to a heartbeat: any will do; a late one means that the registrar was away for a moment."""
        self._pending = None
        if response is None:
            self._fail(Trouble.SILENT, "", now)
        elif now - self._asked_at >= T1:
            self._questions = 0
            self._register(now)
        else:
            self._rest_until_heartbeat(now)

    def _rest_until_heartbeat(self, now: float) -> None:
        self._proven_at = now
        self._timers.set(self, min(self._refresh_at, now + HEARTBEAT))

    def _is_ours(self, binding: Address) -> bool:
        return self._local is not None and is_of(binding, self._local.user)

    def _tidy(self, listed: Sequence[Address], now: float) -> None:
        """Take back, once, what an earlier run of this installation left behind, or calls would wait for it."""
        if self._tidied or not self._instance:
            return
        self._tidied = True
        mark = f"<urn:uuid:{self._instance}>"
        old = [b.uri for b in listed if b.params.get("+sip.instance") == mark and not self._is_ours(b)]
        self._leftovers = old[:_MOST_LEFTOVERS]
        if self._leftovers:
            self._questions = 0
            self._register(now)

    # -- failing and healing ---------------------------------------------------------------------------------

    def _fail(self, trouble: Trouble, detail: str, now: float, at_least: float = 0.0) -> None:
        self._forget_pending()
        self._deaf(trouble, detail)
        self._tries += 1
        count = max(len(self._targets), 1)
        self._at = (self._at + 1) % count
        if self._tries % count or not self._targets:
            self._connect(now)
            return
        self.phase = Phase.RESTING
        pause = pause_after(trouble, self._tries // count, self._chance)
        self._timers.set(self, now + max(pause, at_least))

    def _forget_pending(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            self._clients.abandon(pending)

    def _gone(self) -> None:
        self._forget_pending()
        self._timers.clear(self)
        self.phase = Phase.GONE

    def _deaf(self, trouble: Trouble, detail: str) -> None:
        self._stand(Standing(status=LineStatus.DEAF, trouble=trouble, detail=detail, target=self.target))

    def _stand(self, standing: Standing) -> None:
        if standing != self.standing:
            self.standing = standing
            self._emit(StandingChanged())


_REFUSALS = {
    Refusal.PASSWORD: Trouble.PASSWORD,
    Refusal.WEAKER: Trouble.DOWNGRADE,
    Refusal.UNKNOWN: Trouble.DIGEST,
}
