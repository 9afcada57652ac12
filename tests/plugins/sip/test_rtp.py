import struct

import pytest

from callguard_sip.core.rtp import Start, looks_like_rtp, packets

START = Start(ssrc=0xDEADBEEF, sequence=0xFFFF, timestamp=0xFFFFFFFF)


def test_packets_count_on_and_wrap_around() -> None:
    sent = list(packets(b"\x00" * 480, "PCMA", 8, START))
    heads = [struct.unpack(">BBHII", packet[:12]) for packet in sent]
    assert [head[0] for head in heads] == [0x80] * 3
    assert [head[1] for head in heads] == [0x88, 8, 8]
    assert [head[2] for head in heads] == [0xFFFF, 0, 1]
    assert [head[3] for head in heads] == [0xFFFFFFFF, 159, 319]
    assert {head[4] for head in heads} == {0xDEADBEEF}
    assert {len(packet) for packet in sent} == {172}


@pytest.mark.parametrize(("codec", "silence"), [("PCMA", b"\xd5"), ("PCMU", b"\xff")])
def test_the_last_packet_is_filled_up_with_silence(codec: str, silence: bytes) -> None:
    (packet,) = packets(b"\x01\x02", codec, 96, START)
    assert packet[12:] == b"\x01\x02" + silence * 158
    assert packet[1] == 0x80 | 96


def test_a_stream_begins_at_random() -> None:
    start = Start.from_bits((1 << Start.BITS) - 1)
    assert start == Start(ssrc=0xFFFFFFFF, sequence=0xFFFF, timestamp=0xFFFFFFFF)
    assert Start.from_bits(0) == Start(ssrc=0, sequence=0, timestamp=0)


@pytest.mark.parametrize(
    ("data", "rtp"),
    [
        (b"\x80\x08" + bytes(170), True),
        (b"\x80\xc8" + bytes(40), False),
        (b"\x80\x08", False),
        (b"\x00\x01" + bytes(40), False),
        (b"SIP/2.0 200 OK\r\n", False),
        (b"", False),
    ],
    ids=["rtp", "rtcp", "short", "stun", "sip", "empty"],
)
def test_rtp_is_told_from_other_datagrams(data: bytes, rtp: bool) -> None:
    assert looks_like_rtp(data) is rtp
