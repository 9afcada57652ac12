"""The settings of the house itself; each plugin adds a section of its own."""

from collections.abc import Iterable
from datetime import tzinfo
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    create_model,
    field_validator,
)

from callguard.finding import Found
from callguard.model.number import known_country
from callguard.model.policy import Policy, Profile
from callguard.model.verdict import Action
from callguard.policy.profiles import PROFILES

_LOCALTIME = Path("/etc/localtime")


class Fallback(StrEnum):
    """What a line does that cannot screen yet."""

    RING = "ring"
    BLOCK = "block"


class PolicySettings(BaseModel):
    """The household's wishes."""

    model_config = ConfigDict(extra="forbid")

    profile: Annotated[
        Profile, Field(description="gentle, normal, strict or contacts-only: sets the defaults of the rest")
    ] = Profile.NORMAL
    unknown_callers: Annotated[
        Action | None, Field(description="what happens to callers nobody knows: ring, screen or block")
    ] = None
    withheld_callers: Annotated[
        Action | None, Field(description="what happens to callers who hide their number: ring, screen or block")
    ] = None
    instead_of_screening: Annotated[
        Fallback, Field(description="what a line does that cannot screen a caller yet: ring or block")
    ] = Fallback.RING

    def policy(self) -> Policy:
        """Return the policy these settings mean."""
        base = PROFILES[self.profile]
        return Policy(
            profile=base.profile,
            block_at=base.block_at,
            screen_at=base.screen_at,
            source_cap=base.source_cap,
            unknown_callers=self.unknown_callers or base.unknown_callers,
            withheld_callers=self.withheld_callers or base.withheld_callers,
            instead_of_screening=Action(self.instead_of_screening),
        )


class CoreSettings(BaseModel):
    """What the house itself needs to know."""

    model_config = ConfigDict(extra="forbid")

    country: Annotated[str, Field(description="ISO 3166 code of the country the lines are in, such as US")] = "US"
    timezone: Annotated[
        str, Field(description="the household's time zone, such as America/New_York; empty: the computer's own")
    ] = ""
    policy: Annotated[PolicySettings, Field(description="the household's wishes")] = PolicySettings()
    disabled_plugins: Annotated[list[str], Field(description="names of plugins that shall not be loaded")] = []

    @field_validator("country")
    @classmethod
    def _known_country(cls, country: str) -> str:
        if not known_country(country.upper()):
            raise ValueError(f"{country!r} is no ISO 3166 country code with telephones, such as US, CA or DE")
        return country.upper()

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        if name:
            zone_of(name)
        return name


class _Solo(CoreSettings):
    """The house's own keys, whatever is wrong with them."""

    model_config = ConfigDict(extra="allow")

    country: str = "US"
    timezone: str = ""
    policy: Any = None
    disabled_plugins: Any = None

    @field_validator("country", "timezone", mode="wrap")
    @classmethod
    def _forgiving(cls, value: Any, check: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            return check(value)
        except ValueError:
            return cls.model_fields[str(info.field_name)].default


class _AnySection(BaseModel):
    """The section of a plugin that cannot be imported: kept, not judged."""

    model_config = ConfigDict(extra="allow")


class _NoSettings(BaseModel):
    """The section of a plugin that has no settings."""

    model_config = ConfigDict(extra="forbid")


@lru_cache(maxsize=8)
def zone_of(name: str) -> tzinfo:
    """Return the time zone called *name*, or the computer's own if empty; ValueError if there is none such."""
    if not name:
        return _computers_zone()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone, such as America/New_York or Europe/Berlin") from error


def _computers_zone() -> tzinfo:
    # Read from the file, not from a clock: an offset alone would be wrong after the next DST change.
    try:
        with _LOCALTIME.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return ZoneInfo("UTC")


def settings_model(found: Iterable[Found]) -> type[CoreSettings]:
    """Return the model of the whole config.yaml: the house's own keys and a section for each plugin found."""
    sections: dict[str, Any] = {}
    for plugin in found:
        model = _section_model(plugin)
        described = Field(default_factory=model, description=f"settings of the plugin {plugin.name}")
        sections[plugin.name] = (model, described)
    return create_model("Settings", __base__=CoreSettings, **sections)


def solo_model(plugin: Found) -> type[CoreSettings]:
    """Return a model that judges only the section of one plugin, and the country it needs."""
    model = _section_model(plugin)
    section: Any = (model, Field(default_factory=model))
    return create_model("Solo", __base__=_Solo, **{plugin.name: section})


def _section_model(plugin: Found) -> type[BaseModel]:
    if plugin.cls is None:
        return _AnySection
    model = getattr(plugin.cls, "Config", _NoSettings)
    return model if isinstance(model, type) and issubclass(model, BaseModel) else _NoSettings
