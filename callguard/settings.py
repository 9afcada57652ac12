"""The settings of the house itself; each plugin adds a section of its own."""

import re
from collections.abc import Iterable
from datetime import timedelta, tzinfo
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Annotated, Any, Final, Literal

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

_HOST_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,62})?(\.[a-z0-9_]([a-z0-9_-]{0,62})?)*", re.ASCII | re.I
)
_BASE_PATH: Final = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9_~.-]{0,63}){1,8}", re.ASCII)


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


class WebSettings(BaseModel):
    """Where the console is found, and by whom."""

    model_config = ConfigDict(extra="forbid")

    enabled: Annotated[bool, Field(description="run the console: the pages for the household's browsers")] = True
    host: Annotated[
        str,
        Field(
            description="the address it listens on, such as 127.0.0.1 for this computer only; empty: every address"
        ),
    ] = ""
    port: Annotated[int, Field(ge=1, le=65535, description="the TCP port it listens on")] = 8350
    hosts: Annotated[
        list[str],
        Field(
            description="further names it may be called by in a browser, such as callguard.example.org; addresses, "
            "this computer's name and names ending in .local, .lan, .home.arpa and .internal are known already"
        ),
    ] = []
    trusted_proxies: Annotated[
        list[str],
        Field(description="addresses or networks of reverse proxies that are believed when they say who asks"),
    ] = []
    allow_remote: Annotated[bool, Field(description="let people in from outside the home network")] = False
    base_path: Annotated[
        str, Field(description="the path under which a reverse proxy shows the console, such as /callguard")
    ] = ""
    embed: Annotated[
        bool, Field(description="let a page of the same address show it in a frame (Home Assistant)")
    ] = False
    tls_certificate: Annotated[str, Field(description="whole path of a certificate (PEM), for https")] = ""
    tls_key: Annotated[str, Field(description="whole path of the certificate's private key (PEM)")] = ""

    @field_validator("host")
    @classmethod
    def _listens(cls, host: str) -> str:
        if host and not _is_address(host) and _HOST_NAME.fullmatch(host) is None:
            raise ValueError(f"{host!r} is neither an address such as 192.168.1.5 or ::1, nor a name")
        return host

    @field_validator("hosts")
    @classmethod
    def _names(cls, hosts: list[str]) -> list[str]:
        for host in hosts:
            if _HOST_NAME.fullmatch(host) is None:
                raise ValueError(f"{host!r} is no name of a computer: write it like callguard.example.org")
        return [host.lower() for host in hosts]

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, proxies: list[str]) -> list[str]:
        for proxy in proxies:
            try:
                ip_network(proxy, strict=False)
            except ValueError as error:
                raise ValueError(
                    f"{proxy!r} is neither an address such as 192.168.1.5 nor a network such as 172.16.0.0/12"
                ) from error
        return proxies

    @field_validator("base_path")
    @classmethod
    def _path(cls, path: str) -> str:
        path = path.rstrip("/")
        if path and _BASE_PATH.fullmatch(path) is None:
            raise ValueError(f"{path!r} is no path such as /callguard")
        return path

    @field_validator("tls_certificate", "tls_key")
    @classmethod
    def _whole_path(cls, path: str) -> str:
        return _absolute(path)

    @model_validator(mode="after")
    def _certificate_and_key(self) -> "WebSettings":
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("tls_certificate and tls_key belong together: set both or none")
        return self


class AfterRetention(StrEnum):
    """What becomes of calls that have been kept long enough."""

    PSEUDONYMISE = "pseudonymise"
    "Only when, on which line and what happened stays, under a pseudonym."
    DELETE = "delete"


_Kept = Annotated[timedelta, Field(ge=timedelta(days=1), le=timedelta(days=36500))]


class RetentionSettings(BaseModel):
    """How long the house remembers."""

    model_config = ConfigDict(extra="forbid")

    calls: Annotated[
        _Kept | Literal["forever"], Field(description="how long calls are kept, such as 365d, or forever")
    ] = timedelta(days=365)
    after: Annotated[
        AfterRetention,
        Field(
            description="what then becomes of them: pseudonymise (the number becomes a pseudonym, so that repeated "
            "calls still count) or delete"
        ),
    ] = AfterRetention.PSEUDONYMISE
    changes: Annotated[_Kept, Field(description="how long changes are kept, and may be taken back")] = timedelta(
        days=730
    )
    sign_ins: Annotated[_Kept, Field(description="how long it is kept who signed in to the console")] = timedelta(
        days=90
    )

    @property
    def keep_calls(self) -> timedelta | None:
        """How long calls are kept; None: for ever."""
        return self.calls if isinstance(self.calls, timedelta) else None


class BackupSettings(BaseModel):
    """The nightly backup."""

    model_config = ConfigDict(extra="forbid")

    nightly: Annotated[bool, Field(description="make a backup every night")] = True
    hour: Annotated[int, Field(ge=0, le=23, description="the hour at which it is made, on the household's clock")] = 3
    folder: Annotated[
        str, Field(description="whole path of the folder for backups; empty: `backups` in the data folder")
    ] = ""
    days: Annotated[int, Field(ge=1, le=366, description="how many daily backups are kept")] = 7
    weeks: Annotated[int, Field(ge=0, le=520, description="how many weekly backups are kept besides")] = 4

    @field_validator("folder")
    @classmethod
    def _whole_path(cls, path: str) -> str:
        return _absolute(path)


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
    web: Annotated[WebSettings, Field(description="the console: the pages for the household's browsers")] = (
        WebSettings()
    )
    retention: Annotated[RetentionSettings, Field(description="how long the house remembers")] = RetentionSettings()
    backup: Annotated[BackupSettings, Field(description="the nightly backup")] = BackupSettings()
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
    web: Any = None
    retention: Any = None
    backup: Any = None
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


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _absolute(path: str) -> str:
    if path and not path.startswith("/"):
        raise ValueError(f"{path!r} is no whole path: begin it with /")
    return path


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
