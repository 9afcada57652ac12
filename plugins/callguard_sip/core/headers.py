"""The header fields of one message: an ordered multimap that knows compact forms (RFC 3261 §7.3)."""

from collections.abc import Iterable
from typing import Self

from callguard_sip.core.errors import BadMessage
from callguard_sip.core.scan import split_outside

_COMPACT = {
    "a": "accept-contact", "b": "referred-by", "c": "content-type", "d": "request-disposition",
    "e": "content-encoding", "f": "from", "i": "call-id", "j": "reject-contact", "k": "supported",
    "l": "content-length", "m": "contact", "n": "identity-info", "o": "event", "r": "refer-to",
    "s": "subject", "t": "to", "u": "allow-events", "v": "via", "x": "session-expires", "y": "identity",
}  # fmt: skip
_SPELLINGS = (
    "Via Max-Forwards Record-Route Route From To Call-ID CSeq Contact Expires Min-Expires User-Agent Server Allow "
    "Supported Require Proxy-Require Unsupported Content-Type Content-Length Content-Encoding Content-Disposition "
    "Accept Accept-Encoding Accept-Language Authorization Proxy-Authorization WWW-Authenticate Proxy-Authenticate "
    "Authentication-Info P-Asserted-Identity P-Preferred-Identity P-Called-Party-ID Remote-Party-ID Privacy "
    "Diversion History-Info Identity Identity-Info Date Timestamp Session-Expires Min-SE Reason Priority Warning "
    "Retry-After Subject Organization Path Service-Route Alert-Info Call-Info StirVerstat"
)
_ON_THE_WIRE = _SPELLINGS.split()
_WIRE_NAMES = {name.lower(): name for name in _ON_THE_WIRE}
# Every spelling that is seen often maps to the canonical name without further work.
NAMES = {name: name.lower() for name in _ON_THE_WIRE} | {n: n for n in _WIRE_NAMES} | _COMPACT
_MOST_VALUES = 128


def canonical(name: str) -> str:
    """Return the full, lower-case name of a header field: ``v`` and ``VIA`` are ``via``."""
    known = NAMES.get(name)
    if known is not None:
        return known
    name = name.lower()
    return _COMPACT.get(name, name)


def wire_name(name: str) -> str:
    """Return a canonical name as people write it: ``call-id`` is ``Call-ID``."""
    return _WIRE_NAMES.get(name) or "-".join(part.capitalize() for part in name.split("-"))


class Headers:
    """Header fields by name, in any spelling; lines of one name keep their order, as RFC 3261 §7.3.1 asks."""

    __slots__ = ("_lines", "memory")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._lines: dict[str, list[str]] = {}
        self.memory: dict[object, object] = {}
        "What was read from these lines, kept by the typed access of a message until a line changes."
        for name, value in items:
            self.add(name, value)

    @classmethod
    def of(cls, lines: dict[str, list[str]]) -> Self:
        """Take over *lines*, which has canonical names."""
        headers = cls()
        headers._lines = lines
        return headers

    def __contains__(self, name: object) -> bool:
        return name in self._lines or (isinstance(name, str) and canonical(name) in self._lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._lines == other._lines

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Headers({self.items()!r})"

    def items(self) -> list[tuple[str, str]]:
        """Return every line as canonical name and value; lines of one name stand together."""
        return [(name, value) for name, values in self._lines.items() for value in values]

    def get(self, name: str) -> str | None:
        """Return the value of the first line of that name."""
        values = self._lines.get(name)
        if values is None:
            values = self._lines.get(canonical(name))
        return values[0] if values else None

    def all(self, name: str) -> list[str]:
        """Return the values of all lines of that name, one for each line."""
        return list(self._lines.get(canonical(name), ()))

    def values(self, name: str) -> list[str]:
        """Return the elements of a comma-separated field over all its lines; BadMessage for unbalanced quotes."""
        lines = self._lines.get(canonical(name))
        if lines is None:
            return []
        if len(lines) == 1 and "," not in lines[0]:
            return lines[:]
        return _split(lines)

    def conflicting(self, names: Iterable[str]) -> str | None:
        """Return the first of *names*, canonical ones, that has several lines which differ."""
        for name in names:
            lines = self._lines.get(name)
            if lines is not None and len(lines) > 1 and len(set(lines)) > 1:
                return name
        return None

    def add(self, name: str, value: str) -> None:
        """Append a line."""
        self.memory.clear()
        self._lines.setdefault(canonical(name), []).append(value)

    def set(self, name: str, *values: str) -> None:
        """Replace all lines of that name, in their place, by one line for each of *values*."""
        self.memory.clear()
        self._lines[canonical(name)] = list(values)

    def remove(self, name: str) -> None:
        """Remove all lines of that name, if there are any."""
        self.memory.clear()
        self._lines.pop(canonical(name), None)

    def copy(self) -> "Headers":
        """Return headers that can be changed without changing these."""
        return Headers.of({name: list(values) for name, values in self._lines.items()})


def _split(lines: list[str]) -> list[str]:
    found: list[str] = []
    for line in lines:
        found += split_outside(line, ",") if "," in line else [line]
        if len(found) > _MOST_VALUES:
            raise BadMessage(400, "Header Too Long")
    return [value.strip() for value in found]
