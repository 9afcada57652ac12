"""The `lists` section of config.yaml, and what it means together with the catalogue."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from callguard import Category, ListMode, country_code
from callguard_lists.catalogue import Listed
from callguard_lists.numbers import INTERNATIONAL
from callguard_lists.reading import Columns

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_MOST_SOURCES = 50
_DAY = timedelta(days=1)
_STALE = {"complaints": timedelta(days=30), "numbering": timedelta(days=400)}
_NUMBERING_WEIGHT = 60

Format = Literal["auto", "text", "csv", "json"]
Basis = Literal["complaints", "numbering"]


class Source(BaseModel):
    """One list, and where it comes from: a URL, a file, or an entry of the catalogue."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[
        str, Field(description="address of the list; https, unless its host is one of network.trusted_hosts")
    ] = ""
    file: Annotated[Path | None, Field(description="absolute path of the list; read again whenever it changed")] = (
        None
    )
    catalogue: Annotated[
        str, Field(description="name of a list that CallGuard knows: `callguard lists add` shows them")
    ] = ""
    title: Annotated[str, Field(max_length=80, description="what people call the list; empty: its name")] = ""
    mode: Annotated[
        ListMode, Field(description="off, log-only (asked and recorded, changes no verdict) or active")
    ] = ListMode.LOG_ONLY
    format: Annotated[Format, Field(description="auto, text (a number a line), csv or json")] = "auto"
    column: Annotated[
        str,
        Field(
            max_length=200,
            description="where the numbers stand: a column's name or its number from 1; in JSON keys "
            "such as data.items.phone; empty: recognised",
        ),
    ] = ""
    category_column: Annotated[str, Field(max_length=200, description="column with the kind of complaint")] = ""
    reports_column: Annotated[str, Field(max_length=200, description="column with the number of complaints")] = ""
    last_seen_column: Annotated[
        str, Field(max_length=200, description="column with the day of the last complaint")
    ] = ""
    country: Annotated[
        str,
        Field(
            description="country that numbers without + are of, such as DE; `international` if they begin with their "
            "country code; empty: the country of the house"
        ),
    ] = ""
    category: Annotated[
        Category, Field(description="what the list complains of, where it does not say so itself")
    ] = Category.UNKNOWN
    basis: Annotated[
        Basis,
        Field(
            description="complaints (people reported the numbers) or numbering (the numbers are such by their plan)"
        ),
    ] = "complaints"
    weight: Annotated[
        int | None,
        Field(
            ge=1,
            le=60,
            description="what a hit weighs; empty: by the number of complaints (15 for one, 60 from 15 "
            "on), or 60 for numbering",
        ),
    ] = None
    every: Annotated[
        timedelta, Field(ge=timedelta(hours=1), description="how often it is looked for a newer copy")
    ] = _DAY
    stale_after: Annotated[
        timedelta | None,
        Field(
            ge=_DAY,
            description="age at which the silence of the list means nothing; empty: 30 days, for numbering 400",
        ),
    ] = None

    @field_validator("url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        if not url:
            return url
        parts = urlsplit(url)
        if parts.scheme not in {"https", "http"} or not parts.hostname:
            raise ValueError(f"{url!r} is no web address such as https://example.org/numbers.csv")
        return url

    @field_validator("file")
    @classmethod
    def _a_whole_path(cls, file: Path | None) -> Path | None:
        if file is not None and not file.is_absolute():
            raise ValueError(
                f"'{file}' is not a whole path: write it from the root, such as /etc/callguard/numbers.txt"
            )
        return file

    @field_validator("country")
    @classmethod
    def _a_country(cls, country: str) -> str:
        if country.casefold() == INTERNATIONAL:
            return INTERNATIONAL
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise ValueError(f"{country!r} is no ISO 3166 country code, such as US, CA or DE")
        return country.upper()

    @model_validator(mode="after")
    def _one_origin(self) -> "Source":
        if sum((bool(self.url), self.file is not None, bool(self.catalogue))) != 1:
            raise ValueError("give one of url, file and catalogue")
        return self


class ListsConfig(BaseModel):
    """Lists of reported numbers, each from a URL, a file or the catalogue; a new one only logs at first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sources: Annotated[dict[str, Source], Field(description="the lists, by a short name of yours")] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One list as it will be fetched, read and weighed: what was written, else the catalogue, else the defaults."""

    name: str
    title: str
    mode: ListMode
    url: str
    file: Path | None
    format: str
    columns: Columns
    country: str
    category: Category
    basis: str
    weight: int | None
    every: timedelta
    stale_after: timedelta


def plans_of(config: ListsConfig, known: Mapping[str, Listed], country: str) -> tuple[Plan, ...]:
    """Return how each list of *config* is kept; ValueError has a line for every mistake, beginning with its key."""
    plans, mistakes = [], []
    if len(config.sources) > _MOST_SOURCES:
        mistakes.append(f"sources: {len(config.sources)} lists; more than {_MOST_SOURCES} would slow down every call")
    for name, source in config.sources.items():
        try:
            plans.append(plan_of(name, source, known, country))
        except ValueError as error:
            mistakes.append(f"sources.{name}: {error}")
    if mistakes:
        raise ValueError("\n".join(mistakes))
    return tuple(plans)


def plan_of(name: str, source: Source, known: Mapping[str, Listed], country: str) -> Plan:
    """Return how one list is kept; ValueError if its name or its entry of the catalogue is none."""
    if not _NAME.fullmatch(name):
        raise ValueError("the name of a list is up to 32 of a-z, 0-9, - and _, such as french-prefixes")
    if source.country and source.country != INTERNATIONAL:
        country_code(source.country)
    listed = _listed(source.catalogue, known)
    settings = source if listed is None else source.model_copy(update=_from(listed, source))
    return Plan(
        name=name,
        title=settings.title or name,
        mode=settings.mode,
        url=settings.url,
        file=settings.file,
        format=settings.format,
        columns=Columns(
            number=settings.column,
            category=settings.category_column,
            reports=settings.reports_column,
            last_seen=settings.last_seen_column,
        ),
        country=settings.country or country,
        category=settings.category,
        basis=settings.basis,
        weight=settings.weight or (_NUMBERING_WEIGHT if settings.basis == "numbering" else None),
        every=settings.every,
        stale_after=settings.stale_after or _STALE[settings.basis],
    )


def _listed(name: str, known: Mapping[str, Listed]) -> Listed | None:
    if not name:
        return None
    if name not in known:
        raise ValueError(f"the catalogue has no list {name!r}; it has: {', '.join(known)}")
    return known[name]


def _from(listed: Listed, source: Source) -> dict[str, object]:
    """Return what the catalogue says and *source* does not."""
    said = listed.settings()
    return {key: value for key, value in said.items() if key not in source.model_fields_set}
