"""The gate: what is not from our registrar or not for us is dropped in silence, before it is even read.

To strangers nothing is ever sent, so a scanner learns nothing and nobody can be flooded through us.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum
from hmac import compare_digest
from ipaddress import IPv4Network, IPv6Network, ip_address

from callguard_sip.core.events import Dropped
from callguard_sip.core.flow import Flow
from callguard_sip.core.parse import DATAGRAM_LIMIT

Network = IPv4Network | IPv6Network
_AGENT_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+-()")
_LONGEST_AGENT = 64
_MOST_REMEMBERED = 1024


class Reason(StrEnum):
    """Why a packet was dropped."""

    STRANGER = "stranger"
    "Neither the registrar nor a trusted address sent it."
    NOT_OURS = "not-our-user"
    "It rings somebody else than our Contact, which only the registrar knows."
    TOO_BIG = "too-big"
    TOO_FAST = "too-fast"
    FULL = "too-many-calls"
    MALFORMED = "malformed"
    UNASKED = "unasked-response"
    TOO_SMALL = "answer-larger-than-question"
    "The answer would have been larger than what it answers, and its sender may be forged."


class Bucket:
    """A token bucket: so many a second, so many at once."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = self._tokens = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Take one token; False if there is none."""
        tokens = min(self._tokens + (now - self._at) * self._rate, self._burst)
        self._at = now
        if tokens < 1:
            self._tokens = tokens
            return False
        self._tokens = tokens - 1
        return True


class Gate:
    """Decides what is read at all, and counts what is not."""

    def __init__(
        self,
        contact_user: str,
        trusted: Iterable[Network],
        report: Callable[[Dropped], None],
        *,
        rate: float = 8_000,
        burst: float = 16_000,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._user = contact_user.encode()
        self._networks = tuple(trusted)
        self._report = report
        self._rate = rate
        self._burst = burst
        self._registrars: frozenset[str] = frozenset()
        self._opened: set[Flow] = set()
        self._neighbours: set[str] = set()
        self._buckets: dict[str, Bucket] = {}
        self._log_bucket: Bucket | None = None
        self._logged: dict[str, float] = {}

    def trust_registrars(self, hosts: Iterable[str]) -> None:
        """Believe packets from these addresses, and no longer from the registrar's former ones."""
        self._registrars = frozenset(hosts)

    def trust_connection(self, flow: Flow) -> None:
        """Believe what comes through a connection that we opened ourselves."""
        self._opened = {flow}

    def knows(self, flow: Flow) -> bool:
        """Tell whether the other end is the registrar, trusted, or reached by a connection of ours."""
        host = flow.host
        if host in self._registrars or host in self._neighbours or flow in self._opened:
            return True
        return bool(self._networks) and self._is_neighbour(host)

    def admits(self, data: bytes, flow: Flow, now: float) -> bool:
        """Tell whether a datagram may be read; False has been counted and perhaps reported."""
        if not self.knows(flow):
            return self.drop(Reason.STRANGER, flow, data, now)
        if len(data) > DATAGRAM_LIMIT:
            return self.drop(Reason.TOO_BIG, flow, data, now)
        if data.startswith(b"INVITE ") and not self.is_for_us(data.partition(b" SIP/")[0][7:]):
            return self.drop(Reason.NOT_OURS, flow, data, now)
        return self.slow_enough(flow, data, now)

    def slow_enough(self, flow: Flow, data: bytes, now: float) -> bool:
        """Tell whether one peer keeps within what a household can need, many times over."""
        bucket = self._buckets.get(flow.host)
        if bucket is None:
            if len(self._buckets) >= _MOST_REMEMBERED:
                self._buckets.clear()
            bucket = self._buckets[flow.host] = Bucket(self._rate, self._burst, now)
        return bucket.take(now) or self.drop(Reason.TOO_FAST, flow, data, now)

    def is_for_us(self, uri: bytes) -> bool:
        """Tell whether the user of a Request-URI is our Contact's, in a time that does not depend on the guess."""
        userinfo, at, _ = uri.partition(b"@")
        user = userinfo.partition(b":")[2].partition(b":")[0] if at else b""
        return compare_digest(user, self._user)

    def drop(self, reason: Reason, flow: Flow, data: bytes, now: float) -> bool:
        """Count a packet that is not dealt with, report it if the log can bear it, and return False."""
        self.counts[reason] += 1
        if self._may_log(flow.host, now):
            self._report(Dropped(flow.host, reason, agent_of(data)))
        return False

    @property
    def dropped(self) -> int:
        """How many packets were dropped since the start."""
        return self.counts.total()

    def _is_neighbour(self, host: str) -> bool:
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return False
        if not any(address in network for network in self._networks):
            return False
        if len(self._neighbours) >= _MOST_REMEMBERED:
            self._neighbours.clear()
        self._neighbours.add(host)
        return True

    def _may_log(self, host: str, now: float) -> bool:
        """At most one line a second for each source, ten a second in all."""
        if now - self._logged.get(host, now - 2) < 1:
            return False
        if self._log_bucket is None:
            self._log_bucket = Bucket(10, 50, now)
        if not self._log_bucket.take(now):
            return False
        if len(self._logged) >= _MOST_REMEMBERED:
            self._logged.clear()
        self._logged[host] = now
        return True


def agent_of(data: bytes) -> str:
    """Return what the sender calls itself, without what could fool a log; ``-`` if it does not say."""
    head = data[:4096]
    at = head.lower().find(b"\nuser-agent:")
    if at < 0:
        return "-"
    line = head[at + 12 : at + 12 + 2 * _LONGEST_AGENT].splitlines()
    text = line[0].strip().decode("ascii", "replace") if line else ""
    return "".join(c if c in _AGENT_CHARACTERS else "_" for c in text[:_LONGEST_AGENT]) or "-"
