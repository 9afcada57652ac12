"""Settings as a page shows them: every one, in force, with its origin, and never a secret."""

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from callguard.config import JSON, Loaded, OriginKind, read
from callguard.config.listing import Setting, SettingKind, UnclearSecretError, settings_of, with_secrets


class Mood(StrEnum):
    GOOD = "good"
    BAD = "bad"


class Account(BaseModel):
    model_config = ConfigDict(extra="forbid")
    line: str
    url: str = ""
    password: SecretStr = SecretStr("")


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    accounts: list[Account] = []
    api_key: Annotated[str, Field(description="the key")] = ""
    every: timedelta = timedelta(hours=12)
    kept: timedelta | Literal["forever"] = "forever"
    mood: Mood | None = None


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")
    open: bool = True
    most: int = 3
    names: list[str] = []
    inner: Annotated[Inner, Field(description="inside")] = Inner()
    tables: dict[str, Inner] = {}


def loaded(text: str, overlay: dict[str, JSON] | None = None) -> Loaded[Model]:
    environment = {"CALLGUARD__MOST": "7", "WHERE": "https://ana:pw@dav.example/a?k=1"}
    return read(text, "config.yaml", Model, environment=environment, base_dir=Path(), overlay=overlay or {})


def by_key(found: Loaded[Model]) -> dict[str, Setting]:
    return {one.key: one for one in settings_of(found)}


ACCOUNTS = """
inner:
  accounts:
    - {line: Home, url: !env WHERE, password: swordfish}
    - {line: Office, url: "https://dav.example/b?key=2", password: tuna}
"""
SHOWN: list[JSON] = [
    {"line": "Home", "url": "***", "password": "***"},
    {"line": "Office", "url": "https://dav.example/b?…", "password": "***"},
]
PRESENT: list[JSON] = [
    {"line": "Home", "url": "https://ana:pw@dav.example/a?k=1", "password": "swordfish"},
    {"line": "Office", "url": "https://dav.example/b?key=2", "password": "tuna"},
]


def test_every_setting_is_listed_with_what_is_needed_to_change_it() -> None:
    found = by_key(loaded(""))
    assert {key: one.kind.value for key, one in found.items()} == {
        "open": "yes-no",
        "most": "number",
        "names": "texts",
        "inner.accounts": "json",
        "inner.api_key": "secret",
        "inner.every": "text",
        "inner.kept": "text",
        "inner.mood": "choice",
        "tables": "json",
    }
    assert found["inner.mood"].options == ("good", "bad")
    assert (found["inner.every"].value, found["inner.every"].default) == ("12h", "12h")
    assert found["inner.api_key"].description == "the key"


def test_a_setting_knows_where_it_comes_from() -> None:
    found = by_key(loaded("open: no\n", {"inner.mood": "bad"}))
    assert {key: (one.origin.kind, one.value) for key, one in found.items() if one.origin.kind != "default"} == {
        "open": (OriginKind.FILE, False),
        "most": (OriginKind.ENVIRONMENT, 7),
        "inner.mood": (OriginKind.CONSOLE, "bad"),
    }
    assert found["open"].origin.line == 1


def test_no_secret_is_shown() -> None:
    found = loaded(ACCOUNTS + "  api_key: k-1\ntables: {x: {api_key: k-2}}\n")
    listed = by_key(found)
    assert listed["inner.accounts"].value == SHOWN
    assert listed["inner.api_key"].value == "***"
    assert listed["inner.api_key"].default == ""
    said = repr(settings_of(found))
    assert not [secret for secret in ("swordfish", "tuna", "k-1", "k-2", "ana:pw", "key=2") if secret in said]


@pytest.mark.parametrize(
    ("key", "given", "meant"),
    [
        pytest.param("inner.accounts", SHOWN, PRESENT, id="untouched"),
        pytest.param("inner.accounts", SHOWN[::-1], PRESENT[::-1], id="in another order"),
        pytest.param("inner.accounts", SHOWN[1:], PRESENT[1:], id="one removed"),
        pytest.param(
            "inner.accounts",
            [{"line": "House", "url": "***", "password": "***"}, SHOWN[1]],
            [{**PRESENT[0], "line": "House"}, PRESENT[1]],  # type: ignore[dict-item]
            id="one renamed",
        ),
        pytest.param("inner.api_key", "***", "k-1", id="a secret left alone"),
        pytest.param("inner.api_key", "new", "new", id="a new secret"),
        pytest.param("most", 4, 4, id="no secret"),
        pytest.param("inner.mood", None, None, id="taken back"),
        pytest.param("no.such.key", {"a": [1]}, {"a": [1]}, id="nothing there"),
    ],
)
def test_what_people_did_not_touch_keeps_its_secrets(key: str, given: JSON, meant: JSON) -> None:
    assert with_secrets(loaded(ACCOUNTS + "  api_key: k-1\n"), key, given) == meant


@pytest.mark.parametrize(
    ("key", "given"),
    [
        pytest.param("inner.accounts", [*SHOWN, {"line": "New", "password": "***"}], id="a new entry"),
        pytest.param("most", "***", id="no secret before"),
    ],
)
def test_a_mask_that_stands_for_nothing_is_refused(key: str, given: JSON) -> None:
    with pytest.raises(UnclearSecretError, match="write the secret itself"):
        with_secrets(loaded(ACCOUNTS), key, given)


def test_the_kinds_are_what_pages_know() -> None:
    assert {kind.value for kind in SettingKind} == {"text", "secret", "yes-no", "choice", "number", "texts", "json"}
