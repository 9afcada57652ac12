"""Blank lines that keep the way open (RFC 5626 §3.5.1, §4.4.1)."""

from itertools import pairwise

import pytest

from callguard import LineStatus
from callguard_sip.core.events import Connect, Disconnect, Trouble
from callguard_sip.core.flow import Transport
from callguard_sip.core.message import Request
from tests.plugins.sip.helpers.registry import HOME, PUBLIC, Registry

STREAM = PUBLIC._replace(transport=Transport.TCP)


def registered(registry: Registry) -> Registry:
    register = registry.starts()
    registry.replies(register, 200, f"Contact: <{register.contacts[0].uri}>;expires=3600")
    return registry


def pings(registry: Registry, seconds: float, *, pong: bool = False) -> list[float]:
    """Let time pass with every request answered; return when we pinged."""
    found, begun = [], registry.now
    while registry.now < begun + seconds:
        for _, message in registry.passes(0.25):
            if isinstance(message, Request):
                registry.replies(message, 200, f"Contact: <{registry.endpoint.contact}>;expires=3600")
        if registry.blank_lines:
            found.append(registry.now - begun)
            registry.blank_lines = 0
            if pong:
                registry.hears(b"\r\n", STREAM)
    return found


@pytest.mark.parametrize("target", [HOME, STREAM], ids=["udp", "tcp"])
def test_the_way_is_pinged_about_every_thirty_seconds(target: object) -> None:
    registry = registered(Registry(targets=(STREAM if target is STREAM else HOME,)))
    found = pings(registry, 125)
    assert 4 <= len(found) <= 5
    assert all(23.9 <= after - before <= 30.3 for before, after in pairwise(found))


def test_a_peer_that_never_answers_pings_is_not_given_up() -> None:
    registry = registered(Registry(targets=(STREAM,)))
    pings(registry, 200)
    assert registry.standing.status is LineStatus.PROTECTING


def test_a_peer_that_stops_answering_pings_is_gone() -> None:
    registry = registered(Registry(targets=(STREAM,)))
    assert len(pings(registry, 100, pong=True)) >= 3
    while not registry.all(Disconnect) and registry.now < 1200:
        pings(registry, 1)
    assert registry.last(Disconnect).flow == STREAM
    assert registry.standing.trouble is Trouble.LOST
    registry.passes(1)
    assert len(registry.all(Connect)) == 2


def test_a_ping_on_a_stream_is_answered() -> None:
    registry = registered(Registry(targets=(STREAM,)))
    registry.hears(b"\r\n\r\n", STREAM)
    assert [packet.data for packet in registry.wire] == [b"\r\n"]


def test_a_stream_that_makes_no_sense_is_closed() -> None:
    registry = registered(Registry(targets=(STREAM,)))
    registry.hears(b"x" * 70_000, STREAM)
    assert registry.last(Disconnect).flow == STREAM


def test_nothing_is_pinged_after_the_end() -> None:
    registry = registered(Registry(targets=(HOME,)))
    registry.endpoint.stop(registry.now)
    registry.sent()
    registry.passes(100)
    assert registry.endpoint.next_timer() is None
