"""RTP packets of one announcement (RFC 3550 §5.1, RFC 3551): sans-IO, 20 ms of G.711 each."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

FRAME = 160
"Octets, and samples, of one packet."
FRAME_SECONDS = 0.020
_SILENCE = {"PCMU": b"\xff", "PCMA": b"\xd5"}
_HEADER = struct.Struct(">BBHII")
_VERSION = 2 << 6
_MARKER = 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a stream begins; RFC 3550 §5.1 wants all three random."""

    BITS: ClassVar[int] = 80
    ssrc: int
    sequence: int
    timestamp: int

    @classmethod
    def from_bits(cls, bits: int) -> "Start":
        """Cut `BITS` random bits into the three numbers."""
        return cls(ssrc=bits & 0xFFFFFFFF, sequence=bits >> 32 & 0xFFFF, timestamp=bits >> 48 & 0xFFFFFFFF)


def packets(sound: bytes, codec: str, payload_type: int, start: Start) -> Iterator[bytes]:
    """Yield the packets of *sound* (PCMA or PCMU octets), the first one marked, the last filled up with silence."""
    silence = _SILENCE[codec]
    for number, at in enumerate(range(0, len(sound), FRAME)):
        kind = payload_type | (_MARKER if number == 0 else 0)
        sequence = (start.sequence + number) & 0xFFFF
        timestamp = (start.timestamp + number * FRAME) & 0xFFFFFFFF
        frame = sound[at : at + FRAME].ljust(FRAME, silence)
        yield _HEADER.pack(_VERSION, kind, sequence, timestamp, start.ssrc) + frame


def looks_like_rtp(data: bytes) -> bool:
    """Tell whether a datagram may be RTP: good enough to learn the peer's true address from it."""
    return len(data) > _HEADER.size and data[0] >> 6 == 2 and not 64 <= data[1] & 0x7F < 96
