"""The settings as a JSON Schema, for editors that complete and check config.yaml while it is typed.

Editors guess types as YAML does, CallGuard reads the text as typed. So a text may look like a number to the editor,
a number may stand in quotes, yes is a truth as well as a word, and a key may be left empty.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_Schema: TypeAlias = dict[str, Any]
_TAGS: Final = "Keep it elsewhere with `!file PATH` or `!env NAME`."
_SECRETS: Final = (
    "Any value may be kept elsewhere: `!file PATH` (relative to this file) or `!env NAME`. "
    'Tell the editor, e.g. "yaml.customTags": ["!file scalar", "!env scalar"].'
)
_TRUTH: Final = "^([Yy]([Ee][Ss])?|[Nn][Oo]?|[Oo]([Nn]|[Ff][Ff])|[Tt]([Rr][Uu][Ee])?|[Ff]([Aa][Ll][Ss][Ee])?|[01])$"
_WHOLE: Final = r"^\s*[+-]?[0-9][0-9_]*(\.0*)?\s*$"
_NUMBER: Final = r"^\s*[+-]?([0-9][0-9_]*)?\.?[0-9]*([eE][+-]?[0-9]+)?\s*$"
_TRUE_WORDS: Final = frozenset({"yes", "true", "on", "y"})
_FALSE_WORDS: Final = frozenset({"no", "false", "off", "n"})


class _Generator(GenerateJsonSchema):
    ignored_warning_kinds = {"skipped-choice", "non-serializable-default", "skipped-discriminator"}  # noqa: RUF012

    def field_title_should_be_set(self, schema: object) -> bool:
        """Leave out titles that only repeat the key."""
        return False


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of what may be written into the file for *model*."""
    made = model.model_json_schema(schema_generator=_Generator)
    schema = _loosened(made)
    comment = _sentences(schema.pop("description", ""), _SECRETS)
    title = schema.pop("title", model.__name__)
    return {"$schema": DIALECT, "title": title, "description": comment, **schema}


def _sentences(*texts: str) -> str:
    return " ".join(text.rstrip(".") + "." for text in texts if text)


def _loosened(schema: _Schema) -> _Schema:
    """Return *schema* so that it takes everything that CallGuard would."""
    schema = {key: _inside(key, value) for key, value in schema.items()}
    if "enum" in schema or "const" in schema:
        return _choices(schema)
    loosen = _LOOSEN.get(str(schema.get("type")))
    return loosen(schema) if loosen else schema


def _inside(key: str, value: Any) -> Any:
    if key == "$defs":
        return {name: _loosened(inner) for name, inner in value.items()}
    if key in {"items", "additionalProperties"} and isinstance(value, dict):
        return _loosened(value)
    if key in {"anyOf", "oneOf", "allOf", "prefixItems"}:
        return [_loosened(inner) for inner in value]
    return value


def _object(schema: _Schema) -> _Schema:
    required = schema.get("required", [])
    properties = {
        name: _loosened(inner) if name in required else _or_empty(_loosened(inner))
        for name, inner in schema.get("properties", {}).items()
    }
    return {**schema, "properties": properties} if properties else schema


def _or_empty(schema: _Schema) -> _Schema:
    kinds = schema.get("type")
    if kinds is not None and "enum" not in schema:
        listed = kinds if isinstance(kinds, list) else [kinds]
        return {**schema, "type": listed if "null" in listed else [*listed, "null"]}
    if "anyOf" in schema:
        known = {"type": "null"} in schema["anyOf"]
        return schema if known else {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    outside: _Schema = {key: schema[key] for key in ("title", "description", "default") if key in schema}
    inside: _Schema = {key: value for key, value in schema.items() if key not in outside}
    return {**outside, "anyOf": [inside, {"type": "null"}]} if inside else outside


def _text(schema: _Schema) -> _Schema:
    loose = {**schema, "type": ["string", "number", "boolean"]}
    if schema.get("format") == "password":
        loose["description"] = _sentences(schema.get("description", ""), _TAGS)
    return loose


def _whole(schema: _Schema) -> _Schema:
    return {**schema, "type": ["integer", "string"], "pattern": _WHOLE}


def _number(schema: _Schema) -> _Schema:
    return {**schema, "type": ["number", "string"], "pattern": _NUMBER}


def _truth(schema: _Schema) -> _Schema:
    return {**schema, "type": ["boolean", "string"], "pattern": _TRUTH}


def _choices(schema: _Schema) -> _Schema:
    stated = [schema["const"]] if "const" in schema else schema["enum"]
    listed: list[Any] = []
    for choice in (looks for value in stated for looks in (value, *_looks(value))):
        if not any(choice == other and type(choice) is type(other) for other in listed):
            listed.append(choice)
    return {**{key: value for key, value in schema.items() if key not in {"const", "type"}}, "enum": listed}


def _looks(value: object) -> list[Any]:
    """Return what else an editor may take *value* for."""
    if isinstance(value, bool):
        return sorted(_TRUE_WORDS if value else _FALSE_WORDS)
    if isinstance(value, int | float):
        return [str(value)]
    if not isinstance(value, str):
        return []
    if value.lower() in _TRUE_WORDS | _FALSE_WORDS:
        return [value.lower() in _TRUE_WORDS]
    return [int(value)] if value.isascii() and value.isdecimal() else []


_LOOSEN: dict[str, Callable[[_Schema], _Schema]] = {
    "object": _object,
    "string": _text,
    "integer": _whole,
    "number": _number,
    "boolean": _truth,
}
