import string
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard_simulator.digest import fields
from callguard_simulator.wire import (
    Message,
    WireError,
    parameter,
    parse,
    quoted,
    request,
    response,
    uri_of,
    user_of,
    user_part,
)

pytestmark = pytest.mark.timed

INVITE = (
    b"INVITE sip:x@127.0.0.1 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKabc;rport\r\n"
    b'f: "A, <b>" <sip:a@b;tag=no>;tag=yes\r\n'
    b"t: <sip:x@127.0.0.1>\r\n"
    b"i: call-1\r\n"
    b"CSeq: 1 INVITE\r\n"
    b"Subject: folded\r\n over two lines\r\n"
    b"l: 4\r\n\r\nbodyand more"
)


def test_a_request_is_read_with_compact_and_folded_headers() -> None:
    message = parse(INVITE)
    assert (message.method, message.uri, message.status) == ("INVITE", "sip:x@127.0.0.1", 0)
    assert message.first("Call-ID") == "call-1"
    assert message.first("subject") == "folded over two lines"
    assert message.branch == "z9hG4bKabc"
    assert message.body == b"body"


def test_a_response_is_read() -> None:
    message = parse(b"SIP/2.0 480 Temporarily\x1b Unavailable\r\nCSeq: 7 INVITE\r\n\r\n")
    assert (message.status, message.reason, message.method) == (480, "Temporarily Unavailable", "")
    assert message.answered_method == "INVITE"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\r\n\r\n", id="keep-alive"),
        pytest.param(b"INVITE sip:x SIP/2.0\r\nA: b\r\n", id="no empty line"),
        pytest.param(b"INVITE sip:x SIP/3.0\r\n\r\n", id="other version"),
        pytest.param(b"INVITE sip:x y SIP/2.0\r\n\r\n", id="space in the URI"),
        pytest.param(b"SIP/2.0 99 Low\r\n\r\n", id="no status"),
        pytest.param(b"SIP/2.0 2000 High\r\n\r\n", id="four digits"),
        pytest.param(b"INVITE sip:x SIP/2.0\r\nno colon\r\n\r\n", id="no header"),
        pytest.param(b"INVITE sip:x SIP/2.0\r\nl: 9\r\n\r\nabc", id="body cut short"),
        pytest.param(b"INVITE sip:x SIP/2.0\r\nl: -1\r\n\r\nabc", id="negative length"),
        pytest.param(b"INVITE sip:x SIP/2.0\r\n" + b"A: b\r\n" * 201 + b"\r\n", id="too many headers"),
        pytest.param(b"INVITE sip:x SIP/2.0\r\nA: " + b"b" * 65536 + b"\r\n\r\n", id="too long"),
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        parse(data)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_wire_error(data: bytes) -> None:
    for attempt in (
        data,
        b"INVITE sip:x SIP/2.0\r\n" + data + b"\r\n\r\n",
        b"SIP/2.0 200 OK\r\nv: " + data + b"\r\n\r\n",
    ):
        try:
            message = parse(attempt)
        except WireError:
            continue
        assert message.branch is not None
        assert uri_of(message.first("From")) is not None


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(b"A: b\r\n c" + b"\r\n c" * 12_000, id="folded"),
        pytest.param(b'f: "' + b"\\" * 60_000, id="quotes"),
        pytest.param(b"f: " + b"<" * 60_000, id="brackets"),
        pytest.param(b"f: <a>" + b";a" * 30_000, id="parameters"),
        pytest.param(b"Authorization: Digest " + b"a=," * 20_000, id="digest"),
        pytest.param(b"v: " + b"," * 60_000, id="commas"),
    ],
)
def test_no_datagram_takes_long(shape: bytes) -> None:
    began = perf_counter()
    try:
        message = parse(b"REGISTER sip:x SIP/2.0\r\n" + shape + b"\r\n\r\n")
        uri_of(message.first("From"))
        parameter(message.first("From"), "tag")
        fields(message.first("Authorization"))
        assert message.branch == ""
    except WireError:
        pass
    assert perf_counter() - began < 0.1


@given(st.text())
def test_any_text_is_a_digest_header_or_none(text: str) -> None:
    for header in (text, f"Digest {text}", f'Digest a="{text}'):
        assert all(isinstance(value, str) for value in fields(header).values())


@given(st.text(), st.text(), st.binary(max_size=50))
def test_nothing_put_into_a_header_can_add_another(name: str, number: str, body: bytes) -> None:
    value = f"{quoted(name)} <sip:{user_part(number)}@h>;tag=t"
    sent = request("INVITE", "sip:x@h", [("From", value), ("Via", "SIP/2.0/UDP h;branch=b")], body)
    heard = parse(sent.to_bytes())
    assert [key for key, _ in heard.headers] == ["From", "Via", "Content-Length"]
    assert heard.body == body
    assert parameter(heard.first("From"), "tag") == "t"
    assert user_of(uri_of(heard.first("From"))) == user_part(number)


def test_control_characters_in_a_name_are_sent_as_quoted_pairs() -> None:
    assert quoted('\x1b[31m"Ma\\y"\r\nVia: x') == '"\\\x1b[31m\\"Ma\\\\y\\"  Via: x"'


@given(st.text())
def test_a_user_part_holds_nothing_that_ends_it(text: str) -> None:
    allowed = set(string.ascii_letters + string.digits + "-_.!~*'()&=+$,;?/%")
    assert set(user_part(text)) <= allowed


@pytest.mark.parametrize(
    ("address", "uri", "tag"),
    [
        ("<sip:a@b>;tag=1", "sip:a@b", "1"),
        ("sip:a@b;tag=1", "sip:a@b", "1"),
        ('"x;tag=9 <sip:evil@b>" <sip:a@b;tag=8>;x;tag=1', "sip:a@b;tag=8", "1"),
        ('"un\\"closed <sip:a@b>', "", ""),
        ("May <sip:a@b> ; tag = 1", "sip:a@b", "1"),
        ("", "", ""),
    ],
)
def test_address_and_tag_are_found_where_they_are(address: str, uri: str, tag: str) -> None:
    assert uri_of(address) == uri
    assert parameter(address, "tag") == tag


def test_a_response_copies_what_it_must_and_marks_its_to_once() -> None:
    heard = parse(INVITE)
    answer = response(heard, 200, "OK", [("Contact", "<sip:c>")], tag="mine")
    again = response(Message("", "", 0, "", answer.headers), 200, "OK", tag="other")
    assert [key for key, _ in answer.headers] == ["Via", "From", "Call-ID", "CSeq", "To", "Contact"]
    assert parameter(answer.first("To"), "tag") == "mine"
    assert parameter(again.first("To"), "tag") == "mine"
