"""The `phoneblock` section of config.yaml."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from callguard import ListMode


class Asking(StrEnum):
    """What PhoneBlock is told of a caller whom nobody at home knows."""

    NOTHING = "nothing"
    PREFIX = "prefix"
    RANGES = "ranges"
    FULL = "full"

    @property
    def sends(self) -> str:
        """What is sent, in words."""
        return _SENDS[self]


_SENDS = {
    Asking.NOTHING: "nothing",
    Asking.PREFIX: "the first 4 of the 40 characters of the number's hash, which thousands of numbers share",
    Asking.RANGES: "the first 4 of 40 characters of three hashes, which together fit hardly more than one number",
    Asking.FULL: "the whole hash of the number, which PhoneBlock can turn back into the number",
}
_ASKING = {False: Asking.NOTHING, True: Asking.PREFIX, "ranges": Asking.RANGES, "full": Asking.FULL}


class PhoneBlockConfig(BaseModel):
    """PhoneBlock, a community list of unwanted callers, strongest in Germany; needs a free account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Annotated[
        ListMode, Field(description="off, log-only (asked and recorded, changes no verdict) or active")
    ] = ListMode.OFF
    token: Annotated[
        SecretStr, Field(description="API key from the settings page of phoneblock.net; better `!file` or `!env`")
    ] = SecretStr("")
    base_url: Annotated[str, Field(description="address of PhoneBlock's API")] = (
        "https://phoneblock.net/phoneblock/api"
    )
    online: Annotated[
        Literal[False, True, "ranges", "full"],
        Field(
            description="ask PhoneBlock about callers whom nobody at home knows: no; yes (sends 4 of 40 characters "
            "of a hash); ranges (about neighbouring numbers too, which gives the number away); full (the whole "
            "hash); network.online_lookups must be on as well"
        ),
    ] = False
    every: Annotated[
        timedelta,
        Field(ge=timedelta(days=1), description="how often changes are fetched; PhoneBlock allows once a day"),
    ] = timedelta(days=1)
    stale_after: Annotated[
        timedelta, Field(ge=timedelta(days=2), description="age at which the silence of the list means nothing")
    ] = timedelta(days=14)

    @field_validator("base_url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query:
            raise ValueError(f"{url!r} is no web address such as https://phoneblock.net/phoneblock/api")
        return url.rstrip("/")

    @field_validator("token")
    @classmethod
    def _fit_for_a_header(cls, token: SecretStr) -> SecretStr:
        text = token.get_secret_value()
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError("the API key has characters that no key has: copy it again, without spaces")
        return token

    @model_validator(mode="after")
    def _with_a_key(self) -> "PhoneBlockConfig":
        if self.mode is not ListMode.OFF and not self.token.get_secret_value():
            raise ValueError("PhoneBlock wants an API key: make one at phoneblock.net, and write `token: !file PATH`")
        return self

    @property
    def asking(self) -> Asking:
        """What may be asked online."""
        return Asking.NOTHING if self.mode is ListMode.OFF else _ASKING[self.online]
