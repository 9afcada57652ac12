"""Makes what a modem printed fit to be shown to strangers: numbers and names become fictional, everything else stays.

The length of every line stays as it is, so that a transcript can still be cut where the device cut it.
"""

import re
from dataclasses import dataclass, field

_SAFE = re.compile(
    r"\s*(?:OK|ERROR|CONNECT.*|NO CARRIER|NO DIAL ?TONE|BUSY|NO ANSWER|RING(?: [A-Z0-9])?|DR[OF][NF]=[\d,/]*|AT[^=]*"
    r"|(?:DATE|TIME) ?= ?[\d:/ ]*)\s*",
    re.ASCII,
)
"Lines that say nothing about anybody."
_VALUE = re.compile(r"^(\s*[A-Za-z+#][A-Za-z0-9_+# ]{0,24}? ?[=:;] ?)(.*)$", re.DOTALL)
_ABSENT = frozenset(
    "P O S PRIVATE WITHHELD RESTRICTED UNAVAILABLE UNKNOWN ANONYMOUS BLOCKED <NONE> NONE".split()  # noqa: SIM905
)
"What stands where nobody is named."
_DIGITS = re.compile(r"\d{2,}", re.ASCII)
_LETTERS = re.compile(r"[^\W\d_]")
_MESSAGE = re.compile(r"MESG ?= ?", re.ASCII)
_HEX = re.compile(r"\s*(?:[0-9A-Fa-f]{2}){3,}\s*", re.ASCII)
_PACKET = re.compile(r"\s*(?:04|8[0-6])(?:[0-9A-Fa-f]{2}){7,}\s*", re.ASCII)
"A whole caller-ID message: its type comes first (EN 300 659-3 §5.2). A telephone number is hexadecimal too."
_BREAK = re.compile(r"([\r\n]+)")
_FICTIONAL = "20255501"
"NPA 202, exchange 555, 0100 to 0199: never given to anybody (ATIS-0300115)."
_NATIONAL = 10


@dataclass(slots=True)
class Mask:
    """Replaces each number by the same fictional one throughout a transcript."""

    _known: dict[str, str] = field(default_factory=dict)

    def text(self, text: str) -> str:
        """Return what a modem printed without anybody's number or name."""
        return "".join(part if _BREAK.match(part) else self._line(part) for part in _BREAK.split(text))

    def value(self, value: str) -> str:
        """Return a number or a name without anything that tells whose it is."""
        if value.strip().upper() in _ABSENT:
            return value
        letters = _LETTERS.sub("X", value)
        return _DIGITS.sub(lambda found: self._number(found.group()), letters)

    def _line(self, line: str) -> str:
        if _SAFE.fullmatch(line):
            return line
        found = _VALUE.match(line)
        key, value = found.groups() if found else ("", line)
        packed = _HEX.fullmatch(value) if _MESSAGE.match(line) else _PACKET.fullmatch(value)
        return key + (self._packet(value) if packed else self.value(value))

    def _number(self, digits: str) -> str:
        if digits not in self._known:
            self._known[digits] = self._invented(digits, len(self._known))
        return self._known[digits]

    def _invented(self, digits: str, count: int) -> str:
        """Return a number of the same length that begins alike if it is a national one with a prefix."""
        if len(digits) < _NATIONAL:
            return digits[:1] + "5" * (len(digits) - 1)
        return digits[: len(digits) - _NATIONAL] + f"{_FICTIONAL}{count % 100:02}"

    def _packet(self, text: str) -> str:
        """Mask the letters and digits of a caller-ID packet, and make its checksum right again if it was."""
        raw = bytes.fromhex(text.strip())
        end = len(raw) - 1 if sum(raw) & 0xFF == 0 else len(raw)
        whole = raw[:2] + self.value(raw[2:end].decode("latin-1")).encode("latin-1", "replace")
        masked = (whole + bytes([-sum(whole) & 0xFF] if end < len(raw) else [])).hex()
        return text.replace(text.strip(), masked.upper() if text.upper() == text else masked)
