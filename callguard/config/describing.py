"""Every setting of a model, for the documentation."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from pydantic import BaseModel

from callguard.config.shapes import (
    EitherShape,
    ListShape,
    SectionShape,
    Shape,
    TableShape,
    words_of,
)
from callguard.config.spans import span_text


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingDoc:
    """One setting, in words."""

    key: str
    "`sip.accounts[].user`: an entry of a list is `[]`, a free key `*`."
    type: str
    default: str
    "As it would be typed; empty for none, for a section and for a secret."
    description: str
    required: bool
    secret: bool


def describe(model: type[BaseModel]) -> list[SettingDoc]:
    """Return every setting of *model*, sections before what is in them."""
    return list(_settings(SectionShape(model), "", (model,)))


def _settings(shape: SectionShape, prefix: str, around: tuple[type[BaseModel], ...]) -> Iterator[SettingDoc]:
    for key, field in shape.fields.items():
        yield SettingDoc(
            key=prefix + key,
            type=words_of(field.shape),
            default="" if field.secret else typed(field.default),
            description=field.description,
            required=field.required,
            secret=field.secret,
        )
        yield from _inside(field.shape, prefix + key, around)


def _inside(shape: Shape, key: str, around: tuple[type[BaseModel], ...]) -> Iterator[SettingDoc]:
    if isinstance(shape, SectionShape) and shape.model not in around:
        yield from _settings(shape, f"{key}.", (*around, shape.model))
    elif isinstance(shape, ListShape):
        yield from _inside(shape.item, f"{key}[]", around)
    elif isinstance(shape, TableShape):
        yield from _inside(shape.value, f"{key}.*", around)
    elif isinstance(shape, EitherShape):
        for option in shape.options:
            yield from _inside(option, key, around)


def typed(value: object) -> str:
    """Return *value* as a person would type it into the file."""
    if isinstance(value, Enum):
        return typed(value.value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, BaseModel | dict):
        return ""
    if isinstance(value, Collection) and not isinstance(value, str | bytes):
        return f"[{', '.join(typed(item) for item in value)}]"
    return span_text(value) if isinstance(value, timedelta) else str(value)
