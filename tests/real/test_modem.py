"""The modem line against iaxmodem, a modem that others wrote, watched from the telephone exchange.

All tests play at the same time, each on a line of its own; figures in comments were measured here.
"""

import time

import pytest

from tests.real.peers import iaxmodem, namespace
from tests.real.peers.guard import BLOCKED, WANTED, Json, prepare
from tests.real.peers.iax2 import Exchange, LineCall
from tests.real.peers.iaxmodem import GUARD, SoftModem
from tests.real.peers.process import Stage
from tests.real.peers.together import Playbill, Seat, Theatre, wanted_scenes
from tests.real.peers.tones import seconds_of

pytestmark = pytest.mark.timeout(150)

Line = Seat[SoftModem]
HOUSE: Json = {"country": "US", "timezone": "UTC", "rules": {"block": [BLOCKED]}}
SPAM, FRIEND = BLOCKED.removeprefix("+1"), WANTED.removeprefix("+1")
_ANSWERED_WITHIN = 0.25
"Seconds from the caller ID to ANSWER; the next ring would be at 5."
_DOWN_WITHIN = 15.0
bill = Playbill[SoftModem]()


@pytest.fixture(scope="module")
def theatre(module_stage: Stage, request: pytest.FixtureRequest) -> Theatre:
    """All scenes of this module, playing."""
    network = namespace.start(module_stage)
    exchange = Exchange(network.udp_socket())
    module_stage.on_close(exchange.close)
    return bill.play(
        module_stage,
        wanted_scenes(request),
        lambda _: iaxmodem.start(module_stage, network, exchange),
        HOUSE,
        settle=GUARD,
    )


def ring(modem: SoftModem, number: str | None, name: str | None = "SPAM CO") -> LineCall:
    return modem.exchange.ring(modem.address, number, name)


def blocked(modem: SoftModem, name: str | None = "SPAM CO") -> tuple[float, float]:
    """Let an unwanted caller ring; returns when the line went up, and for how long."""
    call = ring(modem, SPAM, name)
    up = call.wait("ANSWER", 6)
    down = call.wait("HANGUP", _DOWN_WITHIN)
    assert call.events[-2:] == ["ANSWER", "HANGUP"]
    return up, down - up


@bill.scene()
def test_a_blocked_caller_is_answered_at_once_held_and_hung_up_on(line: Line) -> None:
    up, held = blocked(line.modem)
    assert up < _ANSWERED_WITHIN
    assert held == pytest.approx(2.0, abs=0.2)
    (record,) = line.records()
    assert (record["number"], record["name"], record["outcome"]) == (BLOCKED, "SPAM CO", "announced")
    told = line.explained(record)
    assert told["reproduced"] is True
    assert "NMBR=3035550188" in told["record"]["call"]["details"]["raw"]


@bill.scene()
def test_an_allowed_caller_rings_and_the_line_is_never_touched(line: Line) -> None:
    call = ring(line.modem, FRIEND, "ANA")
    time.sleep(11)  # three rings
    assert set(call.events) <= {"NEW", "ACCEPT", "RINGING"}
    call.hang_up()
    (record,) = line.records()
    assert (record["number"], record["outcome"]) == (WANTED, "rang")
    assert record["note"] == "ringing stopped after 3 rings"


@bill.scene(4)
def test_every_way_of_not_showing_a_number_is_one_call_that_says_so(line: Line) -> None:
    ways = [("P", "PRIVATE"), ("O", "O"), (None, None), ("", "SPAM CO")]
    calls = [modem.exchange.ring(modem.address, *way) for modem, way in zip(line.modems, ways, strict=True)]
    time.sleep(6)  # the second ring comes at 5: it must not become another call
    for call in calls:
        call.hang_up()
    line.records(4)
    time.sleep(1)
    told = {call["line"]: (call["presentation"], call["number"]) for call in line.records(4)}
    assert [told[name] for name in line.lines] == [("withheld", None)] + [("unavailable", None)] * 3
    assert len(line.records(4)) == 4


@bill.scene()
def test_a_caller_without_a_name_is_blocked_as_fast(line: Line) -> None:
    up, _ = blocked(line.modem, None)
    assert up < 0.3 + _ANSWERED_WITHIN  # a name might have come 0.3 s later


@bill.scene(block={"hold": 5.0})
def test_after_a_caller_who_quits_while_held_the_next_one_is_blocked(line: Line) -> None:
    call = ring(line.modem, SPAM)
    call.wait("ANSWER", 2)
    time.sleep(0.5)
    call.hang_up()
    line.is_within("protecting", 5 + 7, phase="idle")
    time.sleep(GUARD)
    blocked(line.modem)
    assert [record["outcome"] for record in line.records(2)] == ["announced"] * 2


def comes_back(line: Line) -> None:
    """Unplug the modem, plug it in again, and block the next caller."""
    line.modem.unplug()
    assert line.is_within("deaf", 3) < 1.0
    time.sleep(0.5)
    line.modem.plug_in()
    assert line.is_within("protecting", 10) < 5.0
    time.sleep(GUARD)
    blocked(line.modem)


@bill.scene()
def test_a_modem_that_is_unplugged_while_idle_comes_back(line: Line) -> None:
    comes_back(line)


@bill.scene()
def test_a_modem_that_is_unplugged_while_ringing_comes_back(line: Line) -> None:
    ring(line.modem, FRIEND).wait("RINGING", 2)
    time.sleep(0.3)
    comes_back(line)
    assert [record["outcome"] for record in line.records(2)] == ["rang", "announced"]


@bill.scene()
def test_a_modem_that_is_unplugged_while_blocking_comes_back(line: Line) -> None:
    ring(line.modem, SPAM).wait("ANSWER", 2)
    comes_back(line)
    lost, _ = line.records(2)
    assert lost["outcome"] == "not-carried-out"
    assert "lost" in lost["note"]


@bill.scene(block={"method": "fax", "hold": 2.5})
def test_the_tone_of_a_fax_machine_sounds_and_the_line_goes_down(line: Line) -> None:
    call = ring(line.modem, SPAM)
    up = call.wait("ANSWER", 2)
    assert call.wait("HANGUP", _DOWN_WITHIN) - up == pytest.approx(2.5, abs=1.0)
    assert seconds_of(2100, bytes(call.audio)) >= 1.0
    assert line.records()[0]["outcome"] == "announced"


@bill.scene(4, block={"hold": 0.5})
def test_twenty_blocked_calls_are_twenty_hung_up_on(line: Line) -> None:
    times = []
    for _ in range(5):
        calls = [ring(modem, SPAM) for modem in line.modems]
        times += [call.wait("ANSWER", 2) for call in calls]
        downs = [call.wait("HANGUP", _DOWN_WITHIN) for call in calls]
        assert all(down - up == pytest.approx(0.5, abs=0.2) for up, down in zip(times[-4:], downs, strict=True))
        time.sleep(GUARD + 1.5)  # silence proves each, up to 6 s after the ring
    assert len(times) == 20
    assert max(times) < _ANSWERED_WITHIN
    assert [record["outcome"] for record in line.records(20)] == ["announced"] * 20


@bill.scene(alone=True, block={"hold": 10.0})
def test_the_line_is_down_before_a_daemon_ends_that_was_stopped_while_holding(line: Line) -> None:
    line.guard.start()
    line.guard.protecting()
    time.sleep(GUARD)
    call = ring(line.modem, SPAM)
    call.wait("ANSWER", 2)
    time.sleep(0.5)
    begun = time.monotonic()
    assert line.guard.stop() == 0
    ended = time.monotonic()
    assert call.begun + call.wait("HANGUP", 1) < ended
    assert ended - begun < 5
    (record,) = line.records()
    assert record["outcome"] == "announced"
    assert "stopped" in record["note"]


@bill.scene(alone=True, block={"hold": 10.0})
def test_a_daemon_that_was_killed_while_holding_brings_the_line_down_at_its_next_start(line: Line) -> None:
    line.guard.start()
    line.guard.protecting()
    time.sleep(GUARD)
    call = ring(line.modem, SPAM)
    call.wait("ANSWER", 2)
    line.guard.kill()
    assert "HANGUP" not in call.events
    line.guard.start()
    call.wait("HANGUP", 5)
    line.guard.protecting()


def test_a_line_without_its_modem_is_deaf_and_says_what_to_do(stage: Stage) -> None:
    guard = prepare(stage, {**HOUSE, "modem": {"lines": [{"line": "Home", "device": str(stage.folder / "ttyACM0")}]}})
    guard.start()
    state = guard.line()
    assert state["status"] == "deaf"
    assert "ttyACM0 is not there" in state["detail"]
    assert "Plug the modem in" in state["cure"]
    assert guard.stop() == 0
    assert "Traceback" not in guard.said()


def test_without_the_library_the_daemon_starts_and_says_what_is_missing(stage: Stage) -> None:
    guard = prepare(stage, {**HOUSE, "modem": {"lines": [{"line": "Home", "device": str(stage.folder / "ttyACM0")}]}})
    (guard.folder / "serialx.py").write_text("raise ImportError('not installed')")
    guard.start()
    state = guard.line()
    assert (state["status"], "serialx" in state["detail"]) == ("deaf", True)
    assert "extra `modem`" in state["cure"]
    assert guard.stop() == 0
