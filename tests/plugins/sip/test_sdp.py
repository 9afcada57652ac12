"""Session descriptions: RFC 4566, RFC 3264, RFC 3551, RFC 4733."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard_sip.core.errors import BadSdp
from callguard_sip.core.sdp import Direction, Media, accepted, answer, offer, parse_offer

FRITZBOX = """v=0
o=user 7439022 7439022 IN IP4 192.0.2.1
s=call
c=IN IP4 192.0.2.1
t=0 0
m=audio 7078 RTP/AVP 9 8 0 2 102 101
a=sendrecv
a=rtpmap:2 G726-32/8000
a=rtpmap:102 G726-32/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtcp:7079
"""
SESSION = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"


def answered(text: str) -> tuple[list[str], Media]:
    body, media = answer(parse_offer(text.encode()), address="192.0.2.9", port=4000, session=17)
    return body.decode().splitlines(), media


def agreed(lines: str) -> Media:
    return answered(SESSION + lines)[1]


def test_a_fritzbox_gets_one_stream_of_pcma() -> None:
    lines, media = answered(FRITZBOX)
    assert lines == [
        "v=0",
        "o=callguard 17 1 IN IP4 192.0.2.9",
        "s=-",
        "c=IN IP4 192.0.2.9",
        "t=0 0",
        "m=audio 4000 RTP/AVP 8 101",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "a=sendrecv",
    ]
    assert media == Media(address="192.0.2.1", port=7078, payload_type=8, codec="PCMA", may_send=True, events=101)


@pytest.mark.parametrize(
    ("formats", "codec", "payload_type"),
    [
        ("0", "PCMU", 0),
        ("8", "PCMA", 8),
        ("0 8", "PCMU", 0),
        ("18 8 0", "PCMA", 8),
        ("96 0\na=rtpmap:96 pcma/8000", "PCMA", 96),
        ("96 0\na=rtpmap:96 PCMA/8000/1", "PCMA", 96),
        ("96 0\na=rtpmap:96 PCMA/16000", "PCMU", 0),
        ("96 0\na=rtpmap:96 PCMA/8000/2", "PCMU", 0),
        ("999 x 0", "PCMU", 0),
    ],
)
def test_the_offerers_first_of_pcma_and_pcmu_is_taken(formats: str, codec: str, payload_type: int) -> None:
    media = agreed(f"m=audio 7078 RTP/AVP {formats}\n")
    assert (media.codec, media.payload_type) == (codec, payload_type)


def test_every_other_stream_is_refused_in_its_place() -> None:
    lines, media = answered(
        SESSION
        + "m=video 5000 RTP/AVP 31 34\nm=audio 5002 RTP/SAVP 8\nm=audio 5004/2 RTP/AVP 8\nm=audio 5006 RTP/AVP 0\n"
        + "m=image 5008 udptl t38\n"
    )
    assert [line for line in lines if line[:2] == "m="] == [
        "m=video 0 RTP/AVP 31 34",
        "m=audio 0 RTP/SAVP 8",
        "m=audio 4000 RTP/AVP 8",
        "m=audio 0 RTP/AVP 0",
        "m=image 0 udptl t38",
    ]
    assert media.port == 5004


@pytest.mark.parametrize(
    ("lines", "answered_with", "may_send"),
    [
        ("a=sendrecv", Direction.BOTH, True),
        ("", Direction.BOTH, True),
        ("a=sendonly", Direction.RECEIVE, False),
        ("a=recvonly", Direction.SEND, True),
        ("a=inactive", Direction.NONE, False),
        ("c=IN IP4 0.0.0.0", Direction.BOTH, False),
    ],
)
def test_a_held_call_is_told(lines: str, answered_with: Direction, may_send: bool) -> None:
    answer_lines, media = answered(f"{SESSION}m=audio 7078 RTP/AVP 8\n{lines}\n")
    assert answer_lines[-1] == f"a={answered_with}"
    assert media.may_send is may_send


def test_a_direction_of_the_session_holds_for_streams_that_tell_none() -> None:
    assert not agreed("a=inactive\nm=audio 7078 RTP/AVP 8\n").may_send
    assert agreed("a=inactive\nm=audio 7078 RTP/AVP 8\na=sendrecv\n").may_send


@pytest.mark.parametrize(
    ("connection", "address"),
    [
        ("c=IN IP4 192.0.2.77", "192.0.2.77"),
        ("c=IN IP6 2001:DB8::7", "2001:db8::7"),
        ("", "192.0.2.1"),
        ("c=IN IP4 224.0.0.1/127", ""),
        ("c=IN IP4 224.0.0.1", ""),
        ("c=IN IP4 255.255.255.255", ""),
        ("c=IN IP6 ::", ""),
        ("c=IN IP6 fe80::1%eth0", ""),
        ("c=IN IP4 media.example", ""),
        ("c=nonsense", ""),
    ],
)
def test_audio_goes_only_to_one_host_named_by_address(connection: str, address: str) -> None:
    media = agreed(f"m=audio 7078 RTP/AVP 8\n{connection}\n")
    assert (media.address, media.may_send) == (address, bool(address))


def test_an_answer_speaks_ipv6() -> None:
    body, _ = answer(parse_offer(FRITZBOX.encode()), address="2001:db8::9", port=4000, session=1)
    assert b"o=callguard 1 1 IN IP6 2001:db8::9\r\n" in body
    assert b"c=IN IP6 2001:db8::9\r\n" in body


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("hello", id="another text"),
        pytest.param(SESSION, id="no stream"),
        pytest.param(SESSION + "m=audio 7078 RTP/SAVP 8 0\n", id="SRTP only"),
        pytest.param(SESSION + "m=audio 7078 UDP/TLS/RTP/SAVPF 8 0\n", id="WebRTC"),
        pytest.param(SESSION + "m=audio 7078 RTP/AVP 9 18\n", id="other codecs only"),
        pytest.param(SESSION + "m=audio 0 RTP/AVP 8\n", id="stream not wanted"),
        pytest.param(SESSION + "m=video 7078 RTP/AVP 8\n", id="video only"),
        pytest.param(SESSION + "m=audio 7078 RTP/AVP\n", id="no formats"),
        pytest.param(SESSION + "m=audio x RTP/AVP 8\n", id="port no number"),
        pytest.param(SESSION + "m=audio 70780 RTP/AVP 8\n", id="port too large"),
        pytest.param(SESSION + "m=aud\xefo 7078 RTP/AVP 8\n", id="bytes that must not come back"),
        pytest.param(SESSION + "m=audio 7078 RTP/AVP" + " 8" * 100 + "\n", id="too many formats"),
        pytest.param(SESSION + "m=audio 7078 RTP/AVP 8\n" * 20, id="too many streams"),
        pytest.param(SESSION + "a=x\n" * 600 + "m=audio 7078 RTP/AVP 8\n", id="too many lines"),
        pytest.param(SESSION + "a=" + "x" * 20_000 + "\nm=audio 7078 RTP/AVP 8\n", id="too many bytes"),
    ],
)
def test_an_offer_that_does_not_fit_is_not_acceptable_here(text: str) -> None:
    with pytest.raises(BadSdp) as caught:
        answered(text)
    assert caught.value.status == 488


def test_our_own_offer_is_answered_by_ourselves() -> None:
    ours = offer(address="192.0.2.9", port=4000, session=1)
    assert accepted(parse_offer(ours)) == Media(
        address="192.0.2.9", port=4000, payload_type=8, codec="PCMA", may_send=True
    )
    reply, _ = answer(parse_offer(ours), address="192.0.2.1", port=7078, session=2)
    assert accepted(parse_offer(reply)).address == "192.0.2.1"


def test_a_refused_offer_is_told() -> None:
    with pytest.raises(BadSdp):
        accepted(parse_offer(b"v=0\r\nm=audio 0 RTP/AVP 8\r\n"))


lines = st.sampled_from(
    [*FRITZBOX.splitlines(), "m=audio 1 RTP/AVP 0", "a=rtpmap:", "c=IN IP6 ::1", "m=", "a=sendonly"]
)


@given(st.lists(lines | st.text(max_size=10)).map("\r\n".join).map(str.encode) | st.binary())
def test_any_bytes_are_answered_or_refused(body: bytes) -> None:
    try:
        reply, media = answer(parse_offer(body), address="192.0.2.9", port=4000, session=1)
    except BadSdp:
        return
    assert media.codec in ("PCMA", "PCMU")
    assert len(parse_offer(reply).streams) == len(parse_offer(body).streams)
