"""The jurisdictions that come with CallGuard: YAML files, those of states laid over their country's."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import TypeAlias

import yaml

from callguard import Jurisdiction
from callguard_dnc.shapes import JurisdictionShape

_Yaml: TypeAlias = "bool | int | float | str | list[_Yaml] | dict[str, _Yaml] | None"
_FOLDER = files("callguard_dnc").joinpath("jurisdictions")
_loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_JOINED_BY_ID = ("exemptions", "agencies")
_LONGEST_FAMILY = 4


@lru_cache(maxsize=1)
def known_jurisdictions() -> tuple[str, ...]:
    """Return the ids of all jurisdictions there is a file of, sorted."""
    return tuple(sorted(file.name.removesuffix(".yaml") for file in _FOLDER.iterdir() if file.name.endswith(".yaml")))


@lru_cache(maxsize=64)
def jurisdiction_of(name: str) -> Jurisdiction | None:
    """Return the jurisdiction with the id *name*; None if nothing is known of it."""
    if name not in known_jurisdictions():
        return None
    return JurisdictionShape.model_validate(_family(name)).jurisdiction()


def _family(name: str, depth: int = 1) -> dict[str, _Yaml]:
    """Return the file of *name*, laid over that of its parent."""
    if depth > _LONGEST_FAMILY:
        raise ValueError(f"jurisdiction {name} has more than {_LONGEST_FAMILY} generations")
    own: dict[str, _Yaml] = yaml.load(_FOLDER.joinpath(f"{name}.yaml").read_text(encoding="utf-8"), Loader=_loader)
    parent = own.pop("parent", None)
    return laid_over(_family(str(parent), depth + 1), own) if parent else own


def laid_over(parent: Mapping[str, _Yaml], own: Mapping[str, _Yaml]) -> dict[str, _Yaml]:
    """Return *parent* with what *own* says instead: lists joined by id, what is unknown added, the rest replaced."""
    laid = {**parent, **own}
    for key in _JOINED_BY_ID:
        laid[key] = _joined(parent.get(key), own.get(key))
    laid["unknown"] = [*_entries(own.get("unknown")), *_entries(parent.get("unknown"))]
    return laid


def _joined(parent: _Yaml, own: _Yaml) -> list[_Yaml]:
    by_id = {str(one["id"]): one for one in (*_entries(parent), *_entries(own)) if isinstance(one, dict)}
    return list(by_id.values())


def _entries(value: _Yaml) -> list[_Yaml]:
    return value if isinstance(value, list) else []
