"""The `dnc` section of config.yaml: what the household declares about its lines."""

from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from callguard_dnc.library import known_jurisdictions


class LineKind(StrEnum):
    """What a line is used for."""

    HOME = "home"
    MOBILE = "mobile"
    BUSINESS = "business"


def _known(text: str) -> str:
    name = text.strip().lower()
    if not name or name in known_jurisdictions():
        return name
    close = get_close_matches(name, known_jurisdictions(), n=1)
    known = f"did you mean {close[0]}?" if close else f"known are {', '.join(known_jurisdictions())}"
    raise ValueError(f"nothing is known of the law of {text!r:.40}: {known}")


class LineDeclaration(BaseModel):
    """What the household says about one line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    jurisdiction: Annotated[
        str,
        AfterValidator(_known),
        Field(description="whose law holds there, such as us, us-pa or ca; empty: that of the line's country"),
    ] = ""
    kind: Annotated[LineKind, Field(description="home, mobile or business")] = LineKind.HOME
    registered_on: Annotated[date | None, Field(description="day on which the line was put on the registry")] = None
    not_registered: Annotated[bool, Field(description="true if the line is not on the registry")] = False
    verified_on: Annotated[
        date | None, Field(description="day on which somebody last looked the registration up at the registry")
    ] = None
    proof: Annotated[
        str,
        Field(max_length=200, description="where the proof is, such as `e-mail of 2026-03-01 in the blue folder`"),
    ] = ""
    file: Annotated[
        str,
        Field(
            description="path of a list of registered numbers: AAA,NNNNNNN or +1AAANNNNNNN a line, a date after it"
        ),
    ] = ""

    @model_validator(mode="after")
    def _clear(self) -> "LineDeclaration":
        if self.not_registered and (self.registered_on or self.file):
            raise ValueError("not_registered contradicts registered_on and file: leave one of them out")
        return self


class DncConfig(BaseModel):
    """Which of the household's lines are on a Do Not Call registry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lines: Annotated[dict[str, LineDeclaration], Field(description="what you say about each line, by its name")] = {}
