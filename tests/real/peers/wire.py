"""SIP by hand: raw requests and answers, so that a test can say what nobody polite would say."""

import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from tests.real.peers.process import NotInTimeError

Address = tuple[str, int]
_SILENCE_AFTER = 0.05


def v6(host: str) -> str:
    """Return *host* as it stands in a URI: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def hostport(address: Address) -> str:
    return f"{v6(address[0])}:{address[1]}"


def udp_socket(host: str, port: int = 0) -> socket.socket:
    """Return a UDP socket bound to *host*, with room for a burst."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    bound.bind((host, port))
    return bound


@dataclass(frozen=True, slots=True)
class Packet:
    """One message as it came."""

    at: float
    data: bytes
    source: Address

    @property
    def start(self) -> str:
        return self.data.split(b"\r\n", 1)[0].decode(errors="replace")

    @property
    def method(self) -> str:
        return "" if self.start.startswith("SIP/2.0") else self.start.split(" ")[0]

    @property
    def status(self) -> int:
        return int(self.start.split(" ")[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def body(self) -> str:
        return self.data.partition(b"\r\n\r\n")[2].decode(errors="replace")

    def all(self, name: str) -> list[str]:
        head = self.data.partition(b"\r\n\r\n")[0].decode(errors="replace").split("\r\n")[1:]
        lines = [line.partition(":") for line in head]
        return [value.strip() for key, _, value in lines if key.strip().lower() == name.lower()]

    def get(self, name: str) -> str:
        return next(iter(self.all(name)), "")


@dataclass(slots=True, kw_only=True)
class Request:
    """A request to be written out; every header can be replaced or left out."""

    method: str
    uri: str
    source: Address
    number: str = "+13035550188"
    call_id: str = field(default_factory=lambda: secrets.token_hex(10))
    branch: str = field(default_factory=lambda: "z9hG4bK" + secrets.token_hex(8))
    from_tag: str = field(default_factory=lambda: secrets.token_hex(5))
    to: str = ""
    cseq: int = 1
    cseq_method: str = ""
    extra: tuple[str, ...] = ()
    body: str = ""

    def __bytes__(self) -> bytes:
        head = (
            f"{self.method} {self.uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {hostport(self.source)};branch={self.branch};rport",
            f"From: <sip:{self.number}@pbx.test>;tag={self.from_tag}",
            f"To: {self.to or f'<{self.uri}>'}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.cseq} {self.cseq_method or self.method}",
            f"Contact: <sip:caller@{hostport(self.source)}>",
            "Max-Forwards: 70",
            *self.extra,
            *(("Content-Type: application/sdp",) if self.body else ()),
            f"Content-Length: {len(self.body.encode())}",
        )
        return "\r\n".join((*head, "", self.body)).encode()

    def like(self, method: str, **changes: object) -> "Request":
        """Return another request of the same call, with its branch, as CANCEL and a failure's ACK have it.

        RFC 3261 §9.1, §17.1.1.3.
        """
        kept = {
            "number": self.number, "call_id": self.call_id, "branch": self.branch, "from_tag": self.from_tag,
            "to": self.to, "cseq": self.cseq,
        }  # fmt: skip
        return Request(method=method, uri=self.uri, source=self.source, **{**kept, **changes})  # type: ignore[arg-type]


def options(host: str, port: int, local_port: int) -> bytes:
    """Return an OPTIONS request that asks whether anybody is there."""
    return bytes(Request(method="OPTIONS", uri=f"sip:{v6(host)}:{port}", source=(host, local_port), number="probe"))


def offer(host: str, port: int) -> str:
    """Return an SDP offer of G.711 audio to *host*:*port*."""
    family = 6 if ":" in host else 4
    return "\r\n".join((
        "v=0", f"o=caller 1 1 IN IP{family} {host}", "s=-", f"c=IN IP{family} {host}", "t=0 0",
        f"m=audio {port} RTP/AVP 8 0", "a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000", "",
    ))  # fmt: skip


def reply(request: Packet, status: str, extra: Sequence[str] = ()) -> bytes:
    """Return an answer to *request* as an honest server gives it."""
    to = request.get("To")
    lines = (
        f"SIP/2.0 {status}",
        *(f"Via: {via}" for via in request.all("Via")),
        f"From: {request.get('From')}",
        f"To: {to if ';tag=' in to else to + ';tag=' + secrets.token_hex(4)}",
        f"Call-ID: {request.get('Call-ID')}",
        f"CSeq: {request.get('CSeq')}",
        *extra,
        "Content-Length: 0",
    )
    return "\r\n".join((*lines, "", "")).encode()


class Peer:
    """A SIP neighbour on one UDP socket that keeps all it hears; as a registrar it also says yes to everything."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, registrar: bool = False) -> None:
        self.socket = udp_socket(host, port)
        self.socket.settimeout(_SILENCE_AFTER)
        self.address: Address = self.socket.getsockname()[:2]
        self.heard: list[Packet] = []
        self.mute = False
        self._registrar = registrar
        self._news = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._open = False
        self._thread.join()
        self.socket.close()

    def send(self, message: bytes | Request, to: Address) -> None:
        self.socket.sendto(bytes(message), to)

    def of(self, call_id: str) -> list[Packet]:
        """Return what was heard about one call so far."""
        with self._news:
            return [packet for packet in self.heard if packet.get("Call-ID") == call_id]

    def wait_for(self, wanted: Callable[[Packet], bool], within: float, what: str, since: int = 0) -> Packet:
        """Return the first packet heard that is *wanted*, looking from position *since* in what was heard."""
        deadline = time.monotonic() + within
        seen = since
        with self._news:
            while True:
                for packet in self.heard[seen:]:
                    if wanted(packet):
                        return packet
                seen = len(self.heard)
                if not self._news.wait(max(0.0, deadline - time.monotonic())) and time.monotonic() > deadline:
                    raise NotInTimeError(f"within {within} s: {what}; heard {[p.start for p in self.heard[-10:]]}")

    def final(self, request: Request, within: float = 3.0) -> Packet:
        """Return the final response to *request*."""
        wanted = f"{request.cseq} {request.cseq_method or request.method}"

        def is_final(packet: Packet) -> bool:
            ours = packet.get("Call-ID") == request.call_id and packet.get("CSeq") == wanted
            return ours and packet.status >= 200

        return self.wait_for(is_final, within, f"a final response to {request.method}")

    def _listen(self) -> None:
        while self._open:
            try:
                data, source = self.socket.recvfrom(65536)
            except (TimeoutError, ConnectionRefusedError):
                continue
            packet = Packet(time.monotonic(), data, source[:2])
            with self._news:
                self.heard.append(packet)
                self._news.notify_all()
            if self._registrar and not self.mute:
                self._serve(packet)

    def _serve(self, packet: Packet) -> None:
        if packet.method == "REGISTER":
            contact = packet.get("Contact")
            kept = contact if ";expires=" in contact else f"{contact};expires={packet.get('Expires') or 300}"
            self.send(reply(packet, "200 OK", (f"Contact: {kept}",)), packet.source)
        elif packet.method in {"OPTIONS", "BYE"}:
            self.send(reply(packet, "200 OK"), packet.source)
