"""The greeting: from a WAV file to the octets of a modem's voice mode, with the standard library alone."""

import io
import re
import sys
import wave
from array import array
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import NamedTuple

RATE = 8000
"Samples a second on a telephone line."
LONGEST = 30.0
"Seconds of a greeting that are played at most."
_DLE = b"\x10"
_ULAW_BIAS = 132
_ULAW_CLIP = 32635
_COMPRESSION = re.compile(r'(\d+)\s*,\s*"([^"]*)"\s*,(.*)')


class AudioError(Exception):
    """A greeting that cannot be played; the text is for people."""


class Encoding(StrEnum):
    """How samples are written, one octet each."""

    U8 = "8-bit linear"
    ULAW = "µ-law"


class SampleFormat(NamedTuple):
    """A format that a modem offers, and the command that chooses it."""

    command: str
    encoding: Encoding


def pick_format(answer: Sequence[str]) -> SampleFormat | None:
    """Return the best format of the answer to AT+VSM=? (V.253 §10.2.8); None if there is none that we speak."""
    found: dict[Encoding, str] = {}
    for line in answer:
        if offer := _COMPRESSION.search(line):
            encoding = _encoding(offer[2].upper(), offer[3])
            if encoding is not None and "8000" in offer[3]:
                found.setdefault(encoding, f"AT+VSM={offer[1]},{RATE}")
    for encoding in (Encoding.U8, Encoding.ULAW):
        if encoding in found:
            return SampleFormat(found[encoding], encoding)
    return None


def _encoding(name: str, parameters: str) -> Encoding | None:
    if name == "8-BIT LINEAR" or (name == "UNSIGNED PCM" and parameters.strip().startswith("8,")):
        return Encoding.U8
    return Encoding.ULAW if "ULAW" in name or "U-LAW" in name else None


def wav_samples(data: bytes) -> "array[int]":
    """Return a PCM WAV file (8 or 16 bit, any rate, mono or more) as 16-bit mono at 8 kHz, cut to 30 s."""
    try:
        with wave.open(io.BytesIO(data)) as sound:
            width, channels, rate = sound.getsampwidth(), sound.getnchannels(), sound.getframerate()
            if width not in (1, 2) or rate < 1:
                raise AudioError(f"it has {8 * width} bits a sample: only 8 and 16 can be played")
            frames = sound.readframes(int(LONGEST * rate))
    except (EOFError, RuntimeError, wave.Error) as error:  # RuntimeError: a part is longer than the file
        raise AudioError(f"it is no PCM WAV file: {error or 'it ends too early'}") from error
    return _resampled(_mono(_to_16_bit(frames, width), channels), rate)


def encode(samples: Sequence[int], encoding: Encoding) -> bytes:
    """Return 16-bit *samples* as octets of the line, not yet shielded."""
    if encoding is Encoding.ULAW:
        table = _ulaw_table()
        return bytes(table[sample & 0xFFFF] for sample in samples)
    return bytes(((sample >> 8) + 128) & 0xFF for sample in samples)


def shielded(octets: bytes) -> bytes:
    """Double every `<DLE>`, without which the modem takes what follows for a command (V.253 §9.1)."""
    return octets.replace(_DLE, _DLE * 2)


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
def _ulaw_table() -> bytes:
    """Return the code of every sample, by its 16 bits as an unsigned number (ITU-T G.711 §3)."""
    return bytes(_ulaw(place - (place >> 15 << 16)) for place in range(1 << 16))


def _ulaw(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample >> 2 << 2), _ULAW_CLIP) + _ULAW_BIAS
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> (exponent + 3) & 0x0F) & 0xFF
