"""The catalogue: lists that CallGuard knows of, each with its origin, its licence and when that was checked."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from callguard import JSON, Category

_FOLDER = Path(str(files("callguard_lists")))
Short = Annotated[str, Field(min_length=1, max_length=80)]
Sentence = Annotated[str, Field(min_length=10, max_length=600)]


class Listed(BaseModel):
    """One list of the catalogue."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Short
    what: Sentence
    "What it is, and what a household gains and risks by it."
    url: Annotated[str, Field(pattern=r"^https://[a-z0-9.-]+/\S+$")] = ""
    file: Annotated[str, Field(pattern=r"^data/[a-z0-9-]+\.txt$")] = ""
    "A file that comes with the plugin, instead of a URL."
    format: Literal["text", "csv", "json"]
    column: str = ""
    country: Annotated[str, Field(pattern=r"^([A-Z]{2}|international)$")]
    basis: Literal["complaints", "numbering"]
    category: Category
    weight: Annotated[int | None, Field(ge=1, le=60)] = None
    licence: Sentence
    terms: Sentence
    "What the publisher asks of those who fetch it, and what is sent to whom."
    checked_on: date
    "When the facts were read in their sources; nobody tried the address then."
    sources: Annotated[tuple[Sentence, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _one_origin(self) -> "Listed":
        if bool(self.url) == bool(self.file):
            raise ValueError("give either a url or a file")
        return self

    def settings(self) -> Mapping[str, object]:
        """Return the settings of a source that mean this list."""
        chosen = {
            "title": self.title,
            "url": self.url,
            "file": _FOLDER / self.file if self.file else None,
            "format": self.format,
            "column": self.column,
            "country": self.country,
            "basis": self.basis,
            "category": self.category,
            "weight": self.weight,
        }
        return {key: value for key, value in chosen.items() if value not in {None, ""}}

    def facts(self) -> Mapping[str, JSON]:
        """Return all of it for people."""
        facts: Mapping[str, JSON] = self.model_dump(mode="json")
        return facts


@cache
def catalogue() -> Mapping[str, Listed]:
    """Return the lists that CallGuard knows of, by name."""
    return read((_FOLDER / "catalogue.yaml").read_text(encoding="utf-8"))


def read(text: str) -> Mapping[str, Listed]:
    """Return the lists that *text* (YAML) describes; pydantic.ValidationError says what is wrong."""
    return {str(name): Listed.model_validate(facts) for name, facts in yaml.safe_load(text).items()}
