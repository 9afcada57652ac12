"""What is known about a family of modems: which commands it takes, in which order callers are hung up on."""

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
    baud: int = 115200
    distinctive_ring: str = ""
    countries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    "Commands that make the caller ID of a country heard, by ISO 3166 code."
    voice: Voice = Voice()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All profiles that are known here."""

    default: Profile
    families: tuple[Profile, ...]

    def named(self, name: str) -> Profile:
        """Return the profile of that name; LookupError tells which there are."""
        raise NotImplementedError

    def choose(self, identity: Mapping[str, str], usb: str = "") -> Profile:
        """Return the profile that fits the modem's answers best, else the defaults."""
        raise NotImplementedError
