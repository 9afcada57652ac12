"""What a registrar does with our answers, as presets, and the treatment that follows from it.

There is no one right way to refuse a call. A proxy that follows RFC 3261 §16.7 ends a call for everyone when one
phone declines it (6xx); a PBX or router that bridges two calls (B2BUA) ignores that and rings on, so there CallGuard
has to answer, play something and hang up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType


class Preset(StrEnum):
    """The kinds of registrar we know."""

    PLAIN = "plain"
    FRITZBOX = "fritzbox"
    ASTERISK = "asterisk"
    FREESWITCH = "freeswitch"
    KAMAILIO = "kamailio"


class BlockBy(StrEnum):
    """How a block is carried out."""

    DECLINE = "decline"
    ANSWER = "answer"


TONE = "tone"
DECLINE_CODES = (607, 603, 486)
ALLOW_CODES = (480, 302, 404)


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """How one line carries verdicts out."""

    block: BlockBy = BlockBy.DECLINE
    code: int = 603
    "Final response of a decline: 607 Unwanted (RFC 8197), 603 Decline, 486 Busy Here."
    announcement: str = TONE
    "What an answered caller hears: `tone`, or the path of a WAV file."
    seconds: float = 4.0
    "The longest an answered caller is kept."
    allow: int = 480
    "Final response that means `let it ring` to this upstream."
    hold: float = 0.0
    "Seconds of 180 Ringing before that response."


PRESETS: Mapping[Preset, Treatment] = MappingProxyType(
    {
        Preset.PLAIN: Treatment(),
        # A quick 480 makes the box drop the FritzFon app, which a push has only just woken; 3 s of 180 do not.
        Preset.FRITZBOX: Treatment(block=BlockBy.ANSWER, hold=3.0),
        Preset.ASTERISK: Treatment(block=BlockBy.ANSWER),
        Preset.FREESWITCH: Treatment(block=BlockBy.ANSWER),
        Preset.KAMAILIO: Treatment(code=607),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the configuration says about the treatment; None leaves it to the preset."""

    block: BlockBy | None = None
    code: int | None = None
    announcement: str | None = None
    seconds: float | None = None
    allow: int | None = None
    hold: float | None = None


def treatment(preset: Preset, wishes: Wishes) -> Treatment:
    """Return the preset's treatment with what the household wants otherwise."""
    stated = {name: value for name in Wishes.__slots__ if (value := getattr(wishes, name)) is not None}
    return replace(PRESETS[preset], **stated)


def with_tone(wanted: Treatment, why: str) -> tuple[Treatment, str]:
    """Return the nearest treatment where the announcement cannot be played, and the sentence that says so."""
    return replace(wanted, announcement=TONE), f"{why}; blocked callers hear a tone instead"
