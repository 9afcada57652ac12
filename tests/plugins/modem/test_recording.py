"""What a modem printed about a call is kept, cut as it came, until somebody asks."""

from datetime import UTC, datetime

from callguard import Outcome, Presentation
from callguard_modem.core.callerid import CallerId
from callguard_modem.core.events import CallEnded, CallHeard
from callguard_modem.recording import Recorder

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
CALLER = CallerId(presentation=Presentation.SHOWN, number="3035550164", name="JOHN DOE")
CHUNKS = [
    (100.0, b"\r\nRI"),
    (100.1, b"NG\r\n"),
    (101.0, b"\r\nNMBR = 3035550164\r\nNAME = JOHN DOE\r\n"),
    (106.0, b"\r\nRING\r\n"),
]


def heard(serial: int = 1) -> CallHeard:
    return CallHeard(serial=serial, line="Home", ring="", caller=CALLER, rings=1, within=1.9, lines=())


def a_call(recorder: Recorder, later: float = 0.0) -> None:
    for at, data in CHUNKS:
        recorder.heard(data, at + later)
        if at == 101.0:
            recorder.call_heard(heard(), NOON)
    recorder.call_ended(CallEnded(serial=1, outcome=Outcome.RANG, rings=2))


def test_a_recorded_call_is_a_test_case_without_anybody_in_it() -> None:
    recorder = Recorder()
    a_call(recorder)
    assert recorder.transcripts[0].masked("a test") == {
        "id": "recorded-20260102-120000",
        "src": "a test",
        "raw": "\r\nRING\r\n\r\nNMBR = 2025550100\r\nNAME = XXXX XXX\r\n\r\nRING\r\n",
        "cut": [4, 8, 46],
        "rings": 2,
        "want": {"number": "2025550100", "name": "XXXX XXX", "presentation": "available"},
    }


def test_when_rings_and_caller_id_came_is_told_even_if_a_word_was_cut() -> None:
    recorder = Recorder()
    a_call(recorder)
    assert recorder.transcripts[0].timing() == {"rings_at": [0.0, 6.0], "caller_id_at": 1.0}


def test_an_answer_to_the_heartbeat_just_before_is_no_part_of_it() -> None:
    recorder = Recorder()
    recorder.heard(b"\r\nOK\r", 98.0)
    recorder.heard(b"\n\r\n", 99.0)
    a_call(recorder)
    assert recorder.transcripts[0].chunks[0] == (0.0, b"\r\nRI")
    assert recorder.transcripts[0].timing() == {"rings_at": [0.0, 6.0], "caller_id_at": 1.0}


def test_what_came_long_before_a_call_is_no_part_of_it() -> None:
    recorder = Recorder()
    recorder.heard(b"\r\nOK\r\n", 40.0)
    a_call(recorder)
    assert b"OK" not in b"".join(data for _, data in recorder.transcripts[0].chunks)


def test_a_modem_that_never_stops_talking_fills_no_memory() -> None:
    recorder = Recorder()
    recorder.call_heard(heard(), NOON)
    for number in range(1000):
        recorder.heard(b"x" * 100, float(number))
    recorder.call_ended(CallEnded(serial=1, outcome=Outcome.RANG, rings=1))
    assert sum(len(data) for _, data in recorder.transcripts[0].chunks) <= 16384


def test_only_the_last_calls_are_kept() -> None:
    recorder = Recorder()
    for number in range(30):
        a_call(recorder, later=60.0 * number)
    assert (len(recorder.transcripts), recorder.heard_calls) == (20, 30)


async def test_who_waits_for_a_call_gets_the_next_one_or_nothing() -> None:
    recorder = Recorder()
    assert await recorder.next_call(0, 0.01) is None
    a_call(recorder)
    assert await recorder.next_call(0, 0.01) is recorder.transcripts[0]
    assert await recorder.next_call(1, 0.01) is None
