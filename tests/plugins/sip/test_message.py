"""Headers, addresses, Vias and writing messages: RFC 3261 §7, §20."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard_sip.core.errors import BadMessage
from callguard_sip.core.message import Address, CSeq, Headers, Request, Response, Via, serialise
from callguard_sip.core.parse import parse


class TestHeaders:
    def test_a_name_is_found_in_every_spelling(self) -> None:
        headers = Headers([("v", "one"), ("VIA", "two"), ("Call-ID", "c")])
        assert headers.all("Via") == ["one", "two"] == headers.all("v")
        assert headers.get("i") == headers.get("call-id") == "c"
        assert "CALL-ID" in headers
        assert "to" not in headers

    def test_lines_of_one_name_keep_their_order(self) -> None:
        headers = Headers([("Route", "a"), ("Via", "x"), ("Route", "b")])
        assert headers.items() == [("route", "a"), ("route", "b"), ("via", "x")]

    def test_setting_replaces_in_place_and_removing_forgets(self) -> None:
        headers = Headers([("To", "a"), ("From", "b"), ("To", "c")])
        headers.set("t", "d")
        headers.remove("f")
        headers.remove("nothing")
        assert headers.items() == [("to", "d")]

    def test_a_copy_can_be_changed_alone(self) -> None:
        headers = Headers([("Via", "a")])
        headers.copy().add("Via", "b")
        assert headers.all("via") == ["a"]

    def test_what_is_handed_out_can_be_changed_alone(self) -> None:
        headers = Headers([("Via", "a")])
        headers.all("via").append("b")
        headers.values("via").append("c")
        assert headers.items() == [("via", "a")]

    @pytest.mark.parametrize(
        ("line", "values"),
        [
            ("a, b ,c", ["a", "b", "c"]),
            ('"Doe, Jane" <sip:a@b>, <sip:c,d@e>', ['"Doe, Jane" <sip:a@b>', "<sip:c,d@e>"]),
            (r'"a \", b" <sip:x@y>,z', [r'"a \", b" <sip:x@y>', "z"]),
            (r'"ends in \\", z', [r'"ends in \\"', "z"]),
            ("a,,b", ["a", "", "b"]),
            ("", [""]),
        ],
    )
    def test_a_list_is_split_outside_quotes_and_brackets(self, line: str, values: list[str]) -> None:
        assert Headers([("Contact", line)]).values("contact") == values

    def test_a_list_goes_on_over_several_lines(self) -> None:
        assert Headers([("k", "100rel, timer"), ("Supported", "path")]).values("supported") == [
            "100rel",
            "timer",
            "path",
        ]

    @pytest.mark.parametrize("line", ['a, "b', "a, <b", "," * 600, "a," * 200, '"",' * 600])
    def test_a_list_without_end_or_reason_is_refused(self, line: str) -> None:
        with pytest.raises(BadMessage):
            Headers([("Contact", line)]).values("contact")


class TestAddress:
    @pytest.mark.parametrize(
        ("text", "display", "uri", "params"),
        [
            ("sip:a@b", "", "sip:a@b", {}),
            ("sip:a@b;tag=1", "", "sip:a@b", {"tag": "1"}),
            ("<sip:a@b;lr>;tag=1", "", "sip:a@b;lr", {"tag": "1"}),
            ('"J. Doe" <sip:a@b>', "J. Doe", "sip:a@b", {}),
            ('"J. \\"D\\" \\\\"<sip:a@b>', 'J. "D" \\', "sip:a@b", {}),
            ('"a;b<c>,d" <sip:a@b>;x', "a;b<c>,d", "sip:a@b", {"x": None}),
            ("BELL, ALEXANDER <sip:a@b>", "BELL, ALEXANDER", "sip:a@b", {}),
            ("Jürgen Müller <sip:a@b>", "Jürgen Müller", "sip:a@b", {}),
            ("caller<sip:a@b>;tag=1", "caller", "sip:a@b", {"tag": "1"}),
            ('<sip:a@b>;+sip.instance="<urn:x;y>"', "", "sip:a@b", {"+sip.instance": "<urn:x;y>"}),
            ('sip:a@b;n="<x>";TAG=Q', "", "sip:a@b", {"n": "<x>", "tag": "Q"}),
            ("<sip:a@b> ; tag = 1 ;;", "", "sip:a@b", {"tag": "1"}),
            ("<tel:+13035550110>", "", "tel:+13035550110", {}),
            ("<http://example.com/?a,b>", "", "http://example.com/?a,b", {}),
            ("*", "", "*", {}),
        ],
    )
    def test_an_address_is_read(self, text: str, display: str, uri: str, params: dict[str, str | None]) -> None:
        assert Address.parse(text) == Address(display, uri, params)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "alice",
            '"Mr. User <sip:a@b>',
            '"Mr. User" sip:a@b',
            '"only a name"',
            "< sip:a@b >",
            "<sip:a@b",
            "<sip:a@b>x",
            "<sip:a@b>, <sip:c@d>",
            "<<sip:a@b>>",
            "<>",
            "<alice>",
            "sip:a@b?Route=x",
            "sip:a@b,sip:c@d",
            "sip:a b@c",
            "sip:a@b\0",
            "<sip:a@b>" + ";x" * 70,
            '<sip:a@b>;x="y',
        ],
    )
    def test_what_is_no_address_is_refused(self, text: str) -> None:
        with pytest.raises(BadMessage) as caught:
            Address.parse(text)
        assert caught.value.status == 400

    @given(st.text(st.characters(codec="utf-8")), st.none() | st.text(st.characters(codec="utf-8"), min_size=1))
    def test_an_address_that_we_write_is_read_as_meant(self, display: str, tag: str | None) -> None:
        address = Address(display, "sip:a@b;lr", {"tag": tag, "x": "[::1]"})
        assert Address.parse(str(address)) == address


class TestVia:
    @pytest.mark.parametrize(
        ("text", "via"),
        [
            ("SIP/2.0/UDP h;branch=z9hG4bKx;rport", Via("UDP", "h", None, {"branch": "z9hG4bKx", "rport": None})),
            ("sip / 2.0 / tcp  h : 5070 ; a = b", Via("TCP", "h", 5070, {"a": "b"})),
            ("SIP/2.0/TLS [2001:db8::1]:5061", Via("TLS", "[2001:db8::1]", 5061)),
            ("SIP/2.0 / TLS [2001:db8::1]", Via("TLS", "[2001:db8::1]")),
            ("SIP/2.0/UDP h;branch=x;", Via("UDP", "h", None, {"branch": "x"})),
            ("SIP/2.0/UDP h;received=2001:db8::9", Via("UDP", "h", None, {"received": "2001:db8::9"})),
        ],
    )
    def test_a_via_is_read(self, text: str, via: Via) -> None:
        assert Via.parse(text) == via
        assert Via.parse(str(via)) == via

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "SIP/2.0/UDP",
            "SIP/2.0 UDP h",
            "HTTP/1.1/TCP h",
            "SIP/2.0/UDP a b",
            "SIP/2.0/UDP h:x",
            "SIP/2.0/UDP h:",
            "SIP/2.0/U@P h",
            "SIP//UDP h",
            "SIP/2.0/UDP h;;branch=x",
            "SIP/2.0/UDP h;branch=x;;",
            "/",
            "//",
            "///",
        ],
    )
    def test_what_is_no_via_is_refused(self, text: str) -> None:
        with pytest.raises(BadMessage):
            Via.parse(text)

    def test_the_port_a_request_came_from_is_told_apart_from_the_wish_for_it(self) -> None:
        assert Via.parse("SIP/2.0/UDP h;rport").rport is None
        assert Via.parse("SIP/2.0/UDP h;rport=5071;received=192.0.2.1").rport == 5071
        with pytest.raises(BadMessage):
            _ = Via.parse("SIP/2.0/UDP h;rport=x").rport


class TestTypedAccess:
    @pytest.mark.parametrize("text", ["1", "x INVITE", "2147483648 INVITE", "1 INV ITE", "1 (", "-1 ACK", "٣ A", ""])
    def test_what_is_no_cseq_is_refused(self, text: str) -> None:
        with pytest.raises(BadMessage):
            CSeq.parse(text)

    @pytest.mark.parametrize("zeros", ["0009 INVITE", "0" * 3000 + "9 INVITE"])
    def test_leading_zeros_do_not_matter(self, zeros: str) -> None:
        assert CSeq.parse(zeros) == CSeq(9, "INVITE")

    def test_what_is_read_once_is_remembered_until_a_header_changes(self) -> None:
        request = Request("INVITE", "sip:a@b", Headers([("From", "<sip:x@y>;tag=1")]))
        assert request.from_ is request.from_
        request.headers.set("From", "<sip:x@y>;tag=2")
        assert request.from_.tag == "2"

    def test_a_new_request_uri_is_read_anew(self) -> None:
        request = Request("INVITE", "sip:a@b")
        assert request.target.user == "a"
        request.uri = "sip:c@b"
        assert request.target.user == "c"

    @pytest.mark.parametrize("name", ["via", "cseq", "call_id", "from_", "to"])
    def test_a_missing_header_is_told(self, name: str) -> None:
        with pytest.raises(BadMessage, match="Missing"):
            getattr(Response(200, "OK"), name)

    def test_optional_headers_may_be_absent(self) -> None:
        response = Response(200, "OK")
        assert response.contacts == []
        assert (response.expires, response.max_forwards, response.content_type) == (None, None, "")

    def test_optional_headers_are_read(self) -> None:
        headers = Headers([("Expires", "600"), ("Max-Forwards", "70"), ("c", 'Application/SDP ;x="y"')])
        response = Response(200, "OK", headers)
        assert (response.expires, response.max_forwards, response.content_type) == (600, 70, "application/sdp")

    @pytest.mark.parametrize(("name", "value"), [("Expires", "soon"), ("Expires", "9" * 20), ("Max-Forwards", "256")])
    def test_numbers_out_of_range_are_refused(self, name: str, value: str) -> None:
        response = Response(200, "OK", Headers([(name, value)]))
        with pytest.raises(BadMessage):
            _ = response.expires, response.max_forwards


class TestSerialise:
    def test_a_message_is_written_as_people_know_it(self) -> None:
        headers = Headers(
            [("v", "SIP/2.0/UDP h"), ("call-id", "c"), ("cseq", "1 ACK"), ("x-my-own", "y"), ("l", "99")]
        )
        assert serialise(Request("ACK", "sip:a@b", headers, b"hi")) == (
            b"ACK sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nCall-ID: c\r\nCSeq: 1 ACK\r\nX-My-Own: y\r\n"
            b"Content-Length: 2\r\n\r\nhi"
        )
        assert serialise(Response(401, "Unauthorized", Headers([("www-authenticate", "x")]))) == (
            b"SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: x\r\nContent-Length: 0\r\n\r\n"
        )

    @given(st.text(), st.text(), st.text(), st.text())
    def test_no_text_can_begin_a_header_of_its_own(self, value: str, name: str, reason: str, uri: str) -> None:
        for message in (
            Response(200, reason, Headers([("To", value), (name, value)])),
            Request("ACK", uri, Headers([("To", value), (name, value)])),
        ):
            head, _, rest = serialise(message).partition(b"\r\n\r\n")
            assert rest == b""
            assert head.count(b"\r\n") == head.count(b"\n") == head.count(b"\r")
            expected = 2 if name.lower() not in ("l", "content-length") else 1
            assert head.count(b"\r\n") == expected + 1

    def test_bytes_that_are_no_utf8_come_out_as_they_came_in(self) -> None:
        data = b"SIP/2.0 200 \xfc\r\nFrom: M\xfcller <sip:a@b>\r\nContent-Length: 0\r\n\r\n"
        assert serialise(parse(data)) == data
