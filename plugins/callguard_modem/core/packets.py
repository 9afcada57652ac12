"""Caller-ID packets as the exchange sends them, which some modems print in hex (`AT+VCID=2`, `MESG = …`).

Single data messages (SDMF) and multiple data messages (MDMF): Bellcore GR-30-CORE, EN 300 659-3. Manuals print
examples without a checksum, with a wrong one and with a wrong length; so both are used only where they agree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_SDMF = 0x04
_MDMF = frozenset({0x80, 0x82})
_DIGITS = re.compile(rb"[0-9*#+]+")
_WHEN = 8
"Octets of a date and time, MMDDhhmm."
_CALL_TYPES = {0x01: "voice", 0x02: "ring-back", 0x81: "message-waiting"}
_LONGEST = 2 * 258


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """What a packet says; None where it says nothing."""

    date: str | None = None
    time: str | None = None
    number: str | None = None
    no_number: str | None = None
    "Why the number is absent: P (private), O (out of area)."
    name: str | None = None
    no_name: str | None = None
    called: str | None = None
    call_type: str | None = None
    waiting: bool | None = None
    "A message lies in the network's mailbox: no call at all."


def read_packet(text: str) -> Packet | None:
    """Return the packet that *text*, a line of hex digits, is; None if it is none."""
    data = _octets(text)
    if data[:1] == bytes((_SDMF,)):
        return _sdmf(_body(data))
    if data and data[0] in _MDMF:
        return _known(_parameters(_body(data)))
    return None


def read_parameters(text: str) -> Packet | None:
    """Return what *text*, the hex digits after `MESG =`, says: a whole packet or bare parameters."""
    return read_packet(text) or _known(_parameters(_octets(text)))


def _octets(text: str) -> bytes:
    if len(text) > _LONGEST or not text.isascii() or not text.isalnum():
        return b""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _body(data: bytes) -> bytes:
    """Return what lies between the length and the checksum, as far as either agrees with the octets."""
    length = data[1] if len(data) > 1 else -1
    if len(data) in {length + 2, length + 3}:
        return data[2 : 2 + length]
    return data[2:-1] if sum(data) & 0xFF == 0 else data[2:]


def _sdmf(body: bytes) -> Packet | None:
    when, rest = body[:_WHEN], body[_WHEN:]
    if len(when) < _WHEN or not when.isdigit():
        return None
    found = Packet(date=_text(when[:4]), time=_text(when[4:]))
    if digits := _DIGITS.match(rest):
        return replace(found, number=_text(digits[0]))
    return replace(found, no_number=_text(rest[:1]) or "O")


def _parameters(body: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 <= len(body):
        kind, length = body[at], body[at + 1]
        value = body[at + 2 : at + 2 + length]
        if len(value) < length:
            return
        yield kind, value
        at += 2 + length


def _known(parameters: Iterator[tuple[int, bytes]]) -> Packet | None:
    found: dict[int, bytes] = {}
    for kind, value in parameters:
        found.setdefault(kind, value)
    number = _read(found, 0x02) or _read(found, 0x03)
    when = _read(found, 0x01) or ""
    packet = Packet(
        date=when[:4] or None,
        time=when[4:] or None,
        number=number,
        no_number=_read(found, 0x04),
        name=_read(found, 0x07),
        no_name=_read(found, 0x08),
        # Parameter 3 is the called line (EN 300 659-3 §5.4.3); Bell Canada puts the caller there, alone.
        called=_read(found, 0x03) if 0x02 in found or 0x04 in found else None,
        call_type=_call_type(found.get(0x11)),
        waiting=found[0x0B] != b"\0" if found.get(0x0B) else None,
    )
    if 0x02 not in found and 0x04 in found:
        packet = replace(packet, number=None)
    return packet if packet != Packet() else None


def _read(found: dict[int, bytes], kind: int) -> str | None:
    return _text(found[kind]) if kind in found else None


def _text(octets: bytes) -> str:
    return "".join(chr(octet) for octet in octets if 32 <= octet != 127).strip()


def _call_type(value: bytes | None) -> str | None:
    return _CALL_TYPES.get(value[0], f"{value[0]:02X}") if value else None
