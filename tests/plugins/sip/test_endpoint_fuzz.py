"""Whatever arrives, in whatever order: nothing is raised, little is spent, and every call ends once."""

import os
import random
import re
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callguard_sip.core.events import Ends, Rings, Talks, Trouble
from callguard_sip.core.flow import Flow, Transport
from callguard_sip.core.message import BadMessage, Request, Response
from callguard_sip.upstream import BlockBy, Treatment
from tests.plugins.sip.helpers.registry import HOME, OUR_CONTACT, Registry, answer, challenge
from tests.plugins.sip.helpers.transcript import HERE, REGISTRAR, SDP, STRANGER, USER, Caller, Scene

ROUNDS = min(60_000, int(os.environ.get("CALLGUARD_FUZZ", "3000")))
METHODS = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "REGISTER", "PRACK", "X"]
STREAM = Flow(Transport.TCP, REGISTRAR.host, 40_000)


def seeds() -> list[bytes]:
    caller = Caller(extra=["Record-Route: <sip:p.test;lr>", "Require: x", "Reason: SIP;cause=200"])
    return [caller.say(method, body=SDP) for method in METHODS] + [Caller().say(method) for method in METHODS]


def mutated(chance: random.Random, data: bytes) -> bytes:
    """Do to a message what a hostile or broken peer does."""
    octets = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(octets) + 1)
        kind = chance.randrange(6)
        if kind == 0:
            octets[at : at + chance.randrange(1, 40)] = b""
        elif kind == 1:
            octets[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 8)))
        elif kind == 2:
            octets[at:at] = chance.choice(
                [b"\r\n", b"\r\n\r\n", b";", b",", b'"', b"<", b">", b":", b" ", b"\x00", b"@"]
            )
        elif kind == 3:
            octets[at:at] = octets[at : at + 60] * chance.randrange(1, 30)
        elif kind == 4 and octets:
            octets[at % len(octets)] ^= 1 << chance.randrange(8)
        else:
            lines = bytes(octets).split(b"\r\n")
            chance.shuffle(lines)
            octets = bytearray(b"\r\n".join(lines))
    return bytes(octets)


@pytest.mark.parametrize("flow", [REGISTRAR, STREAM, STRANGER], ids=["registrar", "stream", "stranger"])
def test_no_mutated_message_raises_or_costs_much(flow: Flow) -> None:
    chance = random.Random(2026)
    messages = seeds()
    scene = Scene(Treatment(block=BlockBy.ANSWER, hold=0.5))
    spent: list[float] = []
    for _ in range(ROUNDS // 3):
        data = mutated(chance, chance.choice(messages))
        if flow is STREAM and flow not in scene.endpoint._parsers:
            scene.endpoint.accepts(STREAM, scene.now)
        begun = time.process_time()
        scene.endpoint.receive(data, flow, scene.now)
        spent.append(time.process_time() - begun)
        for event in list(scene.endpoint.events):
            if isinstance(event, Rings):
                decide(event, chance.randrange(3), scene.now)
        if flow is STREAM and scene.endpoint._parsers[flow].broken:
            scene.endpoint.closed(flow, scene.now)
        scene.sent()
        scene.passes(chance.random())
    # All but one in a thousand: the collector of a large test process may pause anywhere.
    assert sorted(spent)[-1 - len(spent) // 1000] < 0.02
    scene.passes(200)
    assert len(scene.endpoint._transactions) == 0
    assert scene.endpoint.next_timer() is None
    assert len(scene.all(Ends)) == len(scene.all(Rings))


def decide(event: Rings, what: int, now: float) -> None:
    try:
        if what == 0:
            event.session.decline(603, now)
        elif what == 1:
            event.session.let_ring(now)
        else:
            event.session.answer(40_000, now)
    except BadMessage:
        event.session.decline(603, now)


SHARED = Path(os.environ.get("CALLGUARD_SHARED", Path(__file__).parents[4] / "shared"))
TORTURE = sorted((SHARED / "data" / "sip" / "rfc4475").glob("*.dat"))


@pytest.mark.skipif(not TORTURE, reason="the messages of RFC 4475 are not here")
def test_the_torture_messages_raise_nothing_and_yield_nothing_more_than_they_bring() -> None:
    for path in TORTURE:
        scene, data = Scene(), path.read_bytes()
        scene.hears(data)
        assert sum(len(packet.data) for packet in scene.wire) <= len(data), path.name
        to_us = re.sub(rb"^INVITE sips?:[^ ]*", f"INVITE sip:{USER}@{HERE}".encode(), data)
        for message in scene.hears(to_us):
            assert isinstance(message, Response)
        for event in scene.all(Rings):
            decide(event, 2, scene.now)
        scene.sent()
        scene.passes(100)
        assert scene.endpoint.next_timer() is None, path.name


@given(st.binary(max_size=600))
@settings(max_examples=max(100, ROUNDS // 60), deadline=None)
def test_no_octets_raise_anything(data: bytes) -> None:
    scene = Scene()
    for flow in (REGISTRAR, STRANGER):
        scene.hears(data, flow)
    scene.endpoint.accepts(STREAM, scene.now)
    scene.hears(data, STREAM)


STEP = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(METHODS), st.integers(0, 3), st.booleans()),
    st.tuples(
        st.just("decide"), st.sampled_from(["decline", "ring", "answer", "hang up"]), st.integers(0, 9), st.none()
    ),
    st.tuples(st.just("wait"), st.just(""), st.integers(0, 400), st.none()),
    st.tuples(st.just("reply"), st.just(""), st.sampled_from([100, 200, 401, 481, 503]), st.none()),
    st.tuples(st.just("stop"), st.just(""), st.just(0), st.none()),
)


@given(st.lists(STEP, max_size=40))
@settings(max_examples=max(100, ROUNDS // 60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_calls_end_exactly_once_whatever_happens_in_whatever_order(
    steps: list[tuple[str, str, int, bool | None]],
) -> None:
    scene = Scene(Treatment(block=BlockBy.ANSWER, seconds=2, hold=0.5))
    callers = [Caller(number=n, branch=f"z9hG4bK{n}") for n in range(4)]
    requests: list[Request] = []
    for what, how, number, flag in steps:
        if what == "say":
            caller = callers[number]
            caller.cseq += bool(flag)
            messages = scene.hears(
                caller.say(how, body=SDP if flag else "", branch=f"{caller.branch}{how if flag else ''}")
            )
        elif what == "decide" and (rung := scene.all(Rings)):
            messages = decided(scene, rung[number % len(rung)], how)
        elif what == "wait":
            messages = [message for _, message in scene.passes(number / 10)]
        elif what == "reply" and requests:
            messages = scene.hears(answer(requests[-1], number))
        elif what == "stop":
            scene.endpoint.stop(scene.now)
            messages = scene.sent()
        else:
            continue
        for message in messages:
            if not isinstance(message, Response):
                requests.append(message)
            elif message.cseq.method == "INVITE" and message.status > 100:
                callers[int(message.call_id[5])].to_tag = message.to.tag or ""
    scene.passes(200)
    ended = [event.session for event in scene.all(Ends)]
    assert len(ended) == len(set(ended)) == len(scene.all(Rings))
    assert scene.endpoint.next_timer() is None
    assert (
        len(scene.endpoint._transactions) == len(scene.endpoint._clients) == len(scene.endpoint._means.sessions) == 0
    )
    assert len(scene.all(Talks)) <= len(scene.all(Rings)) * 40


def decided(scene: Scene, event: Rings, how: str) -> list[Request | Response]:
    if how == "hang up":
        event.session.hang_up(scene.now)
    else:
        decide(event, ["decline", "ring", "answer"].index(how), scene.now)
    return scene.sent()


TURN = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 300)),
    st.tuples(st.just("reply"), st.sampled_from([100, 200, 200, 200, 401, 401, 403, 404, 423, 503])),
    st.tuples(st.just("open"), st.booleans()),
    st.tuples(st.just("lose"), st.none()),
    st.tuples(st.just("use"), st.integers(1, 3)),
)


@given(st.lists(TURN, max_size=60))
@settings(max_examples=max(100, ROUNDS // 60), deadline=None)
def test_a_registration_always_heals(turns: list[tuple[str, int | bool | None]]) -> None:
    registry = Registry()
    registry.connected.append(HOME)
    addresses = [HOME, HOME._replace(host="192.168.178.2"), HOME._replace(host="192.168.178.3")]
    registry.endpoint.use(addresses[:1], registry.now)
    last = None
    for what, value in turns:
        said = []
        if what == "wait":
            said = [message for _, message in registry.passes(float(value or 0) / 10)]
        elif what == "reply" and last is not None:
            said = registry.hears(answer(last, int(value or 0), challenge(f"n{registry.now}", stale=True)))
        elif what == "open" and (target := registry.endpoint._registration.target) is not None:
            if value:
                registry.endpoint.link_up(target, "192.168.178.20", 5060, registry.now)
            else:
                registry.endpoint.link_failed(target, Trouble.REFUSED, "refused", registry.now)
        elif what == "lose":
            registry.endpoint.link_failed(HOME, Trouble.LOST, "reset", registry.now)
        elif what == "use":
            registry.endpoint.use(addresses[: int(value or 1)], registry.now)
        said += registry.sent()
        last = next((message for message in reversed(said) if not isinstance(message, Response)), last)
    assert heals(registry)


def heals(registry: Registry) -> bool:
    """Let the registrar behave from now on, and see whether the line is registered in the end."""
    for _ in range(4000):
        target = registry.endpoint._registration.target
        if target is not None:
            registry.endpoint.link_up(target, "192.168.178.20", 5060, registry.now)
        for message in [*registry.sent(), *(message for _, message in registry.passes(0.25))]:
            if not isinstance(message, Response):
                registry.hears(answer(message, 200, f"Contact: <{OUR_CONTACT}>;expires=600"))
        if registry.standing.status == "protecting":
            return True
    return False
