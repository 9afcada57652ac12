"""What calls leave behind in memory, and for how long."""

import gc
import tracemalloc

from callguard_sip.core.events import Rings
from tests.plugins.sip.helpers.transcript import REGISTRAR, Caller, Scene, the_response

RATE = 1000


def flood(scene: Scene, numbers: range, *, acknowledged: bool) -> None:
    """Let blocked calls come in at RATE a second."""
    for number in numbers:
        caller = Caller(number=number, branch=f"z9hG4bK-{number}")
        scene.endpoint.receive(caller.invite(), REGISTRAR, scene.now)
        event = scene.endpoint.events.popleft()
        assert isinstance(event, Rings)
        event.session.decline(607, scene.now)
        scene.endpoint.events.clear()
        data = scene.endpoint.packets.pop().data
        if acknowledged:
            tag = data.partition(b"fritz.box>;tag=")[2].partition(b"tag=")[2].partition(b"\r")[0].decode()
            caller.to_tag = tag
            scene.endpoint.receive(caller.say("ACK"), REGISTRAR, scene.now)
        scene.now += 1 / RATE
        due = scene.endpoint.next_timer()
        if due is not None and due <= scene.now:
            scene.endpoint.on_timer(scene.now)
        scene.endpoint.packets.clear()


def test_a_thousand_calls_a_second_leave_only_five_seconds_of_small_change(scene: Scene) -> None:
    flood(scene, range(500), acknowledged=True)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    flood(scene, range(500, 7 * RATE), acknowledged=True)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(scene.endpoint._transactions) <= 5.1 * RATE
    assert grown < 8_000_000


def test_calls_that_nobody_acknowledges_are_forgotten_after_32_seconds(scene: Scene) -> None:
    flood(scene, range(1000), acknowledged=False)
    assert len(scene.endpoint._transactions) == 1000
    scene.passes(33)
    assert len(scene.endpoint._transactions) == 0
    assert len(scene.endpoint._timers) == 0
    assert not scene.endpoint._transactions._by_via
    assert not scene.endpoint._transactions._merge_keys


def test_an_ended_call_keeps_nothing_of_its_invite(scene: Scene) -> None:
    session = scene.rings(Caller().invite())
    session.decline(603, scene.now)
    the_response(scene.sent())
    assert session._invite is None
    assert not scene.endpoint._means.sessions
