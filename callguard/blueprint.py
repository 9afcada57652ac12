"""The plan of a house: its validated configuration and the plugins it will have; nothing runs yet."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import pluggy
from pydantic import BaseModel, ConfigDict

from callguard.ambient import zone_of
from callguard.asking import NonsenseError, Plugged
from callguard.config import ConfigError, Loaded, Mistake, Origin, OriginKind, read
from callguard.finding import Found, find_plugins
from callguard.home import JSON, Apart, Clock, Home, Household, Nobody, NoWeb, Randomness, not_apart
from callguard.model.text import plain
from callguard.model.web import Web
from callguard.place import DEMO_PORT, DEMO_WEB_PORT, Place
from callguard.plugins import Plugins
from callguard.settings import CoreSettings, settings_model, solo_model
from callguard.store import StoreError, stored_settings
from callguard.version import software_version

_log = logging.getLogger(__name__)
_IGNORED = "it is ignored, as if it had never been set"
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A configuration without mistakes, and the plugins it speaks of."""

    place: Place
    loaded: Loaded[CoreSettings]
    found: list[Found]

    @property
    def settings(self) -> CoreSettings:
        """The settings, every one of them with a value."""
        return self.loaded.settings

    @property
    def timezone(self) -> tzinfo:
        """The household's time zone."""
        return zone_of(self.settings.timezone)

    def section(self, plugin: str) -> BaseModel:
        """Return the settings of one plugin."""
        section: BaseModel = getattr(self.settings, plugin)
        return section


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every house is handed from outside."""

    clock: Clock
    randomness: Randomness
    environment: Mapping[str, str]
    web: Callable[[Sequence[str]], Web] = lambda _: NoWeb()
    "Makes the guarded way to the network, given the hosts that the household trusts."
    apart: Apart = not_apart


def draw(place: Place, surroundings: Surroundings, overlay: Mapping[str, JSON] | None = None) -> Blueprint:
    """Read the configuration of *place*; ConfigError lists all its mistakes at once.

    *overlay* is what the household set by command instead of in the file; None: what its database holds. What of it
    does no longer fit, a plugin's own refusal included, is left out with a note: after an update, or a change of the
    file, the house must start all the same.
    """
    text, filename = _text_of(place)
    given = _Given(text, filename, _stored(place) if overlay is None else overlay, place, surroundings)
    ignored: dict[str, Mistake] = {}
    refused: ConfigError | None = None
    while True:
        try:
            blueprint = _drawn(given)
        except ConfigError as error:
            refused = refused or error
            suspects = _suspects(given.overlay, error.mistakes)
            if not suspects:
                raise refused from None
            ignored |= suspects
            given = replace(given, overlay={key: given.overlay[key] for key in given.overlay.keys() - suspects})
        else:
            notes = (*ignored.values(), *blueprint.loaded.notes)
            return replace(blueprint, loaded=replace(blueprint.loaded, notes=notes)) if ignored else blueprint


def _drawn(given: "_Given") -> Blueprint:
    place = given.place
    found = [_beside_the_house(one) for one in find_plugins(place.plugins_folder, _disabled(given))]
    try:
        loaded = _read(given, settings_model(found))
    except ConfigError as error:
        # What the plugins themselves would refuse belongs to "all mistakes at once" too.
        further = [m for plugin in found for m in _refusals(plugin, given)]
        raise ConfigError([*error.mistakes, *further]) from error
    blueprint = Blueprint(place=place, loaded=loaded, found=found)
    if given.overlay:
        furnish(replace(blueprint, found=[*found]), Nobody(), given.surroundings)
    return blueprint


def _beside_the_house(found: Found) -> Found:
    """Return a plugin as found; one that would take a section of the house itself, such as `backup`, is not used."""
    if found.name not in CoreSettings.model_fields:
        return found
    error = f"the name {found.name} is a section of the house itself: give the plugin another"
    return replace(found, name=f"{found.name}-2", cls=None, error=error)


def _suspects(overlay: Mapping[str, JSON], mistakes: Sequence[Mistake]) -> dict[str, Mistake]:
    """Return what was set by command and made those mistakes, by key; else what may have had a part in one."""
    named = {m.origin.name: m for m in mistakes if m.origin.kind is OriginKind.CONSOLE and m.origin.name in overlay}
    if not named:
        named = {
            key: m for m in mistakes for key in overlay if m.key.partition(".")[0] in ("", key.partition(".")[0])
        }
    return {
        key: replace(mistake, origin=Origin(kind=OriginKind.CONSOLE, name=key), key=key, hint=_IGNORED)
        for key, mistake in named.items()
    }


def furnish(
    blueprint: Blueprint, household: Household, surroundings: Surroundings, keep: Mapping[str, Plugged] | None = None
) -> Plugins:
    """Build every plugin of *blueprint*, but take over those in *keep*.

    ConfigError lists what the plugins themselves refuse in their settings. A plugin that fails otherwise is left
    out and marked in `blueprint.found`.
    """
    plugins = Plugins(surroundings.clock)
    mistakes: list[Mistake] = []
    site = _Site(blueprint, household, surroundings, surroundings.web(blueprint.settings.trusted_hosts()))
    for place, found in enumerate(blueprint.found):
        if found.cls is None:
            continue
        try:
            plugins.add((keep or {}).get(found.name) or site.build(found, found.cls))
        except (NonsenseError, pluggy.PluginValidationError) as error:
            blueprint.found[place] = _unusable(found, error)
        except ValueError as error:
            mistakes += blueprint.loaded.mistakes_in(found.name, str(error))
        except (Exception, SystemExit) as error:  # noqa: BLE001  (a plugin may raise anything)
            blueprint.found[place] = _unusable(found, error)
    if mistakes:
        raise ConfigError(mistakes)
    return plugins


@dataclass(frozen=True, slots=True)
class _Site:
    """Where plugins are built."""

    blueprint: Blueprint
    household: Household
    surroundings: Surroundings
    web: Web

    def build(self, found: Found, cls: type) -> Plugged:
        # The smallest plugin has nothing to configure and needs nothing: then it needs no constructor either.
        bare = cls.__init__ is object.__init__  # type: ignore[misc]  # only compared
        instance = cls() if bare else cls(self.blueprint.section(found.name), self._home(found.name))
        return Plugged(found.name, instance, shipped=found.shipped, origin=found.origin)

    def _home(self, name: str) -> Home:
        blueprint, surroundings = self.blueprint, self.surroundings
        return Home(
            name=name,
            data_dir=blueprint.place.data_dir / "plugins" / name,
            country=blueprint.settings.country,
            timezone=blueprint.timezone,
            clock=surroundings.clock,
            log=logging.getLogger(f"callguard.plugin.{name}"),
            household=self.household,
            randomness=surroundings.randomness,
            software=software_version(),
            written_at=lambda key: _written_at(blueprint.loaded.origin(f"{name}.{key}")),
            web=self.web,
            apart=surroundings.apart,
            zones=blueprint.settings.zones(),
            numbers=blueprint.settings.numbers(),
        )


def _written_at(origin: Origin) -> str:
    """Return ``config.yaml:41``, or nothing for a default."""
    if origin.kind is OriginKind.DEFAULT:
        return ""
    return f"{Path(origin.name).name}:{origin.line}" if origin.kind is OriginKind.FILE else str(origin)


def _unusable(found: Found, error: BaseException) -> Found:
    reason = plain(f"{type(error).__name__}: {error}")
    _log.warning("plugin %s (%s) cannot be used: %s", found.name, found.origin, reason)
    return Found(name=found.name, origin=found.origin, shipped=found.shipped, error=reason)


def _text_of(place: Place) -> tuple[str | bytes, str]:
    if place.demo:
        text = files("callguard").joinpath("demo.yaml").read_text(encoding="utf-8")
        text = text.replace(str(DEMO_PORT), str(place.demo_port))
        return text.replace(str(DEMO_WEB_PORT), str(place.demo_web_port)), "demo.yaml"
    if place.config is None:
        return "", "embedded defaults"
    try:
        return place.config.read_bytes(), str(place.config)
    except FileNotFoundError:
        return "", str(place.config)
    except OSError as error:
        whole = Origin(kind=OriginKind.FILE, name=str(place.config))
        raise ConfigError([Mistake(origin=whole, what=f"cannot be read: {error.strerror}")]) from error


@dataclass(frozen=True, slots=True)
class _Given:
    """What a configuration is made of."""

    text: str | bytes
    filename: str
    overlay: Mapping[str, JSON]
    place: Place
    surroundings: Surroundings


def _stored(place: Place) -> Mapping[str, JSON]:
    if not place.database.exists():
        return {}
    try:
        return stored_settings(place.database)
    except StoreError as error:
        _log.warning("what was set by command cannot be read, config.yaml alone counts: %s", error)
        return {}


def _refusals(plugin: Found, given: _Given) -> list[Mistake]:
    """Return what *plugin* alone has against its section of a configuration that is wrong elsewhere."""
    try:
        loaded = _read(given, solo_model(plugin))
        furnish(Blueprint(place=given.place, loaded=loaded, found=[plugin]), Nobody(), given.surroundings)
    except ConfigError as error:
        return list(error.mistakes)
    return []


class _Early(BaseModel):
    """What must be known before the plugins are imported."""

    model_config = ConfigDict(extra="allow")

    disabled_plugins: list[str] = []


def _disabled(given: _Given) -> list[str]:
    try:
        return _read(given, _Early).settings.disabled_plugins
    except ConfigError:
        return []  # reading it all, which comes next, lists this mistake together with the others


def _read(given: _Given, model: type[_Model]) -> Loaded[_Model]:
    base = given.place.config.parent if given.place.config else given.place.data_dir
    environment = given.surroundings.environment
    return read(given.text, given.filename, model, environment=environment, base_dir=base, overlay=given.overlay)
