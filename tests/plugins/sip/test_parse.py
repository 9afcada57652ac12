"""Bytes to messages: datagrams and streams, caps and answers: RFC 3261 §7, §8.2, §18.3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard_sip.core.message import Headers, Request, Response, serialise
from callguard_sip.core.parse import (
    DATAGRAM_LIMIT,
    STREAM_LIMIT,
    BadMessage,
    Keepalive,
    StreamParser,
    check_mandatory,
    parse,
)

INVITE = (
    b"INVITE sip:guard@192.0.2.9 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport\r\n"
    b'From: "Dr. Lee" <sip:+13035550147@pbx.example>;tag=a1\r\n'
    b"To: <sip:guard@192.0.2.9>\r\n"
    b"Call-ID: c1@192.0.2.1\r\n"
    b"CSeq: 1 INVITE\r\n"
    b"Contact: <sip:gw@192.0.2.1>\r\n"
    b"Max-Forwards: 70\r\n"
    b"Content-Type: application/sdp\r\n"
    b"Content-Length: 5\r\n"
    b"\r\n"
    b"v=0\r\n"
)
HEAD, BODY = INVITE.split(b"\r\n\r\n")


def request(data: bytes) -> Request:
    message = parse(data)
    assert isinstance(message, Request)
    return message


def refusal(data: bytes) -> BadMessage:
    with pytest.raises(BadMessage) as caught:
        check_mandatory(parse(data))
    return caught.value


class TestReading:
    def test_a_request_is_read(self) -> None:
        message = request(INVITE)
        check_mandatory(message)
        assert (message.method, message.uri, message.body) == ("INVITE", "sip:guard@192.0.2.9", b"v=0\r\n")
        assert (message.via.host, message.via.port, message.via.branch) == ("192.0.2.1", 5060, "z9hG4bK1")
        assert (message.from_.display, message.from_.tag, message.to.tag) == ("Dr. Lee", "a1", None)
        assert (message.cseq.number, message.call_id, message.target.user) == (1, "c1@192.0.2.1", "guard")

    @pytest.mark.parametrize(
        ("line", "status", "reason"),
        [
            (b"SIP/2.0 200 OK", 200, "OK"),
            (b"sip/2.0 603 Not  today", 603, "Not  today"),
            (b"SIP/2.0 180 ", 180, ""),
            (b"SIP/2.0 180", 180, ""),
            (b"SIP/2.0 486 Besetzt \xfc", 486, "Besetzt \udcfc"),
        ],
    )
    def test_a_response_is_read(self, line: bytes, status: int, reason: str) -> None:
        assert parse(line + b"\r\nContent-Length: 0\r\n\r\n") == Response(status, reason, Headers([("l", "0")]))

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(HEAD.replace(b"\r\n", b"\n") + b"\n\n" + BODY, id="lines that end in LF alone"),
            pytest.param(HEAD.replace(b"\r\n", b"\n") + b"\n\r\n" + BODY, id="mixed line ends"),
            pytest.param(b"\r\n\r\n" + INVITE, id="blank lines before"),
            pytest.param(INVITE + b"octets after", id="octets after"),
            pytest.param(INVITE.replace(b"Via:", b"v :"), id="compact, blank before colon"),
            pytest.param(INVITE.replace(b"Call-ID:", b"CALL-id\t :\t"), id="odd case and tabs"),
            pytest.param(INVITE.replace(b"To: ", b"To:\r\n\t  "), id="folded"),
            pytest.param(INVITE.replace(b"To:", b"What is this\r\n(bad): x\r\n: y\r\nTo:"), id="lines of no use"),
            pytest.param(INVITE.replace(b"Content-Length: 5\r\n", b""), id="no Content-Length"),
            pytest.param(INVITE.replace(b"Length: 5", b"Length: 5\r\nl: 5"), id="Content-Length twice"),
            pytest.param(INVITE.replace(b"2.0\r\nVia", b"2.0\r\nVIA").replace(b" SIP/2.0", b" sip/2.0"), id="case"),
        ],
    )
    def test_a_sloppy_sender_is_understood(self, data: bytes) -> None:
        message, reference = request(data), request(INVITE)
        check_mandatory(message)
        assert message.body.startswith(b"v=0")
        assert (message.method, message.uri) == (reference.method, reference.uri)
        for name in ("via", "from_", "to", "call_id", "cseq", "max_forwards", "content_type"):
            assert getattr(message, name) == getattr(reference, name)

    def test_the_body_is_what_content_length_says(self) -> None:
        assert request(INVITE.replace(b"Length: 5", b"Length: 3")).body == b"v=0"
        assert request(INVITE.replace(b"Content-Length: 5\r\n", b"") + b"s=-").body == b"v=0\r\ns=-"

    def test_a_folded_header_is_one_line(self) -> None:
        data = INVITE.replace(b"Contact:", b"Subject: one\r\n two\r\n\t three\r\nContact:")
        assert request(data).headers.get("subject") == "one two three"

    def test_a_bare_carriage_return_begins_no_line(self) -> None:
        message = request(INVITE.replace(b"To:", b"Subject: a\rVia: SIP/2.0/UDP evil\r\nTo:"))
        assert message.headers.all("via") == request(INVITE).headers.all("via")
        assert b"\r" not in serialise(message).replace(b"\r\n", b"")


class TestRefusing:
    @pytest.mark.parametrize(
        ("old", "new", "status", "reason"),
        [
            (b"SIP/2.0\r\nVia", b"SIP/3.0\r\nVia", 505, "Version Not Supported"),
            (b"Length: 5", b"Length: 6", 400, "Content-Length Too Large"),
            (b"Length: 5", b"Length: -5", 400, "Bad Content-Length"),
            (b"Length: 5", b"Length: 5\r\nl: 4", 400, "Conflicting Content-Length"),
            (b"Length: 5", b"Length: 99999999999", 400, "Content-Length Too Large"),
            (b"From:", b"X:", 400, "Missing From"),
            (b"To:", b"X:", 400, "Missing To"),
            (b"Call-ID:", b"X:", 400, "Missing Call-ID"),
            (b"CSeq:", b"X:", 400, "Missing CSeq"),
            (b"CSeq: 1 INVITE", b"CSeq: 1 BYE", 400, "CSeq Method Mismatch"),
            (b"CSeq: 1", b"CSeq: 2147483648", 400, "CSeq Too Large"),
            (b"Call-ID: c1", b"Call-ID: c2\r\nCall-ID: c1", 400, "Conflicting Call-ID"),
            (b"Max-Forwards: 70", b"Max-Forwards: lots", 400, "Bad Max-Forwards"),
            (b"<sip:gw@192.0.2.1>", b"nobody", 400, "Bad Address"),
            (b"INVITE sip:guard@192.0.2.9", b"INVITE http://example.com/", 416, "Unsupported URI Scheme"),
            (b"INVITE sip:guard@192.0.2.9", b"INVITE sip:guard@192.0.2.9:x", 400, "Bad Port"),
            (b"To:", b"X: " + b"y" * 4096 + b"\r\nTo:", 400, "Header Too Long"),
            (b"To:", b"X: y\r\n" * 128 + b"To:", 400, "Too Many Headers"),
            (b"To:", b"X: y\r\n" + b" z\r\n" * 600 + b"To:", 400, "Too Many Headers"),
            (b"To:", b"X: y" * 4096 + b"\r\nTo:", 513, "Message Too Large"),
        ],
        ids=lambda value: value.decode()[:20].strip() if isinstance(value, bytes) else str(value),
    )
    def test_a_bad_request_gets_its_answer(self, old: bytes, new: bytes, status: int, reason: str) -> None:
        assert old in INVITE
        bad = refusal(INVITE.replace(old, new))
        assert (bad.status, bad.reason) == (status, reason)
        assert bad.message is not None
        assert bad.message.via.branch == "z9hG4bK1"

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b"\r\n\r\n", id="keep-alive"),
            pytest.param(b"\0\0\0\0", id="nulls"),
            pytest.param(b"\xff" * 200, id="noise"),
            pytest.param(b"GET / HTTP/1.1\r\nVia: SIP/2.0/UDP h\r\n\r\n", id="another protocol"),
            pytest.param(INVITE.replace(b"Via:", b"X:"), id="no Via"),
            pytest.param(INVITE.replace(b"SIP/2.0/UDP", b"UDP"), id="bad Via"),
            pytest.param(INVITE.replace(b"INVITE", b"ACK").replace(b"h: 5", b"h: 6"), id="ACK is not answered"),
            pytest.param(b"SIP/2.0 99 x\r\nVia: SIP/2.0/UDP h\r\n\r\n", id="status too small"),
            pytest.param(b"SIP/2.0 700 x\r\nVia: SIP/2.0/UDP h\r\n\r\n", id="status too large"),
            pytest.param(b"SIP/2.0 2OO OK\r\nVia: SIP/2.0/UDP h\r\n\r\n", id="status no number"),
            pytest.param(b"SIP/7.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n\r\n", id="response of another version"),
            pytest.param(b"SIP/2.0 200 OK\r\nl: 3\r\nVia: SIP/2.0/UDP h\r\n\r\n", id="short response"),
            pytest.param(b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n\r\n", id="incomplete response"),
        ],
    )
    def test_what_cannot_be_answered_is_dropped(self, data: bytes) -> None:
        assert refusal(data).message is None

    @pytest.mark.parametrize("size", [DATAGRAM_LIMIT, DATAGRAM_LIMIT + 1])
    def test_a_datagram_has_a_largest_size(self, size: int) -> None:
        data = INVITE.replace(b"Content-Length: 5\r\n", b"")
        data += b"x" * (size - len(data))
        if size <= DATAGRAM_LIMIT:
            assert len(serialise(request(data))) > size
        else:
            assert refusal(data).status == 513

    def test_missing_max_forwards_is_forgiven(self) -> None:
        check_mandatory(parse(INVITE.replace(b"Max-Forwards: 70\r\n", b"")))

    def test_a_head_that_does_not_end_is_refused(self) -> None:
        bad = refusal(HEAD + b"\r\n")
        assert (bad.reason, bad.message is not None) == ("Headers Do Not End", True)


def feed(parser: StreamParser, data: bytes, size: int) -> list[object]:
    return [item for at in range(0, len(data), size) for item in parser.feed(data[at : at + size])]


class TestStream:
    @pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 10_000])
    def test_messages_are_cut_however_they_arrive(self, size: int) -> None:
        parser = StreamParser()
        ok = b"SIP/2.0 200 OK\r\nl: 0\r\n\r\n"
        assert feed(parser, INVITE + ok + INVITE, size) == [parse(INVITE), parse(ok), parse(INVITE)]
        assert not parser.broken

    @pytest.mark.parametrize("size", [4, 100])
    def test_pings_and_pongs_are_told_apart(self, size: int) -> None:
        found = feed(StreamParser(), b"\r\n\r\n" + INVITE + b"\r\n\r\n", size)
        assert [item for item in found if isinstance(item, Keepalive)] in (
            [Keepalive.PING, Keepalive.PING],
            [Keepalive.PING, Keepalive.PONG, Keepalive.PING],
        )
        assert StreamParser().feed(b"\r\n" + INVITE)[0] is Keepalive.PONG
        assert StreamParser().feed(b"\r\n") == [Keepalive.PONG]

    def test_a_ping_in_two_pieces_is_still_a_ping(self) -> None:
        parser = StreamParser()
        assert parser.feed(b"\r\n") == [Keepalive.PONG]
        assert parser.feed(b"\r\n") == [Keepalive.PING]
        assert parser.feed(INVITE) == [parse(INVITE)]
        assert parser.feed(b"\r\n") == [Keepalive.PONG]

    def test_a_bad_message_does_not_end_the_stream(self) -> None:
        parser = StreamParser()
        bad, good = parser.feed(INVITE.replace(b"sip:guard@192.0.2.9 SIP", b"a b SIP") + INVITE)
        assert isinstance(bad, BadMessage)
        assert (bad.status, bad.message is not None) == (400, True)
        assert good == parse(INVITE)
        assert not parser.broken

    @pytest.mark.parametrize(
        ("data", "status", "answered"),
        [
            pytest.param(INVITE.replace(b"Content-Length: 5\r\n", b""), 400, True, id="no Content-Length"),
            pytest.param(INVITE.replace(b"Length: 5", b"Length: x"), 400, True, id="bad Content-Length"),
            pytest.param(INVITE.replace(b"Length: 5", b"Length: 999999"), 513, True, id="body too large"),
            pytest.param(INVITE.replace(b"To:", b"\n\nTo:"), 400, True, id="a blank line to some, not to others"),
            pytest.param(b"x" * (STREAM_LIMIT + 1), 513, False, id="head too large"),
        ],
    )
    def test_a_stream_that_lost_its_frame_is_given_up(self, data: bytes, status: int, answered: bool) -> None:
        parser = StreamParser()
        (bad,) = parser.feed(data)
        assert isinstance(bad, BadMessage)
        assert (bad.status, bad.message is not None) == (status, answered)
        assert parser.broken
        assert parser.feed(INVITE) == []

    @given(st.lists(st.binary(max_size=40)))
    def test_any_bytes_are_survived(self, pieces: list[bytes]) -> None:
        parser = StreamParser(limit=100)
        for piece in pieces:
            parser.feed(piece)

    @given(st.integers(0, len(INVITE)), st.integers(0, len(INVITE)))
    def test_where_the_stream_is_cut_does_not_matter(self, first: int, second: int) -> None:
        parser = StreamParser()
        found: list[object] = []
        for piece in (INVITE[:first], INVITE[first:] + INVITE[:second], INVITE[second:]):
            found += parser.feed(piece)
        assert found == [parse(INVITE), parse(INVITE)]
