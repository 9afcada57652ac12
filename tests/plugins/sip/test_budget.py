"""No datagram up to 20 kB costs more than 5 ms, whatever is in it: parsing, every reading, identity, SDP, digest.

Every filling is put into every place. The best of five runs counts, so that a busy machine is no failure; measured
on a quiet one, the worst is 2 ms.
"""

import random
import time
from collections.abc import Callable

import pytest

from callguard_sip.core.identity import caller_of
from callguard_sip.core.message import Request
from callguard_sip.core.parse import StreamParser, check_mandatory, parse
from tests.plugins.sip.helpers.everything import handle_everything
from tests.plugins.sip.helpers.samples import FRITZBOX_INVITE

pytestmark = pytest.mark.timed

BUDGET = 0.005
SIZES = (4_000, 16_000, 20_000)

FILLINGS = {
    "colons, as in sip:a:a:a": "sip:" + "a:",
    "blanks in a display name": "a ",
    "blanks alone": " ",
    "tabs": "\t",
    "letters": "a",
    "digits": "9",
    "zeros": "0",
    "commas": ",",
    "deep commas": "<sip:a@b>,",
    "commas in quotes": '",",',
    "quotes": '"',
    "pairs of quotes with a blank": '"" ',
    "escapes": "\\",
    "escaped quotes": '\\"',
    "opening angle brackets": "<",
    "angle brackets": "<>",
    "closing angle brackets": ">",
    "semicolons": ";",
    "parameters": ";a=b",
    "parameters with quotes": ';a="b"',
    "distinct parameters": ";p{n}={n}",
    "equals": "=",
    "at signs": "@",
    "percent": "%",
    "percent escapes": "%41",
    "percent escapes of no UTF-8": "%ff",
    "opening square brackets": "[",
    "slashes": "/",
    "SIP / 2.0 /": "SIP / 2.0 / ",
    "addresses": "<sip:+1303555{n:04}@h>,",
    "tel URIs": "<tel:+49302312{n:04};verstat=x>,",
    "numbers": "+",
    "challenges": 'Digest realm="r", nonce="n", ',
    "history": "<sip:{n}@h?Reason=x;cause=1>;index=1.{n};mp=1.{n},",
    "Latin-1": "\u00fc",
    "bytes that are no UTF-8": "\udcff",
    "bytes that are no UTF-8 and escapes": "\udcff%41",
    "bidi overrides": "\u202e",
    "combining marks": "\u0301",
    "nulls": "\0",
    "bare returns": "\r",
    "bare newlines": "\n",
    "newlines and letters": "\na",
    "line ends": "\r\n",
    "folding": "\r\n ",
    "folding with letters": "\r\n a",
    "distinct headers": "\r\nX{n}: y",
    "repeated Vias": "\r\nv: SIP/2.0/UDP h",
    "repeated Froms": "\r\nf: <sip:a@b>",
    "repeated tiny headers": "\r\nm:*",
    "repeated identities": "\r\nP-Asserted-Identity: <tel:+49302312{n:04}>",
    "repeated diversions": "\r\nDiversion: <sip:0302312{n:04}@h>;a",
    "repeated challenges": '\r\nWWW-Authenticate: Digest realm="r", nonce="n{n}"',
    "lines without colon": "\r\nx",
    "media lines": "\r\nm=audio 1 RTP/AVP 8",
    "formats": " 8",
    "attributes": "\r\na=rtpmap:{n} x/8000",
}
HEADERS = (
    "Via From To Call-ID CSeq Contact Max-Forwards Expires Content-Length P-Asserted-Identity Remote-Party-ID "
    "Privacy Diversion History-Info Identity WWW-Authenticate P-Called-Party-ID User-Agent Require X"
)
BASE = {
    "Via": "SIP/2.0/UDP h;branch=z9hG4bKx",
    "From": "<sip:a@b>;tag=1",
    "To": "<sip:g@b>",
    "Call-ID": "c",
    "CSeq": "1 INVITE",
    "Contact": "<sip:a@b>",
}


def fill(piece: str, size: int) -> str:
    """Repeat *piece* to about *size* characters."""
    if "{n" not in piece:
        return piece * (size // len(piece))
    return "".join(piece.format(n=number) for number in range(size // len(piece.format(n=9999))))


def message(start: str = "INVITE sip:g@h SIP/2.0", body: str = "", **headers: str) -> bytes:
    lines = BASE | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "\r\n".join([start, *(f"{name}: {value}" for name, value in lines.items())])
    return f"{head}\r\n\r\n{body}".encode("utf-8", "surrogateescape")[:20_000]


def in_header(name: str, prefix: str) -> Callable[[str, int], bytes]:
    return lambda piece, size: message(**{name.replace("-", "_"): prefix + fill(piece, size)})


def spread(prefix: str) -> Callable[[str, int], bytes]:
    """Four headers at once, each just below the longest line: together as much as a datagram may hold."""
    names = ("From", "Contact", "P_Asserted_Identity", "Diversion")
    return lambda piece, size: message(**{name: prefix + fill(piece, min(size // 4, 3_900)) for name in names})


def in_body(piece: str, size: int) -> bytes:
    return message(body="v=0\r\nm=audio 7078 RTP/AVP 8" + fill(piece, size))


PLACES: dict[str, Callable[[str, int], bytes]] = {
    **{name: in_header(name, "") for name in HEADERS.split()},
    **{f"{name} after an address": in_header(name, "<sip:a@b>") for name in ("From", "Contact", "Diversion")},
    **{f"{name} after sip:": in_header(name, "sip:") for name in ("To", "P-Asserted-Identity")},
    "From, in brackets": lambda piece, size: message(From=f"<sip:{fill(piece, size)}@b>"),
    "From, in quotes": lambda piece, size: message(From=f'"{fill(piece, size)}" <sip:a@b>'),
    "Via, after the host": in_header("Via", "SIP/2.0/UDP h;branch=x"),
    "four headers": spread(""),
    "four headers after an address": spread("<sip:a@b>;x"),
    "Digest": in_header("WWW-Authenticate", 'Digest realm="r", nonce="n", '),
    "Request-URI": lambda piece, size: message(f"INVITE sip:{fill(piece, size)} SIP/2.0"),
    "method": lambda piece, size: message(f"{fill(piece, size)} sip:g@h SIP/2.0"),
    "reason phrase": lambda piece, size: message(f"SIP/2.0 200 {fill(piece, size)}"),
    "the whole datagram": lambda piece, size: fill(piece, size).encode("utf-8", "surrogateescape")[:20_000],
    "body": in_body,
}


def cost(data: bytes) -> float:
    """Return the seconds that *data* costs, the best of five unless the first is good enough."""
    best = 1.0
    for _ in range(5):
        begun = time.perf_counter()
        handle_everything(data)
        best = min(best, time.perf_counter() - begun)
        if best < BUDGET / 2:
            break
    return best


@pytest.mark.parametrize("place", PLACES)
def test_no_datagram_costs_more_than_five_milliseconds(place: str) -> None:
    slow = {
        f"{name} × {size}": f"{seconds * 1000:.1f} ms"
        for name, piece in FILLINGS.items()
        for size in SIZES
        if (seconds := cost(PLACES[place](piece, size))) >= BUDGET
    }
    assert slow == {}


def test_numbers_never_seen_before_cost_no_more() -> None:
    """Reading a number of an unusual country is the dearest single step, and the caches must not hide it."""
    dial = random.Random(4475)

    def numbers(pattern: str) -> str:
        return ",".join(
            pattern.format(f"{dial.choice(('49', '00', '0', '81'))}{dial.randrange(10**10)}") for _ in range(50)
        )

    def calls() -> bytes:
        return message(
            P_Asserted_Identity=numbers("<tel:+{}>"),
            P_Preferred_Identity=numbers("<sip:{}@h>"),
            Remote_Party_ID=numbers("<sip:{}@h>;screen=yes"),
            Diversion=numbers("<sip:{}@h>"),
            History_Info=numbers("<sip:{0}@h?reason=x>;index={0}"),
            From=numbers("<sip:{}@h>").partition(",")[0],
            To=numbers("<sip:{}@h>").partition(",")[0],
        )

    fresh = [calls() for _ in range(20)]
    seconds = []
    for data in fresh:
        begun = time.perf_counter()
        handle_everything(data)
        seconds.append(time.perf_counter() - begun)
    assert sorted(seconds)[len(seconds) // 4] < BUDGET


@pytest.mark.parametrize("size", [1, 4, 1_000, 64_000])
@pytest.mark.parametrize("piece", ["a", "\r\n", "\r\n\r\n", "a:b\r\n", "A b SIP/2.0\r\nl:0\r\n\r\n"], ids=ascii)
def test_a_stream_costs_in_proportion_to_its_bytes(piece: str, size: int) -> None:
    """64 kB cost at most what 64,000 single bytes would: 10 µs a byte or piece, however they are cut."""
    data = fill(piece, 64_000).encode()
    parser = StreamParser()
    begun = time.perf_counter()
    for at in range(0, len(data), size):
        parser.feed(data[at : at + size])
    assert time.perf_counter() - begun < 0.64


def test_the_fillings_reach_the_size_that_counts() -> None:
    sizes = [len(PLACES["X"](piece, 16_000)) for piece in FILLINGS.values()]
    assert min(sizes) > 13_500


def test_an_ordinary_invite_is_read_and_its_caller_told_in_a_quarter_of_a_millisecond() -> None:
    """A thousand calls a second leave 1 ms for each; reading took about 45 µs of it when this was written."""
    seconds, number = [], None
    for _ in range(50):
        begun = time.perf_counter()
        request = parse(FRITZBOX_INVITE)
        assert isinstance(request, Request)
        check_mandatory(request)
        number = caller_of(request, country="DE", trusted=True, domain="fritz.box").caller.number
        seconds.append(time.perf_counter() - begun)
    assert number == "+493023125000"
    assert min(seconds) < 0.000_25
