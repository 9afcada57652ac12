"""The `ftc` section of config.yaml."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from callguard import ListMode

INDEX = "https://www.ftc.gov/policy-notices/open-government/data-sets/do-not-call-data"
DATASET = "https://opendata.fcc.gov/resource/vakf-fz8e.csv"
_OFTEN = timedelta(hours=6)


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError(f"{text!r} is no web address: write it like https://www.ftc.gov/…")
    return text


def _whole_path(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError(f"'{path}' is not a whole path: write it from the root, such as /srv/ftc")
    return path


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
        timedelta,
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
        timedelta,
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
