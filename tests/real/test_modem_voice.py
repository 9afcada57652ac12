"""The modem line against a voice modem on a pty: greeting, North American order, faults, and the command line.

All tests play at the same time, each on a line of its own.
"""

import json
import math
import shutil
import subprocess
import tempfile
import threading
import time
import wave
from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.real.peers.guard import BLOCKED, WANTED, Json
from tests.real.peers.process import Stage, wait_until
from tests.real.peers.together import Playbill, Seat, Theatre, wanted_scenes
from tests.real.peers.voicemodem import PERSONALITIES, LineRing, VoiceModem

pytestmark = pytest.mark.timeout(150)

Line = Seat[VoiceModem]
HOUSE: Json = {"country": "US", "timezone": "UTC", "rules": {"block": [BLOCKED]}}
_OFF_HOOK_WITHIN = 0.25
"Seconds from the last of the caller ID to off-hook."
bill = Playbill[VoiceModem]()


def caller(number: str = BLOCKED, name: str = "SPAM CO") -> tuple[str, ...]:
    """Return what a modem prints about a caller; without a name, no line for it."""
    lines = ("DATE=1122", "TIME=2125", f"NMBR={number.removeprefix('+1')}")
    return (*lines, f"NAME={name}") if name else lines


def spoken(path: Path, samples: list[float]) -> bytes:
    """Write a WAV file of 8 kHz and 8 bit; returns what the line must hear of it."""
    octets = bytes(min(255, max(0, round(128 + 127 * sample))) for sample in samples)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(octets)
    return octets


SOUNDS = Path(tempfile.mkdtemp(prefix="modem-sounds-"))
SORRY = spoken(SOUNDS / "sorry.wav", [math.sin(2 * math.pi * 697 * n / 8000) for n in range(12000)])
FULL_OF_DLE = bytes([0x10]) * 8000
spoken(SOUNDS / "dle.wav", [(0x10 - 128) / 127] * 8000)


def made(stage: Stage, kind: str) -> VoiceModem:
    """Plug in a modem of one kind, or one with a fault."""
    folder = stage.subfolder("modem")
    personality = PERSONALITIES.get(kind or "conexant", PERSONALITIES["usr5637"])
    modem = VoiceModem(folder / "tty", personality)
    modem.refuses = frozenset({"+FCLASS=8"} if kind == "refuses-voice" else ())
    modem.deaf_to = frozenset({"+VLS=1"} if kind == "mute-voice" else ())
    stage.on_close(modem.unplug)
    return modem.plug_in()


@pytest.fixture(scope="module")
def theatre(module_stage: Stage, request: pytest.FixtureRequest) -> Theatre:
    """All scenes of this module, playing."""
    module_stage.on_close(lambda: shutil.rmtree(SOUNDS, ignore_errors=True))
    return bill.play(module_stage, wanted_scenes(request), lambda kind: made(module_stage, kind), HOUSE)


def rings(modem: VoiceModem, how: LineRing) -> "Future[int]":
    """Let a call come in; the result is how many rings the phones of the house heard."""
    heard: Future[int] = Future()

    def ring() -> None:
        heard.set_result(modem.ring(how))

    threading.Thread(target=ring, daemon=True).start()
    return heard


def hung_up_on(modem: VoiceModem, how: LineRing) -> tuple[float, float, int]:
    """Let an unwanted caller ring; returns after how long it was answered, for how long, and the rings."""
    begun = time.monotonic()
    heard = rings(modem, how)
    told = modem.wait("CID", 5, begun)
    up = modem.wait("OFF-HOOK", 10, begun)
    down = modem.wait("ON-HOOK", 40, begun)
    return up.at - told.at, down.at - up.at, heard.result(5)


@bill.scene()
def test_in_north_american_order_one_ring_is_heard(line: Line) -> None:
    after, held, heard = hung_up_on(line.modem, LineRing(caller()))
    assert after < _OFF_HOOK_WITHIN
    assert held == pytest.approx(2.0, abs=0.2)
    assert heard == 1
    (record,) = line.records()
    assert (record["number"], record["outcome"]) == (BLOCKED, "announced")


@bill.scene()
def test_a_caller_without_a_name_waits_for_no_name_longer_than_it_takes(line: Line) -> None:
    after, _, heard = hung_up_on(line.modem, LineRing(caller(name="")))
    assert 0.2 < after < 0.3 + _OFF_HOOK_WITHIN
    assert heard == 1


@bill.scene()
def test_a_call_without_caller_id_says_that_nothing_came(line: Line) -> None:
    rings(line.modem, LineRing((), rings=3, cadence=3.0))
    (record,) = line.records(within=25)
    assert (record["presentation"], record["outcome"]) == ("missing", "rang")


@bill.scene(2, block={"greeting": str(SOUNDS / "sorry.wav")})
def test_a_greeting_is_heard_as_it_is_in_the_file(line: Line) -> None:
    for modem in line.modems:
        _, held, heard = hung_up_on(modem, LineRing(caller()))
        assert bytes(modem.audio) == SORRY
        assert heard == 1
        assert held >= 2.0
        assert not modem.first("VTX-ESCAPE")


@bill.scene(kind="usr5637", block={"greeting": str(SOUNDS / "dle.wav")})
def test_a_greeting_full_of_what_modems_take_for_commands_is_heard_whole(line: Line) -> None:
    hung_up_on(line.modem, LineRing(caller()))
    assert bytes(line.modem.audio) == FULL_OF_DLE
    assert not line.modem.first("VTX-ESCAPE")


@bill.scene(kind="usr5637-no-voice", block={"greeting": str(SOUNDS / "sorry.wav")})
def test_a_modem_without_voice_hangs_up_without_a_greeting_and_health_says_so(line: Line) -> None:
    after, _, heard = hung_up_on(line.modem, LineRing(caller()))
    assert (after < _OFF_HOOK_WITHIN, heard) == (True, 1)
    assert "modem-no-greeting" in problems(line)


@bill.scene(kind="refuses-voice", block={"greeting": str(SOUNDS / "sorry.wav")})
def test_a_modem_that_refuses_its_voice_mode_is_off_hook_before_the_second_ring(line: Line) -> None:
    after, _, heard = hung_up_on(line.modem, LineRing(caller()))
    assert (after < _OFF_HOOK_WITHIN, heard) == (True, 1)


@bill.scene(kind="mute-voice", block={"greeting": str(SOUNDS / "sorry.wav")})
def test_a_modem_that_hangs_in_voice_mode_still_hangs_up_on_the_caller(line: Line) -> None:
    heard = rings(line.modem, LineRing(caller()))
    assert heard.result(15) == 1
    line.modem.wait("ON-HOOK", 15)
    line.records(within=30)
    assert not line.modem.off_hook


@bill.scene(block={"greeting": str(SOUNDS / "sorry.wav")})
def test_after_a_caller_who_quits_during_the_greeting_the_next_one_is_blocked(line: Line) -> None:
    rings(line.modem, LineRing(caller()))
    line.modem.wait("VTX", 5)
    time.sleep(0.3)
    begun = time.monotonic()
    line.modem.type(b"\x10b\x10b")  # the busy tone
    line.modem.wait("ON-HOOK", 5, begun)
    assert len(line.modem.audio) < len(SORRY)
    line.records()
    _, _, heard = hung_up_on(line.modem, LineRing(caller()))
    assert heard == 1


@bill.scene()
def test_two_calls_without_caller_id_switch_it_on_again_and_health_says_so(line: Line) -> None:
    def asked() -> int:
        return sum("VCID=1" in moment.detail for moment in line.modem.moments if moment.what == "AT")

    before = asked()
    silent = LineRing((), rings=2, cadence=2.0)
    rings(line.modem, silent)
    line.records(1)
    wait_until(lambda: asked() > before, 5, "caller ID is switched on again")
    assert "modem-no-caller-id" not in problems(line)
    rings(line.modem, silent)
    line.records(2)
    wait_until(lambda: "modem-no-caller-id" in problems(line), 5, "health says so")
    time.sleep(1)
    rings(line.modem, LineRing(caller(WANTED, "ANA"), rings=1))
    line.records(3)
    assert "modem-no-caller-id" not in problems(line)


@bill.scene(kind="usr5637", rings={"B": "Office"})
def test_a_distinctive_ring_is_a_line_of_its_own(line: Line) -> None:
    hung_up_on(line.modem, LineRing(caller(), word="RING B"))
    wait_until(lambda: [call for call in line.guard.calls() if call["line"] == "Office"], 20, "a call of the office")
    assert "Office" in [told["name"] for told in line.guard.status()["lines"]]


@bill.scene()
def test_who_knocks_during_a_conversation_is_never_answered(line: Line) -> None:
    line.modem.type(b"\r\nDATE = 1122\r\nTIME = 2125\r\nNMBR = 3035550188\r\nNAME = SPAM CO\r\n")
    (record,) = line.records()
    assert record["outcome"] == "not-carried-out"
    assert not line.modem.first("OFF-HOOK")


@bill.scene()
def test_after_noise_and_malformed_lines_the_next_caller_is_blocked(line: Line) -> None:
    line.modem.type(
        b"\xff\x00\x10\x10NMBR\r\nNMBR = \r\n= = =\r\nMESG = 80\r\nNAME" + bytes(range(256)) * 8 + b"\r\n"
    )
    line.records(within=15)
    line.modem.type(b"\r\n")
    _, _, heard = hung_up_on(line.modem, LineRing(caller()))
    assert heard == 1


@bill.scene()
def test_the_command_line_tells_what_was_heard(line: Line) -> None:
    (name,) = line.lines
    asking = rings_while(line, "modem", "test-ring", "--line", name, "--json")
    rings(line.modem, LineRing(caller(WANTED, "ANA"), rings=3, cadence=2.0))
    told = json.loads(asking.result(40).stdout)["call"]
    assert (told["number"], told["rings"], told["outcome"]) == (WANTED.removeprefix("+1"), 3, "rang")
    assert told["rings_at"] == pytest.approx([0, 2, 4], abs=0.3)
    assert told["caller_id_at"] == pytest.approx(1.0, abs=0.3)

    recorded = json.loads(line.guard.cli("modem", "record", "--line", name).stdout)["transcripts"]
    assert recorded[0]["want"] == {"number": "2025550100", "name": "XXX", "presentation": "available"}
    assert WANTED.removeprefix("+1") not in json.dumps(recorded)

    probed = line.guard.ask("modem", "probe", str(line.modem.device))
    assert (probed["profile"], probed["line"], probed["answers"]) == ("conexant_cx930xx", name, True)


@bill.scene(alone=True)
def test_a_modem_is_probed_without_a_daemon_and_left_on_hook(line: Line) -> None:
    done = line.guard.cli("modem", "probe")
    assert done.returncode == 0, done.stderr
    assert "conexant_cx930xx" in done.stdout
    assert "CX93001-EIS_V0.2002-V92" in done.stdout
    assert not line.modem.off_hook
    line.modem.mute = True
    done = line.guard.cli("modem", "probe")
    assert (done.returncode, "does not answer like a modem" in done.stdout) == (1, True)


@bill.scene(alone=True, block={"greeting": str(SOUNDS / "sorry.wav"), "hold": 10.0})
def test_a_daemon_that_is_stopped_during_the_greeting_leaves_the_line_down(line: Line) -> None:
    line.guard.start()
    line.guard.protecting()
    rings(line.modem, LineRing(caller()))
    line.modem.wait("VTX", 5)
    time.sleep(0.3)
    assert line.guard.stop() == 0
    assert not line.modem.off_hook
    assert line.modem.happened().count("ON-HOOK") == 1


def rings_while(line: Line, *words: str) -> "Future[subprocess.CompletedProcess[str]]":
    """Ask the command line, and go on as soon as it listens."""
    asked: Future[subprocess.CompletedProcess[str]] = Future()
    threading.Thread(target=lambda: asked.set_result(line.guard.cli(*words)), daemon=True).start()
    time.sleep(3)
    return asked


def problems(line: Line) -> set[str]:
    """Return the codes of what the health page says about the line."""
    found = line.guard.status()["problems"]
    return {problem["code"] for problem in found if problem["where"] == line.lines[0]}
