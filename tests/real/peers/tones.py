"""Tones that a phone plays, and which tone a recording holds: how a test proves that people hear each other."""

import array
import math
import wave
from dataclasses import dataclass
from pathlib import Path

RATE = 8000
_CANDIDATES = (300, 440, 600, 914, 1000, 1371, 1777, 2000)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recording holds."""

    hertz: int
    "The strongest of the candidate tones; 0 for silence."
    loudness: float
    seconds: float


def write_tone(path: Path, hertz: int, seconds: float = 60.0) -> Path:
    """Write a mono 16-bit WAV of *seconds* of a sine, the way a telephone carries it."""
    period = RATE // math.gcd(RATE, hertz)
    wave_form = [round(8000 * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(period)]
    samples = array.array("h", wave_form * math.ceil(seconds * RATE / period))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())
    return path


def listen(path: Path) -> Heard:
    """Say which tone the middle second of a recording holds (Goertzel's algorithm)."""
    with wave.open(str(path)) as recording:
        rate, channels = recording.getframerate(), recording.getnchannels()
        samples = array.array("h", recording.readframes(recording.getnframes()))[::channels]
    part = samples[len(samples) // 4 :][:rate]
    loudness = math.sqrt(sum(v * v for v in part) / max(1, len(part)))
    strongest = max(_CANDIDATES, key=lambda hertz: _power(part, hertz, rate))
    return Heard(strongest if loudness > 100 else 0, loudness, len(samples) / rate)


def _power(samples: "array.array[int]", hertz: int, rate: int) -> float:
    turn = 2 * math.cos(2 * math.pi * hertz / rate)
    a = b = 0.0
    for value in samples:
        a, b = value + turn * a - b, a
    return a * a + b * b - turn * a * b


def seconds_of(hertz: int, ulaw: bytes) -> float:
    """Return for how long µ-law sound (ITU-T G.711) holds a tone of *hertz* that drowns everything else."""
    step = RATE // 10
    parts = [array.array("h", map(_linear, ulaw[at : at + step])) for at in range(0, len(ulaw) - step + 1, step)]
    return sum(_is_mostly(part, hertz) for part in parts) / 10


def _is_mostly(part: "array.array[int]", hertz: int) -> bool:
    energy = sum(v * v for v in part)
    return energy > 100 * 100 * len(part) and _power(part, hertz, RATE) > 0.8 * energy * len(part) / 2


def _linear(code: int) -> int:
    code = ~code & 0xFF
    size = ((code & 0x0F) << 3) + 0x84 << (code >> 4 & 7)
    return (0x84 - size) if code & 0x80 else (size - 0x84)
