"""What a modem prints about a caller, in all its dialects."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from callguard import Presentation, plain
from callguard_modem.core.packets import Packet, read_packet, read_parameters

_KEYED = re.compile(
    r"([A-Z][A-Z_]{2,8}|CALLER (?:NUMBER|NAME)|REASON FOR NO CALLER (?:NUMBER|NAME)|FM)\s*[=:](.*)", re.I
)
_ELSA = re.compile(r"RING;([^;]*)(?:;([^;]*))?")
_CLIP = re.compile(r'\+CLIP:\s*"([^"]*)"(?:,.*)?')
_ZYXEL = re.compile(r"(.*?)\s+TO:(.*)", re.I)
_MOST_LINES = 40
_LINE = 120
_NUMBER = 40
_NAME = 60
_WITHHELD = frozenset({"p", "private", "withheld", "restricted", "anonymous", "blocked"})
_NOTHING = frozenset({"", "<none>"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerId:
    """Who seems to be calling, as the modem printed it; all of it was sent by somebody else."""

    presentation: Presentation
    number: str = ""
    "As printed: national, with or without a prefix; empty if not shown."
    name: str = ""
    called: str = ""
    "The number that was dialled, where the modem tells."
    time: str = ""
    "By the exchange's clock, as printed and without a year; often wrong."
    call_type: str = ""
    "`voice`, `ring-back` or `message-waiting` (EN 300 659-3 §5.4.2), where the exchange tells."


class Assembler:
    """Collects the lines of one call. The first that a modem says of anything counts, as later ones mask it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._presentation = Presentation.MISSING
        self._number = ""
        self._called = ""
        self._date = ""
        self._time = ""
        self._call_type = ""
        self._name: str | None = None

    @property
    def number_known(self) -> bool:
        """Whether there is a number, or word that there is none."""
        return self._presentation is not Presentation.MISSING

    @property
    def complete(self) -> bool:
        """Whether nothing more is needed: number, or its absence, and name."""
        return self.number_known and self._name is not None

    @property
    def anything(self) -> bool:
        """Whether something was said about a caller, be it the name alone."""
        return self.number_known or bool(self._name)

    def caller(self) -> CallerId:
        """Return what is known so far."""
        return CallerId(
            presentation=self._presentation,
            number=self._number,
            name=self._name or "",
            called=self._called,
            time=" ".join(filter(None, (self._date, self._time))),
            call_type=self._call_type,
        )

    def feed(self, text: str) -> bool:
        """Take a line; return whether it is about a caller."""
        known = self._keyed(text) or self._other(text)
        if known:
            self.note(text)
        return known

    def note(self, text: str) -> None:
        """Keep a line for the record, made harmless."""
        if len(self.lines) < _MOST_LINES:
            self.lines.append(plain(text, _LINE))

    # -- dialects -------------------------------------------------------------------------------------------

    def _keyed(self, text: str) -> bool:
        found = _KEYED.match(text)
        take = _KEYS.get(found[1].upper()) if found else None
        if found is None or take is None:
            return False
        return take(self, found[2].strip())

    def _other(self, text: str) -> bool:
        if elsa := _ELSA.fullmatch(text):
            self._say_number(elsa[1].strip())
            self._say_called(elsa[2] or "")
            return True
        if clip := _CLIP.fullmatch(text):
            self._say_number(clip[1])
            return True
        return self._packet(read_packet(text))

    def _say_number(self, value: str) -> bool:
        presentation = _presentation(value)
        if self._presentation in {Presentation.MISSING, Presentation.UNAVAILABLE}:
            if presentation is Presentation.SHOWN:
                self._number = plain(value, _NUMBER)
            if self._presentation is Presentation.MISSING or presentation is not Presentation.UNAVAILABLE:
                self._presentation = presentation
        return True

    def _say_why(self, value: str) -> bool:
        return self._say_number("P" if value[:1].upper() == "P" else value.strip("0123456789"))

    def _say_name(self, value: str) -> bool:
        name = "" if value.lower() in _NOTHING else plain(value, _NAME)
        self._name = self._name or name
        return True

    def _say_no_name(self, _: str) -> bool:
        self._name = self._name or ""
        return True

    def _say_called(self, value: str) -> bool:
        if any(c.isdigit() for c in value):
            self._called = self._called or plain(value, _NUMBER)
        return True

    def _say_date(self, value: str) -> bool:
        self._date = self._date or plain(value, _NUMBER)
        return True

    def _say_time(self, value: str) -> bool:
        self._time = self._time or plain(value, _NUMBER)
        return True

    def _say_from_to(self, value: str) -> bool:
        """Read `FM:x TO:y` (ZyXEL 2864)."""
        both = _ZYXEL.fullmatch(value)
        self._say_number(both[1] if both else value)
        self._say_called(both[2] if both else "")
        return True

    def _ignore(self, _: str) -> bool:
        return True

    def _message(self, value: str) -> bool:
        self._packet(read_parameters(value))
        return True

    def _packet(self, packet: Packet | None) -> bool:
        if packet is None or (packet.waiting is not None and packet.number is None and packet.no_number is None):
            return False
        says: tuple[tuple[str | None, Callable[[str], bool]], ...] = (
            (packet.date, self._say_date),
            (packet.time, self._say_time),
            (packet.number, self._say_number),
            (packet.no_number, self._say_why),
            (packet.name, self._say_name),
            (packet.no_name, self._say_no_name),
            (packet.called, self._say_called),
        )
        for value, say in says:
            if value is not None:
                say(value)
        self._call_type = self._call_type or packet.call_type or ""
        return True


_Take = Callable[[Assembler, str], bool]
_KEYS: Mapping[str, _Take] = {
    "DATE": Assembler._say_date,
    "TIME": Assembler._say_time,
    "NMBR": Assembler._say_number,
    "DDN_NMBR": Assembler._say_number,  # Rockwell, with distinctive ring
    "NBR": Assembler._say_number,  # Kortex
    "CALLERID": Assembler._say_number,  # USR Courier
    "CALLER NUMBER": Assembler._say_number,  # ZyXEL
    "REASON FOR NO CALLER NUMBER": Assembler._say_why,
    "FM": Assembler._say_from_to,
    "NAME": Assembler._say_name,
    "CALLER NAME": Assembler._say_name,
    "REASON FOR NO CALLER NAME": Assembler._say_no_name,
    "NDID": Assembler._say_called,
    "MESG": Assembler._message,
    "ANID": Assembler._ignore,
    "CDID": Assembler._ignore,
    "USER": Assembler._ignore,
    "PASS": Assembler._ignore,
}
"""What modems call what (mgetty's and NCID's tables, iaxmodem)."""


def _presentation(value: str) -> Presentation:
    """Say what a modem means by a number: digits, a reason, or zeros in place of digits."""
    digits = {c for c in value if c.isdigit()}
    if not digits:
        withheld = not _WITHHELD.isdisjoint(value.lower().split())
        return Presentation.WITHHELD if withheld else Presentation.UNAVAILABLE
    # A lone 0 was printed by an exchange as a number; ten of them by one that had none.
    masked = digits == {"0"} and value.count("0") > 1
    return Presentation.UNAVAILABLE if masked else Presentation.SHOWN
