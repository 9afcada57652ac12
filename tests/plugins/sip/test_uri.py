"""SIP, SIPS and tel URIs: RFC 3261 §19.1, RFC 3966."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard_sip.core.errors import BadUri
from callguard_sip.core.uri import SipUri, host_port

GOOD = {
    "sip:alice@atlanta.example": SipUri("sip", "alice", "", "atlanta.example"),
    "SIP:alice@Atlanta.example": SipUri("sip", "alice", "", "Atlanta.example"),
    "sips:alice@atlanta.example:5061": SipUri("sips", "alice", "", "atlanta.example", 5061),
    "sip:alice:secret@atlanta.example": SipUri("sip", "alice", "secret", "atlanta.example"),
    "sip:fritz.box": SipUri("sip", "", "", "fritz.box"),
    "sip:@fritz.box": SipUri("sip", "", "", "fritz.box"),
    "sip:+13035550110@gw;user=phone": SipUri("sip", "+13035550110", "", "gw", None, {"user": "phone"}),
    "sip:x@[2001:db8::9]:5070;lr": SipUri("sip", "x", "", "[2001:db8::9]", 5070, {"lr": None}),
    "sip:**610@fritz.box": SipUri("sip", "**610", "", "fritz.box"),
    "sip:*21#@my_pbx": SipUri("sip", "*21#", "", "my_pbx"),
    "sip:a;b=c@h;TRANSPORT=tcp": SipUri("sip", "a;b=c", "", "h", None, {"transport": "tcp"}),
    "sip:u@h?Subject=hi": SipUri("sip", "u", "", "h", None, {}, "Subject=hi"),
    "sip:user%40home@h": SipUri("sip", "user@home", "", "h"),
    "sip:J%C3%BCrgen@h": SipUri("sip", "Jürgen", "", "h"),
    "sip:u@h;;lr;": SipUri("sip", "u", "", "h", None, {"lr": None}),
    "sip:u@h;x=1;x=2": SipUri("sip", "u", "", "h", None, {"x": "1"}),
    "tel:+1-303-555-0110": SipUri("tel", "+1-303-555-0110", "", ""),
    "tel:5550110;phone-context=+1303": SipUri("tel", "5550110", "", "", None, {"phone-context": "+1303"}),
}


@pytest.mark.parametrize("text", GOOD)
def test_a_uri_is_read_into_its_parts(text: str) -> None:
    assert SipUri.parse(text) == GOOD[text]


BAD = [
    ("", 400),
    ("alice", 400),
    ("alice@atlanta.example", 400),
    ("sip:", 400),
    ("sip:alice@", 400),
    ("sip:a@b@c", 400),
    ("sip:alice@host:", 400),
    ("sip:alice@host:70000", 400),
    ("sip:alice@host:5o60", 400),
    ("sip:alice@host:0", 400),
    ("sip:alice@host:١٢", 400),
    ("sip:alice@[2001:db8::9", 400),
    ("sip:alice@[example]", 400),
    ("sip:alice@[::1]x", 400),
    ("sip:al ice@host", 400),
    ("sip:alice@host\r\nX: y", 400),
    ("<sip:alice@host>", 400),
    ('sip:"a"@host', 400),
    ("sip:alice@ho<st", 400),
    ("tel:", 400),
    ("tel:;ext=1", 400),
    ("mailto:alice@host", 416),
    ("http://host/", 416),
    (":host", 416),
    ("sip:u@h" + ";p" * 70, 400),
]


@pytest.mark.parametrize(("text", "status"), BAD)
def test_what_is_no_uri_of_a_telephone_is_refused(text: str, status: int) -> None:
    with pytest.raises(BadUri) as caught:
        SipUri.parse(text)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        (SipUri("sip", "user@home", "", "h", 5060), "sip:user%40home@h:5060"),
        (SipUri("sip", "a b<c>", "", "h"), "sip:a%20b%3Cc%3E@h"),
        (SipUri("sip", "evil\r\nVia: x", "", "h"), "sip:evil%0D%0AVia%3A%20x@h"),
        (SipUri("sip", "", "", "h", None, {"lr": None, "x": 'a"b;c'}), "sip:h;lr;x=a%22b%3Bc"),
        (SipUri("tel", "+13035550110", "", ""), "tel:+13035550110"),
    ],
)
def test_a_uri_is_written_with_escapes(uri: SipUri, text: str) -> None:
    assert str(uri) == text
    assert SipUri.parse(text) == uri


def test_bytes_that_are_no_utf8_survive_reading_and_writing() -> None:
    assert str(SipUri.parse("sip:J%FCrgen@h")) == "sip:J%FCrgen@h"


@pytest.mark.parametrize(
    ("text", "place"),
    [("h", ("h", None)), ("h:5060", ("h", 5060)), ("[::1]", ("[::1]", None)), ("[::1]:1", ("[::1]", 1))],
)
def test_a_host_may_have_a_port(text: str, place: tuple[str, int | None]) -> None:
    assert host_port(text) == place


users = st.text(st.characters(codec="utf-8"), max_size=20)
names = st.text("abcdefghij-", min_size=1, max_size=8)
hosts = st.sampled_from(["h", "pbx.example", "192.0.2.1", "[2001:db8::1]"])
ports = st.none() | st.integers(1, 65535)


@given(users, hosts, ports, st.dictionaries(names, st.none() | st.text(st.characters(codec="utf-8"), min_size=1)))
def test_a_uri_that_we_write_is_read_as_meant(
    user: str, host: str, port: int | None, params: dict[str, str | None]
) -> None:
    uri = SipUri("sip", user, "", host, port, params)
    assert SipUri.parse(str(uri)) == uri


@given(st.text())
def test_any_text_after_a_scheme_is_a_uri_or_refused(text: str) -> None:
    try:
        uri = SipUri.parse("sip:" + text)
    except BadUri:
        return
    assert SipUri.parse(str(uri)).host == uri.host
