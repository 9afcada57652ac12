"""Reads modem profiles: those that come along, completed or overridden by the household's own."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from callguard import plain
from callguard_modem.core.profile import Catalogue, Match, Method, Profile, Voice

_LARGEST = 1 << 20
_ASKED = {"ati0": "ATI0", "ati3": "ATI3", "gmi": "AT+GMI", "gmm": "AT+GMM"}
"What a family's answers are called in the file, and the command they answer."

Command = Annotated[str, Field(pattern=r"^[Aa][Tt][\x21-\x7e]{1,78}$")]
Commands = Annotated[tuple[Command, ...], Field(max_length=20)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Text = Annotated[str, Field(max_length=300)]


class ProfileError(ValueError):
    """A file of profiles that cannot be used; the text says where and why."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _an_expression(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    return pattern


Patterns = tuple[Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_an_expression)], ...]


class _Match(_Strict):
    ati0: Patterns = ()
    ati3: Patterns = ()
    gmi: Patterns = ()
    gmm: Patterns = ()
    usb: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}$")], ...] = ()

    def built(self) -> Match:
        answers = {command: getattr(self, key) for key, command in _ASKED.items() if getattr(self, key)}
        return Match(answers=answers, usb=self.usb)


class _Voice(_Strict):
    sample_format: Command | None = None
    silence_off: Command | None = None


class _Family(_Strict):
    """One family as it stands in a file, after merging."""

    seen: Text
    match: _Match = _Match()
    init: Commands
    identify: Commands
    caller_id: Commands
    hang_up: Annotated[tuple[Method, ...], Field(min_length=1)]
    ring_cadence: Annotated[float, Field(ge=2, le=10)]
    command_timeout: Annotated[float, Field(ge=0.2, le=10)]
    baud: Annotated[int, Field(ge=300, le=4_000_000)]
    distinctive_ring: Command | None = None
    countries: Mapping[Country, Commands] = {}
    voice: _Voice = _Voice()
    notes: tuple[Text, ...] = ()

    @field_validator("init", "identify", "caller_id")
    @classmethod
    def _never_reset(cls, commands: tuple[str, ...]) -> tuple[str, ...]:
        if any(command.upper().startswith(("ATZ", "AT&F")) for command in commands):
            raise ValueError("never ATZ or AT&F: they hang up, and switch caller ID off")
        return commands

    def built(self, name: str) -> Profile:
        voice = Voice(sample_format=self.voice.sample_format or "", silence_off=self.voice.silence_off or "")
        stated = self.model_dump(exclude={"match", "voice", "distinctive_ring"})
        ring = self.distinctive_ring or ""
        return Profile(name=name, match=self.match.built(), voice=voice, distinctive_ring=ring, **stated)


class _File(_Strict):
    defaults: Mapping[str, object] = {}
    families: Mapping[Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,40}$")], Mapping[str, object]] = {}


@cache
def shipped() -> Catalogue:
    """Return the profiles that come along."""
    return _built(_stated(_own_text(), "profiles.yaml"), "profiles.yaml")


def load_catalogue(own: Path | None) -> Catalogue:
    """Return all profiles, those of the file *own* merged over the shipped ones; ProfileError tells what is wrong."""
    if own is None:
        return shipped()
    try:
        if own.stat().st_size > _LARGEST:
            raise ProfileError(f"{own} is larger than 1 MB")
        text = own.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"{own} cannot be read: {error}") from error
    return merged(text, str(own))


def merged(text: str, where: str) -> Catalogue:
    """Return the shipped profiles with *text* (YAML) merged over them: mappings key by key, all else replaced."""
    ours, theirs = _stated(_own_text(), "profiles.yaml"), _stated(text, where)
    families = _over(ours.families, theirs.families)
    return _built(
        _File.model_validate({"defaults": _over(ours.defaults, theirs.defaults), "families": families}), where
    )


def _own_text() -> str:
    return files("callguard_modem").joinpath("profiles.yaml").read_text("utf-8")


def _stated(text: str, where: str) -> _File:
    try:
        stated = yaml.safe_load(text)
        return _File.model_validate({} if stated is None else stated)
    except yaml.YAMLError as error:
        raise ProfileError(f"{where} is no YAML: {plain(str(error))}") from error
    except ValidationError as error:
        raise ProfileError(_told(error, where)) from error


def _over(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    result = dict(below)
    for key, value in above.items():
        known = result.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            result[key] = _over(known, value)
        else:
            result[key] = value
    return result


def _built(stated: _File, where: str) -> Catalogue:
    default = _profile("default", stated.defaults, where)
    shared = {key: value for key, value in stated.defaults.items() if key != "seen"}  # each answers for its own facts
    families = (_profile(name, _over(shared, facts), where) for name, facts in stated.families.items())
    return Catalogue(default, tuple(families))


def _profile(name: str, facts: Mapping[str, object], where: str) -> Profile:
    try:
        return _Family.model_validate(facts).built(name)
    except ValidationError as error:
        raise ProfileError(_told(error, f"{where}: {name}")) from error


def _told(error: ValidationError, where: str) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{where}: {plain(place)}: {plain(str(first['msg']))}"
