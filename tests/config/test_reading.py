import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from callguard.config import ConfigError, Loaded, Origin, OriginKind, read

pytestmark = pytest.mark.timed

EXAMPLES = min(2000, int(os.environ.get("CALLGUARD_FUZZ", "300")))
FAST_ENOUGH = 1.0


def _no_letters(text: str) -> str:
    if any(character.isalpha() for character in text):
        raise ValueError("letters are not allowed")
    return text


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Entry(Strict):
    number: Annotated[str, AfterValidator(_no_letters)]
    note: str = ""


class Login(Strict):
    user: str
    password: SecretStr = SecretStr("")


class Settings(Strict):
    country: str = "US"
    few: Annotated[int, Field(ge=1, le=9)] = 1
    logins: list[Login] = []
    block: list[Annotated[str, AfterValidator(_no_letters)] | Entry] = []
    table: dict[str, list[int]] = {}


def load(text: str | bytes, environment: dict[str, str] | None = None) -> Loaded[Settings]:
    return read(text, "c.yaml", Settings, environment=environment or {}, base_dir=Path("/nonexistent"))


TEXT = """\
country: DE
logins:
  - user: a
  -
    user: b
block: ["1", {number: "2"}]
"""
ORIGINS = {
    "country": "c.yaml:1",
    "logins": "c.yaml:2",
    "logins.0": "c.yaml:3",
    "logins.0.user": "c.yaml:3",
    "logins.1.user": "c.yaml:5",
    "block.1.number": "c.yaml:6",
    "logins.1.password": "default",
    "logins.2": "default",
    "few": "default",
    "nonsense.at.all": "default",
}


@pytest.mark.parametrize(("key", "origin"), ORIGINS.items())
def test_every_value_knows_where_it_was_written(key: str, origin: str) -> None:
    assert str(load(TEXT).origin(key)) == origin


def test_steps_are_as_good_as_a_dotted_key() -> None:
    assert load(TEXT).origin(("block", 1, "number")) == Origin(kind=OriginKind.FILE, name="c.yaml", line=6, column=15)


@pytest.mark.parametrize(
    ("origin", "locked"),
    [
        (Origin(), False),
        (Origin(kind=OriginKind.CONSOLE), False),
        (Origin(kind=OriginKind.FILE), True),
        (Origin(kind=OriginKind.ENVIRONMENT), True),
    ],
    ids=str,
)
def test_what_file_and_environment_state_is_locked(origin: Origin, locked: bool) -> None:
    assert origin.locked is locked


COMPLAINTS = {
    "about an entry": ("block.1: too short", ["c.yaml:6: block.1: too short"]),
    "about two entries": ("0: x\n1: y", ["c.yaml:6: block.0: x", "c.yaml:6: block.1: y"]),
    "about the section": ("no good", ["c.yaml:6: block: no good"]),
    "with a colon": ("no good: at all", ["c.yaml:6: block: no good: at all"]),
    "of nothing": ("", ["c.yaml:6: block: is not acceptable"]),
    "about what is not written": ("7: x", ["c.yaml:6: block: 7: x"]),
}


@pytest.mark.parametrize(("message", "lines"), COMPLAINTS.values(), ids=COMPLAINTS.keys())
def test_a_complaint_of_a_plugin_is_brought_back_to_its_line(message: str, lines: list[str]) -> None:
    section = "" if message.startswith("block") else "block"
    assert [str(mistake) for mistake in load(TEXT).mistakes_in(section, message)] == lines


def test_a_complaint_about_a_section_that_is_not_written_names_the_file() -> None:
    assert str(load("").mistake("logins.0.user", "no good")) == "c.yaml: logins.0.user: no good"


def test_thousands_of_entries_are_read_within_a_second() -> None:
    text = "block:\n" + "".join(f'  - {{number: "+1303555{i:04}", note: somebody}}\n' for i in range(5000))
    begun = time.perf_counter()
    loaded = load(text)
    assert time.perf_counter() - begun < FAST_ENOUGH
    assert len(loaded.settings.block) == 5000


def test_importing_loads_neither_yaml_nor_pydantic() -> None:
    code = (
        "import sys; before = set(sys.modules); from callguard.config import ConfigError, Mistake, Origin;"
        "print({'yaml', 'pydantic'} & (set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_there_is_nothing_else_to_import() -> None:
    with pytest.raises(ImportError, match="nonsense"):
        exec("from callguard.config import nonsense")


PIECES = st.sampled_from(
    [
        *("country", "few", "logins", "block", "table", "user", "password", "number", "note", "<<", "?", "-", ":"),
        *(": ", "\n", "\n  ", "\n  - ", "{", "}", "[", "]", ", ", "&a ", "*a", "!env X", "!file x", "!x ", "!!int "),
        *("'", '"', "|\n", ">\n", "#", "\t", "---\n", "...\n", "%YAML 1.1\n", "\\U00110000", "\\ud800", "~", "null"),
        *("+15551234567", "011", "22:00", "NO", "1e999", "\ufeff", "\x85", "\u2028", "\x00", "\udc80", "𝟙", "Ⅷ"),
    ]
)
TEXTS = st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200)
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["few", "block", "block.0", "logins.0.user", "table.x", "table", "", ".", "few.x"])


def settles(text: str | bytes, environment: dict[str, str]) -> None:
    try:
        settings_found, said = load(text, environment).settings, ""
    except ConfigError as error:
        settings_found, said = None, str(error)
    assert (settings_found is None) == bool(said)
    assert all(line.isprintable() for line in said.split("\n"))


@given(TEXTS | st.binary(max_size=200))
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_text_loads_or_is_refused_with_its_mistakes(text: str | bytes) -> None:
    settles(text, {"X": "x"})


@given(
    st.lists(
        st.sampled_from(["few", "logins", "block", "table", "user", "number", "0", "1", "x", "", "²"]), max_size=4
    ),
    st.text(max_size=10),
)
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_environment_loads_or_is_refused_with_its_mistakes(parts: list[str], value: str) -> None:
    settles("block: [a]\nfew: 3", {"__".join(["CALLGUARD", *parts]): value})


@given(st.dictionaries(KEYS, JSONS, max_size=3))
@settings(max_examples=EXAMPLES, deadline=None)
def test_whatever_the_console_has_set_the_house_starts(overlay: dict[str, object]) -> None:
    loaded = read(
        "",
        "c.yaml",
        Settings,
        environment={},
        base_dir=Path("/nonexistent"),
        overlay=overlay,  # type: ignore[arg-type]
    )
    assert isinstance(loaded.settings, Settings)


@given(st.text(min_size=1, max_size=30))
@settings(max_examples=EXAMPLES, deadline=None)
def test_quoted_text_comes_back_as_it_was(text: str) -> None:
    escaped = "".join(f"\\U{ord(character):08x}" for character in text if not "\ud800" <= character <= "\udfff")
    expected = "".join(character for character in text if not "\ud800" <= character <= "\udfff")
    assert load(f'country: "{escaped}"').settings.country == expected
