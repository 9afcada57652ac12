"""The modem section of config.yaml."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from callguard import country_code
from callguard_modem.core.profile import Method

_MOST_RING = 8


class Section(BaseModel):
    """What all sections have in common: a key nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid")


def _whole(path: Path | None) -> Path | None:
    if path is not None and not path.is_absolute():
        raise ValueError(f"write the whole path, beginning with /, instead of {path}")
    return path


class BlockSettings(Section):
    """How blocked callers are hung up on."""

    method: Annotated[
        Method | None,
        Field(
            description="what is tried first: hook (answer, wait, hang up), greeting (in voice mode) or fax "
            "(its tone); empty: as suits the modem, with the greeting if there is one"
        ),
    ] = None
    hold: Annotated[
        float,
        Field(ge=0.5, le=10, description="seconds the caller is kept at least, so that the exchange takes notice"),
    ] = 2.0
    greeting: Annotated[
        Path | None, Field(description="whole path of a WAV file (PCM, 8 or 16 bit) that blocked callers hear")
    ] = None

    @field_validator("greeting")
    @classmethod
    def _whole_path(cls, path: Path | None) -> Path | None:
        return _whole(path)


class LineSettings(Section):
    """One modem, which is one line of the house."""

    line: Annotated[str, Field(min_length=1, max_length=64, description="name of the line, unique in the house")]
    device: Annotated[
        str,
        Field(
            max_length=500,
            description="path, name below /dev/serial/by-id, or socket:// or rfc2217:// address; "
            "empty: the only known modem",
        ),
    ] = ""
    country: Annotated[str, Field(description="ISO 3166 code by which numbers are read; default: the house's")] = ""
    profile: Annotated[
        str, Field(max_length=40, description="family of the modem; empty: recognised by its answers")
    ] = ""
    block: Annotated[BlockSettings, Field(description="how blocked callers are hung up on")] = BlockSettings()
    rings: Annotated[
        dict[str, Annotated[str, Field(min_length=1, max_length=64)]],
        Field(
            max_length=_MOST_RING,
            description="names of lines by distinctive ring, as the modem tells it: {A: Family, B: Office}",
        ),
    ] = {}
    within: Annotated[
        float | None,
        Field(ge=0.1, le=10, description="seconds the verdict may take; default: until the next ring"),
    ] = None
    before_ring: Annotated[
        bool,
        Field(
            description="true: blocked callers whose number comes before the first ring are answered at once, so "
            "that no phone rings; only without call waiting, which looks the same"
        ),
    ] = False

    @field_validator("country")
    @classmethod
    def _a_country(cls, country: str) -> str:
        return country_code(country) if country else ""

    @field_validator("rings")
    @classmethod
    def _upper(cls, rings: dict[str, str]) -> dict[str, str]:
        return {ring.strip().upper(): line for ring, line in rings.items()}

    @field_validator("device")
    @classmethod
    def _no_folder(cls, device: str) -> str:
        if "://" not in device and "/" in device and not device.startswith("/"):
            raise ValueError(f"write the whole path, beginning with /, instead of {device}")
        return device

    @property
    def names(self) -> tuple[str, ...]:
        """All names of lines this modem may ring as."""
        return (self.line, *(name for name in dict.fromkeys(self.rings.values()) if name != self.line))


class ModemConfig(Section):
    """The modems of the house."""

    lines: Annotated[list[LineSettings], Field(max_length=16, description="one entry for each modem")] = []
    profiles: Annotated[
        Path | None,
        Field(description="whole path of a file with your own modem profiles, merged with those that come along"),
    ] = None

    @field_validator("profiles")
    @classmethod
    def _whole_path(cls, path: Path | None) -> Path | None:
        return _whole(path)

    @model_validator(mode="after")
    def _known_profiles(self) -> Self:
        wanted = [line.profile for line in self.lines if line.profile]
        if wanted or self.profiles is not None:
            from callguard_modem.profiles import load_catalogue  # noqa: PLC0415  (most houses name none)

            known = load_catalogue(self.profiles)
            for name in wanted:
                known.named(name)
        return self

    @model_validator(mode="after")
    def _unique(self) -> Self:
        names = [name for line in self.lines for name in line.names]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the line {twice[0]!r} is there twice: give each a name of its own")
        devices = [line.device for line in self.lines]
        if len(devices) > 1 and (len(set(devices)) < len(devices) or "" in devices):
            raise ValueError("with more than one modem, name the `device` of each, and none twice")
        return self
