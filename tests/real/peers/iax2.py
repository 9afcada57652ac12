"""A telephone exchange that speaks IAX2 (RFC 5456) to iaxmodem: it rings, and sees what becomes of it."""

import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.real.peers.process import NotInTimeError

Address = tuple[str, int]
_CONTROL, _IAX, _VOICE = 4, 6, 2
_NEW, _PING, _PONG, _ACK, _HANGUP, _REJECT, _ACCEPT = 1, 2, 3, 4, 5, 6, 7
_INVAL, _LAGRQ, _LAGRP, _VNAK = 10, 11, 12, 18
_CONTROLS = {1: "HANGUP", 3: "RINGING", 4: "ANSWER", 5: "BUSY", 8: "CONGESTION", 14: "PROGRESS"}
_ULAW = 4
_FULL = 0x8000
_AGAIN = 0.5
"Seconds after which an unacknowledged frame is sent again."


class Heard(NamedTuple):
    """Something that happened on the line."""

    at: float
    "Seconds since the call was sent, by the exchange's clock."
    event: str
    "NEW, ACCEPT, RINGING, ANSWER, HANGUP, REJECT, CALLER-HANGUP, INVAL."
    detail: str = ""


@dataclass(slots=True)
class LineCall:
    """One call from the exchange to a modem; `log` holds what happened, `audio` what the modem sent (µ-law)."""

    exchange: "Exchange"
    address: Address
    source: int
    begun: float = field(default_factory=time.monotonic)
    destination: int = 0
    log: list[Heard] = field(default_factory=list)
    audio: bytearray = field(default_factory=bytearray)
    _sent: int = 0
    _received: int = 0
    _waiting: dict[int, bytes] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        return any(heard.event in {"HANGUP", "REJECT", "CALLER-HANGUP", "INVAL"} for heard in self.log)

    @property
    def events(self) -> list[str]:
        """Return what happened, in order."""
        with self.exchange.news:
            return [heard.event for heard in self.log]

    def wait(self, event: str, within: float) -> float:
        """Wait until *event* happened; returns when, in seconds since the call was sent."""
        with self.exchange.news:
            if self.exchange.news.wait_for(lambda: self._when(event) is not None, within):
                return self._when(event) or 0.0
            raise NotInTimeError(f"within {within} s: {event} on the line; it saw {self.log}")

    def hang_up(self) -> None:
        """The caller gives up."""
        with self.exchange.news:
            if not self.over:
                self._full(_IAX, _HANGUP, _element(22, b"Normal Clearing") + _element(42, b"\x10"))
                self._note("CALLER-HANGUP")

    def note_rejected_or_rung(self, within: float) -> bool:
        """Tell, as soon as it is known, whether the modem rings; it refuses calls for a while after a hang-up."""
        with self.exchange.news:
            self.exchange.news.wait_for(lambda: self.over or self._when("RINGING") is not None, within)
            return self._when("RINGING") is not None

    # -- for the exchange, which holds the lock --------------------------------------------------------------

    def open(self, elements: bytes) -> None:
        self._note("NEW")
        self._full(_IAX, _NEW, elements)

    def send_again(self) -> None:
        if not self.over:
            for frame in self._waiting.values():
                self.exchange.send(frame[:2] + struct.pack("!H", _FULL | self.destination) + frame[4:], self.address)

    def full_frame(self, source: int, header: tuple[int, int, int, int, int], data: bytes) -> None:
        stamp, sent, received, kind, what = header
        self.destination = self.destination or source
        for number in [n for n in self._waiting if (received - 1 - n) & 0xFF < 128]:
            del self._waiting[number]
        if kind == _IAX and what in {_ACK, _INVAL, _VNAK}:
            if what == _INVAL:
                self._note("INVAL")
            return
        if sent != self._received:  # heard before, or too early: the same acknowledgement again
            self._full(_IAX, _ACK, stamp=stamp)
            return
        self._received = (self._received + 1) & 0xFF
        if not self._answered(kind, what, stamp):
            self._full(_IAX, _ACK, stamp=stamp)
            self._understood(kind, what, data)

    def _answered(self, kind: int, what: int, stamp: int) -> bool:
        answer = {_PING: _PONG, _LAGRQ: _LAGRP}.get(what) if kind == _IAX else None
        if answer is not None:
            self._full(_IAX, answer, stamp=stamp)
        return answer is not None

    def _understood(self, kind: int, what: int, data: bytes) -> None:
        if kind == _IAX and what in {_HANGUP, _REJECT, _ACCEPT}:
            cause = _elements(data).get(22, b"").decode(errors="replace")
            self._note({_HANGUP: "HANGUP", _REJECT: "REJECT", _ACCEPT: "ACCEPT"}[what], cause)
        elif kind == _CONTROL:
            self._note(_CONTROLS.get(what, f"CONTROL-{what}"))
        elif kind == _VOICE:
            self.audio += data

    def _full(self, kind: int, what: int, data: bytes = b"", stamp: int | None = None) -> None:
        """Send a full frame (RFC 5456 §8.1.1); one that is no acknowledgement is repeated."""
        now = int((time.monotonic() - self.begun) * 1000) & 0xFFFFFFFF
        header = struct.pack(
            "!HHIBBBB", _FULL | self.source, self.destination, now if stamp is None else stamp, self._sent,
            self._received, kind, what,
        )  # fmt: skip
        if not (kind == _IAX and what == _ACK):
            self._waiting[self._sent] = header + data
            self._sent = (self._sent + 1) & 0xFF
        self.exchange.send(header + data, self.address)

    def _note(self, event: str, detail: str = "") -> None:
        self.log.append(Heard(round(time.monotonic() - self.begun, 4), event, detail))
        self.exchange.news.notify_all()

    def _when(self, event: str) -> float | None:
        return next((heard.at for heard in self.log if heard.event == event), None)


class Exchange:
    """An exchange on its own socket, served by a thread of its own."""

    def __init__(self, bound: socket.socket) -> None:
        self._socket = bound
        self._socket.settimeout(0.1)
        self._calls: dict[int, LineCall] = {}
        self._next = 100
        self._closed = False
        self.news = threading.Condition(threading.RLock())
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def ring(
        self, address: Address, number: str | None, name: str | None = None, *, presentation: int | None = None
    ) -> LineCall:
        """Call a modem; without *number*, no number is sent, and without *name* no name."""
        with self.news:
            self._next += 1
            call = self._calls[self._next] = LineCall(self, address, self._next)
            elements = _element(11, struct.pack("!H", 2)) + _element(1, b"s")
            elements += _element(2, number.encode()) if number is not None else b""
            elements += _element(4, name.encode()) if name is not None else b""
            elements += _element(38, bytes((presentation,))) if presentation is not None else b""
            call.open(elements + _element(8, struct.pack("!I", _ULAW)) + _element(9, struct.pack("!I", _ULAW)))
            return call

    def send(self, frame: bytes, address: Address) -> None:
        self._socket.sendto(frame, address)

    def close(self) -> None:
        self._closed = True
        self._thread.join(2)
        self._socket.close()

    def _serve(self) -> None:
        again = time.monotonic() + _AGAIN
        while not self._closed:
            try:
                frame, address = self._socket.recvfrom(4096)
            except TimeoutError:
                pass
            except ConnectionRefusedError:  # a modem was unplugged
                pass
            else:
                with self.news:
                    self._received(frame, address)
            if time.monotonic() >= again:
                again = time.monotonic() + _AGAIN
                with self.news:
                    for call in self._calls.values():
                        call.send_again()

    def _received(self, frame: bytes, address: Address) -> None:
        if len(frame) < 4:
            return
        if not frame[0] & 0x80:  # a mini frame is nothing but sound (RFC 5456 §8.1.2)
            (source,) = struct.unpack("!H", frame[:2])
            for call in self._calls.values():
                if call.destination == source and call.address == address:
                    call.audio += frame[4:]
        elif len(frame) >= 12:
            source, destination, *header = struct.unpack("!HHIBBBB", frame[:12])
            known = self._calls.get(destination & 0x7FFF)
            if known is not None:
                stamp, sent, received, kind, what = header
                known.full_frame(source & 0x7FFF, (stamp, sent, received, kind, what), frame[12:])


def _element(code: int, data: bytes) -> bytes:
    return bytes((code, len(data))) + data


def _elements(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    place = 0
    while place + 2 <= len(data):
        length = data[place + 1]
        found[data[place]] = data[place + 2 : place + 2 + length]
        place += 2 + length
    return found
