import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema
import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from callguard.config import ConfigError, json_schema, read


class Preset(StrEnum):
    PLAIN = "plain"
    OFF = "off"
    NUMBER = "42"


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: str
    note: str = ""


class Settings(BaseModel):
    """The settings of a test."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(description="any text")] = ""
    truth: bool = False
    whole: Annotated[int, Field(ge=1, le=9)] = 1
    number: float = 0.5
    maybe: int | None = None
    preset: Preset = Preset.PLAIN
    code: Literal[607, 603] = 607
    only: Literal["on"] = "on"
    password: Annotated[SecretStr, Field(description="the password")] = SecretStr("")
    entries: list[str | Entry] = []
    table: dict[str, int] = {}
    entry: Entry = Entry(number="1")


SCHEMA = json_schema(Settings)
GOOD = [
    *("text: x", "text: 22:00", "text: +15551234567", "text: NO", "text: 011", "text: 1.5", "text:", "text: ''"),
    *("truth: yes", "truth: off", "truth: 'yes'", "truth: TRUE", "truth: y", "truth:"),
    *("whole: 3", "whole: '3'", "whole: 3.0", "number: 1", "number: '1.5'", "number: 1e-3", "maybe:", "maybe: 1"),
    *("preset: plain", "preset: off", "preset: 'off'", "preset: 42", "preset: '42'", "preset:"),
    *("code: 603", "code: '603'", "code:", "only: on", "password: 1234", "password: x", "password:"),
    *("entries: [1, x, {number: 1, note: 22:00}]", "entries: []", "entries:", "table: {a: 1, b: '2'}", "table: {}"),
    *("entry: {number: 1}", "entry:", "{}"),
]
BAD = [
    *("text: [x]", "text: {a: b}", "truth: maybe", "truth: 2", "whole: x", "whole: 0", "whole: 1.5", "number: x"),
    *("preset: x", "preset: 43", "code: 604", "only: off", "entries: x", "entries: [[x]]", "entries: [{nmber: 1}]"),
    *("table: {a: x}", "entry: {note: x}", "entry: {number: 1, x: y}", "unknown: 1"),
]


def loads(text: str) -> bool:
    try:
        read(text, "c.yaml", Settings, environment={}, base_dir=Path("/"))
    except ConfigError:
        return False
    return True


def is_valid(text: str) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(yaml.safe_load(text))


@pytest.mark.parametrize("text", GOOD)
def test_an_editor_accepts_what_loads(text: str) -> None:
    assert (loads(text), is_valid(text)) == (True, True)


@pytest.mark.parametrize("text", BAD)
def test_an_editor_marks_what_does_not_load(text: str) -> None:
    assert (loads(text), is_valid(text)) == (False, False)


def test_the_schema_is_itself_valid_and_names_its_dialect() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["title"] == "Settings"
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_descriptions_are_kept() -> None:
    properties: dict[str, Any] = SCHEMA["properties"]
    assert properties["text"]["description"] == "any text"
    assert SCHEMA["description"].startswith("The settings of a test. Any value may be kept elsewhere")


def test_a_secret_tells_how_to_keep_it_elsewhere() -> None:
    description = SCHEMA["properties"]["password"]["description"]
    assert description == "the password. Keep it elsewhere with `!file PATH` or `!env NAME`."
