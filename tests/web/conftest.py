"""A server that goes wrong on request, and addresses for names that exist only here."""

from collections.abc import AsyncIterator, Mapping, Sequence
from types import MappingProxyType

import pytest

from callguard.testing import FakeClock, FaultyServer
from callguard.web.guard import GuardedWeb

LIST = b"Company_Phone_Number,Created_Date\r\n" + b"2025550123,2026-01-01\r\n" * 200


class Names:
    """A name server whose answers the test writes; the last answer of a name stays."""

    def __init__(self, names: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self.names = {name: list(answers) for name, answers in names.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.names:
            raise OSError(f"unknown {port}")
        answers = self.names[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]


class Visitor:
    """Builds clients that reach the loopback only where the household trusts it."""

    def __call__(
        self,
        *trusted: str,
        names: Mapping[str, Sequence[Sequence[str]]] = MappingProxyType({}),
        stall: float = 5.0,
    ) -> tuple[GuardedWeb, Names]:
        resolve = Names(names)
        return GuardedWeb(FakeClock(), software="1.2", trusted_hosts=trusted, resolve=resolve, stall=stall), resolve


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.fixture
async def server() -> AsyncIterator[FaultyServer]:
    async with FaultyServer() as running:
        yield running


@pytest.fixture
def csv() -> bytes:
    return LIST
