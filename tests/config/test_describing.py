from datetime import timedelta
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, RootModel, SecretStr
from typing_extensions import TypeAliasType

from callguard.config import SettingDoc, describe


class Preset(StrEnum):
    PLAIN = "plain"
    FRITZBOX = "fritzbox"


class Level(IntEnum):
    LOW = 1


class Names(RootModel[list[str]]):
    pass


Alias = TypeAliasType("Alias", list[str])


class Entry(BaseModel):
    number: Annotated[str, Field(description="the number")]
    more: "list[Entry]" = []


class Settings(BaseModel):
    text: Annotated[str, Field(description="any text")] = "x"
    truth: bool = True
    few: Annotated[int, Field(ge=1, le=9)] = 3
    least: Annotated[int, Field(ge=1)] = 1
    between: Annotated[float, Field(gt=0, lt=1)] = 0.5
    maybe: int | None = None
    preset: Preset = Preset.PLAIN
    level: Level = Level.LOW
    code: Literal[607, 603] = 607
    wait: int | Literal["auto"] = "auto"
    password: SecretStr = SecretStr("hunter2")
    token: str = "hunter2"
    folder: Path = Path("/data")
    span: timedelta = timedelta(seconds=90)
    words: tuple[str, ...] = ("a", "b")
    names: Names = Names([])
    anything: Any = None
    factory: list[str] = Field(default_factory=lambda: ["made"])
    table: dict[str, Entry] = {}
    entries: list[str | Entry] = []
    section: Entry = Entry(number="1")
    lists: list[list[int]] = []
    tables: list[dict[str, int]] = []
    truths: list[bool] = []
    alias: Alias = []
    needed: int


EXPECTED = {
    "text": ("text", "x"),
    "truth": ("yes or no", "yes"),
    "few": ("whole number from 1 to 9", "3"),
    "least": ("whole number, at least 1", "1"),
    "between": ("number, more than 0, less than 1", "0.5"),
    "maybe": ("whole number", ""),
    "preset": ("one of plain, fritzbox", "plain"),
    "level": ("'1'", "1"),
    "code": ("one of 607, 603", "607"),
    "wait": ("whole number, or 'auto'", "auto"),
    "password": ("secret text", ""),
    "token": ("text", ""),
    "folder": ("path", "/data"),
    "span": ("duration", "90s"),
    "words": ("list of texts", "[a, b]"),
    "names": ("list of texts", ""),
    "anything": ("anything", ""),
    "factory": ("list of texts", "[made]"),
    "table": ("section with free keys", ""),
    "table.*.number": ("text", ""),
    "table.*.more": ("list of sections", "[]"),
    "entries": ("list of texts or sections", "[]"),
    "entries[].number": ("text", ""),
    "entries[].more": ("list of sections", "[]"),
    "section": ("section", ""),
    "section.number": ("text", ""),
    "section.more": ("list of sections", "[]"),
    "lists": ("list of lists", "[]"),
    "tables": ("list of sections with free keys", "[]"),
    "truths": ("list of entries (yes or no)", "[]"),
    "alias": ("list of texts", "[]"),
    "needed": ("whole number", ""),
}


@pytest.fixture(scope="module")
def docs() -> dict[str, SettingDoc]:
    return {doc.key: doc for doc in describe(Settings)}


def test_every_setting_is_described_in_words(docs: dict[str, SettingDoc]) -> None:
    assert {key: (doc.type, doc.default) for key, doc in docs.items()} == EXPECTED


def test_descriptions_and_needs_are_told(docs: dict[str, SettingDoc]) -> None:
    assert docs["text"].description == "any text"
    assert [doc.key for doc in docs.values() if doc.required] == [
        *("table.*.number", "entries[].number", "section.number", "needed")
    ]


def test_secrets_are_marked_and_their_defaults_not_told(docs: dict[str, SettingDoc]) -> None:
    assert [doc.key for doc in docs.values() if doc.secret] == ["password", "token"]
