"""The `numbercheck` section of config.yaml."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from callguard_numbercheck.plan import known_country

_LONGEST_SPAN = timedelta(days=30)
_LONGEST_TEXT = 80
_LONGEST_NAME = 200


class CheckName(StrEnum):
    """The checks that can be left out, by the code of what they find."""

    IMPOSSIBLE = "impossible-number"
    INVALID = "invalid-number"
    HIDDEN = "number-withheld"
    OWN = "own-number"
    NEIGHBOUR = "neighbour"
    COSTLY = "costly-call-back"
    BURST = "burst"
    CALLED_AGAIN = "called-again"
    PROTECTED = "protected-number"


def _bounded(value: timedelta) -> timedelta:
    if not timedelta(0) <= value <= _LONGEST_SPAN:
        raise ValueError("give a time between 0 and 30 days, such as 90m or 24h")
    return value


def _some(value: timedelta) -> timedelta:
    if not value:
        raise ValueError("0 is no time: leave the check out instead")
    return value


def _country(text: str) -> str:
    code = text.strip().upper()
    if not known_country(code):
        raise ValueError(f"{text!r} is no country: write its two letters, such as US or DE")
    return code


def _has_digits(text: str) -> str:
    if len(text) > _LONGEST_TEXT or not any(character.isdecimal() for character in text):
        raise ValueError(f"{text!r:.90} is no telephone number")
    return text.strip()


BoundedSpan = Annotated[timedelta, AfterValidator(_bounded)]
SomeSpan = Annotated[BoundedSpan, AfterValidator(_some)]
Country = Annotated[str, AfterValidator(_country)]
Number = Annotated[str, AfterValidator(_has_digits)]


class Section(BaseModel):
    """What all sections have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BurstSettings(Section):
    """When several strangers of one block count as a burst."""

    within: Annotated[SomeSpan, Field(description="time in which they call, such as 24h")] = timedelta(hours=24)
    numbers: Annotated[int, Field(ge=2, le=20, description="how many of them")] = 3
    last_digits: Annotated[
        int, Field(ge=1, le=4, description="digits that differ within a block: 3 makes blocks of 1,000 numbers")
    ] = 3


class RepeatSettings(Section):
    """When a repeated call speaks for its caller."""

    within: Annotated[SomeSpan, Field(description="time in which the calls come, such as 3m")] = timedelta(minutes=3)
    times: Annotated[int, Field(ge=2, le=8, description="how many calls, this one included")] = 2


class TableSettings(Section):
    """A table of assigned exchanges, which the household provides and renews."""

    file: Annotated[
        str,
        Field(min_length=1, description="path of the table (NANPA's allutlzd.txt, or NPA-NXX a line)"),
    ]
    as_of: Annotated[
        date | None, Field(description="day the table is from; without it the file's own date, or its last change")
    ] = None


class ProtectedSettings(Section):
    """One honest caller whose number others borrow."""

    name: Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME, description="whose number it is")]
    number: Annotated[Number | None, Field(description="a telephone number in any spelling; not with prefix")] = None
    prefix: Annotated[Number | None, Field(description="the beginning of numbers; not with number")] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "ProtectedSettings":
        if (self.number is None) == (self.prefix is None):
            raise ValueError("give either a number or a prefix")
        return self


class NumberCheckConfig(Section):
    """What callers' numbers alone give away."""

    skip: Annotated[frozenset[CheckName], Field(description="checks to leave out, by the code of what they find")] = (
        frozenset()
    )
    own_numbers: Annotated[
        tuple[Number, ...], Field(description="further numbers of the household, besides those of its lines")
    ] = ()
    own_number_is_proof: Annotated[
        bool, Field(description="a caller who shows your own number is blocked; your voicemail may do so")
    ] = False
    people_in: Annotated[
        frozenset[Country], Field(description="countries where you have people, such as DE or JM")
    ] = frozenset()
    nobody_abroad: Annotated[bool, Field(description="calls from countries not in people_in count as a signal")] = (
        False
    )
    warned_by: Annotated[
        frozenset[Country] | None,
        Field(
            description="countries whose regulators' warnings of one-ring calls count; by default that of the house"
        ),
    ] = None
    nanpa: Annotated[TableSettings | None, Field(description="a table of assigned North American exchanges")] = None
    burst: Annotated[BurstSettings, Field(description="several strangers from one block of numbers")] = (
        BurstSettings()
    )
    called_again: Annotated[SomeSpan, Field(description="time in which a repeated call is recorded as one")] = (
        timedelta(minutes=10)
    )
    repeat_passes: Annotated[
        RepeatSettings | None, Field(description="let repeated calls speak for the caller; unwanted callers know it")
    ] = None
    protected: Annotated[
        tuple[ProtectedSettings, ...], Field(description="honest callers whose numbers others borrow")
    ] = ()
    emergency_window: Annotated[
        BoundedSpan,
        Field(description="how long everybody may ring after the household dialled an emergency number; 0: off"),
    ] = timedelta(minutes=90)
    emergency_numbers: Annotated[
        tuple[Number, ...], Field(description="further numbers that count as emergency numbers when dialled")
    ] = ()
