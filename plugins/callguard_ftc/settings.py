"""The `ftc` section of config.yaml."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from callguard import ListMode

INDEX = "https://www.ftc.gov/policy-notices/open-government/data-sets/do-not-call-data"
DATASET = "https://opendata.fcc.gov/resource/vakf-fz8e.csv"
_OFTEN = timedelta(hours=6)
_HOURS = re.compile(r"\s{0,9}([0-9]{1,4}) ?h\s{0,9}")


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError(f"{text!r} is no web address: write it like https://www.ftc.gov/…")
    return text


def _whole_path(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError(f"'{path}' is not a whole path: write it from the root, such as /srv/ftc")
    return path


def _hours(value: object) -> object:
    """Read `12h` as people write it; pydantic knows days (`3d`), clocks (`12:00:00`) and ISO 8601 (`PT12H`)."""
    written = _HOURS.fullmatch(value) if isinstance(value, str) else None
    return timedelta(hours=int(written[1])) if written else value


Interval = Annotated[timedelta, BeforeValidator(_hours)]
Address = Annotated[str, AfterValidator(_address)]
Mode = Annotated[
    ListMode,
    Field(description="off; log-only: asked and recorded, changes no verdict; active: hits count as complaints"),
]


class FccConfig(BaseModel):
    """The FCC's unwanted-calls complaints."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode = ListMode.OFF
    every: Annotated[
        Interval,
        Field(ge=_OFTEN, description="how often all complaints of the last 90 days are fetched (10 to 20 MB)"),
    ] = timedelta(days=3)
    url: Annotated[
        Address, Field(description="address of the dataset in CSV; another one only for a mirror or a test")
    ] = DATASET


class FtcConfig(BaseModel):
    """The FTC's Do Not Call reported calls, and beside them the FCC's; each a list of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode = ListMode.OFF
    every: Annotated[
        Interval,
        Field(ge=_OFTEN, description="how often it is looked for new daily files; one appears each working day"),
    ] = timedelta(days=1)
    index_url: Annotated[
        Address,
        Field(description="address of the page that names the daily files; another one only for a mirror or a test"),
    ] = INDEX
    archive: Annotated[
        Annotated[Path, AfterValidator(_whole_path)] | None,
        Field(
            description="folder with files of the FTC that you have (daily .csv, pages of its API .json, either "
            "with .gz); they count as well while they are younger than 90 days"
        ),
    ] = None
    fcc: Annotated[FccConfig, Field(description="the FCC's unwanted-calls complaints")] = FccConfig()
