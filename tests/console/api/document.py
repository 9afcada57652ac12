"""The document of the API, for tests that hold the API against it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_METHODS = ("get", "put", "post", "patch", "delete")
_URI = "urn:document"


@dataclass(frozen=True)
class Operation:
    """One thing that the document says can be asked."""

    method: str
    path: str
    facts: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@cache
def document() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load(files("callguard.console.api").joinpath("openapi.yaml").read_bytes())
    return loaded


def operations() -> Iterator[Operation]:
    for path, item in document()["paths"].items():
        for method, facts in item.items():
            assert method in _METHODS
            yield Operation(method.upper(), path, facts)


def resolved(thing: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what *thing* refers to, or itself."""
    found: Any = thing
    while "$ref" in found:
        reference = found["$ref"]
        found = document()
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    return dict(found)


@cache
def _registry() -> Registry[Any]:
    there: Registry[Any] = Registry().with_resource(_URI, DRAFT202012.create_resource(document()))
    return there


def mistakes(schema: Mapping[str, Any], value: object) -> list[str]:
    """Return what is wrong with *value* by a schema of the document."""
    rooted = _rooted(schema)
    validator = Draft202012Validator(rooted, registry=_registry(), format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def _rooted(schema: Any) -> Any:
    """Return the schema with references that lead into the document from anywhere."""
    if isinstance(schema, Mapping):
        return {key: _URI + value if key == "$ref" else _rooted(value) for key, value in schema.items()}
    return [_rooted(one) for one in schema] if isinstance(schema, list) else schema


def answers(operation: Operation, status: int) -> tuple[str, Mapping[str, Any] | None] | None:
    """Return the kind and the schema of an answer of the document; None if it tells of none."""
    said = operation.facts["responses"].get(
        str(status), operation.facts["responses"]["default"] if status >= 400 else None
    )
    if said is None:
        return None
    for kind, content in resolved(said).get("content", {}).items():
        return kind, content["schema"]
    return "", None
