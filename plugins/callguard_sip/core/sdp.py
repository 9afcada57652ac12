"""Session descriptions: the caller's offer and our answer of one telephone-quality stream (RFC 4566, RFC 3264)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address

from callguard_sip.core.errors import BadMessage, BadSdp
from callguard_sip.core.scan import number

_MOST_BYTES = 16 * 1024
_MOST_LINES = 512
_MOST_STREAMS = 16
_MOST_FORMATS = 64
_STATIC = {"0": "PCMU", "8": "PCMA"}  # RFC 3551 §6
_CODECS = frozenset(_STATIC.values())
_PLAIN_RTP = frozenset({"RTP/AVP", "RTP/AVPF"})
_EVENTS = "telephone-event"


class Direction(StrEnum):
    """Who may send (RFC 3264 §5.1)."""

    BOTH = "sendrecv"
    SEND = "sendonly"
    RECEIVE = "recvonly"
    NONE = "inactive"

    @property
    def answer(self) -> "Direction":
        """The same, seen from the other side."""
        return _MIRRORED.get(self, self)


_MIRRORED = {Direction.SEND: Direction.RECEIVE, Direction.RECEIVE: Direction.SEND}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One m-line of an offer with what belongs to it."""

    kind: str
    "`audio`, `video` …"
    port: int
    "0: the stream is not wanted."
    profile: str
    "`RTP/AVP` …, as written."
    formats: tuple[str, ...]
    "Payload types in the offerer's order of preference."
    codecs: dict[str, str] = field(default_factory=dict)
    "Payload type to `NAME/clock`, upper case, from the rtpmap attributes."
    address: str = ""
    "Where to send; empty if it says nothing usable."
    direction: Direction = Direction.BOTH


@dataclass(frozen=True, slots=True)
class Offer:
    """All streams of a session description, in order."""

    streams: tuple[Stream, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """The stream both sides agreed to."""

    address: str
    "Where our RTP goes, an IPv4 or IPv6 literal; empty if the offerer told none (call on hold)."
    port: int
    payload_type: int
    codec: str
    "`PCMA` or `PCMU`."
    may_send: bool
    "Whether the other side wants to hear us now."
    events: int | None = None
    "Payload type of telephone-event (RFC 4733), if agreed."


def parse_offer(body: bytes) -> Offer:
    """Read a session description, skipping what we do not know; BadSdp if there is nothing to agree to."""
    if len(body) > _MOST_BYTES:
        raise BadSdp("Session Description Too Large")
    lines = body.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > _MOST_LINES:
        raise BadSdp("Session Description Too Large")
    starts = [at for at, line in enumerate(lines) if line[:2] == "m="]
    if not starts or len(starts) > _MOST_STREAMS:
        raise BadSdp("No Usable Media")
    session = _Attributes(lines[: starts[0]])
    ends = [*starts[1:], len(lines)]
    return Offer(tuple(_stream(lines[start:end], session) for start, end in zip(starts, ends, strict=True)))


def answer(offer: Offer, *, address: str, port: int, session: int) -> tuple[bytes, Media]:
    """Return our answer, and what was agreed: the first plain audio stream that has PCMA or PCMU.

    *address* and *port* are where we hear; *session* is a number that names the session (RFC 4566 §5.2). Every
    other stream is refused with port 0. BadSdp (488) if no stream fits: a caller who insists on SRTP, for example.
    """
    found = next(((at, media) for at, stream in enumerate(offer.streams) if (media := _agreed(stream))), None)
    if found is None:
        raise BadSdp("No Common Codec")
    chosen, media = found
    lines = _session_lines(address, session)
    for at, stream in enumerate(offer.streams):
        lines += _audio_lines(stream, media, port) if at == chosen else _refused(stream)
    return "\r\n".join([*lines, ""]).encode("ascii"), media


def offer(*, address: str, port: int, session: int) -> bytes:
    """Return an offer of our own, for an INVITE that came without one (RFC 3261 §13.2.1)."""
    codecs = ["a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv"]
    lines = [*_session_lines(address, session), f"m=audio {port} RTP/AVP 8 0", *codecs, ""]
    return "\r\n".join(lines).encode("ascii")


def accepted(reply: Offer) -> Media:
    """Return what an answer to our own offer agreed to; BadSdp if nothing."""
    media = _agreed(reply.streams[0])
    if media is None:
        raise BadSdp("No Common Codec")
    return media


@dataclass(slots=True, init=False)
class _Attributes:
    """What the lines of a session, or of one stream, say about where and how."""

    address: str
    direction: Direction | None
    codecs: dict[str, str]

    def __init__(self, lines: list[str]) -> None:
        self.address = ""
        self.direction = None
        self.codecs = {}
        for line in lines:
            if line[:2] == "c=":
                self.address = _connection(line[2:])
            elif line[:9] == "a=rtpmap:":
                payload_type, _, codec = line[9:].strip().partition(" ")
                self.codecs[payload_type] = codec.strip().upper()
            elif line[2:].strip() in _DIRECTIONS and line[:2] == "a=":
                self.direction = Direction(line[2:].strip())


_DIRECTIONS = frozenset(Direction)


def _connection(text: str) -> str:
    """Return the address of ``IN IP4 192.0.2.1``, empty if it is no single host or none we could send to."""
    words = text.split()
    if len(words) != 3 or words[0].upper() != "IN" or words[1].upper() not in ("IP4", "IP6") or "%" in words[2]:
        return ""
    try:
        address = ip_address(words[2])
    except ValueError:
        return ""
    limited = address.version == 4 and int(address) == 2**32 - 1
    return "" if address.is_unspecified or address.is_multicast or limited else str(address)


def _stream(lines: list[str], session: _Attributes) -> Stream:
    words = lines[0][2:].split()
    # These words come back in our answer, so they must be such as may stand there.
    if len(words) < 4 or len(words) > _MOST_FORMATS or not (lines[0].isascii() and lines[0].isprintable()):
        raise BadSdp("Bad Media Line")
    own = _Attributes(lines[1:])
    says_where = any(line[:2] == "c=" for line in lines)
    return Stream(
        kind=words[0],
        port=_port(words[1]),
        profile=words[2],
        formats=tuple(words[3:]),
        codecs=own.codecs,
        address=own.address if says_where else session.address,
        direction=own.direction or session.direction or Direction.BOTH,
    )


def _port(text: str) -> int:
    try:
        return number(text.partition("/")[0], 65535, "Port")
    except BadMessage as bad:
        raise BadSdp("Bad Media Port") from bad


def _agreed(stream: Stream) -> Media | None:
    if stream.kind.lower() != "audio" or not stream.port or stream.profile.upper() not in _PLAIN_RTP:
        return None
    for payload_type, codec in _spoken(stream):
        if codec in _CODECS:
            return Media(
                address=stream.address,
                port=stream.port,
                payload_type=payload_type,
                codec=codec,
                may_send=bool(stream.address) and stream.direction in (Direction.BOTH, Direction.RECEIVE),
                events=next((event for event, name in _spoken(stream) if name == _EVENTS.upper()), None),
            )
    return None


def _spoken(stream: Stream) -> Iterator[tuple[int, str]]:
    """Yield the stream's payload types with their codecs, those of 8 kHz mono only."""
    for text in stream.formats:
        if len(text) > 3 or not text.isascii() or not text.isdecimal() or int(text) > 127:
            continue
        name, _, clock = stream.codecs.get(text, _STATIC.get(text, "") + "/8000").partition("/")
        if clock in ("8000", "8000/1"):
            yield int(text), name


def _session_lines(address: str, session: int) -> list[str]:
    where = f"IN IP{ip_address(address).version} {address}"
    return ["v=0", f"o=callguard {session} 1 {where}", "s=-", f"c={where}", "t=0 0"]


def _audio_lines(stream: Stream, media: Media, port: int) -> list[str]:
    events = [] if media.events is None else [str(media.events)]
    return [
        f"m={stream.kind} {port} {stream.profile} {' '.join([str(media.payload_type), *events])}",
        f"a=rtpmap:{media.payload_type} {media.codec}/8000",
        *(f"a={kind}:{event} {value}" for event in events for kind, value in _EVENT_LINES),
        "a=ptime:20",
        f"a={stream.direction.answer}",
    ]


_EVENT_LINES = (("rtpmap", f"{_EVENTS}/8000"), ("fmtp", "0-15"))


def _refused(stream: Stream) -> list[str]:
    return [f"m={stream.kind} 0 {stream.profile} {' '.join(stream.formats)}"]
