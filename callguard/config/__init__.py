"""YAML text to validated settings, every mistake with its line; knows nothing of telephones.

yaml and pydantic are loaded when `read`, `json_schema` or `describe` is first used: importing this costs little.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from callguard.config.mistakes import ConfigError, Mistake
from callguard.config.origins import Origin, OriginKind

if TYPE_CHECKING:
    from callguard.config.describing import SettingDoc, describe
    from callguard.config.reading import Loaded, read
    from callguard.config.schema import json_schema
    from callguard.config.tree import JSON

__all__ = [
    "JSON",
    "ConfigError",
    "Loaded",
    "Mistake",
    "Origin",
    "OriginKind",
    "SettingDoc",
    "describe",
    "json_schema",
    "read",
]

_LATE = {
    "JSON": "tree",
    "Loaded": "reading",
    "SettingDoc": "describing",
    "describe": "describing",
    "json_schema": "schema",
    "read": "reading",
}


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
