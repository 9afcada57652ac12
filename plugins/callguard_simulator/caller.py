"""Pretend callers: who they say they are, and how they say it in SIP."""

from dataclasses import dataclass

from callguard_simulator.wire import Header, quoted, user_part

PATIENCE = 30.0
_PACKET = 0.02  # seconds of sound, as the offer asks for
_MEDIA = "m=audio {port} RTP/AVP 0 8 101"
_SDP = (
    "v=0",
    "o=simulator 1 1 IN {family} {host}",
    "s=call",
    "c=IN {family} {host}",
    "t=0 0",
    _MEDIA,
    "a=rtpmap:0 PCMU/8000",
    "a=rtpmap:8 PCMA/8000",
    "a=rtpmap:101 telephone-event/8000",
    "a=fmtp:101 0-15",
    "a=ptime:20",
    "a=sendrecv",
    "",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who calls."""

    number: str = ""
    "As it shall stand in From, in any spelling."
    name: str = ""
    withheld: bool = False
    "Asks the network to hide the number (RFC 3323, RFC 3325)."
    unavailable: bool = False
    "Comes from a network that does not know the number."
    asserted: str = ""
    "Number the network vouches for in P-Asserted-Identity; a spoofer's differs from the shown one."
    patience: float = PATIENCE
    "Seconds until the caller gives up; also the longest time a caller who was answered stays."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What the caller experienced."""

    code: int
    "The final SIP status; 408 if nobody answered at all."
    reason: str
    "The words that came with it."
    answered: bool
    rang: bool
    "Whether the caller heard it ring (180)."
    seconds: float
    "From dialling to the end."
    rtp_packets: int = 0
    "How much the caller heard: packets of mostly 20 ms."

    @property
    def experience(self) -> str:
        """One sentence for people."""
        if self.answered:
            heard = f"{self.rtp_packets * _PACKET:.1f} s of sound" if self.rtp_packets else "nothing"
            return f"was answered, heard {heard}, and the call ended after {self.seconds:.1f} s"
        if self.code in (480, 404) or 300 <= self.code < 400:
            return f"was left to the other phones ({self.code} {self.reason})"
        if self.code == 487:
            return f"gave up after {self.seconds:.1f} s"
        if self.code == 408:
            return f"got no answer ({self.code} {self.reason})"
        return f"was turned away ({self.code} {self.reason})"


def identity(caller: Caller, host: str, tag: str) -> list[Header]:
    """Return the headers that say who calls: From, and what privacy and the network add to it."""
    asserted = caller.asserted or (caller.number if caller.withheld else "")
    headers = [("From", f"{_shown(caller, host)};tag={tag}")]
    if asserted:
        headers.append(("P-Asserted-Identity", f"<sip:{user_part(asserted)}@{host}>"))
    if caller.withheld:
        headers.append(("Privacy", "id"))
    return headers


def offer(host: str, port: int) -> bytes:
    """Return an SDP offer of one G.711 stream (RFC 3264)."""
    family = "IP6" if ":" in host else "IP4"
    return "\r\n".join(_SDP).format(host=host, port=port, family=family).encode()


def _shown(caller: Caller, host: str) -> str:
    if caller.withheld:
        return '"Anonymous" <sip:anonymous@anonymous.invalid>'
    if caller.unavailable:
        return '"Unavailable" <sip:unavailable@unknown.invalid>'
    name = quoted(caller.name) + " " if caller.name else ""
    return f"{name}<sip:{user_part(caller.number)}@{host}>"
