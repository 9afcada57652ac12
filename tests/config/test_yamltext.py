from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from callguard.config import ConfigError, read
from callguard.config.tree import plain
from callguard.config.yamltext import LOADER, compose

LOADERS = {"libyaml": LOADER, "python": yaml.SafeLoader}
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MISTAKES = {
    "a key given twice": ("a: 1\nb: 2\na: 3\n", ["c.yaml:3: a: given twice, first in line 1; remove one of them"]),
    "a nested key given twice": (
        "s:\n  - k: 1\n    k: 2\n",
        ["c.yaml:3: s.0.k: given twice, first in line 2; remove one of them"],
    ),
    "two keys given twice": (
        "a: 1\na: 2\nb: 1\nb: 2\n",
        [
            "c.yaml:2: a: given twice, first in line 1; remove one of them",
            "c.yaml:4: b: given twice, first in line 3; remove one of them",
        ],
    ),
    "a tab": ("a:\n\tb: 1\n", ["c.yaml:2: a tab is used for indentation; YAML indents with spaces only"]),
    "an unknown tag": (
        "a: !evn X\n",
        ["c.yaml:1: a: unknown tag '!evn' (did you mean '!env'?); only !env and !file are known"],
    ),
    "a tag that runs code": (
        "a: !!python/object/apply:os.system [id]\n",
        ["c.yaml:1: a: unknown tag '!!python/object/apply:os.system'; only !env and !file are known"],
    ),
    "a secret that is a list": ("a: !env [X]\n", ["c.yaml:1: a: !env needs one name, not a list or a section"]),
    "an alias of nothing": (
        "a: *31\n",
        ["c.yaml:1: a: no '&31' stands above to repeat; if '*31' is meant as text, put it between quotes"],
    ),
    "an alias of itself": ("a: &x [*x]\n", ["c.yaml:1: a.0: '*x' repeats itself within itself"]),
    "an alias bomb": (BOMB, ["c.yaml:5: e.0: aliases repeat more than 10,000 values"]),
    "too deep": (
        "a: " + "[" * 40 + "]" * 40,
        [f"c.yaml:1: a.{'0.' * 30}0: nested more than 32 levels deep"],
    ),
    "absurdly deep": (
        "[" * 500_000,
        [f"c.yaml:1: {'0.' * 31}0: nested more than 32 levels deep"],
    ),
    "several documents": ("a: 1\n---\nb: 2\n", ["c.yaml:2: a second document begins here; remove the line with ---"]),
    "a list instead of keys": ("- a\n- b\n", ["c.yaml:1: expected keys and their values, such as `country: US`"]),
    "one text": ("hello\n", ["c.yaml:1: expected keys and their values, such as `country: US`"]),
    "a list as a key": ("[a, b]: 1\n", ["c.yaml:1: a key must be plain text"]),
    "a secret as a key": ("!env X: 1\n", ["c.yaml:1: a key must be plain text"]),
    "an empty key": ("?\n: 1\n", ["c.yaml:1: the key before the colon is missing"]),
    "no key in braces": ("{: 1}\n", ["c.yaml:1: the key before the colon is missing"]),
    "no key": (": 1\n", ["c.yaml:1: the key before the colon is missing"]),
    "an empty entry": (
        "a:\n  - x\n  -\n  - y\n",
        ["c.yaml:3: a.1: this entry of the list is empty; give it a value or remove it"],
    ),
    "a merge of text": (
        "a:\n  <<: b\n",
        ["c.yaml:2: a.<<: '<<' takes the keys of another section, such as `<<: *name`"],
    ),
    "not UTF-8": (b"a: 1\nb: caf\xe9\n", ["c.yaml:2: this is not UTF-8 text; save the file as UTF-8"]),
    "UTF-16": ("a: 1\n".encode("utf-16"), ["c.yaml:1: this is not UTF-8 text; save the file as UTF-8"]),
    "half a character": ("a: 1\nb: \udce9\n", ["c.yaml:2: this is not UTF-8 text"]),
    "a control character": ("a: 1\nb: x\x00y\n", ["c.yaml:2: a control character (U+0000)"]),
    "too large": ("a: " + "x" * (1 << 20), ["c.yaml: the file is larger than 1024 KiB; keep long lists elsewhere"]),
}
SYNTAX = {
    "bad indentation": (
        "a:\n  b: 1\n c: 2\n",
        "c.yaml:3: this line is not indented like the lines it belongs to;"
        " keys of one section begin in the same column",
    ),
    "a colon too many": (
        "a: b: c\n",
        "c.yaml:1: a colon that does not fit here; check the indentation, and put a text that contains ': '"
        " between quotes",
    ),
    "an open quotation": ('a: 1\nb: "x\nc: 2\n', "c.yaml:2: a quotation mark is opened here and never closed"),
    "an open list": (
        "a: [1, 2\nb: 3\n",
        "c.yaml:2: the list that begins with [ is not closed; a comma or ] is missing",
    ),
    "an open section": (
        "a: {b: 1\n",
        "c.yaml:2: the section that begins with { is not closed; a comma or } is missing",
    ),
    "no colon": ("a: 1\nfoo\nb: 2\n", "c.yaml:3: this is no `key: value`; a colon and a space are missing"),
    "a star": (
        "a: **\n",
        "c.yaml:1: * and & have a meaning of their own at the beginning of a value; put the text between quotes",
    ),
    "an at sign": (
        "a: @home\n",
        "c.yaml:1: this character has a meaning of its own at the beginning of a value; put the text between quotes",
    ),
    "a backslash": (
        'a: "C:\\pass"\n',
        "c.yaml:1: a backslash between double quotes has a meaning of its own; use single quotes",
    ),
    "a list on the line of its key": (
        "a: - b\n",
        "c.yaml:1: a list cannot begin here; begin each entry on a line of its own",
    ),
}


class Anything(BaseModel):
    model_config = ConfigDict(extra="allow")


def texts(text: str, loader: type = LOADER) -> Any:
    composed = compose(text, "c.yaml", loader)
    assert composed.root is not None
    assert composed.mistakes == ()
    return plain(composed.root)


@pytest.mark.parametrize("loader", LOADERS.values(), ids=LOADERS.keys())
@pytest.mark.parametrize(("text", "lines"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_with_its_line(text: str | bytes, lines: list[str], loader: type) -> None:
    assert [str(mistake) for mistake in compose(text, "c.yaml", loader).mistakes] == lines


@pytest.mark.parametrize(("text", "line"), SYNTAX.values(), ids=SYNTAX.keys())
def test_a_syntax_error_is_told_in_plain_words(text: str, line: str) -> None:
    assert [str(mistake) for mistake in compose(text, "c.yaml").mistakes] == [line]


@pytest.mark.parametrize(("text", "line"), SYNTAX.values(), ids=SYNTAX.keys())
def test_pyyaml_without_libyaml_refuses_the_same(text: str, line: str) -> None:
    composed = compose(text, "c.yaml", yaml.SafeLoader)
    assert composed.root is None
    assert str(composed.mistakes[0]).startswith("c.yaml:")


@pytest.mark.parametrize("loader", LOADERS.values(), ids=LOADERS.keys())
@pytest.mark.parametrize("escape", ["\\U00110000", "\\UFFFFFFFF", "\\xZZ"])
def test_an_escape_that_is_no_character_is_refused(escape: str, loader: type) -> None:
    composed = compose(f'a: "{escape}"', "c.yaml", loader)
    assert composed.root is None
    assert str(composed.mistakes[0]).startswith("c.yaml:1: this is not valid YAML: ")


@pytest.mark.parametrize("loader", LOADERS.values(), ids=LOADERS.keys())
@pytest.mark.parametrize(
    "typed",
    ["+15551234567", "011", "22:00", "NO", "yes", "1_000", "0x1F", "1e3", ".inf", "2026-11-03", "=", "+44*"],
)
def test_a_value_stays_the_text_that_was_typed(typed: str, loader: type) -> None:
    assert texts(f"a: {typed}\nb: [{typed}]\n", loader) == {"a": typed, "b": [typed]}


@pytest.mark.parametrize("loader", LOADERS.values(), ids=LOADERS.keys())
@pytest.mark.parametrize("typed", ["", "~", "null", "Null", "NULL", "!!null x"])
def test_an_empty_value_is_as_good_as_none(typed: str, loader: type) -> None:
    assert texts(f"a: {typed}\nb: 1\n", loader) == {"b": "1"}


def test_quotes_make_an_empty_text() -> None:
    assert texts("a: ''\nb: \"null\"\n") == {"a": "", "b": "null"}


def test_a_standard_tag_changes_nothing() -> None:
    assert texts("a: !!str 011\nb: !!int 011\nc: !!seq [x]\nd: !!map {e: f}\ng: ! h\n") == {
        "a": "011",
        "b": "011",
        "c": ["x"],
        "d": {"e": "f"},
        "g": "h",
    }


def test_a_key_may_look_like_anything() -> None:
    assert texts("no: 1\n011: 2\nnull: 3\n'': 4\n") == {"no": "1", "011": "2", "null": "3", "": "4"}


def test_an_alias_repeats_a_value() -> None:
    assert texts("a: &x {k: v}\nb: *x\nc: &y text\n*y : z\n") == {
        "a": {"k": "v"},
        "b": {"k": "v"},
        "c": "text",
        "text": "z",
    }


def test_a_merge_takes_keys_but_not_those_given() -> None:
    assert texts("a: &a {k: 1, l: 2}\nb: &b {m: 3}\nc:\n  l: 9\n  <<: [*a, *b]\n")["c"] == {
        "k": "1",
        "l": "9",
        "m": "3",
    }


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "---\n", "~\n", "\ufeffa:\n"])
def test_nothing_written_is_an_empty_configuration(text: str) -> None:
    assert texts(text) == {}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=repr)
def test_every_kind_of_line_end_counts(newline: str) -> None:
    lines = compose(newline.join(["a: 1", "b: 2", "a: 3"]), "c.yaml").mistakes
    assert [mistake.origin.line for mistake in lines] == [3]


def test_a_mistake_knows_its_column() -> None:
    (mistake,) = compose("a: {b: 1, b: 2}\n", "c.yaml").mistakes
    assert (mistake.origin.line, mistake.origin.column) == (1, 11)


def test_a_key_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read('"\\e[31m\\a\\u202e\\n": !x 1\n', "c.yaml", Anything, environment={}, base_dir=tmp_path)
    assert str(caught.value).isprintable()
