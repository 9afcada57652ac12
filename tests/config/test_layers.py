from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from callguard.config import JSON, Loaded, OriginKind, read

Complain = Callable[..., list[str]]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Entry(Strict):
    number: str = ""
    note: str = ""


class Account(Strict):
    user: str = "default"
    port: int = 1
    trusted: list[str] = []


class Section(Strict):
    one: str = "default"
    two: str = "default"
    few: Annotated[int, Field(ge=1)] = 5


class Settings(Strict):
    section: Section = Section()
    accounts: list[Account] = []
    rules: list[str | Entry] = []
    words: list[str] = ["a", "b"]
    free: dict[str, str] = {}
    aliased: Annotated[str, Field(alias="the-alias")] = "default"
    unknown: Open = Open()


def load(
    text: str = "",
    environment: Mapping[str, str] | None = None,
    overlay: Mapping[str, JSON] | None = None,
) -> Loaded[Settings]:
    return read(text, "c.yaml", Settings, environment=environment or {}, base_dir=Path("/"), overlay=overlay or {})


CONSOLE: Mapping[str, JSON] = {"section.one": "console"}
FILE = "section:\n  one: file\n"
ENVIRONMENT = {"CALLGUARD__SECTION__ONE": "environment"}
PRECEDENCE = {
    "nothing": ({}, "", {}, "default", "default"),
    "console": (CONSOLE, "", {}, "console", "set in the console"),
    "file": ({}, FILE, {}, "file", "c.yaml:2"),
    "environment": ({}, "", ENVIRONMENT, "environment", "env CALLGUARD__SECTION__ONE"),
    "console and file": (CONSOLE, FILE, {}, "file", "c.yaml:2"),
    "console and environment": (CONSOLE, "", ENVIRONMENT, "environment", "env CALLGUARD__SECTION__ONE"),
    "file and environment": ({}, FILE, ENVIRONMENT, "environment", "env CALLGUARD__SECTION__ONE"),
    "all three": (CONSOLE, FILE, ENVIRONMENT, "environment", "env CALLGUARD__SECTION__ONE"),
    "an empty key in the file": (CONSOLE, "section:\n  one:\n", {}, "console", "set in the console"),
    "an empty section in the file": (CONSOLE, "section:\n", {}, "console", "set in the console"),
    "an empty variable": ({}, FILE, {"CALLGUARD__SECTION__ONE": ""}, "file", "c.yaml:2"),
    "null in the console": ({"section.one": None}, "", {}, "default", "default"),
}


@pytest.mark.parametrize(
    ("overlay", "text", "environment", "value", "origin"), PRECEDENCE.values(), ids=PRECEDENCE.keys()
)
def test_the_strongest_layer_decides(
    overlay: Mapping[str, JSON], text: str, environment: Mapping[str, str], value: str, origin: str
) -> None:
    loaded = load(text, environment, overlay)
    assert (loaded.settings.section.one, str(loaded.origin("section.one"))) == (value, origin)


def test_layers_are_laid_over_each_other_key_by_key() -> None:
    loaded = load("section: {two: file}", {"CALLGUARD__SECTION__FEW": "7"}, {"section.one": "console"})
    assert loaded.settings.section == Section(one="console", two="file", few=7)
    assert {key: str(origin) for key, origin in loaded.origins().items()} == {
        "section": "c.yaml:1",
        "section.one": "set in the console",
        "section.two": "c.yaml:1",
        "section.few": "env CALLGUARD__SECTION__FEW",
    }


def test_a_list_in_the_file_replaces_the_one_set_in_the_console() -> None:
    assert load("words: [c]", {}, {"words": ["x", "y"]}).settings.words == ["c"]


ENVIRONMENTS: dict[str, tuple[dict[str, str], str, Any]] = {
    "another case": ({"callguard__Section__oNE": "x"}, "section.one", "x"),
    "a new list": ({"CALLGUARD__WORDS__0": "x", "CALLGUARD__WORDS__1": "y"}, "words", ["x", "y"]),
    "eleven entries": ({f"CALLGUARD__WORDS__{i}": str(i) for i in range(11)}, "words", [str(i) for i in range(11)]),
    "an entry of a list of sections": ({"CALLGUARD__ACCOUNTS__0__USER": "x"}, "accounts.0.user", "x"),
    "a list in an entry of a list": ({"CALLGUARD__ACCOUNTS__0__TRUSTED__0": "x"}, "accounts.0.trusted", ["x"]),
    "a member of a union": ({"CALLGUARD__RULES__0__NUMBER": "x"}, "rules.0.number", "x"),
    "another member of a union": ({"CALLGUARD__RULES__0": "x"}, "rules", ["x"]),
    "a free key": ({"CALLGUARD__FREE__KEY": "x"}, "free.key", "x"),
    "a key of an unknown plugin": ({"CALLGUARD__UNKNOWN__A__B": "x"}, "unknown.a", {"b": "x"}),
    "an alias": ({"CALLGUARD__THE-ALIAS": "x"}, "aliased", "x"),
}


@pytest.mark.parametrize(("environment", "key", "value"), ENVIRONMENTS.values(), ids=ENVIRONMENTS.keys())
def test_the_environment_sets(environment: dict[str, str], key: str, value: Any) -> None:
    found: Any = load("", environment).settings
    for step in key.split("."):
        found = (
            found[int(step)]
            if isinstance(found, list)
            else found[step]
            if isinstance(found, dict)
            else getattr(found, step)
        )
    assert found == value


def test_the_environment_changes_one_key_of_an_entry_in_the_file() -> None:
    loaded = load("accounts:\n- user: a\n  port: 5\n- user: b\n", {"CALLGUARD__ACCOUNTS__1__PORT": "7"})
    assert loaded.settings.accounts == [Account(user="a", port=5), Account(user="b", port=7)]
    assert [str(loaded.origin(f"accounts.1.{key}")) for key in ("user", "port")] == [
        "c.yaml:4",
        "env CALLGUARD__ACCOUNTS__1__PORT",
    ]


WRONG = {
    "an unknown key": (
        {"CALLGUARD__SECTION__TOW": "x"},
        "env CALLGUARD__SECTION__TOW: section.tow: unknown key (did you mean 'CALLGUARD__SECTION__TWO'?)",
    ),
    "an unknown section": (
        {"CALLGUARD__SECTON__ONE": "x"},
        "env CALLGUARD__SECTON__ONE: secton: unknown key (did you mean 'CALLGUARD__SECTION__ONE'?)",
    ),
    "an unknown key like no other": ({"CALLGUARD__QQQQ": "x"}, "env CALLGUARD__QQQQ: qqqq: unknown key"),
    "nothing": ({"CALLGUARD__": "x"}, "env CALLGUARD__: unknown key"),
    "no number for a list": (
        {"CALLGUARD__ACCOUNTS__USER": "x"},
        "env CALLGUARD__ACCOUNTS__USER: accounts.user: expected the number of an entry of the list;"
        " the first one is number 0",
    ),
    "a gap in a list": (
        {"CALLGUARD__WORDS__1": "x"},
        "env CALLGUARD__WORDS__1: words.1: the list has 0 entries so far, and the first one is number 0",
    ),
    "a key beneath a value": (
        {"CALLGUARD__SECTION__ONE__MORE": "x"},
        "env CALLGUARD__SECTION__ONE__MORE: section.one.more: there are no keys beneath this one",
    ),
    "a key in a union": (
        {"CALLGUARD__RULES__0__NOET": "x"},
        "env CALLGUARD__RULES__0__NOET: rules.0.noet: unknown key (did you mean 'CALLGUARD__RULES__0__NOTE'?)",
    ),
    "a text instead of a list": (
        {"CALLGUARD__WORDS": "x"},
        "env CALLGUARD__WORDS: words: expected a list, found 'x';"
        " begin each entry with '- ' on a line of its own, or write [a, b]",
    ),
    "the same in two cases": (
        {"CALLGUARD__FREE__A": "x", "callguard__free__a": "y"},
        "env callguard__free__a: free.a: set by CALLGUARD__FREE__A already",
    ),
}


@pytest.mark.parametrize(("environment", "line"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_in_the_environment_names_the_variable(
    environment: dict[str, str], line: str, complain: Complain
) -> None:
    assert complain("", Settings, environment) == [line]


@pytest.mark.parametrize("name", ["CALLGUARD_CONFIG", "CALLGUARD", "XCALLGUARD__QQ", "PATH"])
def test_other_variables_are_not_ours(name: str) -> None:
    assert load("", {name: "x"}).settings == Settings.model_validate({})


@pytest.mark.parametrize(
    ("overlay", "note"),
    [
        pytest.param(
            {"section.tow": "x"},
            "set in the console: section.tow: unknown key (did you mean 'two'?);"
            " it is ignored, as if it had never been set",
            id="a key no longer known",
        ),
        pytest.param(
            {"section.few": 0},
            "set in the console: section.few: must be at least 1, not '0';"
            " it is ignored, as if it had never been set",
            id="a value no longer good",
        ),
        pytest.param(
            {"accounts": [{"usr": "x"}]},
            "set in the console: accounts.0.usr: unknown key (did you mean 'user'?);"
            " it is ignored, as if it had never been set",
            id="a section no longer good",
        ),
    ],
)
def test_what_the_console_set_and_no_longer_fits_is_left_out(overlay: Mapping[str, JSON], note: str) -> None:
    loaded = load("", {}, {**overlay, "section.one": "kept"})
    assert (loaded.settings.section, loaded.settings.accounts) == (Section(one="kept"), [])
    assert [str(found) for found in loaded.notes] == [note]
    assert {found.origin.kind for found in loaded.notes} == {OriginKind.CONSOLE}


def test_what_the_console_set_does_not_matter_where_the_file_speaks() -> None:
    loaded = load("section: {few: 3}", {}, {"section.few": "nonsense"})
    assert (loaded.settings.section.few, loaded.notes) == (3, ())


@pytest.mark.parametrize(
    ("value", "key", "expected"),
    [(True, "one", "true"), (7, "few", 7), ("7", "few", 7), (1.5, "one", "1.5")],
    ids=repr,
)
def test_the_console_may_set_any_kind_of_value(value: JSON, key: str, expected: object) -> None:
    assert getattr(load("", {}, {f"section.{key}": value}).settings.section, key) == expected


def test_the_console_may_set_a_section_and_a_key_of_it() -> None:
    loaded = load("", {}, {"section.one": "deep", "section": {"one": "shallow", "two": "shallow"}})
    assert loaded.settings.section == Section(one="deep", two="shallow")
