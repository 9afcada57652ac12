"""Well-known honest numbers that swindlers borrow: complaints about them say little about who calls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files

import yaml

from callguard import Evidence
from callguard_numbercheck.findings import note

_DOUBTED = "complaints"
_loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """A number, or all numbers with one beginning, and whose it is."""

    value: str
    "E.164, or `+` and digits of a beginning."
    name: str
    source: str
    "The page that says so, or where the household wrote it."
    is_prefix: bool = False
    checked_on: str = ""


def shipped() -> tuple[Protected, ...]:
    """Return the numbers that come with CallGuard, each checked against its source."""
    text = files("callguard_numbercheck").joinpath("protected.yaml").read_text(encoding="utf-8")
    return tuple(
        Protected(
            value=value,
            name=str(owner["name"]),
            source=str(owner["source"]),
            is_prefix=key == "prefixes",
            checked_on=owner["checked_on"].isoformat(),
        )
        for owner in yaml.load(text, Loader=_loader)["owners"]
        for key in ("numbers", "prefixes")
        for value in owner.get(key, ())
    )


class ProtectedNumbers:
    """Finds out whose well-known number a caller shows."""

    def __init__(self, entries: Iterable[Protected]) -> None:
        self._numbers: dict[str, Protected] = {}
        self._prefixes: dict[str, Protected] = {}
        for entry in entries:
            (self._prefixes if entry.is_prefix else self._numbers).setdefault(entry.value, entry)
        self._lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)

    def check(self, numbers: Sequence[str]) -> Evidence | None:
        """Say whose number it is, so that complaints about it no longer help to block."""
        for number in numbers:
            found = self._numbers.get(number) or self._by_prefix(number)
            if found is not None:
                version, source = found.checked_on, found.source
                return note(
                    "protected-number",
                    doubts=_DOUBTED,
                    version=version,
                    number=number,
                    name=found.name,
                    source=source,
                )
        return None

    def _by_prefix(self, number: str) -> Protected | None:
        return next((p for p in (self._prefixes.get(number[:length]) for length in self._lengths) if p), None)
