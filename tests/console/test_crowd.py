"""Nobody takes every place."""

from dataclasses import dataclass
from typing import cast

import pytest
from aiohttp import web

from callguard.console.crowd import MOST, MOST_OF_ONE, SPEAKS_WITHIN, Crowd

PROXY = "172.30.32.2"


@dataclass(eq=False)
class Connection:
    peername: tuple[str, int] | None


def connections(count: int, address: str = "192.168.1.9") -> list[web.RequestHandler]:
    return [connection(address) for _ in range(count)]


def connection(address: str = "192.168.1.9") -> web.RequestHandler:
    return cast("web.RequestHandler", Connection((address, 1)))


@pytest.fixture
def crowd() -> Crowd:
    return Crowd(lambda address: address == PROXY)


def test_whoever_speaks_in_time_stays(crowd: Crowd) -> None:
    one = connection()
    crowd.spoke(one, 0.0)
    assert crowd.unwanted([one], 1_000.0) == []


def test_whoever_says_nothing_is_sent_away(crowd: Crowd) -> None:
    one = connection()
    assert crowd.unwanted([one], 0.0) == []
    assert crowd.unwanted([one], SPEAKS_WITHIN) == []
    assert crowd.unwanted([one], SPEAKS_WITHIN + 0.1) == [one]


def test_the_newest_of_too_many_go(crowd: Crowd) -> None:
    first = connections(MOST_OF_ONE)
    crowd.unwanted(first, 0.0)
    late, neighbour = connection(), connection("192.168.1.10")
    assert crowd.unwanted([late, neighbour, *first], 1.0) == [late]


def test_behind_a_proxy_there_are_many(crowd: Crowd) -> None:
    assert crowd.unwanted(connections(MOST_OF_ONE + 1, PROXY), 0.0) == []
    assert len(crowd.unwanted(connections(MOST + 3, PROXY), 0.0)) == 3


def test_a_connection_that_has_closed_is_forgotten(crowd: Crowd) -> None:
    crowd.unwanted(connections(MOST_OF_ONE), 0.0)
    assert crowd.unwanted(connections(MOST_OF_ONE), 1.0) == []


def test_a_connection_that_is_just_closing_counts_for_nobody_in_particular(crowd: Crowd) -> None:
    assert crowd.unwanted([cast("web.RequestHandler", Connection(None))], 0.0) == []
