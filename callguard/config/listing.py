"""Every setting with its value and where that comes from, for a page on which people look at them and change them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum
from typing import Final

from pydantic import BaseModel, SecretBytes, SecretStr

from callguard.config.origins import Origin
from callguard.config.reading import Loaded, M
from callguard.config.secrets import secret_texts
from callguard.config.shapes import EitherShape, Field, ListShape, SectionShape, Shape, ValueShape, key_of
from callguard.config.spans import span_text
from callguard.config.tree import JSON
from callguard.model.web import shown_url

MASK: Final = "***"
"""What people see in place of a secret."""


class SettingKind(StrEnum):
    """What a person needs to change a setting."""

    TEXT = "text"
    SECRET = "secret"
    YES_NO = "yes-no"
    CHOICE = "choice"
    NUMBER = "number"
    TEXTS = "texts"
    "A list of texts, one a line."
    JSON = "json"
    "Anything with an inside: a list of objects, keys that are free."


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting as it is now."""

    key: str
    kind: SettingKind
    description: str
    options: tuple[str, ...]
    value: JSON
    "Without secrets: `***` stands for one."
    default: JSON
    origin: Origin


class UnclearSecretError(ValueError):
    """`***` stands where nobody can tell which secret is meant."""


def settings_of(loaded: Loaded[M]) -> list[Setting]:
    """Return every setting in force, sections taken apart into dotted keys."""
    return list(_settings(loaded, loaded.settings, "", secret_texts(loaded.tree)))


def with_secrets(loaded: Loaded[M], key: str, value: JSON) -> JSON:
    """Return *value* with the secrets that the setting at *key* has now in the place of `***`.

    UnclearSecretError if it cannot be told which is meant.
    """
    present = _at(loaded.settings, key.split("."))
    shown = _json(present, secret_texts(loaded.tree), masked=True)
    return _unmasked(value, _json(present, (), masked=False), shown)


def _settings(loaded: Loaded[M], section: BaseModel, prefix: str, secrets: frozenset[str]) -> Iterator[Setting]:
    for name, info in type(section).model_fields.items():
        key, value = key_of(name, info), getattr(section, name)
        field = SectionShape(type(section)).fields[key]
        if isinstance(field.shape, SectionShape) and isinstance(value, BaseModel):
            yield from _settings(loaded, value, f"{prefix}{key}.", secrets)
            continue
        kind, options = _kind(field)
        yield Setting(
            key=prefix + key,
            kind=kind,
            description=field.description,
            options=options,
            value=_json(value, secrets, masked=True, secret=field.secret),
            default=_json(field.default, (), masked=True, secret=field.secret),
            origin=loaded.origin(prefix + key),
        )


def _kind(field: Field) -> tuple[SettingKind, tuple[str, ...]]:
    if field.secret:
        return SettingKind.SECRET, ()
    shape = field.shape
    if isinstance(shape, ListShape) and _is_value(shape.item):
        return SettingKind.TEXTS, ()
    if not _is_value(shape):
        return SettingKind.JSON, ()
    if not isinstance(shape, ValueShape):
        return SettingKind.TEXT, ()
    if shape.choices:
        return SettingKind.CHOICE, shape.choices
    if shape.words.startswith("yes or no"):
        return SettingKind.YES_NO, ()
    numeric = shape.words.startswith(("whole number", "number"))
    return SettingKind.NUMBER if numeric else SettingKind.TEXT, ()


def _is_value(shape: Shape) -> bool:
    """Tell whether *shape* can be typed on one line."""
    if isinstance(shape, EitherShape):
        return all(_is_value(option) for option in shape.options)
    return isinstance(shape, ValueShape) and not shape.secret


def _json(value: object, secrets: Collection[str], *, masked: bool, secret: bool = False) -> JSON:
    """Return *value* as JSON; *masked*: without *secrets*."""
    if isinstance(value, BaseModel):
        fields = SectionShape(type(value)).fields
        named = ((key_of(n, info), getattr(value, n)) for n, info in type(value).model_fields.items())
        inside = {k: _json(v, secrets, masked=masked, secret=fields[k].secret) for k, v in named}
        more = value.model_extra or {}
        return inside | {k: _json(v, secrets, masked=masked) for k, v in more.items()}
    if isinstance(value, SecretStr | SecretBytes):
        value, secret = value.get_secret_value(), True
    if isinstance(value, Mapping):
        return {str(key): _json(item, secrets, masked=masked, secret=secret) for key, item in value.items()}
    if isinstance(value, Collection) and not isinstance(value, str | bytes):
        return [_json(item, secrets, masked=masked, secret=secret) for item in value]
    simple = _simple(value)
    if not masked or simple in (None, ""):
        return simple
    if secret or str(simple) in secrets:
        return MASK
    return shown_url(simple) if isinstance(simple, str) and "://" in simple else simple


def _simple(value: object) -> str | int | float | bool | None:
    if isinstance(value, Enum):
        return _simple(value.value)
    if isinstance(value, timedelta):
        return span_text(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _at(settings: object, steps: list[str]) -> object:
    """Return what is at the end of the way; None if it leads nowhere."""
    for step in steps:
        if isinstance(settings, BaseModel):
            named = {key_of(name, info): name for name, info in type(settings).model_fields.items()}
            settings = getattr(settings, named[step]) if step in named else None
        elif isinstance(settings, Mapping):
            settings = settings.get(step)
        elif isinstance(settings, list) and step.isdecimal() and int(step) < len(settings):
            settings = settings[int(step)]
        else:
            return None
    return settings


def _unmasked(value: JSON, present: JSON, shown: JSON) -> JSON:
    if value == shown:
        return present
    if isinstance(value, Mapping):
        was, seen = (there if isinstance(there, Mapping) else {} for there in (present, shown))
        return {key: _unmasked(item, was.get(key), seen.get(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return _unmasked_items(value, present, shown)
    if value == MASK:
        raise UnclearSecretError(
            f"{MASK} stands for a secret, but nobody can tell for which: write the secret itself"
        )
    return value


def _unmasked_items(value: Collection[JSON], present: JSON, shown: JSON) -> JSON:
    was, seen = (there if isinstance(there, list) else [] for there in (present, shown))
    found: list[JSON] = []
    for place, item in enumerate(value):
        # An entry that nobody touched is known wherever it stands now; one that was touched only in its old place.
        same = seen.index(item) if item in seen else place if len(seen) == len(value) else len(seen)
        there = same < len(seen)
        found.append(_unmasked(item, was[same] if there else None, seen[same] if there else None))
    return found
