"""Slows down whoever tries passwords, and never locks out who knows the right one."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Generic, TypeVar

from callguard.access.people import folded

_FREE_A_MINUTE = 5
_FREE_AN_HOUR = 20
_MINUTE = 60.0
_HOUR = 3600.0
_LONGEST_WAIT = 60.0
_MOST_REMEMBERED = 10_000
_T = TypeVar("_T")


class Throttle:
    """Counts attempts to sign in by client address and by account; times are seconds that never jump."""

    def __init__(self) -> None:
        self._clients: _Newest[_Attempts] = _Newest()
        self._accounts: _Newest[_Attempts] = _Newest()
        self._turns: _Newest[float] = _Newest()

    def attempt(self, address: str, name: str, *, known: bool, now: float) -> float:
        """Return how many seconds *address* has to wait before it may try a password; 0: now, and it is counted.

        It is counted as a failure before the password is looked at, so that many at once gain nothing; `succeeded`
        takes that back. *known*: this person has signed in from there before, so that what others do to the account
        does not matter. Anybody else waits for a turn of their own, which nobody can take away.
        """
        clients = [self._clients.get(key) or _Attempts() for key in _places(address, known=known)]
        wait = max(client.wait(now) for client in clients)
        if not wait and not known:
            wait = self._wait_for_turn(address, name, now)
        if wait:
            return wait
        for key, client in zip(_places(address, known=known), clients, strict=True):
            client.count(now)
            self._clients.put(key, client)
        if not known:
            self._count_against(name, now)
        self._turns.drop(_turn(address, name))
        return 0.0

    def succeeded(self, address: str, name: str, *, known: bool) -> None:
        """Take back that the last attempt counted as a failure."""
        for key in _places(address, known=known):
            _forgive(self._clients.get(key))
        if not known:
            _forgive(self._accounts.get(folded(name)))

    def _wait_for_turn(self, address: str, name: str, now: float) -> float:
        account = self._accounts.get(folded(name))
        delay = account.delay(now) if account else 0.0
        if not delay:
            return 0.0
        turn = self._turns.get(_turn(address, name))
        if turn is None or now - turn > _HOUR:
            turn = now + delay
            self._turns.put(_turn(address, name), turn)
        return max(0.0, turn - now)

    def _count_against(self, name: str, now: float) -> None:
        account = self._accounts.get(folded(name)) or _Attempts()
        account.count(now)
        self._accounts.put(folded(name), account)


@dataclass(slots=True)
class _Attempts:
    """The attempts of the last hour from one place, or at one account."""

    at: deque[float] = field(default_factory=lambda: deque(maxlen=128))
    beyond: deque[float] = field(default_factory=lambda: deque(maxlen=16))
    "Those that came when all free ones were used up: each doubles the wait."

    def count(self, now: float) -> None:
        self.at.append(now)
        a_minute, an_hour = (sum(now - at < span for at in self.at) for span in (_MINUTE, _HOUR))
        if a_minute >= _FREE_A_MINUTE or an_hour >= _FREE_AN_HOUR or self.delay(now):
            self.beyond.append(now)

    def delay(self, now: float) -> float:
        """Return the seconds that lie between two attempts now."""
        strikes = sum(now - at < _HOUR for at in self.beyond)
        return min(_LONGEST_WAIT, 2.0 ** (strikes - 1)) if strikes else 0.0

    def wait(self, now: float) -> float:
        """Return the seconds until the next attempt."""
        return max(0.0, self.at[-1] + self.delay(now) - now) if self.at else 0.0


def _forgive(attempts: _Attempts | None) -> None:
    if attempts and attempts.at:
        last = attempts.at.pop()
        if attempts.beyond and attempts.beyond[-1] == last:
            attempts.beyond.pop()


class _Newest(Generic[_T]):
    """A bounded memory: what was not touched for longest is forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _T] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str) -> _T | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: str, value: _T) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > _MOST_REMEMBERED:
            self._kept.popitem(last=False)

    def drop(self, key: str) -> None:
        self._kept.pop(key, None)


def _turn(address: str, name: str) -> str:
    return f"{address} {folded(name)}"


def _places(address: str, *, known: bool) -> list[str]:
    """Return what counts as one client: the address, and the network of a stranger who can make up addresses."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return [address]
    if not isinstance(ip, IPv6Address):
        return [str(ip)]
    if ip.ipv4_mapped:
        return [str(ip.ipv4_mapped)]
    network = f"{IPv6Address(int(ip) >> 64 << 64)}/64"
    return [str(ip)] if known else [str(ip), network]
