"""What is known about a family of modems: which commands it takes, in which order callers are hung up on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Method(StrEnum):
    """How a blocked caller is hung up on."""

    HOOK = "hook"
    "Off-hook, a pause, on-hook: works with every modem, the caller hears nothing."
    GREETING = "greeting"
    "In voice mode (class 8): the caller hears the household's greeting, if there is one."
    FAX = "fax"
    "In fax mode (class 1): the caller hears the 2100 Hz tone of a fax machine."


NEEDS_CLASS = {Method.GREETING: "8", Method.FAX: "1"}
"""Class of service (`AT+FCLASS=?`) without which a method cannot work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How a modem's voice mode is used (V.253)."""

    sample_format: str = ""
    "Command for 8-bit linear unsigned samples at 8 kHz; empty: picked from the answer to AT+VSM=?."
    silence_off: str = ""
    "Command that switches silence detection off; empty: none."


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """By what a modem is known: regular expressions on its answers, and USB ids."""

    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    "By identifying command, such as `AT+GMM`."
    usb: tuple[str, ...] = ()

    def fits(self, identity: Mapping[str, str], usb: str) -> int:
        """Return how many signs speak for this family; one alone may lie (`56000` is said by two chips)."""
        answers = sum(
            any(re.search(pattern, identity.get(command, ""), re.I | re.M) for pattern in patterns)
            for command, patterns in self.answers.items()
        )
        return answers + (2 if usb and usb.lower() in self.usb else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One family of modems."""

    name: str
    seen: str
    "Where these facts are from."
    match: Match = Match()
    init: tuple[str, ...] = ("ATS0=0",)
    identify: tuple[str, ...] = ("ATI0", "ATI3", "AT+GMI", "AT+GMM")
    caller_id: tuple[str, ...] = ("AT+VCID=1", "AT#CID=1")
    "The first that is answered with OK is used."
    hang_up: tuple[Method, ...] = (Method.HOOK,)
    ring_cadence: float = 6.0
    "Seconds from ring to ring."
    command_timeout: float = 3.0
    "Seconds in which a command is answered."
    baud: int = 115200
    distinctive_ring: str = ""
    "Command that makes it tell one ring from another."
    countries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    "Commands that make the caller ID of a country heard, by ISO 3166 code."
    voice: Voice = Voice()
    notes: tuple[str, ...] = ()

    def methods(self, first: Method | None, classes: frozenset[str], *, greeting: bool) -> tuple[Method, ...]:
        """Return the ways to hang up: what is wished first, then what suits the modem, in any case off-hook."""
        suited = sorted(self.hang_up, key=lambda method: method is Method.GREETING and not greeting)
        wished = [first] if first else [Method.GREETING] if greeting else []
        every = dict.fromkeys([*wished, *suited, Method.HOOK])
        return tuple(method for method in every if NEEDS_CLASS.get(method, "") in {"", *classes})


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All profiles that are known here."""

    default: Profile
    families: tuple[Profile, ...]

    def named(self, name: str) -> Profile:
        """Return the profile of that name; ValueError tells which there are."""
        for family in (self.default, *self.families):
            if family.name == name:
                return family
        names = ", ".join(family.name for family in self.families)
        raise ValueError(f"there is no modem profile {name!r}: choose one of {names}")

    def choose(self, identity: Mapping[str, str], usb: str = "") -> Profile:
        """Return the profile that fits the modem's answers best, else the defaults."""
        best, most = self.default, 0
        for family in self.families:
            fits = family.match.fits(identity, usb)
            if fits > most:
                best, most = family, fits
        return best

    @property
    def usb_ids(self) -> frozenset[str]:
        """Every USB id by which a modem is known."""
        return frozenset(usb for family in self.families for usb in family.match.usb)
