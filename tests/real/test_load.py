"""More calls than any household will ever get, and power cuts in the middle of them."""

import os
import random
import time
from statistics import median

import pytest

from tests.real.peers import guard as guards
from tests.real.peers import sipp
from tests.real.peers.guard import BLOCKED, Guard, account, household
from tests.real.peers.ports import free_ports
from tests.real.peers.process import Stage
from tests.real.peers.sipp import Calls
from tests.real.peers.wire import Peer

_RATE = 1000
_MEGABYTE = 1 << 20
_GROWTH = 40 * _MEGABYTE
_CONTACT = "known-to-the-test"
_KILLS = int(os.environ.get("CALLGUARD_KILLS", "5"))


@pytest.mark.timeout(180)
def test_a_thousand_blocked_calls_a_second_are_all_refused_and_recorded(
    stage: Stage, registrar: Peer, load_seconds: int
) -> None:
    guard = guards.protecting(stage, household(account(registrar.address)))
    uri, address = guard.contact()
    sent = _RATE * load_seconds
    before = guard.resident()
    load = Calls(scenario="reject", target=address, uri=uri, number=BLOCKED, count=sent, rate=_RATE)
    result = sipp.start(stage, load).result(load_seconds + 60)
    grown = guard.resident() - before
    reported = guard.wait_for_calls(sent, 60)
    assert (result.status, result.good, result.failed) == (0, sent, 0)
    assert {call["action"] for call in reported} == {"block"}
    ids = {call["id"] for call in reported}
    assert len(ids) == len(reported) == sent
    assert guard.stored() == ids
    assert grown <= _GROWTH, f"{grown / _MEGABYTE:.0f} MB"
    assert result.retransmitted <= sent // 100
    print(f"{sent} calls: median {median(result.milliseconds)} ms, {grown / _MEGABYTE:.0f} MB, ", end="")
    print(f"{result.retransmitted} repeated")


@pytest.mark.timeout(60 + 10 * _KILLS)
def test_no_acknowledged_call_is_lost_by_kill_9_at_any_moment(stage: Stage, registrar: Peer) -> None:
    port = free_ports()
    line = account(registrar.address, listen=f"127.0.0.1:{port}", contact_user=_CONTACT)
    guard = guards.prepare(stage, household(line))
    acknowledged: set[str] = set()
    chance = random.Random(4475)
    for _ in range(_KILLS):
        guard.start()
        acknowledged |= _calls_until_killed(stage, guard, port, chance.uniform(0.02, 1.0))
    guard.start()
    guard.protecting()
    assert acknowledged
    assert acknowledged - guard.stored() == set()
    assert [problem for problem in guard.status()["problems"] if problem["severity"] != "note"] == []


def _calls_until_killed(stage: Stage, guard: Guard, port: int, seconds: float) -> set[str]:
    """Ring the line without pause, kill it, and return the ids of the calls that it had reported."""
    load = Calls(
        scenario="reject", target=("127.0.0.1", port), uri=f"sip:{_CONTACT}@127.0.0.1:{port}", count=10_000, rate=300
    )
    calling = sipp.start(stage, load)
    guard.wait_for_calls(1)
    time.sleep(seconds)
    guard.kill()
    calling.running.kill()
    assert "Traceback" not in guard.said()
    assert " ERROR " not in guard.said()
    return {call["id"] for call in guard.calls()}
