"""RFC 4475, Session Initiation Protocol torture test messages: every one of the 49, with its section."""

import os
from pathlib import Path

import pytest

from callguard_sip.core.identity import caller_of
from callguard_sip.core.message import Request, Response, serialise
from callguard_sip.core.parse import BadMessage, check_mandatory, parse

SHARED = Path(os.environ.get("CALLGUARD_SHARED") or Path(__file__).parents[3].parent / "shared")
CORPUS = SHARED / "data" / "sip" / "rfc4475"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the RFC 4475 corpus is not at {CORPUS}")

DROP = False
ANSWER = True


def judged(name: str) -> Request | Response:
    """Read a corpus file as a transaction does: bytes, then what it needs."""
    message = parse((CORPUS / f"{name}.dat").read_bytes())
    check_mandatory(message)
    return message


VALID = {
    "wsinv": "3.1.1.1 a short tortuous INVITE: folding, blanks around everything, compact forms",
    "intmeth": "3.1.1.2 wide range of valid characters",
    "esc01": "3.1.1.3 valid use of % escapes",
    "escnull": "3.1.1.4 escaped nulls in URIs",
    "esc02": "3.1.1.5 % where it is no escape",
    "lwsdisp": "3.1.1.6 no blank between display name and <",
    "longreq": "3.1.1.7 long values, 34 Vias in every spelling",
    "dblreq": "3.1.1.8 extra octets after the message in a datagram",
    "semiuri": "3.1.1.9 semicolon-separated parameters in the user part",
    "transports": "3.1.1.10 varied and unknown transports",
    "mpart01": "3.1.1.11 multipart MIME with a binary body",
    "unreason": "3.1.1.12 unusual reason phrase",
    "noreason": "3.1.1.13 empty reason phrase",
}


@pytest.mark.parametrize("name", VALID, ids=[f"{name}: {what}" for name, what in VALID.items()])
def test_a_valid_torture_message_is_accepted(name: str) -> None:
    assert judged(name).call_id.startswith(f"{name}.") or name == "mpart01"


INVALID = {
    "badinv01": (400, DROP, "3.1.2.1 extraneous separators, also in Via: no way back"),
    "clerr": (400, ANSWER, "3.1.2.2 Content-Length larger than the message"),
    "ncl": (400, ANSWER, "3.1.2.3 negative Content-Length"),
    "scalar02": (400, ANSWER, "3.1.2.4 request scalars too large"),
    "scalarlg": (400, DROP, "3.1.2.5 response scalars too large"),
    "quotbal": (400, ANSWER, "3.1.2.6 unterminated quoted string"),
    "ltgtruri": (400, ANSWER, "3.1.2.7 <> around the Request-URI"),
    "lwsruri": (400, ANSWER, "3.1.2.8 blank in the Request-URI"),
    "lwsstart": (400, ANSWER, "3.1.2.9 several blanks in the request line"),
    "trws": (400, ANSWER, "3.1.2.10 blanks at the end of the request line"),
    "escruri": (400, ANSWER, "3.1.2.11 headers in the Request-URI"),
    "regbadct": (400, ANSWER, "3.1.2.13 Contact with ? outside <>"),
    "badaspec": (400, ANSWER, "3.1.2.14 blanks inside <>"),
    "baddn": (400, ANSWER, "3.1.2.15 unquoted comma in a display name (and this copy has no blank line)"),
    "badvers": (505, ANSWER, "3.1.2.16 unknown protocol version"),
    "mismatch01": (400, ANSWER, "3.1.2.17 CSeq of another method"),
    "mismatch02": (400, ANSWER, "3.1.2.18 CSeq of another method, unknown method"),
    "bigcode": (400, DROP, "3.1.2.19 response code too large"),
}


@pytest.mark.parametrize(
    ("name", "status", "answered"),
    [(name, status, answered) for name, (status, answered, _) in INVALID.items()],
    ids=[f"{name}: {what}" for name, (_, _, what) in INVALID.items()],
)
def test_an_invalid_torture_message_is_refused(name: str, status: int, answered: bool) -> None:
    with pytest.raises(BadMessage) as caught:
        judged(name)
    assert caught.value.status == status
    assert (caught.value.message is not None) is answered
    if caught.value.message is not None:
        assert caught.value.message.via.host, "the answer must find its way"


def test_a_date_in_another_zone_is_the_callers_affair() -> None:
    """3.1.2.12 baddate: an element that does not use Date may ignore it, and a call must not fail for its clock."""
    assert judged("baddate").call_id.startswith("baddate.")


def test_a_comma_in_an_unquoted_name_is_forgiven_in_a_whole_message() -> None:
    """3.1.2.15 baddn: PBXs do send `From: BELL, ALEXANDER <sip:…>`; From is no list, so nothing is ambiguous."""
    message = parse((CORPUS / "baddn.dat").read_bytes() + b"\r\n")
    check_mandatory(message)
    assert message.from_.display == "Bell, Alexander"


OTHERS = {
    "badbranch": (None, "3.2.1 a branch that is nothing but the magic cookie"),
    "insuf": (400, "3.3.1 missing required headers"),
    "unkscm": (416, "3.3.2 Request-URI of an unknown scheme"),
    "novelsc": (416, "3.3.3 Request-URI of a known but unusual scheme"),
    "unksm2": (None, "3.3.4 unknown schemes in headers"),
    "bext01": (None, "3.3.5 unknown Require and Proxy-Require: 420 is the transaction user's"),
    "invut": (None, "3.3.6 unknown content type: 415 is the transaction user's"),
    "regaut01": (None, "3.3.7 unknown authorization scheme"),
    "multi01": (400, "3.3.8 several values where one is allowed"),
    "mcl01": (400, "3.3.9 several Content-Lengths"),
    "bcast": (None, "3.3.10 response with a broadcast address in Via"),
    "zeromf": (None, "3.3.11 Max-Forwards of zero"),
    "cparam01": (None, "3.3.12 REGISTER with a Contact header parameter"),
    "cparam02": (None, "3.3.13 REGISTER with a Contact URI parameter"),
    "regescrt": (None, "3.3.14 REGISTER with headers in a URI"),
    "sdp01": (None, "3.3.15 unacceptable Accept"),
    "inv2543": (None, "3.4.1 INVITE of RFC 2543: no branch, no tag, no Max-Forwards"),
    "test": (400, "not of the RFC: no version, a line without colon"),
}


@pytest.mark.parametrize(
    ("name", "status"),
    [(name, status) for name, (status, _) in OTHERS.items()],
    ids=[f"{name}: {what}" for name, (_, what) in OTHERS.items()],
)
def test_a_message_of_another_layer_is_survived(name: str, status: int | None) -> None:
    try:
        judged(name)
        seen = None
    except BadMessage as bad:
        seen = bad.status
    assert seen == status


def test_every_file_of_the_corpus_is_in_a_table() -> None:
    known = {*VALID, *INVALID, *OTHERS, "baddate"}
    assert known == {path.stem for path in CORPUS.glob("*.dat")}


@pytest.mark.parametrize("name", sorted({*VALID, *(n for n, (s, _) in OTHERS.items() if s is None)}))
def test_a_torture_message_survives_being_written_again(name: str) -> None:
    once = judged(name)
    again = parse(serialise(once))
    for message in (once, again):
        message.headers.remove("content-length")
    assert again == once


@pytest.mark.parametrize("name", [n for n in VALID if n not in {"unreason", "noreason"}])
def test_a_caller_can_be_told_from_every_valid_request(name: str) -> None:
    request = judged(name)
    assert isinstance(request, Request)
    heard = caller_of(request, country="US", trusted=True, domain="example.com")
    assert heard.caller.number is None
    assert heard.caller.text.isprintable()


class TestTheTortuousInvite:
    """What exactly is read from wsinv, the first and worst of them."""

    def test_its_vias_are_understood(self) -> None:
        message = judged("wsinv")
        assert (message.via.transport, message.via.host, message.via.branch) == ("UDP", "192.0.2.2", "390skdjuw")
        assert len(message.headers.values("via")) == 3

    def test_its_addresses_are_understood(self) -> None:
        message = judged("wsinv")
        assert message.to.uri == "sip:vivekg@chair-dnrc.example.com"
        assert message.to.tag == "1918181833n"
        assert (message.from_.display, message.from_.tag) == ('J Rosenberg \\"', "98asjd8")
        assert message.contacts[0].display == 'Quoted string ""'
        assert message.contacts[0].params == {"newparam": "newvalue", "secondparam": None, "q": "0.33"}

    def test_its_numbers_are_understood(self) -> None:
        message = judged("wsinv")
        assert (message.cseq.number, message.cseq.method, message.max_forwards) == (9, "INVITE", 68)
        assert message.headers.get("NewFangledHeader") == "newfangled value continued newfangled value"
        assert len(message.body) == 150


def test_wide_characters_are_read_as_written() -> None:
    message = judged("intmeth")
    assert isinstance(message, Request)
    assert message.to.display == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert message.from_.params["fromparam''~+*_!.-%"] == "работающий"
    assert message.target.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert message.target.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert message.target.host == "example.com"


def test_percent_escapes_are_resolved_in_uris_alone() -> None:
    message = judged("esc01")
    assert isinstance(message, Request)
    assert message.target.user == "sips:user@example.com"
    assert message.to.sip.user == "user"
    assert message.contacts[0].sip.params == {"lr": None, "name": "value%41"}
    assert judged("esc02").from_.display == "%Z%45"
    assert judged("escnull").to.sip.user == "null-\0-null"


def test_octets_after_a_message_are_left_alone() -> None:
    message = judged("dblreq")
    assert isinstance(message, Request)
    assert (message.method, message.body) == ("REGISTER", b"")
