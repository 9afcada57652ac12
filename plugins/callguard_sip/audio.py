"""Announcements: a tone made here or a WAV file of the household, as G.711.

Python 3.13 has no audioop any more, so both laws are built as tables from their definition (ITU-T G.711).
"""

import math
import sys
import wave
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

RATE = 8000
_LONGEST_FILE = 16 << 20
_SIT = ((913.8, 0.274), (1370.6, 0.274), (1776.7, 0.380))
"Special information tones `intercept` (Telcordia SR-2275): diallers take the number for disconnected."
_LEVEL = 8000
_ULAW_BIAS = 132
_ULAW_CLIP = 32635


class AudioError(Exception):
    """An announcement that cannot be played; the text is for people."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What an answered caller hears, in both laws, 8,000 octets a second."""

    pcma: bytes
    pcmu: bytes

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.pcma) / RATE


def announcement(what: str, seconds: float) -> Announcement:
    """Return ``tone``, or the first *seconds* of the WAV file at *what*; AudioError says what is wrong with it."""
    samples = sit_tone() if what == "tone" else wav_samples(Path(what), seconds)
    return encode(samples[: int(seconds * RATE)])


def encode(samples: Sequence[int]) -> Announcement:
    """Return 16-bit *samples* at 8 kHz in both laws."""
    alaw, ulaw = _table(_alaw), _table(_ulaw)
    places = [sample >> 2 & 0x3FFF for sample in samples]
    return Announcement(bytes(map(alaw.__getitem__, places)), bytes(map(ulaw.__getitem__, places)))


def sit_tone() -> "array[int]":
    """Return the three rising tones that say `this number is not in service`, with a little silence around."""
    samples = array("h", bytes(2 * RATE // 5))
    for hertz, seconds in _SIT:
        step = 2 * math.pi * hertz / RATE
        samples.extend(int(_LEVEL * math.sin(step * n)) for n in range(int(seconds * RATE)))
    samples.extend(array("h", bytes(2 * RATE // 5)))
    return samples


def wav_samples(path: Path, seconds: float) -> "array[int]":
    """Return up to *seconds* of a PCM WAV file (8 or 16 bit, any rate, mono or more) as 16-bit mono at 8 kHz."""
    try:
        if path.stat().st_size > _LONGEST_FILE:
            raise AudioError(f"{path} is larger than 16 MB")
        with wave.open(str(path), "rb") as sound:
            width, channels, rate = sound.getsampwidth(), sound.getnchannels(), sound.getframerate()
            frames = sound.readframes(int(seconds * rate) + 1)
    except (OSError, EOFError, wave.Error) as error:
        raise AudioError(f"{path} is no PCM WAV file that can be read: {error}") from error
    if width not in (1, 2) or rate < 1:
        raise AudioError(f"{path} has {8 * width} bits a sample: only 8 and 16 can be played")
    return _resampled(_mono(_to_16_bit(frames, width), channels), rate)


def _to_16_bit(frames: bytes, width: int) -> "array[int]":
    if width == 1:
        return array("h", ((octet - 128) << 8 for octet in frames))
    samples = array("h", frames[: len(frames) & ~1])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _mono(samples: "array[int]", channels: int) -> "array[int]":
    if channels == 1:
        return samples
    whole = len(samples) // channels * channels
    return array("h", (sum(samples[at : at + channels]) // channels for at in range(0, whole, channels)))


def _resampled(samples: "array[int]", rate: int) -> "array[int]":
    """Average what falls into each output sample, or stretch: plain, and good enough for a telephone."""
    if rate == RATE or not samples:
        return samples
    count = len(samples) * RATE // rate
    if rate < RATE:
        return array("h", (_between(samples, n * rate / RATE) for n in range(count)))
    edges = [n * rate // RATE for n in range(count + 1)]
    return array("h", (sum(samples[a:b]) // (b - a) for a, b in pairwise(edges)))


def _between(samples: "array[int]", at: float) -> int:
    left = int(at)
    right = min(left + 1, len(samples) - 1)
    return int(samples[left] + (samples[right] - samples[left]) * (at - left))


@cache
def _table(law: Callable[[int], int]) -> bytes:
    """Return the code of every sample, by its upper 14 bits as an unsigned number."""
    return bytes(law((place << 2) - (place >> 13 << 16)) for place in range(1 << 14))


def _ulaw(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _ULAW_CLIP) + _ULAW_BIAS
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> (exponent + 3) & 0x0F) & 0xFF


def _alaw(sample: int) -> int:
    sign = 0x80 if sample >= 0 else 0
    magnitude = (sample if sample >= 0 else ~sample) >> 3
    exponent = max(magnitude.bit_length() - 5, 0)
    mantissa = magnitude >> (exponent if exponent else 1) & 0x0F
    return (sign | exponent << 4 | mantissa) ^ 0x55
