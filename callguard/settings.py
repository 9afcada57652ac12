"""The settings of the house itself; each plugin adds a section of its own."""

from collections.abc import Iterable
from datetime import tzinfo
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    create_model,
    field_validator,
    model_validator,
)

from callguard.ambient import zone_of
from callguard.finding import Found
from callguard.model.number import known_country, to_e164
from callguard.model.policy import Policy, Profile
from callguard.model.schedule import Schedule
from callguard.model.verdict import Action
from callguard.policy.profiles import PROFILES
from callguard.policy.wishes import HouseholdWishes, Wishes
from callguard.web.target import trusted_host


class Fallback(StrEnum):
    """What a line does that cannot screen yet."""

    RING = "ring"
    BLOCK = "block"


class QuietAction(StrEnum):
    """What happens to unknown callers in quiet hours."""

    SCREEN = "screen"
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
    unlawful_calls: Annotated[
        Action | None,
        Field(
            description="what happens to calls that a list or check classified as telemarketing, to a line on the "
            "Do Not Call registry: screen or block; empty: nothing more"
        ),
    ] = None
    lawful_calls: Annotated[
        Action | None, Field(description="what happens to telemarketing calls to a line that is not registered")
    ] = None
    exempt_calls: Annotated[
        Action | None,
        Field(description="what happens to calls that the law lets through to a registered line, such as charities"),
    ] = None
    log_only: Annotated[bool, Field(description="let every call ring, and only record what would have been done")] = (
        False
    )
    quiet_hours: Annotated[
        str, Field(description="hours in which unknown callers shall not ring, such as mon-sun 22:00-07:00")
    ] = ""
    quiet_callers: Annotated[
        QuietAction, Field(description="what happens to unknown callers in quiet hours: screen or block")
    ] = QuietAction.BLOCK

    @field_validator("quiet_hours")
    @classmethod
    def _hours(cls, text: str) -> str:
        return str(Schedule.parse(text)) if text else ""

    def wishes(self) -> Wishes:
        """Return the wishes these settings mean."""
        return Wishes(
            policy=self._policy(),
            quiet_hours=Schedule.parse(self.quiet_hours) if self.quiet_hours else None,
            quiet_callers=Action(self.quiet_callers),
        )

    def with_changes(self, line: "PolicySettings") -> "PolicySettings":
        """Return these settings with what was set for one line in place of the household's."""
        return self.model_copy(update={name: getattr(line, name) for name in line.model_fields_set})

    def _policy(self) -> Policy:
        base = PROFILES[self.profile]
        return Policy(
            profile=base.profile,
            block_at=base.block_at,
            screen_at=base.screen_at,
            source_cap=base.source_cap,
            unknown_callers=self.unknown_callers or base.unknown_callers,
            withheld_callers=self.withheld_callers or base.withheld_callers,
            instead_of_screening=Action(self.instead_of_screening),
            unlawful_calls=self.unlawful_calls,
            lawful_calls=self.lawful_calls,
            exempt_calls=self.exempt_calls,
            log_only=self.log_only,
        )


class LineSettings(BaseModel):
    """What is different on one line."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[str, Field(description="the line's own telephone number, by which neighbours are known")] = ""
    timezone: Annotated[str, Field(description="the line's time zone, if it is not the household's")] = ""
    policy: Annotated[
        PolicySettings, Field(description="wishes for this line; what is left out is as for the household")
    ] = PolicySettings()

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        return _checked_zone(name)


class NetworkSettings(BaseModel):
    """What the house may fetch from the network."""

    model_config = ConfigDict(extra="forbid")

    online_lookups: Annotated[
        bool, Field(description="ask online services about callers that nothing at home knows")
    ] = False
    trusted_hosts: Annotated[
        list[str],
        Field(
            description="hosts that may be private and plain http, because you say so: a name or an address, with a "
            "port if only that port is meant (`nas.lan`, `192.168.1.5:8080`, `[fd00::1]`); a server outside cannot "
            "redirect the house to them"
        ),
    ] = []

    @field_validator("trusted_hosts")
    @classmethod
    def _hosts(cls, hosts: list[str]) -> list[str]:
        for host in hosts:
            trusted_host(host)
        return hosts


class CoreSettings(BaseModel):
    """What the house itself needs to know."""

    model_config = ConfigDict(extra="forbid")

    country: Annotated[str, Field(description="ISO 3166 code of the country the lines are in, such as US")] = "US"
    timezone: Annotated[
        str, Field(description="the household's time zone, such as America/New_York; empty: the computer's own")
    ] = ""
    policy: Annotated[PolicySettings, Field(description="the household's wishes")] = PolicySettings()
    lines: Annotated[
        dict[str, LineSettings], Field(description="what is different on single lines, by the line's name")
    ] = {}
    network: Annotated[NetworkSettings, Field(description="what may be fetched from the network")] = NetworkSettings()
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
        return _checked_zone(name)

    @model_validator(mode="after")
    def _numbers_of_lines(self) -> "CoreSettings":
        for name, line in self.lines.items():
            if line.number and to_e164(line.number, self.country) is None:
                raise ValueError(f"lines.{name}.number: {line.number!r} is no complete number in {self.country}")
        return self

    def wishes(self) -> HouseholdWishes:
        """Return what the household wants, on every line."""
        by_line = {name: self.policy.with_changes(line.policy).wishes() for name, line in self.lines.items()}
        return HouseholdWishes(usual=self.policy.wishes(), by_line=by_line)

    def zones(self) -> dict[str, tzinfo]:
        """Return the time zones of lines that are elsewhere than the house."""
        return {name: zone_of(line.timezone) for name, line in self.lines.items() if line.timezone}

    def trusted_hosts(self) -> list[str]:
        """Return the hosts that may be fetched from although they are private."""
        return self.network.trusted_hosts

    def numbers(self) -> dict[str, str]:
        """Return the lines' own numbers in E.164, where they are known."""
        known = {name: to_e164(line.number, self.country) for name, line in self.lines.items() if line.number}
        return {name: number for name, number in known.items() if number is not None}


class _Solo(CoreSettings):
    """The house's own keys, whatever is wrong with them."""

    model_config = ConfigDict(extra="allow")

    country: str = "US"
    timezone: str = ""
    policy: Any = None
    lines: Any = None
    network: Any = None
    disabled_plugins: Any = None

    @model_validator(mode="after")
    def _numbers_of_lines(self) -> "_Solo":
        return self

    def zones(self) -> dict[str, tzinfo]:
        """Return none: they may be what is wrong."""
        return {}

    def trusted_hosts(self) -> list[str]:
        """Return none: they may be what is wrong."""
        return []

    def numbers(self) -> dict[str, str]:
        """Return none: they may be what is wrong."""
        return {}

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


def _checked_zone(name: str) -> str:
    if name:
        zone_of(name)
    return name


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
