"""The `contacts` section of config.yaml."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from callguard import plain

CARDDAV = "carddav:"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9 _-]*$"
_LONGEST_URL = 2_000
_NO_ADDRESS = "write an address such as https://cloud.example.org/"


class CardDavSettings(BaseModel):
    """One account of a server with address books, which is only read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[
        str, Field(min_length=1, max_length=40, pattern=_NAME, description="what the address book is called here")
    ]
    url: Annotated[
        str, Field(max_length=_LONGEST_URL, description="address of the server, or of one address book on it")
    ]
    user: Annotated[str, Field(max_length=200, description="user name there")] = ""
    password: Annotated[
        SecretStr, Field(description="password there; better `!file /path` or `!env NAME` than the text itself")
    ] = SecretStr("")
    every: Annotated[
        timedelta,
        Field(ge=timedelta(minutes=5), le=timedelta(days=7), description="how often the server is asked"),
    ] = timedelta(hours=1)

    @property
    def book(self) -> str:
        """What its contacts are filed under."""
        return CARDDAV + self.name

    @property
    def host(self) -> str:
        """The server, with its port where one was given: as `network.trusted_hosts` names it."""
        return urlsplit(self.url).netloc

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            named = parts.hostname and parts.port != 0
        except ValueError:
            raise ValueError(_NO_ADDRESS) from None
        if not named or parts.scheme not in ("https", "http"):
            raise ValueError(_NO_ADDRESS)
        if parts.username or parts.password:
            raise ValueError("write the user name and the password as `user` and `password`, not into the address")
        return url


class FileSettings(BaseModel):
    """One file that some other program keeps up to date."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Annotated[Path, Field(description="a vCard or CSV file, with its whole path")]
    book: Annotated[
        str, Field(max_length=100, description="what the address book is called here; empty: the file's name")
    ] = ""

    @property
    def title(self) -> str:
        """What its contacts are filed under."""
        return self.book or self.path.name

    @field_validator("path")
    @classmethod
    def _whole(cls, path: Path) -> Path:
        path = path.expanduser()
        if not path.is_absolute():
            raise ValueError("write the whole path, beginning with /")
        return path

    @field_validator("book")
    @classmethod
    def _harmless(cls, book: str) -> str:
        if plain(book) != book or book.startswith(CARDDAV):
            raise ValueError(f"write a plain name that does not begin with {CARDDAV}")
        return book


class ContactsConfig(BaseModel):
    """Whom the household knows; calls from contacts ring."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dialled_days: Annotated[
        int, Field(ge=0, le=3650, description="days for which a number that you called counts as known; 0: never")
    ] = 90
    answered_days: Annotated[
        int,
        Field(ge=0, le=3650, description="days for which a number whose call you answered counts as known; 0: never"),
    ] = 30
    carddav: Annotated[
        tuple[CardDavSettings, ...],
        Field(max_length=20, description="servers with address books, such as Nextcloud, Radicale or iCloud"),
    ] = ()
    files: Annotated[
        tuple[FileSettings, ...],
        Field(max_length=20, description="files with contacts, read again whenever they change"),
    ] = ()


def twice(config: ContactsConfig) -> list[str]:
    """Return a line for every address book that would be filled from two places."""
    seen: set[str] = set()
    mistakes = []
    for key, book in books(config):
        if book.casefold() in seen:
            mistakes.append(f"{key}: the address book {book!r} is filled from another place already")
        seen.add(book.casefold())
    return mistakes


def books(config: ContactsConfig) -> list[tuple[str, str]]:
    """Return every address book that the configuration fills, after the key that says so."""
    accounts = [(f"carddav.{place}.name", account.book) for place, account in enumerate(config.carddav)]
    return accounts + [(f"files.{place}.path", file.title) for place, file in enumerate(config.files)]
