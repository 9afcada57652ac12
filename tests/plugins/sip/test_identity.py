"""Who is calling, in the formats of the field: RFC 3261, 3323, 3325, 3966, 5806, 7044, 7090, 8224."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard import Attestation, Presentation
from callguard_sip.core.errors import BadMessage
from callguard_sip.core.headers import Headers
from callguard_sip.core.identity import Heard, caller_of
from callguard_sip.core.message import Request
from callguard_sip.core.parse import parse

LEE = "+13035550147"
BERLIN = "+493023125000"


def hear(  # every argument of caller_of, with the values most tests want
    *lines: str,
    country: str = "US",
    trusted: bool = True,
    prefix: str = "**",
    internal: tuple[str, ...] = (),
    domain: str = "pbx.example",
) -> Heard:
    """Hear an INVITE with these headers; To and From are added where missing."""
    headers = Headers((name, value) for name, _, value in (line.partition(": ") for line in lines))
    for name in ("from", "to"):
        if name not in headers:
            headers.add(name, "<sip:guard@pbx.example>")
    request = Request("INVITE", "sip:x7k2@192.0.2.9", headers)
    return caller_of(
        request, country=country, trusted=trusted, domain=domain, internal_prefix=prefix, internal=internal
    )


PROVIDERS = [
    pytest.param("US", "From: <sip:+13035550147@twilio.example>;tag=1", LEE, id="Twilio, Flowroute: +E.164"),
    pytest.param("US", "From: <sip:3035550147@voip.ms>;tag=1", LEE, id="voip.ms: ten digits"),
    pytest.param("US", "From: <sip:13035550147@voip.ms>", LEE, id="US trunk: eleven digits"),
    pytest.param("US", 'f: "DR LEE" <sip:13035550147@66.193.176.35>;tag=3', LEE, id="Callcentric: compact"),
    pytest.param("US", "From: <sip:13035550147@vonage.example>", LEE, id="Vonage: E.164 without plus"),
    pytest.param("US", "From: <sip:011493023125000@gw>", BERLIN, id="US trunk: 011"),
    pytest.param("US", "From: <sip:00493023125000@gw>", BERLIN, id="US PBX: 00"),
    pytest.param("US", "From: <sip:493023125000@gw>", BERLIN, id="US trunk: foreign E.164 without plus"),
    pytest.param("DE", "From: <sip:+493023125000@tel.t-online.de;user=phone>", BERLIN, id="Telekom: user=phone"),
    pytest.param("DE", 'From: "03023125000" <sip:03023125000@fritz.box>', BERLIN, id="Fritz!Box: national"),
    pytest.param("DE", "From: <sip:0013035550147@fritz.box>", LEE, id="Fritz!Box: foreign with 00"),
    pytest.param("DE", "From: <sip:493023125000@sipgate.de>", BERLIN, id="sipgate, 1&1: E.164 without plus"),
    pytest.param("DE", "From: <sip:13035550147@sipgate.de>", LEE, id="sipgate: foreign E.164 without plus"),
    pytest.param("DE", "From: <sip:00493023125000@pbx>", BERLIN, id="Starface, Auerswald: 00-prefix"),
    pytest.param("DE", "From: <sip:3023125000@pbx>", BERLIN, id="Auerswald: without trunk prefix"),
    pytest.param("GB", "From: <sip:07700900123@sip>", "+447700900123", id="UK: national"),
    pytest.param("GB", "From: <sip:447700900123@sip>", "+447700900123", id="UK: E.164 without plus"),
    pytest.param("FR", "From: <sip:0199001234@ovh>", "+33199001234", id="FR: national"),
    pytest.param("IT", "From: <sip:0600000000@sip>", "+390600000000", id="IT: the 0 belongs to the number"),
    pytest.param("IT", "From: <sip:13035550147@sip>", LEE, id="IT: foreign E.164 without plus"),
    pytest.param("NO", "From: <sip:13035550147@sip>", LEE, id="NO: foreign E.164 without plus"),
    pytest.param("BR", "From: <sip:11987654321@sip>", "+5511987654321", id="BR: national without trunk prefix"),
    pytest.param("AU", "From: <sip:0491570156@sip>", "+61491570156", id="AU: national"),
    pytest.param("AU", "From: <sip:491570156@sip>", "+61491570156", id="AU: national without trunk prefix"),
    pytest.param("US", "From: <tel:+1-303-555-0147>", LEE, id="tel, punctuation"),
    pytest.param("US", "From: <tel:5550147;phone-context=+1303>", LEE, id="tel, local with context"),
    pytest.param("US", "From: <sip:5550147;phone-context=+1303@gw;user=phone>", LEE, id="sip, local with context"),
    pytest.param("US", "From: <sip:+13035550147;npdi;rn=+13035550100@gw>", LEE, id="ported: npdi and rn"),
    pytest.param("US", "From: <sip:%2B13035550147@gw>", LEE, id="escaped plus"),
    pytest.param("US", "From: <sip:+1%20(303)%20555-0147@gw>", LEE, id="escaped punctuation"),
    pytest.param("US", "From: <SIP:+13035550147@GW>", LEE, id="scheme in capitals"),
    pytest.param("US", "From: sip:+13035550147@gw;tag=1", LEE, id="without brackets"),
    pytest.param("US", "From: LEE, JOHN <sip:+13035550147@gw>", LEE, id="comma in an unquoted name"),
]


@pytest.mark.parametrize(("country", "line", "number"), PROVIDERS)
def test_a_number_is_e164_however_it_is_spelt(country: str, line: str, number: str) -> None:
    caller = hear(line, country=country).caller
    assert (caller.number, caller.presentation) == (number, Presentation.SHOWN)


NO_NUMBERS = [
    pytest.param("US", "*21#", id="service code"),
    pytest.param("DE", "**610", id="Fritz!Box handset"),
    pytest.param("DE", "21", id="extension"),
    pytest.param("DE", "610", id="three digits"),
    pytest.param("US", "1001", id="four digits"),
    pytest.param("DE", "+49211", id="the beginning of a number"),
    pytest.param("IT", "0651", id="a beginning where numbers may be short"),
    pytest.param("US", "911", id="emergency number"),
    pytest.param("US", "5550147", id="local number without area code"),
    pytest.param("US", "303555xxxx", id="masked number"),
    pytest.param("US", "alice", id="a word"),
    pytest.param("US", "+" + "1" * 60, id="too many digits"),
    pytest.param(
        "US", "%D9%A3%D9%A0%D9%A3%D9%A5%D9%A5%D9%A5%D9%A0%D9%A1%D9%A4%D9%A7", id="digits that are not ASCII"
    ),
]


@pytest.mark.parametrize(("country", "user"), NO_NUMBERS)
def test_what_the_public_network_does_not_have_is_no_number(country: str, user: str) -> None:
    caller = hear(f"From: <sip:{user}@pbx.example>", country=country).caller
    assert (caller.number, caller.presentation) == (None, Presentation.SHOWN)
    assert caller.text


def test_a_strangers_name_says_where_it_is_from() -> None:
    assert hear("From: <sip:alice@sip.example>").caller.text == "alice@sip.example"
    assert hear("From: <sip:alice@PBX.example>").caller.text == "alice"
    assert hear("From: <sip:21@sip.example>").caller.text == "21"
    assert hear("From: <http://sip.example/alice>").caller.text == "http://sip.example/alice"


def test_the_number_is_kept_as_it_arrived() -> None:
    caller = hear("From: <sip:3035550147;npdi@gw;user=phone>").caller
    assert (caller.text, caller.number) == ("3035550147", LEE)


WITHHELD = [
    pytest.param(['From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=1'], id="RFC 3323"),
    pytest.param(["From: <sip:c8oqz84zk7z@anonymous.invalid>"], id="RFC 3323 with a temporary user"),
    pytest.param(["From: <sip:Anonymous@gw>"], id="user anonymous"),
    pytest.param(["From: <sip:restricted@gw>"], id="user restricted"),
    pytest.param(["From: <sip:private@gw>"], id="user private"),
    pytest.param(["From: <sip:+13035550147@gw>", "Privacy: id"], id="Privacy: id"),
    pytest.param(["From: <sip:+13035550147@gw>", "Privacy: critical;user"], id="Privacy: user"),
    pytest.param(["From: <sip:+13035550147@gw>", "Privacy: none, header"], id="Privacy: header"),
    pytest.param(['From: "Anonymous" <sip:+13035550147@gw>'], id="name Anonymous"),
    pytest.param(["From: Restricted <sip:+13035550147@gw>"], id="name Restricted"),
    pytest.param(
        ["From: <sip:+13035550147@gw>", "Remote-Party-ID: <sip:+13035550147@gw>;privacy=full;screen=yes"],
        id="Remote-Party-ID: privacy=full",
    ),
    pytest.param(["From: <sip:+266696687@twilio>"], id="Twilio: anonymous on the keypad"),
    pytest.param(["From: <sip:+7378742833@twilio>"], id="Twilio: restricted on the keypad"),
]


@pytest.mark.parametrize("lines", WITHHELD)
def test_a_withheld_number_is_shown_to_nobody(lines: list[str]) -> None:
    heard = hear(*lines)
    assert heard.caller.presentation is Presentation.WITHHELD
    assert heard.caller.number is None
    told = (heard.caller.text, heard.caller.name, *heard.details.values())
    assert not any("3035550147" in text for text in told)


@pytest.mark.parametrize("trusted", [True, False])
def test_a_withheld_number_serves_the_verdict_if_the_network_told_it(trusted: bool) -> None:
    in_pai = hear(
        "From: <sip:anonymous@anonymous.invalid>", "P-Asserted-Identity: <tel:+13035550147>", trusted=trusted
    )
    in_from = hear("From: <sip:+13035550147@gw>", "Privacy: id", trusted=trusted)
    for heard in (in_pai, in_from):
        assert heard.caller.asserted == ((LEE,) if trusted else ())
        assert heard.caller.numbers == heard.caller.asserted
        assert heard.caller.number is None


@pytest.mark.parametrize(
    "line",
    [
        "From: <sip:unavailable@unknown.invalid>",
        "From: <sip:x@unknown.invalid>",
        "From: <sip:Unknown@gw>",
        'From: "Unavailable" <sip:gw.example>',
        "From: <sip:0000000000@freeswitch>",
        "From: <sip:+86282452253@twilio>",
    ],
)
def test_a_number_that_the_network_does_not_know_is_unavailable(line: str) -> None:
    caller = hear(line).caller
    assert (caller.presentation, caller.number) == (Presentation.UNAVAILABLE, None)


def test_a_name_of_unknown_does_not_hide_a_number() -> None:
    assert hear('From: "UNKNOWN CALLER" <sip:+13035550147@gw>').caller.number == LEE


def test_nothing_usable_is_missing() -> None:
    caller = hear("From: <sip:gw.example>;tag=1").caller
    assert (caller.presentation, caller.number, caller.text) == (Presentation.MISSING, None, "")


@pytest.mark.parametrize("value", ["none", "critical", "history", "session", ""])
def test_other_wishes_for_privacy_hide_no_number(value: str) -> None:
    assert hear("From: <sip:+13035550147@gw>", f"Privacy: {value}").caller.number == LEE


class TestAsserted:
    PAI = 'P-Asserted-Identity: "Bank" <sip:+13035550199@carrier>, <tel:+13035550198>'

    def test_presented_and_asserted_are_kept_apart(self) -> None:
        caller = hear("From: <sip:+13035550147@gw>", self.PAI).caller
        assert (caller.number, caller.asserted) == (LEE, ("+13035550199", "+13035550198"))

    def test_a_name_is_believed_for_the_number_it_was_given_to(self) -> None:
        assert hear("From: <sip:+13035550147@gw>", self.PAI).caller.name == ""
        assert hear("From: <sip:+13035550199@gw>", self.PAI).caller.name == "Bank"
        assert hear("From: <sip:+13035550199@gw>", self.PAI, trusted=False).caller.name == ""
        assert hear('From: "Me" <sip:+13035550199@gw>', self.PAI).caller.name == "Me"

    def test_a_stranger_asserts_nothing(self) -> None:
        caller = hear("From: <sip:+13035550147@gw>", self.PAI, trusted=False).caller
        assert (caller.numbers, caller.name) == ((LEE,), "")

    def test_several_lines_are_read_and_bad_ones_skipped(self) -> None:
        caller = hear("P-Asserted-Identity: nonsense", "P-Asserted-Identity: <sip:+13035550199@c>").caller
        assert caller.asserted == ("+13035550199",)

    @pytest.mark.parametrize(
        ("tail", "asserted"),
        [(";screen=yes", (LEE,)), (";screen=no", ()), ("", ()), (";party=called;screen=yes", ())],
    )
    def test_a_remote_party_counts_if_it_was_screened(self, tail: str, asserted: tuple[str, ...]) -> None:
        assert hear(f"Remote-Party-ID: <sip:3035550147@pbx>{tail}").caller.asserted == asserted

    @pytest.mark.parametrize("header", ["P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID"])
    @pytest.mark.parametrize(("trusted", "number"), [(True, LEE), (False, None)])
    def test_a_trunk_account_in_from_is_replaced_by_what_the_network_says(
        self, header: str, trusted: bool, number: str | None
    ) -> None:
        caller = hear("From: <sip:trunk01@pbx.example>", f'{header}: "Dr. Lee" <sip:3035550147@c>', trusted=trusted)
        assert caller.caller.number == number
        assert caller.caller.text == ("3035550147" if trusted else "trunk01")
        assert caller.caller.name == ("Dr. Lee" if trusted else "")


class TestAttestation:
    @pytest.mark.parametrize(
        "lines",
        [
            pytest.param(["From: <sip:+13035550147;verstat={}@gw>"], id="user part of From"),
            pytest.param(["From: <sip:+13035550147@gw;verstat={}>"], id="URI parameter of From"),
            pytest.param(["From: <sip:+13035550147@gw>;verstat={}"], id="header parameter of From"),
            pytest.param(["From: <tel:+13035550147;verstat={}>"], id="tel URI"),
            pytest.param(["P-Asserted-Identity: <sip:+13035550147;verstat={}@gw;user=phone>"], id="user part of PAI"),
            pytest.param(["P-Asserted-Identity: <sip:x@gw>, <tel:+13035550147;verstat={}>"], id="second PAI"),
            pytest.param(["StirVerstat: {}"], id="StirVerstat"),
        ],
    )
    @pytest.mark.parametrize(
        ("value", "attestation"),
        [
            ("TN-Validation-Passed", Attestation.PASSED),
            ("TN-Validation-Failed", Attestation.FAILED),
            ("No-TN-Validation", Attestation.NOT_VALIDATED),
            ("TN-Validation-Passed-A", Attestation.FULL),
            ("TN-Validation-Passed-B", Attestation.PARTIAL),
            ("tn-validation-passed-c", Attestation.GATEWAY),
            ("TN-Validation-Passed-A-Diverted", Attestation.FULL),
            ("TN-Validation-Passed-B-Passthrough", Attestation.PARTIAL),
            ("TN-Validation-Failed-C", Attestation.FAILED),
            ("Something-Else", None),
        ],
    )
    def test_it_is_found_in_every_place(self, lines: list[str], value: str, attestation: Attestation | None) -> None:
        written = [line.format(value) for line in lines]
        assert hear(*written).attestation is attestation
        assert hear(*written, trusted=False).attestation is None

    @pytest.mark.parametrize(
        ("asserted", "presented", "header", "attestation"),
        [
            ("TN-Validation-Passed", "", "TN-Validation-Passed-B", Attestation.PARTIAL),
            ("TN-Validation-Passed", "TN-Validation-Failed", "", Attestation.FAILED),
            ("TN-Validation-Passed-A", "TN-Validation-Failed", "", Attestation.FAILED),
            ("TN-Validation-Passed-A", "No-TN-Validation", "", Attestation.FULL),
        ],
    )
    def test_several_places_are_read_together(
        self, asserted: str, presented: str, header: str, attestation: Attestation
    ) -> None:
        heard = hear(
            f"P-Asserted-Identity: <sip:+13035550147;verstat={asserted}@gw>",
            f"From: <sip:+13035550147;verstat={presented}@gw>",
            f"StirVerstat: {header}",
        )
        assert heard.attestation is attestation

    def test_identity_headers_are_kept_as_they_are(self) -> None:
        heard = hear("Identity: eyJ.x.y;info=<https://c.example/a,b.pem>;ppt=shaken", "y: eyJ.z;ppt=div")
        assert heard.identity == ("eyJ.x.y;info=<https://c.example/a,b.pem>;ppt=shaken", "eyJ.z;ppt=div")


class TestDiversion:
    @pytest.mark.parametrize(
        ("lines", "diverters"),
        [
            pytest.param(["Diversion: <sip:3035550101@gw>;reason=user-busy"], ("+13035550101",), id="one"),
            pytest.param(
                ["Diversion: <sip:3035550101@gw>;reason=no-answer, <tel:+13035550102>", "Diversion: <sip:21@pbx>"],
                ("+13035550101", "+13035550102", "21"),
                id="several, by comma and by line",
            ),
            pytest.param(
                [
                    "History-Info: <sip:3035550101@gw>;index=1, <sip:3035550102@gw;cause=302>;index=1.1;mp=1",
                    "History-Info: <sip:x7k2@192.0.2.9;cause=486>;index=1.1.1;mp=1.1",
                ],
                ("+13035550102", "+13035550101"),
                id="History-Info of RFC 7044, nearest first",
            ),
            pytest.param(
                ["History-Info: <sip:3035550101@gw?Reason=SIP%3Bcause%3D302>;index=1, <sip:x7k2@h>;index=1.1"],
                ("+13035550101",),
                id="History-Info of RFC 4244",
            ),
            pytest.param(
                ["History-Info: <sip:guard@pbx>;index=1, <sip:x7k2@192.0.2.9>;index=1.1;rc=1"],
                (),
                id="History-Info of a call that only found its way",
            ),
            pytest.param(
                [
                    "Diversion: <sip:3035550101@gw>",
                    "History-Info: <sip:3035550101@gw>;index=1, <sip:b@h>;index=2;mp=1",
                ],
                ("+13035550101",),
                id="the same in both",
            ),
            pytest.param(['Diversion: "x', "Diversion: nonsense", "History-Info: <sip:a@b>;mp=9"], (), id="nonsense"),
        ],
    )
    def test_the_forwarders_are_told_nearest_first(self, lines: list[str], diverters: tuple[str, ...]) -> None:
        assert hear(*lines).diverted_by == diverters


class TestCalled:
    @pytest.mark.parametrize(
        ("lines", "called"),
        [
            (["P-Called-Party-ID: <sip:03023125000@fritz.box>", "To: <sip:+13035550100@gw>"], BERLIN),
            (["To: <sip:+13035550100@gw>"], "+13035550100"),
            (["P-Called-Party-ID: <sip:30123@fritz.box>"], "30123"),
            (["To: <sip:gw>"], "x7k2"),
        ],
    )
    def test_the_number_dialled_is_told(self, lines: list[str], called: str) -> None:
        assert hear(*lines, country="DE").called == called

    def test_a_trunk_tells_it_in_the_request_uri(self) -> None:
        request = Request("INVITE", "sip:+13035550100@192.0.2.9", Headers([("To", "<sip:gw>"), ("From", "<sip:gw>")]))
        assert caller_of(request, country="US", trusted=True, domain="gw").called == "+13035550100"


class TestInternal:
    @pytest.mark.parametrize(
        ("user", "internal"),
        [("**610", True), ("%2A%2A1", True), ("21", True), ("door", True), ("22", False), ("*21", False)],
    )
    def test_handsets_and_configured_door_phones_are_of_the_house(self, user: str, internal: bool) -> None:
        heard = hear(f"From: <sip:{user}@fritz.box>", internal=("21", "door"))
        assert heard.internal is internal

    def test_nobody_else_is_if_no_prefix_is_set(self) -> None:
        assert not hear("From: <sip:**610@fritz.box>", prefix="").internal

    def test_a_stranger_is_not_of_the_house(self) -> None:
        assert not hear("From: <sip:**610@fritz.box>", trusted=False).internal

    def test_a_call_that_the_network_knows_by_number_is_from_outside(self) -> None:
        assert not hear("From: <sip:**610@fritz.box>", "P-Asserted-Identity: <tel:+13035550147>").internal


@pytest.mark.parametrize(
    ("line", "trusted", "emergency"),
    [
        ("Priority: psap-callback", True, True),
        ("Priority:  PSAP-Callback", True, True),
        ("Priority: psap-callback", False, False),
        ("Priority: emergency", True, False),
    ],
)
def test_an_emergency_call_back_is_believed_from_a_trusted_trunk(line: str, trusted: bool, emergency: bool) -> None:
    assert hear(line, trusted=trusted).emergency_callback is emergency


class TestTexts:
    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            pytest.param(b"Jos\xc3\xa9 Garc\xc3\xada", "José García", id="UTF-8"),
            pytest.param(b"M\xfcller & S\xf6hne", "Müller & Söhne", id="Latin-1"),
            pytest.param(b'"Dr. \\"Lee\\""', 'Dr. "Lee"', id="quoted"),
            pytest.param(b"\x1b[31mred\x07", "[31mred", id="terminal escapes"),
            pytest.param("\u202eKNAB\u202c \u2066x\u2069".encode(), "KNAB x", id="bidi overrides"),
            pytest.param("a\u200bb\ufeffc\u00add".encode(), "abcd", id="invisible characters"),
            pytest.param("a\u2028b\u00a0\t c".encode(), "a b c", id="separators and blanks"),
            pytest.param(b"<script>alert(1)</script>", "<script>alert(1)</script>", id="markup is for the screen"),
            pytest.param(b"x" * 500, "x" * 127 + "…", id="endless"),
            pytest.param("\U000e0041\ue000A".encode(), "A", id="tags and private use"),
        ],
    )
    def test_a_name_is_fit_for_people(self, sent: bytes, shown: str) -> None:
        quoted = sent if sent.startswith(b'"') else b'"' + sent + b'"'
        message = parse(
            b"INVITE sip:g@h SIP/2.0\r\nTo: <sip:h>\r\nFrom: " + quoted + b" <sip:+13035550147@gw>\r\n\r\n"
        )
        assert isinstance(message, Request)
        heard = caller_of(message, country="US", trusted=False, domain="h")
        assert heard.caller.name == shown
        assert all(text.isprintable() for text in heard.details.values())

    def test_what_else_is_known_is_kept_for_people(self) -> None:
        details = hear(
            "From: <sip:3035550147@gw>;tag=1",
            "User-Agent: FRITZ!OS",
            "Diversion: <sip:1@h>",
            "Remote-Party-ID: <sip:2@h>",
        ).details
        assert details == {
            "from": "<sip:3035550147@gw>;tag=1",
            "to": "<sip:guard@pbx.example>",
            "user_agent": "FRITZ!OS",
            "diversion": "<sip:1@h>",
            "remote_party_id": "<sip:2@h>",
        }


@pytest.mark.parametrize("line", ["From: nonsense", 'To: "x', "From: <sip:a@b>, <sip:c@d>"])
def test_who_cannot_be_read_is_a_bad_message(line: str) -> None:
    with pytest.raises(BadMessage):
        hear(line)


@given(
    st.text(max_size=60),
    st.text("+0123456789*#-() ;,abc%@", max_size=24),
    st.sampled_from(["US", "DE", "IT", "GB", "XX", ""]),
)
def test_any_text_tells_a_caller_or_a_bad_message(name: str, user: str, country: str) -> None:
    lines = [f'{header}: "{name}" <sip:{user}@h>{name}' for header in ("From", "P-Asserted-Identity", "Diversion")]
    try:
        heard = hear(*lines, f"History-Info: {name}", f"Privacy: {name}", country=country)
    except BadMessage:
        return
    for text in (heard.caller.text, heard.caller.name, heard.called, *heard.diverted_by, *heard.details.values()):
        assert text.isprintable()
        text.encode()
    for number in heard.caller.numbers:
        assert number[0] == "+"
        assert number[1:].isdecimal()
