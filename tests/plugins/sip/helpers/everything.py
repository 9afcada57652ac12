"""All that the product could do with bytes from outside, for tests that throw everything at it."""

from callguard_sip.core import digest, sdp
from callguard_sip.core.errors import BadMessage
from callguard_sip.core.identity import caller_of
from callguard_sip.core.message import Request, Response, serialise
from callguard_sip.core.parse import StreamParser, check_mandatory, parse

_READINGS = ("via", "cseq", "call_id", "from_", "to", "contacts", "expires", "max_forwards", "content_type", "target")
_LISTS = ("via", "contact", "route", "record-route", "require", "supported", "diversion", "p-asserted-identity")
_CHALLENGES = ("www-authenticate", "proxy-authenticate")


def _read_everything(message: Request | Response) -> None:
    for name in _READINGS:
        try:
            _ = getattr(message, name, None)
        except BadMessage:
            continue
    for name in _LISTS:
        try:
            message.headers.values(name)
        except BadMessage:
            continue


def _tell_the_caller(request: Request) -> None:
    try:
        heard = caller_of(request, country="DE", trusted=True, domain="pbx.example", internal_prefix="**")
    except BadMessage:
        return
    texts = (heard.caller.text, heard.caller.name, heard.called, *heard.diverted_by, *heard.details.values())
    assert all(map(str.isprintable, texts)), "texts for people hold no control characters"


def _agree_on_audio(body: bytes) -> None:
    try:
        offer = sdp.parse_offer(body)
        reply, _ = sdp.answer(offer, address="192.0.2.9", port=4000, session=1)
    except BadMessage:
        return
    assert reply.count(b"\nm=") == len(offer.streams)


def _answer_challenges(message: Request | Response) -> None:
    for name in _CHALLENGES:
        values = message.headers.all(name)
        challenge = digest.choose(values) if values else None
        if challenge is not None:
            digest.authorize(challenge, method="REGISTER", uri="sip:h", user="u", password="p", cnonce="c")


def handle_everything(data: bytes) -> None:
    """Do with a datagram all that the product could do; only BadMessage is forgiven."""
    try:
        message: Request | Response | None = parse(data)
    except BadMessage as bad:
        message = bad.message
    if message is None:
        return
    try:
        check_mandatory(message)
    except BadMessage as bad:
        _ = bad.message and bad.message.via  # what is to be answered has a way back
    _read_everything(message)
    if isinstance(message, Request):
        _tell_the_caller(message)
    _answer_challenges(message)
    if message.body:
        _agree_on_audio(message.body)


def write_and_stream(data: bytes) -> None:
    """Write the message again, and read it from a stream in pieces."""
    try:
        written = serialise(parse(data))
    except BadMessage:
        written = data
    head = written.partition(b"\r\n\r\n")[0]
    assert written is data or head.count(b"\r\n") == head.count(b"\n") == head.count(b"\r")
    parser = StreamParser()
    for at in range(0, len(written), 700):
        parser.feed(written[at : at + 700])
