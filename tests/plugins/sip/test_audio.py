import math
import struct
import wave
from pathlib import Path

import pytest

from callguard_sip.audio import RATE, AudioError, announcement, encode, sit_tone, wav_samples

# ITU-T G.711 tables 1a and 2a: decision values and the codes of their intervals, both signs.
ALAW = [(0, 0xD5), (15, 0xD5), (16, 0xD4), (512, 0xF5), (1024, 0xE5), (32767, 0xAA), (-1, 0x55), (-32768, 0x2A)]
ULAW = [(0, 0xFF), (4, 0xFE), (124, 0xEF), (1000, 0xCE), (32767, 0x80), (-4, 0x7E), (-1000, 0x4E), (-32768, 0x00)]


def write(path: Path, frames: bytes, *, rate: int = RATE, width: int = 2, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(rate)
        sound.writeframes(frames)
    return path


def sine(hertz: float, rate: int, seconds: float, level: int = 10_000) -> list[int]:
    return [int(level * math.sin(2 * math.pi * hertz * n / rate)) for n in range(int(rate * seconds))]


def strength(samples: list[int], hertz: float) -> float:
    """How much of one frequency is in *samples* (Goertzel)."""
    step = 2 * math.pi * hertz / RATE
    real = sum(value * math.cos(step * n) for n, value in enumerate(samples))
    imaginary = sum(value * math.sin(step * n) for n, value in enumerate(samples))
    return 2 * math.hypot(real, imaginary) / len(samples)


@pytest.mark.parametrize(("sample", "code"), ALAW)
def test_alaw_codes_are_those_of_g711(sample: int, code: int) -> None:
    assert encode([sample]).pcma == bytes([code])


@pytest.mark.parametrize(("sample", "code"), ULAW)
def test_ulaw_codes_are_those_of_g711(sample: int, code: int) -> None:
    assert encode([sample]).pcmu == bytes([code])


def ulaw_value(code: int) -> int:
    code = ~code & 0xFF
    magnitude = ((code & 0x0F) << 3) + 132 << (code >> 4 & 7)
    return (132 - magnitude) if code & 0x80 else (magnitude - 132)


def alaw_value(code: int) -> int:
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, (code & 0x0F) << 4
    magnitude = mantissa + 8 if exponent == 0 else mantissa + 0x108 << exponent - 1
    return magnitude if code & 0x80 else -magnitude


@pytest.mark.parametrize("value_of", [ulaw_value, alaw_value])
def test_every_sample_comes_back_nearly_the_same(value_of: object) -> None:
    samples = list(range(-32768, 32768, 7))
    coded = encode(samples)
    codes, decode = (coded.pcmu, ulaw_value) if value_of is ulaw_value else (coded.pcma, alaw_value)
    for sample, code in zip(samples, codes, strict=True):
        assert abs(decode(code) - sample) <= max(abs(sample) / 16, 20)


def test_the_tone_is_the_three_rising_tones_of_a_dead_number() -> None:
    samples = list(sit_tone())
    first, second, third = samples[1600:3792], samples[3792:5984], samples[5984:9024]
    for part, hertz in ((first, 913.8), (second, 1370.6), (third, 1776.7)):
        assert strength(part, hertz) > 7000
        assert max(strength(part, other) for other in (913.8, 1370.6, 1776.7) if other != hertz) < 500
    assert max(map(abs, samples[:1600] + samples[-1600:])) == 0


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 6000])
def test_a_wav_of_any_rate_keeps_its_pitch_and_length(tmp_path: Path, rate: int) -> None:
    samples = sine(440, rate, 0.5)
    path = write(tmp_path / "a.wav", struct.pack(f"<{len(samples)}h", *samples), rate=rate)
    heard = list(wav_samples(path, 10))
    assert abs(len(heard) - RATE / 2) <= 2
    assert 8_500 < strength(heard, 440) < 10_500


def test_stereo_is_mixed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", struct.pack("<8h", 100, 300, -100, -300, 0, 2, 7, 7), channels=2)
    assert list(wav_samples(path, 1)) == [200, -200, 1, 7]


def test_eight_bits_are_understood(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", bytes([128, 255, 0]), width=1)
    assert list(wav_samples(path, 1)) == [0, 127 << 8, -128 << 8]


def test_no_more_is_played_than_wanted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", bytes(2 * RATE * 3))
    assert announcement(str(path), 1.5).seconds == 1.5


def test_the_tone_fits_into_four_seconds() -> None:
    assert 1 < announcement("tone", 4).seconds < 2


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "no PCM WAV"), (b"RIFF\x00\x00\x00\x00WAVE", "no PCM WAV"), (b"ID3\x03" + bytes(99), "no PCM WAV")],
    ids=["empty", "cut off", "mp3"],
)
def test_what_is_no_wav_is_refused_in_words(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=why):
        announcement(str(path), 4)


def test_a_missing_file_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="No such file"):
        announcement(str(tmp_path / "none.wav"), 4)


def test_24_bits_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="24 bits"):
        announcement(str(write(tmp_path / "a.wav", bytes(30), width=3)), 4)


def test_a_giant_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with path.open("wb") as file:
        file.truncate(17 << 20)
    with pytest.raises(AudioError, match="larger than 16 MB"):
        announcement(str(path), 4)
