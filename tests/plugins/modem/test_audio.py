"""The greeting, from a WAV file to octets of the line."""

import importlib
import io
import random
import sys
import warnings
import wave
from array import array
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard_modem.core.audio import (
    LONGEST,
    RATE,
    AudioError,
    Encoding,
    SampleFormat,
    encode,
    pick_format,
    shielded,
    wav_samples,
)

EVERY = array("h", range(-32768, 32768))
CONEXANT = [
    '0,"SIGNED PCM",8,0,8000,0,0',
    '1,"UNSIGNED PCM",8,0,8000,0,0',
    '129,"IMA ADPCM",4,0,8000,0,0',
    '140,"2 Bit ADPCM",2,0,8000,0,0',
]
USR = ['128,"8-BIT LINEAR",(7200,8000,11025)', '129,"16-BIT LINEAR",(7200,8000,11025)', '131,"8-BIT ULAW",(8000)']


def wav(frames: bytes, *, width: int = 2, channels: int = 1, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setsampwidth(width)
        sound.setnchannels(channels)
        sound.setframerate(rate)
        sound.writeframes(frames)
    return file.getvalue()


def octets(samples: "array[int]") -> bytes:
    return samples.tobytes() if sys.byteorder == "little" else bytes(reversed(samples.tobytes()))


@pytest.fixture
def oracle() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return importlib.import_module("audioop")
        except ImportError:
            pytest.skip("this Python has no audioop any more to compare with")


def test_both_encodings_are_those_of_audioop_for_every_sample(oracle: ModuleType) -> None:
    frames = EVERY.tobytes()
    assert encode(EVERY, Encoding.U8) == oracle.bias(oracle.lin2lin(frames, 2, 1), 1, 128)
    assert encode(EVERY, Encoding.ULAW) == oracle.lin2ulaw(frames, 2)


def test_silence_is_silence() -> None:
    assert encode(array("h", [0]), Encoding.U8) == b"\x80"
    assert encode(array("h", [0]), Encoding.ULAW) == b"\xff"


def test_a_file_of_8_khz_is_taken_as_it_is() -> None:
    chance = random.Random(1)
    samples = array("h", (chance.randint(-32768, 32767) for _ in range(1000)))
    assert wav_samples(wav(octets(samples))) == samples


def test_8_bits_stereo_and_other_rates_are_converted() -> None:
    assert wav_samples(wav(bytes([0, 128, 255]), width=1)) == array("h", [-32768, 0, 127 << 8])
    assert wav_samples(wav(octets(array("h", [100, 300, -8, -4])), channels=2)) == array("h", [200, -6])
    assert len(wav_samples(wav(bytes(2 * 44100), rate=44100))) == RATE
    assert len(wav_samples(wav(bytes(2 * 4000), rate=4000))) == RATE


def test_a_long_greeting_is_cut() -> None:
    assert len(wav_samples(wav(bytes(2 * RATE * 40)))) == LONGEST * RATE


@pytest.mark.parametrize("data", [b"", b"RIFF", b"ID3\x03", wav(b"", width=3), wav(b"")[:30]])
def test_what_cannot_be_played_is_told(data: bytes) -> None:
    with pytest.raises(AudioError, match=r"PCM WAV|bits"):
        wav_samples(data)


@given(st.binary(max_size=200), st.integers(0, 60))
def test_an_injured_file_is_played_or_told(noise: bytes, at: int) -> None:
    whole = wav(bytes(range(100)))
    for data in (noise, whole[:at] + noise + whole[at + len(noise) :], whole[:at]):
        try:
            wav_samples(data)
        except AudioError:
            continue


def test_every_dle_is_doubled() -> None:
    assert shielded(b"\x10") == b"\x10\x10"
    assert shielded(b"a\x10\x03b\x10\x10") == b"a\x10\x10\x03b\x10\x10\x10\x10"


@given(st.binary())
def test_shielding_can_be_undone_and_ends_no_transmission(data: bytes) -> None:
    assert shielded(data).replace(b"\x10\x10", b"\x10") == data
    assert b"\x10" not in shielded(data).replace(b"\x10\x10", b"")


def test_the_format_is_picked_by_its_name() -> None:
    assert pick_format(CONEXANT) == SampleFormat("AT+VSM=1,8000", Encoding.U8)
    assert pick_format(USR) == SampleFormat("AT+VSM=128,8000", Encoding.U8)
    assert pick_format([*USR[1:]]) == SampleFormat("AT+VSM=131,8000", Encoding.ULAW)


@pytest.mark.parametrize(
    "answer", [[], ["ERROR"], ['129,"IMA ADPCM",4,0,8000,0,0'], ['128,"8-BIT LINEAR",(7200,11025)'], ['"ULAW",8000']]
)
def test_a_modem_may_offer_nothing_that_we_speak(answer: list[str]) -> None:
    assert pick_format(answer) is None


@given(st.lists(st.text()))
def test_any_answer_is_a_format_or_none(answer: list[str]) -> None:
    pick_format(answer)
