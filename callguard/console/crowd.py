"""Keeps one visitor from taking every place: who says nothing is sent away, and nobody has very many connections."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiohttp import web

SPEAKS_WITHIN = 15.0
"""Seconds in which a connection must have asked for something; keep-alive sees to those that did."""
MOST_OF_ONE = 100
"""Connections from one address: a browser has six, and an open page one more."""
MOST = 400
"""Connections at all: less than the files that a process may have open."""


@dataclass(slots=True)
class _Seen:
    since: float
    spoke: bool = False


class Crowd:
    """The connections that are open."""

    def __init__(self, is_proxy: Callable[[str], bool]) -> None:
        """Keep them in order; behind a proxy, which *is_proxy* knows, there are many visitors."""
        self._is_proxy = is_proxy
        self._seen: dict[web.RequestHandler, _Seen] = {}

    def spoke(self, connection: web.RequestHandler, now: float) -> None:
        """Note that somebody asks for something."""
        self._seen.setdefault(connection, _Seen(now)).spoke = True

    def unwanted(self, connections: Iterable[web.RequestHandler], now: float) -> list[web.RequestHandler]:
        """Return the connections to close: the silent ones, and the newest of too many."""
        self._seen = {one: self._seen.get(one) or _Seen(now) for one in connections}
        oldest_first = sorted(self._seen, key=lambda one: self._seen[one].since)
        of_one: Counter[str] = Counter()
        found = []
        for place, one in enumerate(oldest_first):
            address = _address(one)
            of_one[address] += not self._is_proxy(address)
            silent = not self._seen[one].spoke and now - self._seen[one].since > SPEAKS_WITHIN
            if silent or of_one[address] > MOST_OF_ONE or place >= MOST:
                found.append(one)
        return found


def _address(connection: web.RequestHandler) -> str:
    peer = connection.peername
    return str(peer[0]) if peer else ""
