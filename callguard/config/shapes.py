"""What a pydantic model expects at each key, in words and in a form that a path can be walked through."""

import re
import types
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import PurePath
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from callguard.config.spans import span_of, span_text

_SECRET_NAME = re.compile(r"(^|_)(password|passwd|passphrase|secret|token|api_?key|pin)$")
_WORDS: tuple[tuple[tuple[type, ...], str], ...] = (
    ((bool,), "yes or no"),
    ((int,), "whole number"),
    ((float,), "number"),
    ((SecretStr, SecretBytes), "secret text"),
    ((str, bytes), "text"),
    ((datetime,), "date and time"),
    ((date,), "date"),
    ((time,), "time of day"),
    ((timedelta,), "duration"),
    ((PurePath,), "path"),
    ((IPv4Address, IPv6Address), "IP address"),
    ((IPv4Network, IPv6Network), "network"),
)


@dataclass(frozen=True, slots=True)
class ValueShape:
    """One value."""

    words: str
    choices: tuple[str, ...] = ()
    meanings: tuple[tuple[str, object], ...] = ()
    "What texts stand for that pydantic would not take: `607` of `Literal[607, 603]`."
    secret: bool = False
    label: str = "value"
    "How pydantic calls it among the members of a union."


@dataclass(frozen=True, slots=True)
class ListShape:
    """A list of entries that are alike."""

    item: "Shape"
    label: str = "list"


@dataclass(frozen=True, slots=True)
class TableShape:
    """A section whose keys are free."""

    value: "Shape"
    label: str = "dict"


@dataclass(frozen=True, slots=True)
class SectionShape:
    """A section whose keys are the fields of a model."""

    model: type[BaseModel]

    @property
    def label(self) -> str:
        """How pydantic calls it among the members of a union."""
        return self.model.__name__

    @property
    def fields(self) -> Mapping[str, "Field"]:
        """The keys it may have."""
        return _fields(self.model)

    @property
    def open(self) -> bool:
        """Tell whether other keys are kept as well."""
        return self.model.model_config.get("extra") == "allow"


@dataclass(frozen=True, slots=True)
class EitherShape:
    """One of several shapes."""

    options: "tuple[Shape, ...]"
    label: str = "union"


@dataclass(frozen=True, slots=True)
class AnyShape:
    """Anything."""

    label: str = "any"


Shape: TypeAlias = ValueShape | ListShape | TableShape | SectionShape | EitherShape | AnyShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key of a section."""

    shape: Shape
    required: bool
    default: object = field(repr=False)
    description: str
    secret: bool


def shape_of(annotation: object, metadata: tuple[object, ...] = ()) -> Shape:
    """Return what *annotation*, with the *metadata* of its `Annotated`, lets people write."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape_of(arguments[0], (*metadata, *arguments[1:]))
    if origin in {Union, types.UnionType}:
        return _either(arguments, metadata)
    if origin is Literal:
        return _literal(tuple(value for value in arguments if value is not None))
    if hasattr(annotation, "__value__"):  # `type Name = ...`
        return shape_of(annotation.__value__, metadata)
    kind = origin or annotation
    return _of_class(kind, arguments, metadata) if isinstance(kind, type) else AnyShape()


def step_shape(shape: Shape, step: str | int) -> Shape | None:
    """Return what is expected at *step* of *shape*; None if nothing may be there."""
    if isinstance(shape, SectionShape) and isinstance(step, str):
        if step in shape.fields:
            return shape.fields[step].shape
        return AnyShape() if shape.open else None
    if isinstance(shape, ListShape):
        return shape.item if isinstance(step, int) else None
    if isinstance(shape, TableShape):
        return shape.value if isinstance(step, str) else None
    return shape if isinstance(shape, AnyShape) else None


def words_of(shape: Shape) -> str:
    """Return what may be written, in words: `whole number from 1 to 9`, `list of sections`."""
    if isinstance(shape, ValueShape):
        return shape.words
    if isinstance(shape, ListShape):
        return f"list of {plural(shape.item)}"
    if isinstance(shape, EitherShape):
        return ", or ".join(dict.fromkeys(words_of(option) for option in shape.options))
    if isinstance(shape, SectionShape):
        return "section"
    return "section with free keys" if isinstance(shape, TableShape) else "anything"


def plural(shape: Shape) -> str:
    """Return the words for several of *shape*."""
    if isinstance(shape, SectionShape | TableShape):
        return words_of(shape).replace("section", "sections", 1)
    if isinstance(shape, EitherShape):
        return " or ".join(dict.fromkeys(plural(option) for option in shape.options))
    words = words_of(shape)
    regular = words in {"text", "secret text", "path", "IP address", "network", "date", "duration", "whole number"}
    if regular:
        return words + ("es" if words.endswith("s") else "s")
    return f"entries ({words})" if not isinstance(shape, ListShape) else "lists"


def home_of(shape: Shape, key: str, around: tuple[Shape, ...] = ()) -> str:
    """Return the dotted section in *shape* that has the *key*, empty if none has."""
    if shape in around:
        return ""
    if isinstance(shape, SectionShape):
        inner = {name: field.shape for name, field in shape.fields.items()}
    else:
        inner = {"0": shape.item} if isinstance(shape, ListShape) else {}
        inner |= {"0": shape.options[-1]} if isinstance(shape, EitherShape) else {}
    if key in inner and isinstance(shape, SectionShape):
        return "."
    for name, option in inner.items():
        found = home_of(option, key, (*around, shape))
        if found:
            return f"{name}.{found}"
    return ""


def is_secret_name(name: str) -> bool:
    """Tell whether a key of this *name* holds something that must not be shown."""
    return _SECRET_NAME.search(name.lower()) is not None


def meaning_of(shape: Shape, text: str) -> object:
    """Return what *text* stands for where pydantic would not take it as it is, else None."""
    options = shape.options if isinstance(shape, EitherShape) else (shape,)
    if any(isinstance(option, ValueShape) and option.label == timedelta.__name__ for option in options):
        return span_of(text)
    meanings = (option.meanings for option in options if isinstance(option, ValueShape))
    return next((value for pairs in meanings for name, value in pairs if name == text.lower()), None)


def _literal(values: tuple[object, ...]) -> ValueShape:
    choices = tuple(_choice(value) for value in values)
    meanings = tuple((name, value) for value in values for name in _names(value))
    return ValueShape(_one_of(choices), choices, meanings, label="literal")


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("yes", "true", "on") if value else ("no", "false", "off")
    return () if isinstance(value, str | bytes | Enum) else (str(value),)


def _one_of(choices: tuple[str, ...]) -> str:
    return "one of " + ", ".join(choices) if len(choices) != 1 else f"'{choices[0]}'"


def _either(arguments: tuple[object, ...], metadata: tuple[object, ...]) -> Shape:
    options = tuple(shape_of(argument, metadata) for argument in arguments if argument not in {None, types.NoneType})
    return options[0] if len(options) == 1 else EitherShape(options)


def _of_class(kind: type, arguments: tuple[object, ...], metadata: tuple[object, ...]) -> Shape:
    if issubclass(kind, RootModel):
        root = kind.model_fields["root"]
        return shape_of(root.annotation, tuple(root.metadata))
    if issubclass(kind, BaseModel):
        return SectionShape(kind)
    if issubclass(kind, Enum):
        choices = tuple(_choice(member) for member in kind)
        return ValueShape(_one_of(choices), choices, label="enum")
    if issubclass(kind, Mapping):
        return TableShape(shape_of(arguments[1]) if len(arguments) == 2 else AnyShape(), label=kind.__name__)
    if issubclass(kind, Collection) and not issubclass(kind, str | bytes):
        return ListShape(_item(arguments), label=kind.__name__)
    return _value(kind, metadata)


def _item(arguments: tuple[object, ...]) -> Shape:
    inner = [argument for argument in arguments if argument is not Ellipsis]
    return shape_of(inner[0]) if len(inner) == 1 else AnyShape()


def _value(kind: type, metadata: tuple[object, ...]) -> Shape:
    for kinds, words in _WORDS:
        if issubclass(kind, kinds):
            secret = words == "secret text"
            return ValueShape(words + _range(metadata), secret=secret, label=kind.__name__)
    return (
        AnyShape() if kind is object or hasattr(kind, "__annotations__") else ValueShape("value", label=kind.__name__)
    )


def _range(metadata: tuple[object, ...]) -> str:
    flat = [part for item in metadata for part in (item.metadata if isinstance(item, FieldInfo) else (item,))]
    bounds = {name: getattr(part, name) for part in flat for name in ("ge", "gt", "le", "lt") if hasattr(part, name)}
    bounds = {name: _bound(bound) for name, bound in bounds.items() if bound is not None}
    if {"ge", "le"} <= bounds.keys():
        return f" from {bounds['ge']} to {bounds['le']}"
    names = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    return "".join(f", {words} {bounds[name]}" for name, words in names.items() if name in bounds)


def _bound(bound: object) -> object:
    return span_text(bound) if isinstance(bound, timedelta) else bound


def _choice(value: Any) -> str:
    plain = value.value if isinstance(value, Enum) else value
    return ("yes" if plain else "no") if isinstance(plain, bool) else str(plain)


@lru_cache(maxsize=256)
def _fields(model: type[BaseModel]) -> Mapping[str, Field]:
    return {key_of(name, info): _field(name, info) for name, info in model.model_fields.items()}


def key_of(name: str, info: FieldInfo) -> str:
    """Return how the field *name* of a model is written in the file."""
    alias = info.validation_alias or info.alias
    return alias if isinstance(alias, str) else name


def _field(name: str, info: FieldInfo) -> Field:
    shape = shape_of(info.annotation, tuple(info.metadata))
    takes_data = getattr(info, "default_factory_takes_validated_data", False)  # since pydantic 2.10
    default = None if info.is_required() or takes_data else info.get_default(call_default_factory=True)
    return Field(
        shape=shape,
        required=info.is_required(),
        default=default,
        description=info.description or "",
        secret=is_secret_name(name) or (isinstance(shape, ValueShape) and shape.secret),
    )
