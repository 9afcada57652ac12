"""The `sipmessage` package, written by others and stricter than we are, agrees with us on well-formed messages."""

from dataclasses import dataclass

import sipmessage
from hypothesis import given
from hypothesis import strategies as st

from callguard_sip.core.message import Address, CSeq, Headers, Request, SipUri, Via, serialise
from callguard_sip.core.parse import check_mandatory, parse

# They resolve % in tags and branches, where RFC 3261 knows no escapes, and make one blank of several in names.
tokens = st.text("abcXYZ019-.!*_+`'~", min_size=1, max_size=12)
users = st.text("abcXYZ019-_.!~*'()&=+$,;?/", min_size=1, max_size=12)
displays = st.text("abc XYZ.,;<>@\\\"'()=", max_size=16).map(lambda text: " ".join(text.split()))
hosts = st.sampled_from(["pbx.example", "192.0.2.1", "[2001:db8::1]"])
ports = st.none() | st.integers(1, 65535)
uris = st.tuples(st.sampled_from(["sip", "sips"]), users, st.just(""), hosts, ports).map(lambda parts: SipUri(*parts))
addresses = st.tuples(displays, uris, tokens).map(lambda parts: Address(parts[0], str(parts[1]), {"tag": parts[2]}))
vias = st.tuples(st.sampled_from(["UDP", "TCP", "TLS"]), hosts, ports, tokens).map(
    lambda parts: Via(*parts[:3], {"branch": parts[3]})
)
cseqs = st.tuples(st.integers(0, 2**31 - 1), st.sampled_from(["INVITE", "BYE", "OPTIONS"])).map(
    lambda parts: CSeq(*parts)
)


@dataclass(frozen=True)
class Facts:
    """What both sides must find in a message."""

    uri: SipUri
    vias: list[Via]
    sender: Address
    contact: Address
    cseq: CSeq
    body: bytes


facts = st.builds(Facts, uris, st.lists(vias, min_size=1, max_size=3), addresses, addresses, cseqs, st.binary())


def our_bytes(facts: Facts) -> bytes:
    headers = Headers(("Via", str(via)) for via in facts.vias)
    for name, value in (("From", facts.sender), ("To", facts.sender), ("Contact", facts.contact)):
        headers.add(name, str(value))
    headers.add("CSeq", str(facts.cseq))
    headers.add("Call-ID", "c1@192.0.2.1")
    return serialise(Request(facts.cseq.method, str(facts.uri), headers, facts.body))


def same_address(ours: Address, theirs: sipmessage.Address) -> bool:
    uri = ours.sip
    place = (uri.user, uri.host, uri.port) == (theirs.uri.user, theirs.uri.host, theirs.uri.port)
    return place and (ours.display, ours.tag) == (theirs.name, theirs.parameters.get("tag"))


@given(facts)
def test_what_we_write_they_read_as_meant(facts: Facts) -> None:
    theirs = sipmessage.Message.parse(our_bytes(facts))
    assert isinstance(theirs, sipmessage.Request)
    assert (theirs.method, theirs.body) == (facts.cseq.method, facts.body)
    assert (theirs.uri.scheme, theirs.uri.user, theirs.uri.host) == (facts.uri.scheme, facts.uri.user, facts.uri.host)
    assert same_address(facts.sender, theirs.from_address)
    assert same_address(facts.contact, theirs.contact[0])
    assert (theirs.cseq.sequence, theirs.cseq.method) == facts.cseq
    found = [(via.transport, via.host, via.port, via.parameters.get("branch")) for via in theirs.via]
    assert found == [(via.transport, via.host, via.port, via.branch) for via in facts.vias]


@given(facts)
def test_what_they_write_we_read_as_meant(facts: Facts) -> None:
    ours = parse(bytes(sipmessage.Message.parse(our_bytes(facts))))
    check_mandatory(ours)
    assert isinstance(ours, Request)
    assert (ours.target, ours.cseq, ours.body) == (facts.uri, facts.cseq, facts.body)
    assert (ours.from_, ours.contacts) == (facts.sender, [facts.contact])
    assert [Via.parse(value) for value in ours.headers.values("via")] == facts.vias
